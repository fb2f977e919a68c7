import fc from 'fast-check';
import { valuesOf } from '../../tests/support/batches.ts';
import { HeapscopeError } from '../errors.ts';
import { ContainerReader } from './containerReader.ts';
import { decodeContainers } from './decodeContainers.ts';

const RECEIVED = Date.parse('2026-11-21T12:00:06Z');
const START = '2026-11-21T11:00:00Z';
const NOW = '2026-11-21T12:00:05Z';
const SAMPLE = { timestamp: NOW, cpu: { usage: { total: 7000 }, load_average: 20 }, memory: { usage: 10, cache: 2 } };
const HAS = { creation_time: START, has_cpu: true, has_memory: true };

type Info = Readonly<Record<string, unknown>>;

const info = (spec: Info = {}, stats: unknown = [SAMPLE], more: Info = {}): Info => ({
  spec: { ...HAS, ...spec },
  stats,
  ...more,
});
/** The spec of a container of the pod `shop/web`. */
const labelled = (container: string, more: Info = {}): Info => ({
  labels: {
    'io.kubernetes.container.name': container,
    'io.kubernetes.pod.name': 'web',
    'io.kubernetes.pod.namespace': 'shop',
    'io.kubernetes.pod.uid': 'u1',
  },
  ...more,
});
const bytesOf = (infos: Readonly<Record<string, Info>>): Buffer =>
  Buffer.from(JSON.stringify({ '/': info(), ...infos }));
const decode = (infos: Readonly<Record<string, Info>>) => decodeContainers(bytesOf(infos), 'worker-1', RECEIVED);
const decodeText = (text: string) => decodeContainers(Buffer.from(text), 'worker-1', RECEIVED);

test('the root is the node, containers of Kubernetes are of pods, and all others are of the system', () => {
  const { tables, images } = decode({
    '/kubelet': info({}, [SAMPLE], { name: '/kubelet' }),
    '/docker/1': info({}, [SAMPLE], { name: '/docker/1', aliases: ['raw', '1'] }),
    '/pods/1': info(labelled('POD', { image: 'pause' })),
    '/pods/2': info(labelled('app', { image: 'app:1@runtime' })),
    '/pods/3': info({ labels: { 'io.kubernetes.container.name': 'lost', 'io.kubernetes.pod.name': 'web' } }),
    '/silent': info({}, []),
  });
  expect(valuesOf(tables.node, 'cpu/usage')).toEqual({ 'worker-1': 7000 });
  expect(tables.sys_container?.keys).toEqual(['worker-1/kubelet', 'worker-1/raw', 'worker-1/pods/3']);
  expect(valuesOf(tables.pod, 'memory/usage')).toEqual({ 'shop/web': 10 });
  expect(tables.pod?.names[0].uid).toBe('u1');
  expect(valuesOf(tables.container, 'memory/cache')).toEqual({ 'shop/web/app': 2 });
  expect([...images]).toEqual([['shop/web/app', 'app:1@runtime']]);
  expect(valuesOf(tables.container, 'uptime')).toEqual({ 'shop/web/app': 3_606_000 });
});

test('a pod without a pause container has a row without values, for what is known of it', () => {
  const { tables } = decode({ '/pods/2': info(labelled('app')) });
  expect(tables.pod?.keys).toEqual(['shop/web']);
  expect([...(tables.pod?.columns.keys() ?? [])]).toEqual([]);
});

test('of two containers of one name the one that was made later counts, whatever their order', () => {
  const old = info(labelled('app', { creation_time: '2026-11-20T00:00:00Z', image: 'old' }), [
    { ...SAMPLE, memory: { usage: 1 } },
  ]);
  const young = info(labelled('app', { image: 'new' }));
  for (const [one, other] of [
    [old, young],
    [young, old],
  ]) {
    const { tables, images, droppedRows } = decode({ '/a': one, '/b': other });
    expect(valuesOf(tables.container, 'memory/usage')).toEqual({ 'shop/web/app': 10 });
    expect(images.get('shop/web/app')).toBe('new');
    expect(droppedRows).toBe(1);
  }
});

test('of several samples the last counts, for all clocks', () => {
  const first = { ...SAMPLE, timestamp: '2026-11-21T12:00:04Z', memory: { usage: 99, rss: 5 } };
  const { tables } = decode({
    '/pods/2': info(labelled('app'), [first, { ...SAMPLE, timestamp: '2026-11-21T13:00:05.25+01:00' }]),
  });
  const { sampleTimesMs } = tables.container!;
  const at = Date.parse('2026-11-21T12:00:05.25Z');
  expect([sampleTimesMs.cpu[0], sampleTimesMs.memory[0], sampleTimesMs.network[0], sampleTimesMs.io[0]]).toEqual([
    at,
    at,
    at,
    at,
  ]);
  expect([...tables.container!.columns.keys()]).not.toContain('memory/rss');
});

test('what the spec says that a container does not have is passed over, wherever the spec stands', () => {
  const disks = { io_service_bytes: [{ device: '/dev/sda', stats: { Read: 1, Write: 2 } }] };
  const sample = { ...SAMPLE, diskio: disks, filesystem: [{ device: '/dev/sda1', usage: 3, capacity: 4 }] };
  const spec = { ...labelled('app'), creation_time: START, has_memory: true, has_diskio: true };
  const { tables } = decodeText(
    JSON.stringify({ '/a': { stats: [sample], spec }, '/': { stats: [SAMPLE], spec: HAS } })
  );
  expect(tables.container?.columns.has('cpu/usage')).toBe(false);
  expect(tables.filesystem?.columns.has('filesystem/usage')).toBe(false);
  expect(Object.values(valuesOf(tables.filesystem, 'disk/io_write_bytes'))).toEqual([2]);
});

test('traffic is the sum over all interfaces with all digits, or what stands beside them where there are none', () => {
  const large = (2n ** 60n).toString();
  const text = (network: string) =>
    JSON.stringify({ '/': info({ has_network: true }, [{ ...SAMPLE, network: 'HERE' }]) }).replace('"HERE"', network);
  const both = decodeText(
    text(
      `{"rx_bytes":1,"interfaces":[{"name":"eth0","rx_bytes":${large},"tx_errors":-1},{"name":"eth1","rx_bytes":3}]}`
    )
  );
  expect(valuesOf(both.tables.node, 'network/rx')).toEqual({ 'worker-1': 2n ** 60n + 3n });
  expect(both.tables.interface?.keys).toHaveLength(2);
  expect(both.rejectedValues).toBe(1);
  expect(valuesOf(decodeText(text('{"rx_bytes":5,"tx_bytes":6}')).tables.node, 'network/tx')).toEqual({
    'worker-1': 6,
  });
});

test('disks and file systems carry their device, disks without a name their numbers; inodes only where there are some', () => {
  const filesystem = [
    { device: '/dev/sda', usage: 1, capacity: 2, available: 1, has_inodes: true, inodes: 9, inodes_free: 8 },
    { device: 'tmpfs', usage: 1, inodes: 9, inodes_free: 8 },
  ];
  const diskio = {
    io_service_bytes: [
      { device: '/dev/sda', stats: { Read: 5 } },
      { major: 253, minor: 1, stats: {} },
    ],
  };
  const { tables } = decode({
    '/': info({ has_filesystem: true, has_diskio: true }, [{ ...SAMPLE, filesystem, diskio }]),
  });
  const { names, sampleTimesMs, startTimesMs } = tables.filesystem!;
  expect(names.map(({ owner, resourceId }) => `${owner} ${resourceId}`)).toEqual([
    'node /dev/sda',
    'node tmpfs',
    'node 253:1',
  ]);
  expect(Object.values(valuesOf(tables.filesystem, 'filesystem/inodes'))).toEqual([9]);
  expect(Object.values(valuesOf(tables.filesystem, 'disk/io_read_bytes'))).toEqual([5, 0]);
  expect([sampleTimesMs.io[2], startTimesMs[2]]).toEqual([Date.parse(NOW), Date.parse(START)]);
});

test('of custom metrics the newest value is taken, by the format and the type that the spec tells', () => {
  const custom_metrics = [
    { name: 'qps', type: 'gauge', format: 'float' },
    { name: 'hits', type: 'cumulative', format: 'int' },
    { name: 'idle', type: 'gauge', format: 'int' },
    { name: 'odd', type: 'delta', format: 'int' },
  ];
  const at = (second: number, value: Info) => ({ timestamp: `2026-11-21T12:00:0${second}Z`, ...value });
  const values = {
    qps: [at(4, { float_value: 1.5 }), at(1, { float_value: 9 })],
    hits: [at(1, { int_value: 3 }), at(2, { int_value: 4 })],
    idle: [at(1, {})],
    odd: [at(1, { int_value: 1 })],
    unknown: [at(1, { int_value: 1 })],
  };
  const told = (more: Info) =>
    info(labelled('app', { custom_metrics, ...more }), [{ ...SAMPLE, custom_metrics: values }]);
  const { tables } = decode({ '/a': told({ has_custom_metrics: true }) });
  const key = 'shop/web/app';
  expect([...tables.container!.columns.keys()].filter((name) => name.startsWith('custom/'))).toEqual([
    'custom/qps',
    'custom/hits',
    'custom/idle',
  ]);
  expect(valuesOf(tables.container, 'custom/qps')).toEqual({ [key]: 1.5 });
  expect(valuesOf(tables.container, 'custom/hits')).toEqual({ [key]: 4 });
  expect(valuesOf(tables.container, 'custom/idle')).toEqual({ [key]: 0 });
  expect(decode({ '/a': told({}) }).tables.container?.columns.has('custom/qps')).toBe(false);
});

test('a label that only looks like one of Kubernetes names nothing', () => {
  const labels = {
    ...(labelled('app').labels as Info),
    'io.kubernetes.pod.name ': 'other',
    'IO.kubernetes.pod.name': 'x',
  };
  expect(decode({ '/a': info({ labels }) }).tables.container?.keys).toEqual(['shop/web/app']);
});

test.each([
  ['[]', 'Expected an object, found "[]" at byte 0'],
  ['{}', 'The answer has no container "/"'],
  ['{"/":{"stats":[{}]},"/a":{"name":"/","stats":[{}]}}', 'The answer has more than one container "/"'],
  ['{"/":{"stats":[{"timestamp":5}]}}', 'Expected a text, found "5}]}}"'],
  ['{"/":{"stats":[{"cpu":[]}],"spec":{"has_cpu":true}}}', 'Expected an object, found "[]}]'],
  ['{"/":{"spec":{"has_cpu":1}}}', 'Expected true or false, found "1}}}"'],
  ['{"/":{"stats":[{}]}} and more', 'Expected the end, found "and more"'],
])('%s is refused with a sentence', (text, why) => {
  const read = () => decodeText(text);
  expect(read).toThrow(HeapscopeError);
  expect(read).toThrow(`Kubelet on node worker-1 answered ${text.length} bytes that are no containers: ${why}`);
});

test('a machine without a sample is told as what it mostly is: a clock that is wrong', () => {
  expect(() => decodeText('{"/":{"stats":[]}}')).toThrow('Compare its clock with this machine');
});

test('whatever comes is decoded or refused with a sentence, cut or changed anywhere', () => {
  const bytes = bytesOf({ '/a': info(labelled('app', { has_network: true })), '/b': info(labelled('POD')) });
  const readOrRefuse = (answer: Buffer) => {
    try {
      decodeContainers(answer, 'worker-1', RECEIVED);
    } catch (error) {
      expect(error).toBeInstanceOf(HeapscopeError);
    }
  };
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      readOrRefuse(bytes.subarray(0, at));
      const changed = Buffer.from(bytes);
      changed[at] = byte;
      readOrRefuse(changed);
    })
  );
  fc.assert(fc.property(fc.json(), (json) => readOrRefuse(Buffer.from(`{"/":${json}}`))));
});

test('as long as a node lists the same, its tables have the very lists they had; a gone node is forgotten', () => {
  const reader = new ContainerReader();
  const read = (infos: Readonly<Record<string, Info>>) => reader.read('worker-1', bytesOf(infos), RECEIVED).tables;
  const first = read({ '/a': info(labelled('app', { image: 'app:1' })) });
  const second = read({ '/a': info(labelled('app', { image: 'app:2' })) });
  expect(second.container?.keys).toBe(first.container?.keys);
  expect(second.pod?.names).toBe(first.pod?.names);
  expect(reader.imageOf('worker-1', 'shop', 'web', 'app')).toBe('app:2');
  expect(read({ '/b': info(labelled('other')) }).container?.keys).toEqual(['shop/web/other']);
  reader.forget('worker-1');
  expect(reader.imageOf('worker-1', 'shop', 'web', 'app')).toBeUndefined();
});

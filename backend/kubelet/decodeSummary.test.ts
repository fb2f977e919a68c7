import fc from 'fast-check';
import { valuesOf } from '../../tests/support/batches.ts';
import { readRecording } from '../../tests/support/recordings.ts';
import { HeapscopeError } from '../errors.ts';
import type { TableName } from '../model/batch.ts';
import type { DecodedSummary } from './concludeSummary.ts';
import { decodeSummary } from './decodeSummary.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const time = '2026-11-21T11:59:50Z';
const startTime = '2026-11-21T11:00:00Z';
const NODE = { nodeName: 'worker-1' };
const REF = { name: 'web-1', namespace: 'shop', uid: 'x' };

/** Decodes an answer of the node `worker-1`; `raw` texts of the form `#123` stand for bare digits. */
function decode(answer: object): DecodedSummary {
  return decodeText(JSON.stringify(answer).replace(/"#(-?[0-9.e+]+)"/g, '$1'));
}

function decodeText(text: string | Buffer): DecodedSummary {
  return decodeSummary(Buffer.from(text as string), 'worker-1', NOW);
}

/** An answer with one pod, and one container in it. */
function withPod(pod: object, container?: object): object {
  const containers = container ? [{ name: 'httpd', startTime, ...container }] : [];
  return { node: NODE, pods: [{ podRef: REF, startTime, containers, ...pod }] };
}

function value(decoded: DecodedSummary, table: TableName, metric: string): number | bigint | undefined {
  return Object.values(valuesOf(decoded.tables[table], metric))[0];
}

describe('what is measured', () => {
  test('is read for nodes, system containers, pods and containers', () => {
    const cpu = { time, usageNanoCores: 250_000_000, usageCoreNanoSeconds: 5_000 };
    const memory = {
      time,
      usageBytes: 6,
      workingSetBytes: 5,
      rssBytes: 4,
      availableBytes: 3,
      pageFaults: 2,
      majorPageFaults: 1,
    };
    const swap = { time, swapUsageBytes: 8, swapAvailableBytes: 9 };
    const all = { startTime, cpu, memory, swap };
    const { tables } = decode({
      node: { nodeName: 'worker-1', ...all, systemContainers: [{ name: 'kubelet', ...all }] },
      pods: [{ podRef: REF, ...all, containers: [{ name: 'httpd', ...all }] }],
    });
    for (const table of ['node', 'sys_container', 'pod', 'container'] as const) {
      const values = Object.fromEntries([...tables[table]!.columns].map(([name, column]) => [name, column.values[0]]));
      expect(values).toEqual({
        uptime: 3_600_000,
        'cpu/usage': 5_000,
        'cpu/usage_rate_kubelet': 250,
        'memory/usage': 6,
        'memory/working_set': 5,
        'memory/rss': 4,
        'memory/available': 3,
        'memory/page_faults': 2,
        'memory/major_page_faults': 1,
        'memory/swap_usage': 8,
        'memory/swap_available': 9,
      });
      expect(tables[table]!.startTimesMs[0]).toBe(Date.parse(startTime));
      expect(tables[table]!.sampleTimesMs.cpu[0]).toBe(Date.parse(time));
    }
    expect(tables.container!.keys).toEqual(['shop/web-1/httpd']);
    expect(tables.sys_container!.keys).toEqual(['worker-1/kubelet']);
  });

  test('has a clock per block: memory keeps its own beside that of swap', () => {
    const at = (second: number) => `2026-11-21T11:59:${second}Z`;
    const blocks = { memory: { time: at(20), usageBytes: 1 }, cpu: { time: at(10) }, swap: { time: at(50) } };
    const container = decode(withPod({}, { ...blocks, io: { time: at(40) } })).tables.container!;
    const clocks = Object.entries(container.sampleTimesMs).map(([name, times]) => [
      name,
      new Date(times[0]).getSeconds(),
    ]);
    expect(Object.fromEntries(clocks)).toEqual({ cpu: 10, memory: 20, network: NaN, io: 40 });
  });

  test('may come in any order of its keys', () => {
    const text = `{"pods":[{"containers":[{"cpu":{"usageCoreNanoSeconds":7,"time":"${time}"},"name":"httpd"}],"network":{
      "interfaces":[{"rxBytes":3,"name":"eth0"}],"rxBytes":3,"time":"${time}"},
      "podRef":{"namespace":"shop","name":"web-1"}}],"node":{"nodeName":"worker-1"}}`;
    const { tables } = decodeText(text);
    expect(valuesOf(tables.container, 'cpu/usage')).toEqual({ 'shop/web-1/httpd': 7 });
    expect(valuesOf(tables.interface, 'network/interface_rx')).toEqual({ 'pod/worker-1/shop/web-1//eth0': 3 });
    expect(tables.interface!.sampleTimesMs.network[0]).toBe(Date.parse(time));
  });

  test('keeps the names that Heapster gave to system containers', () => {
    const systemContainers = ['runtime', 'misc', 'kubelet', 'pods'].map((name) => ({ name }));
    expect(decode({ node: { systemContainers } }).tables.sys_container!.keys).toEqual(
      ['docker-daemon', 'system', 'kubelet', 'pods'].map((name) => `worker-1/${name}`)
    );
  });

  test('keeps all digits of a counter beyond 2^53', () => {
    const decoded = decode(withPod({}, { cpu: { time, usageCoreNanoSeconds: '#9007199254740993' } }));
    expect(value(decoded, 'container', 'cpu/usage')).toBe(9_007_199_254_740_993n);
    const most = decode(withPod({}, { cpu: { time, usageCoreNanoSeconds: '#18446744073709551615' } }));
    expect(value(most, 'container', 'cpu/usage')).toBe(18_446_744_073_709_551_615n);
  });
});

describe('file systems and interfaces', () => {
  test('of a node, a pod and a container are rows of their own', () => {
    const fs = (usedBytes: number) => ({
      time,
      usedBytes,
      capacityBytes: 100,
      inodesUsed: 1,
      inodesFree: 2,
      inodes: 3,
    });
    const { tables } = decode({
      node: { fs: fs(1), runtime: { imageFs: fs(2), containerFs: fs(3) } },
      pods: [
        {
          podRef: REF,
          volume: [{ name: 'data', ...fs(4), pvcRef: { name: 'claim-1', namespace: 'shop' } }],
          'ephemeral-storage': fs(5),
          containers: [{ name: 'httpd', rootfs: fs(6), logs: fs(7) }],
        },
      ],
    });
    expect(valuesOf(tables.filesystem, 'filesystem/usage')).toEqual({
      'node/worker-1/////': 1,
      'node/worker-1////imagefs': 2,
      'node/worker-1////containerfs': 3,
      'pod/worker-1/shop/web-1//Volume:data': 4,
      'pod/worker-1/shop/web-1//ephemeral-storage': 5,
      'container/worker-1/shop/web-1/httpd//': 6,
      'container/worker-1/shop/web-1/httpd/logs': 7,
    });
    const volume = tables.filesystem!.names.find(({ resourceId }) => resourceId === 'Volume:data');
    expect(volume).toMatchObject({ owner: 'pod', pod: 'web-1', persistentVolumeClaim: 'claim-1' });
    const storage = [tables.node, tables.pod, tables.container].map((table) =>
      Object.values(valuesOf(table, 'ephemeral_storage/usage'))
    );
    // Of a container: what it wrote and what it logged
    expect(storage).toEqual([[1], [5], [6 + 7]]);
  });

  test('without usedBytes leave the storage in use unknown', () => {
    const decoded = decode(
      withPod({ 'ephemeral-storage': { time } }, { rootfs: { time, usedBytes: 5 }, logs: { time } })
    );
    expect(value(decoded, 'pod', 'ephemeral_storage/usage')).toBeUndefined();
    expect(value(decoded, 'container', 'ephemeral_storage/usage')).toBeUndefined();
    expect(valuesOf(decoded.tables.filesystem, 'filesystem/usage')).toEqual({
      'container/worker-1/shop/web-1/httpd//': 5,
    });
  });

  test('of a container count as its storage only where both root file system and logs are told', () => {
    const decoded = decode(withPod({}, { rootfs: { time, usedBytes: 5 } }));
    expect(value(decoded, 'container', 'ephemeral_storage/usage')).toBeUndefined();
  });

  test('the default interface is that of the network block itself', () => {
    const network = {
      time,
      name: 'eth0',
      rxBytes: 5,
      txBytes: 6,
      interfaces: [
        { name: 'eth0', rxBytes: 5 },
        { name: 'lo', rxBytes: 9 },
      ],
    };
    const decoded = decode(withPod({ network }));
    expect(value(decoded, 'pod', 'network/rx')).toBe(5);
    expect(Object.values(valuesOf(decoded.tables.interface, 'network/interface_rx'))).toEqual([5, 9]);
  });
});

describe('pressure', () => {
  const psi = (total: number) => ({ full: { total: 0, avg10: 0 }, some: { total, avg10: 1.5, avg60: 0, avg300: 0 } });

  test('is unknown while all counters of the node are 0', () => {
    const decoded = decode(withPod({ cpu: { time, psi: psi(0) } }, { cpu: { time, psi: psi(0) } }));
    expect([...decoded.tables.pod!.columns.keys()].filter((name) => name.includes('psi'))).toEqual([]);
  });

  test('is known for everybody as soon as one counter has moved', () => {
    const decoded = decode(withPod({ cpu: { time, psi: psi(0) } }, { memory: { time, psi: psi(7) } }));
    expect(value(decoded, 'pod', 'cpu/psi_some_total')).toBe(0);
    expect(value(decoded, 'container', 'memory/psi_some_total')).toBe(7);
    expect(value(decoded, 'container', 'memory/psi_some_avg10')).toBe(1.5);
  });
});

describe('custom metrics', () => {
  const custom = (list: object[]) => decode(withPod({}, { userDefinedMetrics: list })).tables.container!;

  test('are kept under their own names, as floats', () => {
    const table = custom([
      { name: 'queue', type: 'gauge', units: 'items', time, value: 2.5 },
      { name: 'errors', value: -1 },
      { name: 'without a value' },
      { value: 5 },
    ]);
    expect(
      Object.fromEntries(
        [...table.columns].filter(([name]) => name !== 'uptime').map(([name, { values }]) => [name, values[0]])
      )
    ).toEqual({
      'custom/queue': 2.5,
      'custom/errors': -1,
    });
  });

  test('are bounded in number, and no infinity', () => {
    const many = custom(Array.from({ length: 500 }, (_, index) => ({ name: `metric-${index}`, value: index })));
    expect([...many.columns.keys()].filter((name) => name.startsWith('custom/'))).toHaveLength(100);
    expect(valuesOf(custom([{ name: 'queue', value: '#1e400' }]), 'custom/queue')).toEqual({});
  });
});

describe('what is not there', () => {
  test('is absent, and not 0', () => {
    const decoded = decode(
      withPod({ cpu: null, memory: { time, usageBytes: null } }, { memory: { workingSetBytes: 5 } })
    );
    expect(value(decoded, 'pod', 'memory/usage')).toBeUndefined();
    expect([...decoded.tables.container!.columns.keys()].toSorted()).toEqual(['memory/working_set', 'uptime']);
    expect(decoded.tables.container!.sampleTimesMs.memory[0]).toBeNaN();
  });

  test('may be everything but the node', () => {
    const { tables, newestSampleMs } = decode({ node: NODE });
    expect(tables.node!.keys).toEqual(['worker-1']);
    expect([tables.pod, tables.container, tables.filesystem].map((table) => table!.keys)).toEqual([[], [], []]);
    expect(newestSampleMs).toBe(-Infinity);
  });

  test('a start in the future, in the year 1 or missing gives no uptime', () => {
    for (const odd of ['2026-11-21T12:00:01Z', '0001-01-01T00:00:00Z', null]) {
      expect(value(decode({ node: { startTime: odd } }), 'node', 'uptime')).toBeUndefined();
    }
  });

  test('a pod or container without a name is left out', () => {
    const pods = [{ podRef: { namespace: 'shop' } }, { podRef: REF, containers: [{ cpu: {} }] }, { startTime }, null];
    const { tables } = decode({ node: NODE, pods });
    expect(tables.pod!.keys).toEqual(['shop/web-1']);
    expect(tables.container!.keys).toEqual([]);
  });
});

describe('what cannot be', () => {
  test.each(['#-1', '#18446744073709551616', '#1e30', '#1e400', '#-9007199254740993'])(
    '%s is left out and counted',
    (odd) => {
      const decoded = decode(withPod({ memory: { time, usageBytes: odd, workingSetBytes: 5 } }));
      expect(value(decoded, 'pod', 'memory/usage')).toBeUndefined();
      expect(value(decoded, 'pod', 'memory/working_set')).toBe(5);
      expect(decoded.rejectedValues).toBe(1);
    }
  );

  test('of two pods of one name, the one that started later counts', () => {
    const pod = (started: string, usageBytes: number) => ({
      podRef: REF,
      startTime: started,
      memory: { time, usageBytes },
    });
    for (const order of [0, 1]) {
      const pods = [pod('2026-11-21T11:30:00Z', 2), pod('2026-11-21T11:00:00Z', 1)];
      const decoded = decode({ node: NODE, pods: order === 0 ? pods : pods.toReversed() });
      expect(valuesOf(decoded.tables.pod, 'memory/usage')).toEqual({ 'shop/web-1': 2 });
    }
  });

  test('a time in the future is told', () => {
    const decoded = decode(withPod({}, { cpu: { time: '2026-11-21T12:05:00Z' } }));
    expect(decoded.newestSampleMs - NOW).toBe(300_000);
  });

  test('the name that the kubelet calls itself by is told, and not used', () => {
    const decoded = decode({ node: { nodeName: 'worker-9' } });
    expect(decoded.saysNodeName).toBe('worker-9');
    expect(decoded.tables.node!.keys).toEqual(['worker-1']);
  });
});

describe('what is no summary', () => {
  test.each([
    ['nothing', ''],
    ['HTML', '<html><body>Not found</body></html>'],
    ['another object', '{"kind":"Status","code":403}'],
    ['a list', '[]'],
    ['a text', '"node"'],
    ['null', 'null'],
    ['a node that is null', '{"node":null}'],
    ['a node without anything', '{"node":{}}'],
    ['a node that is a number', '{"node":5}'],
    ['pods that are an object', '{"node":{"nodeName":"a"},"pods":{}}'],
    ['a number in quotes', '{"node":{"memory":{"usageBytes":"5"}}}'],
    ['a name that is a number', '{"node":{"nodeName":"a"},"pods":[{"podRef":{"name":5}}]}'],
    ['a node twice', '{"node":{"nodeName":"a"},"node":{"nodeName":"b"}}'],
    ['a node after an empty one', '{"node":null,"node":{"nodeName":"b"}}'],
    ['two answers in one', '{"node":{"nodeName":"a"}}{"node":{"nodeName":"a"}}'],
  ])('%s is refused with a sentence that names the node', (_what, text) => {
    expect(() => decodeText(text)).toThrow(
      expect.objectContaining({
        code: 'kubelet_unreadable',
        message: expect.stringMatching(
          /^Kubelet on node worker-1 answered \d+ bytes that are not a summary: .+\. Ask it by hand for \/stats\/summary and look at the answer\.$/
        ),
      })
    );
  });

  test('an answer of many million empty objects is given up before they fill the memory', () => {
    const text = `{"node":{"nodeName":"a"},"pods":[${'{},'.repeat(2_000_000)}{}]}`;
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodeText(text)).toThrow('The answer has more than 50000 objects of a kind');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150 * 1024 * 1024);
  });

  const recorded = readRecording('three-generations').kubelets['lab-node-2'][0].body!;

  test('a part of an answer is never taken for the whole', () => {
    const bytes = Buffer.from(recorded);
    for (let length = 0; length < bytes.length; length += 401) {
      expect(() => decodeText(bytes.subarray(0, length))).toThrow(HeapscopeError);
    }
  });

  test('whatever happens to the bytes on the way, the answer is read or refused', () => {
    const damage = fc.tuple(fc.nat(recorded.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 5 }), (places) => {
        const bytes = Buffer.from(recorded);
        places.forEach(([at, byte]) => (bytes[at] = byte));
        try {
          decodeText(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'kubelet_unreadable' });
        }
      }),
      { numRuns: 200 }
    );
  });

  test('and so is any JSON at all', () => {
    const field = fc.constantFrom(
      'podRef',
      'containers',
      'cpu',
      'memory',
      'network',
      'fs',
      'time',
      'volume',
      'name',
      'psi'
    );
    const tree = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, 5, -1, 'x', true, time),
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(field, tie('any'), { maxKeys: 5 })
      ),
    }));
    const answers = fc.record({ node: fc.dictionary(field, tree.any), pods: fc.array(fc.dictionary(field, tree.any)) });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), answers), (answer) => {
        try {
          decodeText(JSON.stringify(answer));
        } catch (error) {
          expect(error).toMatchObject({ code: 'kubelet_unreadable' });
        }
      }),
      { numRuns: 500 }
    );
  });
});

import { batchOf, containerRow, MINUTE_MS, nodeRow, podRow, valuesOf, type Row } from '../../tests/support/batches.ts';
import { HEAPSTER_CPU, HEAPSTER_HAD_NONE, heapsterColumn, wholeMillicores } from '../model/heapsterValues.ts';
import { addHeapsterValues } from './addHeapsterValues.ts';
import { sumContainersToPods } from './aggregate.ts';
import { deriveRates } from './deriveRates.ts';

const NONE = HEAPSTER_HAD_NONE;
const RX = { 'network/rx': 0 };

interface Rows {
  readonly node?: Row[];
  readonly pod?: Row[];
  readonly container?: Row[];
}

/** Both rounds down the line, and what was added for Heapster. */
function told(first: Rows, second: Rows) {
  const [before, now] = [batchOf({ ...first }, MINUTE_MS), batchOf({ ...second }, 2 * MINUTE_MS)];
  const ours = sumContainersToPods(deriveRates(now, before));
  const { tables } = addHeapsterValues(ours, before);
  return (table: 'node' | 'pod' | 'container', metric: string) => valuesOf(tables[table], heapsterColumn(metric));
}

const used = (cpuNs: number, more: object = {}) => ({ values: { 'cpu/usage': cpuNs, ...more } });

test('the CPU of a pod is the sum of the whole millicores of its containers', () => {
  const rows = (cpuNs: number, atMs: number): Rows => ({
    pod: [podRow('shop/web')],
    container: ['a', 'b', 'c'].map((name) => containerRow(`shop/web/${name}`, { atMs, ...used(cpuNs) })),
  });
  // 1.9 millicores each: 5.7 together, but 3 when each is cut first.
  const read = told(rows(0, 0), rows(19_000_000, 10_000));
  expect(read('pod', 'cpu/usage_rate')).toEqual({ 'shop/web': 3 });
  expect(read('container', 'cpu/usage_rate')).toEqual({});
});

test("a pod's own counters go by the time of its network block", () => {
  const rows = (cpuNs: number, atMs: number, networkMs: number): Rows => ({
    pod: [podRow('shop/web', { atMs, clocks: { network: networkMs }, ...used(cpuNs, RX) })],
    container: [],
  });
  const read = told(rows(0, 0, 0), rows(1_000_000_000, 10_000, 20_000));
  expect(read('pod', 'cpu/usage_rate')).toEqual({ 'shop/web': 50 });
});

test('a pod without a network block has the sum of its containers, whatever it says itself', () => {
  const rows = (cpuNs: number, atMs: number): Rows => ({
    pod: [podRow('shop/web', { atMs, ...used(cpuNs * 2) })],
    container: [containerRow('shop/web/a', { atMs, ...used(cpuNs) })],
  });
  const read = told(rows(0, 0), rows(1_000_000_000, 10_000));
  expect(read('pod', 'cpu/usage_rate')).toEqual({ 'shop/web': 100 });
});

test('where a pod is its pause container, its rate goes by that one clock and has the rates of all others added', () => {
  const round = (cpuNs: number, atMs: number, endMs: number) => ({
    ...batchOf(
      {
        pod: [podRow('shop/web', { atMs, ...used(cpuNs) })],
        container: [containerRow('shop/web/a', { atMs, ...used(cpuNs * 9) })],
      },
      endMs
    ),
    source: 'containers' as const,
  });
  const before = round(0, 0, MINUTE_MS);
  const now = sumContainersToPods(deriveRates(round(19_000_000, 10_000, 2 * MINUTE_MS), before));
  // 1.9 and 17.1 millicores: 19 together, but 18 when each is cut first.
  expect(valuesOf(now.tables.pod, 'cpu/usage_rate')).toEqual({ 'shop/web': 19 });
  expect(valuesOf(addHeapsterValues(now, before).tables.pod, HEAPSTER_CPU)).toEqual({ 'shop/web': 18 });
});

test('local storage that an answer does not tell counts as none of the allocatable one, and is unknown without an answer', () => {
  const shareOf = (answered: number) => {
    const values = { 'kubelet/answered': answered, 'ephemeral_storage/node_allocatable': 100 };
    const { node } = addHeapsterValues(batchOf({ node: [nodeRow('worker-1', { values })] }), undefined).tables;
    return valuesOf(node, heapsterColumn('ephemeral_storage/node_utilization'));
  };
  expect([shareOf(1), shareOf(0)]).toEqual([{ 'worker-1': 0 }, {}]);
});

test('page faults of a container go by the time of its CPU block', () => {
  const rows = (faults: number, atMs: number, memoryMs: number): Rows => ({
    pod: [podRow('shop/web')],
    container: [
      containerRow('shop/web/a', { atMs, clocks: { memory: memoryMs }, values: { 'memory/page_faults': faults } }),
    ],
  });
  const read = told(rows(0, 0, 0), rows(100, 10_000, 20_000));
  expect(read('container', 'memory/page_faults_rate')).toEqual({ 'shop/web/a': 10 });
  expect(read('pod', 'memory/page_faults_rate')).toEqual({ 'shop/web': 10 });
});

test('what Heapster had no rate of is marked where we have one', () => {
  // The memory block is new, the CPU block is the same sample as before: Heapster saw nothing new.
  const rows = (faults: number, memoryMs: number): Rows => ({
    pod: [podRow('shop/web')],
    container: [
      containerRow('shop/web/a', { atMs: 5, clocks: { memory: memoryMs }, values: { 'memory/page_faults': faults } }),
    ],
  });
  const read = told(rows(0, 0), rows(100, 10_000));
  expect(read('container', 'memory/page_faults_rate')).toEqual({ 'shop/web/a': NONE });
  expect(read('pod', 'memory/page_faults_rate')).toEqual({ 'shop/web': NONE });
});

test('counters beyond 2^53 lose no digit, and those that fall give no rate', () => {
  const rows = (cpuNs: bigint, atMs: number): Rows => ({
    pod: [podRow('shop/web')],
    container: [containerRow('shop/web/a', { atMs, values: { 'cpu/usage': cpuNs } })],
  });
  const most = 2n ** 63n;
  expect(told(rows(most, 0), rows(most + 70_000_000n, 10_000))('pod', 'cpu/usage_rate')).toEqual({ 'shop/web': 7 });
  expect(told(rows(most, 0), rows(most - 70_000_000n, 10_000))('pod', 'cpu/usage_rate')).toEqual({});
});

test('restarts are those of the containers that the kubelet reports', () => {
  const row = (name: string, reported: boolean): Row => {
    const row = containerRow(`shop/web/${name}`, { values: { restart_count: 2 } });
    return reported ? row : { ...row, names: { ...row.names, reported: false } };
  };
  const unreported = podRow('shop/done', { values: { restart_count: 5 }, about: { reported: false } });
  const pods = [podRow('shop/web', { values: { restart_count: 4 } }), unreported];
  const now = batchOf({ pod: pods, container: [row('a', true), row('b', false)] });
  const { tables } = addHeapsterValues(now, undefined);
  expect(valuesOf(tables.pod, heapsterColumn('restart_count'))).toEqual({ 'shop/web': 2, 'shop/done': NONE });
  expect(valuesOf(tables.container, heapsterColumn('restart_count'))).toEqual({ 'shop/web/b': NONE });
});

test('the use of a node is a share of whole millicores', () => {
  const values = { 'cpu/node_allocatable': 1000, 'cpu/node_utilization': 0.0019 };
  const rows = (cpuNs: number, atMs: number): Rows => ({
    node: [nodeRow('worker-1', { atMs, values: { ...values, 'cpu/usage': cpuNs } })],
  });
  expect(told(rows(0, 0), rows(19_000_000, 10_000))('node', 'cpu/node_utilization')).toEqual({ 'worker-1': 0.001 });
});

test('of a pod that is listed twice, the one that stood last is told', () => {
  const pod = (start: number, rx: number, atMs: number) =>
    podRow('shop/web', { startMs: start, atMs, values: { 'network/rx': rx, uptime: atMs - start } });
  const [before, now] = [batchOf({ pod: [pod(9, 0, 10)] }), batchOf({ pod: [pod(9, 10, 1_010)] }, 2 * MINUTE_MS)];
  const last = {
    now: batchOf({ pod: [pod(1, 70, 1_010)] }).tables.pod,
    before: batchOf({ pod: [pod(1, 20, 10)] }).tables.pod,
  };
  const { tables } = addHeapsterValues(deriveRates(now, before), before, last);
  const read = (metric: string) => valuesOf(tables.pod, heapsterColumn(metric))['shop/web'];
  expect([read('start'), read('uptime'), read('network/rx'), read('network/rx_rate')]).toEqual([1, 1_009, 70, 50]);
});

test('millicores that miss a whole number by rounding only are that number', () => {
  expect(wholeMillicores(19.999999999999996)).toBe(20);
  expect(wholeMillicores(19.9999999)).toBe(19);
  expect(wholeMillicores(0.4)).toBe(0);
});

test('without counters of the round before there is nothing but what is absent', () => {
  const rows = { pod: [podRow('shop/web', { atMs: 1, ...used(5, RX) })], container: [] };
  expect(addHeapsterValues(batchOf(rows), undefined).tables.pod?.columns.get(HEAPSTER_CPU)?.values).toEqual(
    Float64Array.of(NaN)
  );
});

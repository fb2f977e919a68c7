import { batchOf, containerRow, nodeRow, podRow } from '../../tests/support/batches.ts';
import type { Row } from '../../tests/support/batches.ts';
import { LatestSamples } from './latestSamples.ts';

const ROUND_MS = 60_000;
const GIB = 2 ** 30;

let samples: LatestSamples;
let roundMs: number;

beforeEach(() => {
  samples = new LatestSamples({ resolutionMs: ROUND_MS });
  roundMs = 600_000;
});

const NODE: Row = nodeRow('worker-1', { values: { 'kubelet/answered': 1 } });

/** A container `shop/web/NAME` that has run for long, unless `startMs` says otherwise. */
function container(
  name: string,
  atMs: number,
  cpuNs: number | bigint,
  rest: Partial<Row> & { memory?: number } = {}
): Row {
  const { memory = GIB, ...others } = rest;
  const values = { 'cpu/usage': cpuNs, 'memory/working_set': memory };
  return containerRow(`shop/web/${name}`, { startMs: 0, atMs, values, ...others });
}

function round(containers: readonly Row[], node: Row = NODE): void {
  roundMs += ROUND_MS;
  samples.append(batchOf({ node: [node], pod: [podRow('shop/web')], container: containers }, roundMs));
  samples.commit();
}

const web = () => samples.ofPod('worker-1', 'shop', 'web');

test('use is what lies between two samples, at the time of the later one', () => {
  round([container('app', 600_000, 1_000_000_000)]);
  expect(web()).toEqual([{ container: 'app', usage: undefined }]);
  round([container('app', 615_000, 4_000_000_000)]);
  expect(web()).toEqual([
    {
      container: 'app',
      usage: { timestampMs: 615_000, windowMs: 15_000, cpuNanocores: 200_000_000, memoryBytes: GIB },
    },
  ]);
});

test('the same sample again changes nothing, and the next one is compared with it', () => {
  round([container('app', 600_000, 1_000_000_000)]);
  round([container('app', 620_000, 3_000_000_000)]);
  const before = web();
  round([container('app', 620_000, 3_000_000_000)]);
  expect(web()).toEqual(before);
  round([container('app', 650_000, 3_300_000_000)]);
  expect(web()[0].usage).toMatchObject({ timestampMs: 650_000, windowMs: 30_000, cpuNanocores: 10_000_000 });
});

test('counters beyond 2^53 lose no digit between two samples', () => {
  round([container('app', 600_000, 2n ** 63n)]);
  round([container('app', 610_000, 2n ** 63n + 30n)]);
  expect(web()[0].usage?.cpuNanocores).toBe(3);
});

test('a fresh container is measured from its start once it is ten seconds old', () => {
  round([container('app', 609_000, 500_000_000, { startMs: 600_000 })]);
  expect(web()[0].usage).toBeUndefined();
  round([container('app', 620_000, 1_000_000_000, { startMs: 600_000 })]);
  expect(web()[0].usage).toMatchObject({ timestampMs: 620_000, windowMs: 20_000, cpuNanocores: 50_000_000 });
});

test('a restarted container has no use until it can be measured', () => {
  round([container('app', 600_000, 9_000_000_000)]);
  round([container('app', 660_000, 1_000_000, { startMs: 655_000 })]);
  expect(web()[0].usage).toBeUndefined();
  round([container('app', 720_000, 3_000_000, { startMs: 655_000 })]);
  expect(web()[0].usage).toMatchObject({ windowMs: 60_000 });
});

test('a counter that fell and a clock that went back give no use, and the next sample does', () => {
  round([container('app', 600_000, 9_000_000_000), container('back', 600_000, 1_000)]);
  round([container('app', 660_000, 8_000_000_000), container('back', 100_000, 2_000)]);
  expect(web().map(({ usage }) => usage)).toEqual([undefined, undefined]);
  round([container('app', 720_000, 8_600_000_000), container('back', 160_000, 2_060)]);
  expect(web().map(({ usage }) => usage?.cpuNanocores)).toEqual([10_000_000, 1]);
});

test('zero and missing values are no measurement', () => {
  round([container('app', 600_000, 1_000), container('new', 600_000, 0), container('bare', 600_000, 1, { memory: 0 })]);
  round([container('app', 660_000, 1_000), container('new', 660_000, 0), container('bare', 660_000, 1, { memory: 0 })]);
  expect(web().map(({ container: name, usage }) => [name, usage?.cpuNanocores])).toEqual([
    ['app', 0],
    ['bare', undefined],
    ['new', undefined],
  ]);
});

test('containers that only the API server knows do not run', () => {
  const silent = containerRow('shop/web/waiting');
  const rows = [container('app', 600_000, 1), { ...silent, names: { ...silent.names, reported: false as const } }];
  round(rows);
  expect(web().map(({ container: name }) => name)).toEqual(['app']);
});

test('pods whose names begin alike are kept apart', () => {
  const other = containerRow('shop/web-2/app', { startMs: 0, atMs: 600_000 });
  const third = containerRow('shop/we/b', { startMs: 0, atMs: 600_000 });
  round([other, container('app', 600_000, 1), third]);
  expect(web()).toHaveLength(1);
  expect(samples.ofPod('worker-1', 'shop', 'web-2')).toHaveLength(1);
  expect(samples.ofPod('worker-1', 'sho', 'web')).toEqual([]);
});

test('a node whose kubelet is silent has nothing, and begins anew', () => {
  round([container('app', 600_000, 1_000)]);
  round([container('app', 660_000, 2_000)]);
  expect(web()[0].usage).toBeDefined();
  round([], nodeRow('worker-1', { values: { 'kubelet/answered': 0 } }));
  expect(web()).toEqual([]);
  round([container('app', 780_000, 4_000)]);
  expect(web()[0].usage).toBeUndefined();
});

test('it is ready with the use of the first node', () => {
  const node = (atMs: number, cpuNs: number): Row =>
    nodeRow('worker-1', {
      startMs: 0,
      atMs,
      values: { 'kubelet/answered': 1, 'cpu/usage': cpuNs, 'memory/working_set': GIB },
    });
  round([], node(600_000, 1));
  expect(samples.isReady).toBe(false);
  round([], node(660_000, 60_001));
  expect(samples.isReady).toBe(true);
  expect(samples.ofNode('worker-1')).toEqual({
    timestampMs: 660_000,
    windowMs: 60_000,
    cpuNanocores: 1000,
    memoryBytes: GIB,
  });
});

test('what is being written is not seen before it is complete', () => {
  samples.append(batchOf({ node: [NODE], container: [container('app', 600_000, 1)] }));
  expect(web()).toEqual([]);
  samples.commit();
  expect(web()).toHaveLength(1);
});

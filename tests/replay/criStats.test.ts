import { readRecording } from '../support/recordings.ts';
import { startReplay } from './replayLine.ts';
import type { ReplayLine } from './replayLine.ts';

/** A kubelet that takes pods and containers from the container runtime (`PodAndContainerStatsFromCRI`). */
const FIRST_MS = Date.parse('2026-11-21T11:47:00Z');
const ROUNDS = Array.from({ length: 5 }, (_, index) => FIRST_MS + index * 15_000);
const BURNER = 'shop/burner-548684c78f-wx9md';

let line: ReplayLine;

beforeAll(async () => {
  const recording = readRecording('cri-stats');
  line = await startReplay(recording);
  for (const [moment, endMs] of ROUNDS.entries()) {
    await line.collect(moment, endMs, Date.parse(recording.kubelets['lab-node-2'][moment].askedAt));
  }
}, 30_000);

afterAll(() => line.close());

test('pods and containers have CPU rates, all by one clock', () => {
  // (19080630451 − 17395069068) ns in 11:47:26 → 11:47:41
  const pod = line.history('pod', 'cpu/usage_rate', BURNER);
  expect(pod[3]).toBeCloseTo(1_685_561_383 / 15 / 1e6, 9);
  // (19054888754 − 17376953064) ns in 11:47:26 → 11:47:41
  const container = line.history('container', 'cpu/usage_rate', `${BURNER}/burn`);
  expect(container[3]).toBeCloseTo(1_677_935_690 / 15 / 1e6, 9);
});

test('containers have a working set and nothing else of memory, pods have their own', () => {
  expect(line.values('container', 'memory/working_set', ROUNDS[3])[`${BURNER}/burn`]).toBe(249_856);
  expect(line.values('container', 'memory/usage', ROUNDS[3])).toEqual({});
  expect(line.values('pod', 'memory/usage', ROUNDS[0])[BURNER]).toBe(839_680);
  expect(line.values('pod', 'memory/page_faults', ROUNDS[0])[BURNER]).toBe(1949);
});

test('traffic stamped with the year 1970 is kept, and pods on the network of the host have none', () => {
  expect(line.values('pod', 'network/rx', ROUNDS[0])[BURNER]).toBe(3676);
  expect(line.values('pod', 'network/rx', ROUNDS[0])).not.toHaveProperty('kube-system/node-agent-7jfpq');
  expect(line.collector.report('lab-node-2')).toMatchObject({ state: 'ok', problem: undefined });
});

test('the crash-looping container has no rate here either', () => {
  const boom = line.history('container', 'cpu/usage', 'data-pipeline/mixed-t8np5/boom');
  expect(boom.filter((value) => !Number.isNaN(value))).toEqual([274_539_336, 196_085_669]);
  expect(line.history('container', 'cpu/usage_rate', 'data-pipeline/mixed-t8np5/boom')).toEqual(Array(5).fill(NaN));
});

test('the namespace is the sum of its pods here too', () => {
  // burner 1685561383 ns, web-h4sz7 (254581718 − 235282840) and web-p6772 (257241051 − 238588845), each in 15 s
  const sum = (1_685_561_383 + 19_298_878 + 18_652_206) / 15 / 1e6;
  expect(line.values('namespace', 'cpu/usage_rate', ROUNDS[3]).shop).toBeCloseTo(sum, 9);
});

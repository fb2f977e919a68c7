import { readRecording } from '../support/recordings.ts';
import type { Recording } from '../support/recordings.ts';
import { startReplay } from './replayLine.ts';
import type { ReplayLine } from './replayLine.ts';

/** The kubelet of `lab-node-3` was killed at 11:30:24; the API server called the node Ready until 11:31:12. */
const FIRST_MS = Date.parse('2026-11-21T11:30:45Z');
const ROUNDS = Array.from({ length: 9 }, (_, index) => FIRST_MS + index * 15_000);
const DOWN = 'lab-node-3';

let line: ReplayLine;
const states: string[] = [];
const sentences: string[] = [];

beforeAll(async () => {
  line = await startReplay(besideHealthyNodes(readRecording('node-down'), readRecording('three-generations')));
  for (const [moment, endMs] of ROUNDS.entries()) {
    await line.collect(moment, endMs, endMs);
    const report = line.collector.report(DOWN);
    states.push(report?.state ?? 'none');
    sentences.push(report?.problem?.message ?? '');
  }
}, 30_000);

afterAll(() => line.close());

/** The kubelets of the other nodes were not recorded meanwhile: they answer as they did some minutes before. */
function besideHealthyNodes(down: Recording, healthy: Recording): Recording {
  const { 'lab-node-1': one, 'lab-node-2': two } = healthy.kubelets;
  return { ...down, kubelets: { ...down.kubelets, 'lab-node-1': one, 'lab-node-2': two } };
}

test('the node fails while it counts as ready, and is not asked any more once it does not', () => {
  expect(states).toEqual(['failing', 'failing', 'failing', ...Array(6).fill('not_ready')]);
  expect(sentences[0]).toMatch(/^Kubelet on node lab-node-3 refused the connection at 127\.0\.0\.1:\d+\. Check that/);
  expect(sentences[8]).toBe(
    'Node lab-node-3 is not ready (condition Ready is Unknown); its kubelet was not asked. Look at `kubectl describe node lab-node-3`.'
  );
});

test('what the API server knows of the node stays: conditions, capacity, pods and their restarts', () => {
  expect(line.history('node', 'condition/ready', DOWN)).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0]);
  expect(line.history('node', 'kubelet/answered', DOWN)).toEqual(Array(9).fill(0));
  expect(line.history('node', 'cpu/node_allocatable', DOWN)).toEqual(Array(9).fill(1800));
  // mixed, node-agent, static-proxy, burner and two web, which the API server still calls Running
  expect(line.history('node', 'pods/running', DOWN)[8]).toBe(6);
  expect(line.history('pod', 'restart_count', 'kube-system/static-proxy-lab-node-3')).toEqual(Array(9).fill(1));
});

test('what only its kubelet knows is a gap, not a zero', () => {
  const gap = Array(9).fill(NaN);
  expect(line.history('node', 'memory/working_set', DOWN)).toEqual(gap);
  expect(line.history('node', 'cpu/node_utilization', DOWN)).toEqual(gap);
  expect(line.history('node', 'memory/node_reservation', DOWN)).toEqual(gap);
  expect(line.history('pod', 'memory/working_set', 'kube-system/static-proxy-lab-node-3')).toEqual(gap);
});

test('the other nodes are not touched, and the cluster counts who answers', () => {
  expect(line.history('node', 'kubelet/answered', 'lab-node-1')).toEqual(Array(9).fill(1));
  // (4624723795133 − 4613814633679) ns in 10 s
  expect(line.history('node', 'cpu/usage_rate', 'lab-node-1')[1]).toBeCloseTo(10_909_161_454 / 10 / 1e6, 9);
  expect(line.values('cluster', 'nodes/count', ROUNDS[8])['']).toBe(3);
  expect(line.values('cluster', 'nodes/ready', ROUNDS[8])['']).toBe(2);
  expect(line.values('cluster', 'nodes/answered', ROUNDS[8])['']).toBe(2);
  expect(line.values('cluster', 'cpu/node_allocatable', ROUNDS[8])['']).toBe(5400);
});

import { manualClock } from '../support/manualClock.ts';
import { readRecording } from '../support/recordings.ts';
import { runBackend } from '../support/runningBackend.ts';
import type { RunningBackend } from '../support/runningBackend.ts';
import { replayCluster, type ReplayCluster } from './replayCluster.ts';

/** Both generations of the Kubernetes Dashboard, as their requests are, against a recorded cluster. */
const FIRST_MS = Date.parse('2026-11-21T11:27:00Z');
const PODS = ['alloc-0', 'crashy', 'mixed-nlwtw'];
const TIMES = ['2026-11-21T11:27:00Z', '2026-11-21T11:27:15Z', '2026-11-21T11:27:30Z'];

interface Points {
  readonly timestamp: string;
  readonly value: number;
}
interface HeapsterPods {
  readonly items: ReadonlyArray<{ readonly metrics: readonly Points[] }>;
}
interface ScrapedItems {
  readonly items: ReadonlyArray<{ readonly metricPoints: readonly Points[]; readonly uids: readonly string[] }>;
}

let cluster: ReplayCluster;
let backend: RunningBackend;

beforeAll(async () => {
  cluster = await replayCluster(readRecording('three-generations'));
  await cluster.turnTo(0);
  backend = await runBackend({ kind: 'url', url: cluster.api.url }, manualClock(FIRST_MS), ['--kubelet-https=false']);
  for (const moment of [1, 2]) {
    await cluster.turnTo(moment);
    await backend.nextRound();
  }
});

afterAll(async () => {
  await backend.stop();
  await cluster.close();
});

async function get<Body>(path: string): Promise<Body> {
  const response = await fetch(`${backend.url}${path}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Body;
}

test('both find the backend well', async () => {
  const response = await fetch(`${backend.url}/healthz`);
  expect(response.status).toBe(200);
});

test.each(['memory/usage', 'memory-usage'])(
  'Dashboard 1.x has an item for each pod of %s, at the same times',
  async (metric) => {
    const path = `/api/v1/model/namespaces/data-pipeline/pod-list/${PODS.join(',')}/metrics/${metric}`;
    const { items } = await get<HeapsterPods>(path);
    expect(items.map(({ metrics }) => metrics.map(({ timestamp }) => timestamp))).toEqual(PODS.map(() => TIMES));
  }
);

test('both may name all pods of a namespace at once, however many these are', async () => {
  const names = [...PODS, ...Array.from({ length: 3_000 }, (_, index) => `of-a-large-deployment-5d8f7c9b6-${index}`)];
  const list = `namespaces/data-pipeline/pod-list/${names.join(',')}/metrics/memory/usage`;
  const { items } = await get<HeapsterPods>(`/api/v1/model/${list}`);
  expect(items).toHaveLength(names.length);
  expect(items[2].metrics).toHaveLength(TIMES.length);
  const scraped = await get<ScrapedItems>(`/api/v1/dashboard/${list}`);
  expect(scraped.items.map(({ uids }) => uids[0])).toEqual(PODS);
  const long = await fetch(`${backend.url}/api/v1/model/nodes/${'x'.repeat(9_000)}/metrics`);
  expect(long.status).toBe(400);
});

test.each(['cpu/usage_rate', 'cpu-usage'])('Dashboard 1.x has whole numbers of %s of a node', async (metric) => {
  const { metrics } = await get<{ metrics: Points[] }>(`/api/v1/model/nodes/lab-node-1/metrics/${metric}`);
  expect(metrics.map(({ timestamp }) => timestamp)).toEqual(TIMES.slice(1));
  expect(metrics.every(({ value }) => Number.isInteger(value) && value > 500)).toBe(true);
});

test('Dashboard from 2.0 on has the same pods and nodes by name', async () => {
  const path = `/api/v1/dashboard/namespaces/data-pipeline/pod-list/${PODS.join(',')}/metrics/memory/usage`;
  const pods = await get<ScrapedItems>(path);
  expect(pods.items.map(({ uids }) => uids[0])).toEqual(PODS);
  expect(pods.items[0].metricPoints.map(({ timestamp }) => timestamp)).toEqual(TIMES);
  const nodes = await get<ScrapedItems>('/api/v1/dashboard/nodes/lab-node-1/metrics/cpu/usage_rate');
  const { metrics } = await get<{ metrics: Points[] }>('/api/v1/model/nodes/lab-node-1/metrics/cpu/usage_rate');
  const [{ metricPoints }] = nodes.items;
  expect(metricPoints.map(({ timestamp }) => timestamp)).toEqual(metrics.map(({ timestamp }) => timestamp));
  // One rounds up, as quantities are, the other cuts.
  metricPoints.forEach(({ value }, index) => expect(value - metrics[index].value).toBeLessThanOrEqual(1));
});

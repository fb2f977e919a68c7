import { manualClock } from '../support/manualClock.ts';
import { readRecording } from '../support/recordings.ts';
import { runBackend } from '../support/runningBackend.ts';
import { replayCluster, type ReplayCluster } from './replayCluster.ts';

const FIRST_MS = Date.parse('2026-11-21T11:27:00Z');

interface PodList {
  readonly items: ReadonlyArray<{
    readonly metrics: ReadonlyArray<{ readonly timestamp: string; readonly value: number }>;
  }>;
}

let cluster: ReplayCluster;
beforeEach(async () => {
  cluster = await replayCluster(readRecording('three-generations'));
  await cluster.turnTo(0);
});
afterEach(() => cluster.close());

test('a dashboard of old finds an item per pod that it asks for, with the same times in each', async () => {
  const clock = manualClock(FIRST_MS);
  const backend = await runBackend({ kind: 'url', url: cluster.api.url }, clock, ['--kubelet-https=false']);
  await cluster.turnTo(1);
  await backend.nextRound();
  const get = async (path: string) => (await fetch(`${backend.url}/api/v1/model/${path}`)).json() as Promise<unknown>;
  const [namespace] = (await get('namespaces/')) as string[];
  const pods = ((await get(`namespaces/${namespace}/pods/`)) as string[]).slice(0, 3);
  expect(pods.length).toBeGreaterThan(0);
  const path = `namespaces/${namespace}/pod-list/${[...pods, 'nobody'].join(',')}/metrics/memory/usage`;
  const { items } = (await get(path)) as PodList;
  expect(items).toHaveLength(pods.length + 1);
  const times = items.map(({ metrics }) => metrics.map(({ timestamp }) => timestamp));
  expect(times.slice(0, -1)).toEqual(pods.map(() => ['2026-11-21T11:27:00Z', '2026-11-21T11:27:15Z']));
  expect(times.at(-1)).toEqual([]);
  expect(items[0].metrics.every(({ value }) => Number.isInteger(value) && value > 0)).toBe(true);
  await backend.stop();
});

test('with --heapster-api=off there is no such face, and nothing is kept for it', async () => {
  const clock = manualClock(FIRST_MS);
  const flags = ['--kubelet-https=false', '--heapster-api=off'];
  const backend = await runBackend({ kind: 'url', url: cluster.api.url }, clock, flags);
  const response = await fetch(`${backend.url}/api/v1/model/nodes/`);
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'not_found']);
  await backend.stop();
});

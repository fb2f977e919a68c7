import type { QueryResponse } from '../../backend/contract/grafana.ts';
import { manualClock } from '../support/manualClock.ts';
import { readRecording } from '../support/recordings.ts';
import { runBackend } from '../support/runningBackend.ts';
import { EventReader } from '../support/serverSentEvents.ts';
import { replayCluster } from './replayCluster.ts';

const FIRST_MS = Date.parse('2026-11-21T11:27:00Z');

test('a live panel gets each round of collection when it is complete, until the backend stops', async () => {
  const cluster = await replayCluster(readRecording('three-generations'));
  await cluster.turnTo(0);
  const flags = ['--kubelet-https=false'];
  const backend = await runBackend({ kind: 'url', url: cluster.api.url }, manualClock(FIRST_MS), flags);
  const response = await fetch(`${backend.url}/api/grafana/v1/stream/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      fromMs: 0,
      toMs: 20_000,
      queries: [{ refId: 'A', level: 'node', metric: 'memory/working_set', aggregation: 'count' }],
    }),
  });
  const reader = new EventReader<QueryResponse>(response);
  const next = async () => (await reader.next())?.data.results.A.frames[0].data.values;

  expect(await next()).toEqual([[FIRST_MS], [3]]);
  await cluster.turnTo(1);
  await backend.nextRound();
  expect(await next()).toEqual([
    [FIRST_MS, FIRST_MS + 15_000],
    [3, 3],
  ]);
  await cluster.turnTo(2);
  await backend.nextRound();
  expect(await next()).toEqual([
    [FIRST_MS + 15_000, FIRST_MS + 30_000],
    [3, 3],
  ]);

  await backend.stop();
  expect(await reader.next()).toBeUndefined();
  await cluster.close();
});

import { answerHistorical } from './api/heapster/historical.ts';
import { readParameters } from './api/heapster/parameters.ts';
import { HISTORICAL_PATHS, matchPath } from './api/heapster/paths.ts';
import { readHead, readJoined } from './heapsterFace.ts';
import { History } from './history/history.ts';
import { JoinedReader } from './history/joinedReader.ts';
import { removeTemporaryFolders, temporaryFolder } from './history/testing/temporaryFolder.ts';
import { heapsterColumn } from './model/heapsterValues.ts';
import { HeadStore } from './store/headStore.ts';
import { nodeBatch, totalsBatch } from './store/testing/batches.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 21);
const MINUTES = 40;
const EVERYBODY = { namespaces: 'all' } as const;
const RATE = 'memory/page_faults_rate';

afterEach(removeTemporaryFolders);

/** Forty minutes of a pod on disk, of which the head still has the last ones. */
async function write() {
  const head = new HeadStore({ windowMs: 15 * MINUTE, maxBytes: 0 });
  const tell = () => undefined;
  const keepMs = { raw: 14 * DAY, '10m': 60 * DAY, '1h': 400 * DAY };
  const retention = { keepMs, maxBytes: 1e9 };
  const log = { info: tell, warn: tell };
  const history = History.open({ path: temporaryFolder(), retention, resolutionMs: MINUTE, log });
  for (let minute = 1; minute <= MINUTES; minute++) {
    const timestampMs = START + minute * MINUTE;
    const values = { 'memory/usage': minute, [RATE]: 5, [heapsterColumn(RATE)]: minute % 2 ? -1 : 7 };
    const names = { node: 'a', namespace: 'shop', pod: 'web', uid: 'uid-web' };
    for (const writer of [head, history]) {
      writer.append(nodeBatch('a', timestampMs, { pod: [{ key: 'shop/web', names, values }] }));
      writer.append(
        totalsBatch(timestampMs, { cluster: [{ key: '', names: {}, values: { 'memory/usage': minute } }] })
      );
      writer.commit(timestampMs);
    }
    await history.settled();
  }
  return { head, history };
}

async function ask(path: string): Promise<unknown> {
  const { head, history } = await write();
  const recent = readHead(head);
  const options = {
    recent,
    history: readJoined(recent, new JoinedReader(head, history.store, history.known, MINUTE)),
    facts: { nodes: () => [], namespaces: () => [], pods: () => [], pod: () => undefined },
    labels: { labelSeparator: ',', storeLabels: [], ignoreLabels: [] },
    maxPoints: 1_000,
    nowMs: () => START + DAY,
  };
  const known = matchPath(HISTORICAL_PATHS, path.split('?')[0]);
  const answer = answerHistorical(options, known!, readParameters(path), EVERYBODY);
  await history.close();
  return JSON.parse(answer.body);
}

const since = 'start=2026-11-21T00:00:00Z';
const valuesOf = (answer: unknown) =>
  (answer as { metrics: Array<{ value: number }> }).metrics.map(({ value }) => value);

test.each([
  ['the cluster', '/metrics/memory/usage'],
  ['a pod', '/namespaces/shop/pods/web/metrics/memory/usage'],
  ['a pod by its uid', '/pod-id/uid-web/metrics/memory/usage'],
])('the history of %s goes over from disk into memory without a gap or a double', async (_what, path) => {
  const expected = Array.from({ length: MINUTES }, (_, index) => index + 1);
  expect(valuesOf(await ask(`${path}?${since}`))).toEqual(expected);
});

test("Heapster's own values are read from disk too", async () => {
  const rates = valuesOf(await ask(`/namespaces/shop/pods/web/metrics/${RATE}?${since}`));
  expect(rates).toEqual(new Array(MINUTES / 2).fill(7));
});

test('lists name what was there, and aggregates reckon over all of it', async () => {
  expect(await ask('/namespaces/shop/pods')).toEqual(['web']);
  const path = `/metrics-aggregated/count,max,average/memory/usage?${since}&bucket=1h`;
  expect(await ask(path)).toEqual({
    buckets: [
      { timestamp: '2026-11-21T00:00:00Z', count: 40, average: { floatValue: 20.5 }, maximum: { intValue: 40 } },
    ],
    bucketSize: 3_600_000_000_000,
  });
});

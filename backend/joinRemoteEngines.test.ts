import { SimulatedRounds } from '../bench/simulatedRounds.ts';
import { until } from '../tests/support/until.ts';
import { joinRemote } from './joinRemote.ts';
import { createQueryEngine } from './query/queryEngine.ts';
import type { SeriesAnswer, SeriesQuery } from './query/types.ts';
import { createRemoteHistory } from './remote/remoteHistory.ts';
import { endEverything, prometheus, victoriaMetrics } from './remote/testing/processes.ts';
import { stopSenders, testSender } from './remote/testing/sending.ts';
import { HeadStore } from './store/headStore.ts';

const MINUTE_MS = 60_000;
const ROUNDS = 12;
const OLDEST = 5;
const SENT = 8;
const BEGIN_MS = Math.floor(Date.now() / 3_600_000 - 2) * 3_600_000;
const LIMITS = { maxSeries: 2000, maxPoints: 1_000_000 };
const RANGE = { fromMs: BEGIN_MS + MINUTE_MS, toMs: BEGIN_MS + ROUNDS * MINUTE_MS };
const EACH_ROUND = { intervalMs: MINUTE_MS, maxDataPoints: 1000 };

afterEach(stopSenders);
afterAll(endEverything);

const top = { count: 3, order: 'top' } as const;
const cpu = { level: 'pod', metric: 'cpu/usage_rate' } as const;

/** Ranked by what is newest, or one value made of parts: these do not depend on whether the other engine is behind. */
const AT_ANY_TIME: SeriesQuery[] = [
  { ...cpu },
  { ...cpu, limit: { ...top, by: 'last' } },
  { ...cpu, limit: { ...top, by: 'max' } },
  { ...cpu, instant: true },
  { ...cpu, instant: true, overTime: 'max' },
  { ...cpu, instant: true, groupBy: ['namespace'] },
  { level: 'container', metric: 'memory/working_set', instant: true, overTime: 'last', limit: { ...top, by: 'last' } },
  { level: 'pod', metric: 'cpu/usage', instant: true, overTime: 'increase' },
  { level: 'pod', metric: 'cpu/usage', instant: true, overTime: 'increase', groupBy: ['node'] },
];
const WHEN_UP_TO_DATE: SeriesQuery[] = [
  { ...cpu, limit: top },
  { ...cpu, limit: { count: 3, order: 'bottom' } },
  { ...cpu, limit: top, groupBy: ['namespace'] },
  { ...cpu, limit: top, denominator: 'request' },
  { ...cpu, instant: true, overTime: 'avg' },
  { ...cpu, instant: true, overTime: 'p95' },
  { ...cpu, instant: true, overTime: 'max', limit: top },
  { ...cpu, instant: true, overTime: 'max', denominator: 'request' },
  { level: 'container', metric: 'memory/working_set', limit: top },
  { level: 'pod', metric: 'cpu/usage', overTime: 'increase', limit: top },
  { level: 'pod', metric: 'cpu/usage', instant: true, overTime: 'increase', limit: top },
];

/** Lines by their names. */
function linesOf({ timesMs, series }: SeriesAnswer) {
  const lines = series.map(({ names, values }): [string, number[]] => [
    JSON.stringify(Object.entries(names).sort()),
    [...values],
  ]);
  return { timesMs, lines: lines.sort(([one], [other]) => (one < other ? -1 : 1)) };
}

/** The same lines within the eight digits that every engine keeps. */
function almost({ timesMs, lines }: ReturnType<typeof linesOf>) {
  const near = (value: number) =>
    value === 0 || Number.isNaN(value) ? value : expect.closeTo(value, 7 - Math.floor(Math.log10(Math.abs(value))));
  return { timesMs, lines: lines.map(([names, values]) => [names, values.map(near)]) };
}

test.each([
  ['Prometheus', () => prometheus()],
  ['VictoriaMetrics', () => victoriaMetrics()],
] as const)('%s and what is here are one, while it is behind and when it is up to date', async (_, make) => {
  const remoteEngine = await make();
  await remoteEngine.start();
  const sender = testSender({ url: remoteEngine.writeUrl }, { maxMemoryBytes: 2 ** 26, parallelRequests: 4 });
  const [near, all] = [1, 2].map(() => new HeadStore({ windowMs: 1e12, maxBytes: 0 }));
  const cluster = { nodes: 2, podsPerNode: 6, pressure: true, resolutionMs: MINUTE_MS, startMs: BEGIN_MS };
  const simulated = new SimulatedRounds(cluster);
  const later: Array<() => void> = [];
  for (let count = 1; count <= ROUNDS; count++) {
    const { timestampMs, batches } = await simulated.next();
    const send = () => {
      batches.forEach((batch) => sender.append(batch));
      sender.commit(timestampMs);
    };
    for (const head of count >= OLDEST ? [near, all] : [all]) {
      batches.forEach((batch) => head.append(batch));
      head.commit(timestampMs);
    }
    if (count <= SENT) {
      send();
    } else {
      later.push(send);
    }
  }
  const limits = { ...LIMITS, timeoutMs: 10_000, maxAnswerBytes: 2 ** 24 };
  const { url, name: title } = remoteEngine;
  const remote = createRemoteHistory({ url, title, resolutionMs: MINUTE_MS, ...limits });
  const joined = joinRemote({
    engine: createQueryEngine(near, MINUTE_MS, LIMITS),
    remote,
    oldestMs: () => BEGIN_MS + OLDEST * MINUTE_MS,
    resolutionMs: MINUTE_MS,
    onFailure: () => undefined,
  });
  const whole = createQueryEngine(all, MINUTE_MS, LIMITS);
  const compare = async (queries: readonly SeriesQuery[]) => {
    for (const query of queries) {
      const answer = await joined.series(query, RANGE, EACH_ROUND);
      const expected = almost(linesOf(whole.series(query, RANGE, EACH_ROUND)));
      expect([query, answer.remarks, linesOf(answer)]).toEqual([query, undefined, expected]);
    }
  };
  const arrival = async () => {
    await until('all arrive', () => sender.reports()[0].pendingCount === 0);
    await remoteEngine.flush();
  };

  await arrival();
  await compare(AT_ANY_TIME);
  const mean = await joined.series({ ...cpu, instant: true, overTime: 'avg' }, RANGE);
  expect(mean.remarks).toEqual([expect.stringMatching(/^The engine of --history lacks values of the end/)]);
  later.forEach((send) => send());
  await arrival();
  await compare([...AT_ANY_TIME, ...WHEN_UP_TO_DATE]);
  await remote.close();
});

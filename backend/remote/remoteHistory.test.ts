import { until } from '../../tests/support/until.ts';
import type { NamesQuery, SeriesAnswer, SeriesQuery } from '../model/seriesQuery.ts';
import { createQueryEngine, type QueryEngine } from '../query/queryEngine.ts';
import { HeadStore } from '../store/headStore.ts';
import { CLUSTER_QUERIES, clusterRounds, MINUTE_MS, ROUNDS } from './testing/cluster.ts';
import { endEverything, prometheus, prometheus3, victoriaMetrics, type RealEngine } from './testing/processes.ts';
import { createRemoteHistory, type RemoteHistory, type RemoteHistoryOptions } from './remoteHistory.ts';
import { testSender } from './testing/sending.ts';

/** Three hours ago, on a border of all steps: engines leave out what is too new as well as what is too old. */
const BEGIN_MS = Math.floor(Date.now() / 3_600_000 - 3) * 3_600_000;
const RANGE = { fromMs: BEGIN_MS + MINUTE_MS, toMs: BEGIN_MS + ROUNDS * MINUTE_MS };
const LIMITS = { maxSeries: 1000, maxPoints: 1_000_000 };

let local: QueryEngine;
const head = new HeadStore({ windowMs: 1e12, maxBytes: 0 });

beforeAll(() => {
  for (const { timestampMs, batches } of clusterRounds(BEGIN_MS)) {
    batches.forEach((batch) => head.append(batch));
    head.commit(timestampMs);
  }
  local = createQueryEngine(head, MINUTE_MS, LIMITS);
});
afterAll(endEverything);

/** Values by series and time, as far as there are any; times relative to the beginning. */
function drawn({ timesMs, series }: SeriesAnswer): Record<string, Record<string, number>> {
  return Object.fromEntries(
    series.map(({ names, values }) => {
      const known = timesMs.flatMap((timeMs, index) =>
        Number.isNaN(values[index]) ? [] : [[(timeMs - BEGIN_MS) / MINUTE_MS, values[index]] as const]
      );
      const labels = Object.entries(names).sort();
      return [JSON.stringify(labels), Object.fromEntries(known)];
    })
  );
}

function expectSame(found: SeriesAnswer, wanted: SeriesAnswer): void {
  const [some, others] = [drawn(found), drawn(wanted)];
  expect(Object.keys(some).sort()).toEqual(Object.keys(others).sort());
  for (const [names, values] of Object.entries(others)) {
    expect([names, Object.keys(some[names])]).toEqual([names, Object.keys(values)]);
    for (const [minute, value] of Object.entries(values)) {
      expect(Math.abs(some[names][minute] - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-12);
    }
  }
  expect([found.stepMs, found.unit]).toEqual([wanted.stepMs, wanted.unit]);
}

function historyAt(engine: RealEngine, options: Partial<RemoteHistoryOptions> = {}): RemoteHistory {
  return createRemoteHistory({
    url: engine.url,
    title: engine.name,
    resolutionMs: MINUTE_MS,
    timeoutMs: 10_000,
    maxAnswerBytes: 2 ** 24,
    ...LIMITS,
    ...options,
  });
}

describe.each([
  ['Prometheus', () => prometheus()],
  ['Prometheus 3', () => prometheus3()],
  ['VictoriaMetrics', () => victoriaMetrics()],
] as const)('what is read back from %s', (_, make) => {
  let engine: RealEngine;
  let remote: RemoteHistory;

  beforeAll(async () => {
    engine = await make();
    await engine.start();
    const receiver = { url: engine.writeUrl, protocol: 'auto', labels: { cluster: 'prod' } } as const;
    const sender = testSender(receiver, { maxMemoryBytes: 2 ** 26 });
    for (const { timestampMs, batches } of clusterRounds(BEGIN_MS)) {
      batches.forEach((batch) => sender.append(batch));
      sender.commit(timestampMs);
    }
    await until('everything is there', () => sender.reports()[0].pendingCount === 0);
    expect(sender.problems()).toEqual([]);
    expect(sender.reports()[0].droppedCounts.refused).toBe(0);
    await sender.stop();
    await engine.flush();
    remote = historyAt(engine, { labels: { cluster: 'prod' } });
  });
  afterAll(() => remote.close());

  test.each(Object.entries(CLUSTER_QUERIES))('is what is stored here: %s', async (_name, query) => {
    for (const resolution of [{}, { intervalMs: 5 * MINUTE_MS }, { intervalMs: 7 * MINUTE_MS }]) {
      // Steps of seven minutes begin before the first round only if it is the first of a step.
      const step = resolution.intervalMs ?? MINUTE_MS;
      const range = { ...RANGE, fromMs: Math.floor(BEGIN_MS / step) * step + MINUTE_MS };
      const wanted = local.series(query, range, resolution);
      expect(wanted.series).not.toEqual([]);
      expectSame(await remote.series(query, range, resolution), wanted);
    }
  });

  test('joined at a border there is no seam, no double and no gap', async () => {
    const query: SeriesQuery = { level: 'pod', metric: 'memory/working_set', groupBy: ['namespace'] };
    const stepMs = 5 * MINUTE_MS;
    const borderMs = BEGIN_MS + 15 * MINUTE_MS;
    const older = await remote.series(query, { fromMs: RANGE.fromMs, toMs: borderMs }, { stepMs });
    const newer = local.series(query, { fromMs: borderMs + 1, toMs: RANGE.toMs }, { intervalMs: stepMs });
    const whole = local.series(query, RANGE, { intervalMs: stepMs });
    const [before, behind, all] = [older, newer, whole].map(drawn);
    for (const [names, values] of Object.entries(all)) {
      const joined = { ...before[names], ...behind[names] };
      expect(Object.keys(joined).sort()).toEqual(Object.keys(values).sort());
      Object.entries(values).forEach(([time, value]) => expect(joined[time] / value).toBeCloseTo(1, 12));
      expect(Object.keys(before[names] ?? {}).filter((time) => time in (behind[names] ?? {}))).toEqual([]);
    }
  });

  test.each([
    [{ dimension: 'pod' }],
    [{ dimension: 'namespace' }],
    [{ dimension: 'node' }],
    [{ dimension: 'container' }],
    [{ dimension: 'workload', filters: [{ dimension: 'namespace', operator: '=', values: ['shop'] }] }],
    [{ dimension: 'pod', filters: [{ labelSelector: 'app=web' }] }],
    [{ dimension: 'pod', filters: [{ labelSelector: '!tier' }], match: '1$' }],
    [{ dimension: 'container', filters: [{ labelSelector: 'app in (db)' }] }],
    [{ dimension: 'node', filters: [{ dimension: 'namespace', operator: '=', values: ['bank'] }] }],
    [{ dimension: 'label:app' }],
    [{ dimension: 'label:zone', level: 'node' }],
    [{ dimension: 'label_keys' }],
    [{ dimension: 'label_keys', level: 'node', match: '^z' }],
    [{ dimension: 'host_network' }],
    [{ dimension: 'resource_id', level: 'pod' }],
    [{ dimension: 'persistentvolumeclaim' }],
    [{ dimension: 'pod', limit: 3 }],
  ] as NamesQuery[][])('names are those that are known here: %j', async (query) => {
    for (const range of [RANGE, { fromMs: BEGIN_MS + 20 * MINUTE_MS, toMs: BEGIN_MS + 24 * MINUTE_MS }]) {
      expect(await remote.names(query, range)).toEqual(local.names(query, range));
    }
  });

  test('names of a long range are asked for without reading samples', async () => {
    const range = { fromMs: BEGIN_MS - 48 * 3_600_000, toMs: RANGE.toMs };
    const query: NamesQuery = { dimension: 'pod', match: 'web' };
    expect(await remote.names(query, range)).toEqual(local.names(query, range));
  });

  test('another cluster in the same engine does not show', async () => {
    const other = historyAt(engine, { labels: { cluster: 'other' } });
    expect((await other.series({ level: 'node', metric: 'memory/working_set' }, RANGE)).series).toEqual([]);
    expect(await other.names({ dimension: 'node' }, RANGE)).toEqual({ names: [], total: 0 });
    await other.close();
  });

  test('limits are kept, and mistakes have their sentence', async () => {
    const query: SeriesQuery = { level: 'pod', metric: 'memory/working_set' };
    const few = historyAt(engine, { maxSeries: 3 });
    await expect(few.series(query, RANGE)).rejects.toMatchObject({ code: 'limit_exceeded' });
    const small = historyAt(engine, { maxAnswerBytes: 500 });
    await expect(small.series(query, RANGE)).rejects.toThrow(`The answer of ${engine.name} is longer than`);
    const bad: SeriesQuery = { ...query, filters: [{ dimension: 'pod', operator: '=~', values: ['('] }] };
    await expect(remote.series(bad, RANGE)).rejects.toMatchObject({ code: 'bad_request' });
    const nowhere = historyAt(engine, { url: `${engine.url}/not/there` });
    await expect(nowhere.series(query, RANGE)).rejects.toMatchObject({ code: 'remote_refused' });
    const silent = historyAt(engine, { url: 'http://127.0.0.1:9' });
    await expect(silent.series(query, RANGE)).rejects.toMatchObject({ code: 'remote_unreachable' });
    await Promise.all([few, small, nowhere, silent].map((history) => history.close()));
  });
});

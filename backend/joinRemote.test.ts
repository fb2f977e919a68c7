import fc from 'fast-check';
import { joinRemote } from './joinRemote.ts';
import { createQueryEngine, type QueryEngine } from './query/queryEngine.ts';
import type { SeriesQuery } from './query/types.ts';
import { HeadStore } from './store/headStore.ts';
import { nodeBatch } from './store/testing/batches.ts';

const MINUTE_MS = 60_000;
const ROUNDS = 40;
const LIMITS = { maxSeries: 1000, maxPoints: 100_000 };

/** Memory of the pods of a node at a minute. */
type Cluster = (node: 'a' | 'b', now: number) => Readonly<Record<string, number>>;

/** Pods of two nodes, of which some come later and some go earlier; memory tells the pod and the minute. */
const shop: Cluster = (node, now) =>
  Object.fromEntries(
    [1, 2, 3]
      .filter((pod) => now > pod * 4 && now < ROUNDS - pod * 5 + (node === 'a' ? 20 : 0))
      .map((pod) => [`${node}${pod}`, pod * 1000 + ((now * 7) % 13)])
  );

/** A pod that shrinks at minute 32, one that comes at minute 36 and is larger than all, and some that stay. */
const changing: Cluster = (node, now): Record<string, number> => {
  if (node === 'a') {
    return { steady: 100 + now, shrinks: now < 32 ? 500 : 10 };
  }
  return now < 36 ? { small: 50 } : { small: 50, late: 9000 + now };
};

/** An engine that knows the rounds from one minute to another. */
function engineOf(cluster: Cluster, fromMinute: number, toMinute: number): QueryEngine {
  const head = new HeadStore({ windowMs: Number.MAX_SAFE_INTEGER, maxBytes: 0 });
  for (let now = fromMinute; now <= toMinute; now++) {
    for (const node of ['a', 'b'] as const) {
      const rows = Object.entries(cluster(node, now)).map(([pod, usage]) => ({
        key: `shop/${pod}`,
        names: { node, namespace: 'shop', pod, ...(pod.startsWith('s') ? { workload: pod } : {}) },
        values: { 'memory/usage': usage },
      }));
      head.append(nodeBatch(node, now * MINUTE_MS, { pod: rows }));
    }
    head.commit(now * MINUTE_MS);
  }
  return createQueryEngine(head, MINUTE_MS, LIMITS);
}

const whole = engineOf(shop, 1, ROUNDS);

const told: string[] = [];

interface Sides {
  readonly cluster?: Cluster;
  /** The last minute that the other engine has. */
  readonly knownTo?: number;
  readonly failure?: Error;
}

function joinedFrom(minute: number, { cluster = shop, knownTo = ROUNDS, failure }: Sides = {}) {
  const other = engineOf(cluster, 1, knownTo);
  return joinRemote({
    engine: engineOf(cluster, minute, ROUNDS),
    remote: {
      series: async (query, range, { stepMs } = {}) => {
        if (failure) {
          throw failure;
        }
        return other.series(query, range, { intervalMs: stepMs, maxDataPoints: Infinity });
      },
      names: async (query, range) => {
        if (failure) {
          throw failure;
        }
        return other.names(query, range);
      },
    },
    onFailure: (sentence) => told.push(sentence),
    oldestMs: () => minute * MINUTE_MS,
    resolutionMs: MINUTE_MS,
  });
}

const query: fc.Arbitrary<SeriesQuery> = fc.record({
  level: fc.constant('pod' as const),
  metric: fc.constant('memory/usage'),
  overTime: fc.constantFrom('avg' as const, 'min' as const, 'max' as const, 'last' as const, 'increase' as const),
  aggregation: fc.option(fc.constantFrom('sum' as const, 'count' as const), { nil: undefined }),
  groupBy: fc.constantFrom([], ['node' as const]),
  instant: fc.boolean(),
  limit: fc.option(
    fc.record({
      count: fc.integer({ min: 1, max: 4 }),
      order: fc.constantFrom('top' as const, 'bottom' as const),
      by: fc.constantFrom(undefined, 'avg' as const, 'max' as const, 'last' as const),
    }),
    { nil: undefined }
  ),
});

describe('values of two engines', () => {
  it('are one line: no seam, no double, no gap, wherever the border is', async () => {
    await fc.assert(
      fc.asyncProperty(
        query,
        fc.integer({ min: 1, max: ROUNDS }),
        fc.tuple(fc.integer({ min: 0, max: ROUNDS }), fc.integer({ min: 0, max: ROUNDS })),
        fc.integer({ min: 1, max: 6 }),
        async (asked, sinceMinute, ends, stepMinutes) => {
          const range = { fromMs: Math.min(...ends) * MINUTE_MS, toMs: Math.max(...ends) * MINUTE_MS };
          const resolution = { intervalMs: stepMinutes * MINUTE_MS, maxDataPoints: 1000 };
          const answer = await joinedFrom(sinceMinute).series(asked, range, resolution);
          const expected = whole.series(asked, range, resolution);
          expect({ ...answer, series: byName(answer.series) }).toEqual({
            ...expected,
            series: byName(expected.series),
          });
        }
      ),
      { numRuns: 500 }
    );
  });

  it('rank by the whole range, and show the best of it', async () => {
    const top: SeriesQuery = { level: 'pod', metric: 'memory/usage', limit: { count: 2, order: 'top' } };
    const range = { fromMs: MINUTE_MS, toMs: ROUNDS * MINUTE_MS };
    const answer = await joinedFrom(25).series(top, range, { intervalMs: MINUTE_MS });
    expect(answer.series.map(({ names }) => names.pod)).toEqual(['b3', 'a3']);
    expect(answer).toEqual(whole.series(top, range, { intervalMs: MINUTE_MS }));
  });

  it('are complete also while the other engine is behind, as far as parts can be put together', async () => {
    await fc.assert(
      fc.asyncProperty(
        query.filter(
          ({ instant, overTime, aggregation }) =>
            !instant || (overTime !== 'avg' && !(overTime === 'increase' && aggregation === 'count'))
        ),
        fc.integer({ min: 1, max: ROUNDS - 10 }),
        fc.tuple(fc.integer({ min: 0, max: ROUNDS }), fc.integer({ min: 0, max: ROUNDS })),
        fc.integer({ min: 1, max: 6 }),
        async ({ limit: _, ...asked }, sinceMinute, ends, stepMinutes) => {
          const range = { fromMs: Math.min(...ends) * MINUTE_MS, toMs: Math.max(...ends) * MINUTE_MS };
          const resolution = { intervalMs: stepMinutes * MINUTE_MS, maxDataPoints: 1000 };
          const joined = joinedFrom(sinceMinute, { knownTo: sinceMinute + 6 });
          const answer = await joined.series(asked, range, resolution);
          const expected = whole.series(asked, range, resolution);
          expect({ ...answer, series: byName(answer.series) }).toEqual({
            ...expected,
            series: byName(expected.series),
          });
        }
      ),
      { numRuns: 200 }
    );
  });

  describe('while the other engine is behind', () => {
    const behind = joinedFrom(25, { cluster: changing, knownTo: 30 });
    const all = engineOf(changing, 1, ROUNDS);
    const range = { fromMs: MINUTE_MS, toMs: ROUNDS * MINUTE_MS };
    const podMemory = { level: 'pod', metric: 'memory/usage' } as const;

    it.each(['avg', 'max', 'last'] as const)('have the pods that only came since among the best by %s', async (by) => {
      const top: SeriesQuery = { ...podMemory, limit: { count: 2, order: 'top', by } };
      const answer = await behind.series(top, range, { intervalMs: MINUTE_MS });
      expect(answer).toEqual(all.series(top, range, { intervalMs: MINUTE_MS }));
      expect(answer.series[0].names.pod).toBe('late');
    });

    it('have groups that only came since among the best', async () => {
      const top: SeriesQuery = { ...podMemory, groupBy: ['node'], limit: { count: 1, order: 'top' } };
      const answer = await behind.series(top, range, { intervalMs: MINUTE_MS });
      expect(answer.series.map(({ names }) => names.node)).toEqual(['b']);
      expect(answer).toEqual(all.series(top, range, { intervalMs: MINUTE_MS }));
    });

    it('are of no more groups than asked for, also if one of the best has no name', async () => {
      const top: SeriesQuery = { ...podMemory, groupBy: ['workload'], limit: { count: 2, order: 'top' } };
      const answer = await behind.series(top, range, { intervalMs: MINUTE_MS });
      expect(answer.series.map(({ names }) => names.workload)).toEqual(['', 'shrinks']);
      expect(answer).toEqual(all.series(top, range, { intervalMs: MINUTE_MS }));
    });

    it('are the newest where one for the range is asked for, also among the best', async () => {
      const stat: SeriesQuery = { ...podMemory, instant: true };
      expect(await behind.series(stat, range)).toEqual(all.series(stat, range));
      const best: SeriesQuery = { ...stat, limit: { count: 2, order: 'top', by: 'last' } };
      const answer = await behind.series(best, range);
      expect(answer.series.map(({ names, values }) => [names.pod, values[0]])).toEqual([
        ['late', 9040],
        ['steady', 140],
      ]);
      expect(answer.remarks).toBeUndefined();
    });

    it('are those of the other engine, with a remark, where parts cannot be put together', async () => {
      const mean: SeriesQuery = { ...podMemory, instant: true, overTime: 'avg' };
      const answer = await behind.series(mean, range);
      const shown = Object.fromEntries(answer.series.map(({ names, values }) => [names.pod, values[0]]));
      expect(shown).toEqual({ late: 9038, shrinks: 500, small: 50, steady: 115.5 });
      expect(answer.remarks).toEqual([
        'The engine of --history lacks values of the end of this range, which are not part of what is shown. The status page tells whether --remote-write is behind.',
      ]);
      const upToDate = joinedFrom(25, { cluster: changing, knownTo: ROUNDS - 1 });
      expect((await upToDate.series(mean, range)).remarks).toBeUndefined();
    });
  });

  it('are those that are here, with a remark, where the other engine fails', async () => {
    const failing = joinedFrom(30, { failure: new Error('Prometheus is away') });
    const range = { fromMs: MINUTE_MS, toMs: ROUNDS * MINUTE_MS };
    const answer = await failing.series({ level: 'pod', metric: 'memory/usage' }, range);
    expect(answer.remarks).toEqual(['Older values are missing: Prometheus is away']);
    expect(answer.timesMs[0]).toBe(30 * MINUTE_MS);
    expect((await failing.names({ dimension: 'pod' }, range)).names).toEqual(['a1', 'a2', 'a3', 'b1']);
    expect(told).toEqual(['Names of what is only in older history are missing: Prometheus is away']);
  });

  it('name what existed in either', async () => {
    const range = { fromMs: MINUTE_MS, toMs: ROUNDS * MINUTE_MS };
    const { names } = await joinedFrom(30).names({ dimension: 'pod' }, range);
    expect(names).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
    expect(await joinedFrom(30).names({ dimension: 'pod' }, { ...range, fromMs: 31 * MINUTE_MS })).toEqual({
      names: ['a1', 'a2', 'a3', 'b1'],
      total: 4,
    });
  });
});

function byName<Line extends { readonly names: Readonly<Record<string, string>> }>(series: readonly Line[]): Line[] {
  return [...series].sort((one, other) => (JSON.stringify(one.names) < JSON.stringify(other.names) ? -1 : 1));
}

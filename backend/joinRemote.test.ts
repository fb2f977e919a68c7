import fc from 'fast-check';
import { joinRemote } from './joinRemote.ts';
import { createQueryEngine, type QueryEngine } from './query/queryEngine.ts';
import type { SeriesQuery } from './query/types.ts';
import { HeadStore } from './store/headStore.ts';
import { nodeBatch } from './store/testing/batches.ts';

const MINUTE_MS = 60_000;
const ROUNDS = 40;
const LIMITS = { maxSeries: 1000, maxPoints: 100_000 };

/** Pods of two nodes, of which some come later and some go earlier; memory tells the pod and the minute. */
function engineFrom(minute: number): QueryEngine {
  const head = new HeadStore({ windowMs: Number.MAX_SAFE_INTEGER, maxBytes: 0 });
  for (let now = minute; now <= ROUNDS; now++) {
    for (const node of ['a', 'b']) {
      const pods = [1, 2, 3].filter((pod) => now > pod * 4 && now < ROUNDS - pod * 5 + (node === 'a' ? 20 : 0));
      const rows = pods.map((pod) => ({
        key: `shop/${node}${pod}`,
        names: { node, namespace: 'shop', pod: `${node}${pod}` },
        values: { 'memory/usage': pod * 1000 + ((now * 7) % 13) },
      }));
      head.append(nodeBatch(node, now * MINUTE_MS, { pod: rows }));
    }
    head.commit(now * MINUTE_MS);
  }
  return createQueryEngine(head, MINUTE_MS, LIMITS);
}

const whole = engineFrom(1);

const told: string[] = [];

function joinedFrom(minute: number, failure?: Error) {
  return joinRemote({
    engine: engineFrom(minute),
    remote: {
      series: async (query, range, { stepMs } = {}) => {
        if (failure) {
          throw failure;
        }
        return whole.series(query, range, { intervalMs: stepMs, maxDataPoints: Infinity });
      },
      names: async (query, range) => {
        if (failure) {
          throw failure;
        }
        return whole.names(query, range);
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
  overTime: fc.constantFrom('avg' as const, 'max' as const, 'last' as const, 'increase' as const),
  aggregation: fc.option(fc.constantFrom('sum' as const, 'count' as const), { nil: undefined }),
  groupBy: fc.constantFrom([], ['node' as const]),
  instant: fc.boolean(),
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
      { numRuns: 300 }
    );
  });

  it('rank by the whole range, and show the best of it', async () => {
    const top: SeriesQuery = { level: 'pod', metric: 'memory/usage', limit: { count: 2, order: 'top' } };
    const range = { fromMs: MINUTE_MS, toMs: ROUNDS * MINUTE_MS };
    const answer = await joinedFrom(25).series(top, range, { intervalMs: MINUTE_MS });
    expect(answer.series.map(({ names }) => names.pod)).toEqual(['b3', 'a3']);
    expect(answer).toEqual(whole.series(top, range, { intervalMs: MINUTE_MS }));
  });

  it('are those that are here, with a remark, where the other engine fails', async () => {
    const failing = joinedFrom(30, new Error('Prometheus is away'));
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

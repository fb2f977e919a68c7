import fc from 'fast-check';
import { HeadStore } from '../store/headStore.ts';
import { nodeBatch } from '../store/testing/batches.ts';
import { createQueryEngine } from './queryEngine.ts';
import type { Aggregation, Dimension, OverTime, SeriesQuery } from './types.ts';

const MINUTE_MS = 60_000;
const METRIC = 'memory/usage';

/** One sample of a random cluster. */
interface Sample {
  readonly minute: number;
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  readonly value: number;
}

const samples = fc.uniqueArray(
  fc.record({
    minute: fc.integer({ min: 1, max: 12 }),
    node: fc.constantFrom('n1', 'n2'),
    namespace: fc.constantFrom('a', 'b', 'c'),
    pod: fc.constantFrom('x', 'y'),
    value: fc.integer({ min: 0, max: 50 }),
  }),
  { maxLength: 60, selector: ({ minute, node, namespace, pod }) => [minute, node, namespace, pod].join() }
);
const aggregations: Aggregation[] = ['sum', 'avg', 'min', 'max', 'count'];
const overTimes: OverTime[] = ['avg', 'min', 'max', 'sum', 'last', 'p50', 'p95', 'p99'];
const question = fc.record({
  groupBy: fc.subarray<Dimension>(['namespace', 'pod', 'node']),
  aggregation: fc.option(fc.constantFrom(...aggregations), { nil: undefined }),
  overTime: fc.constantFrom(...overTimes),
  namespaces: fc.option(fc.subarray(['a', 'b', 'c']), { nil: undefined }),
  stepMinutes: fc.integer({ min: 1, max: 5 }),
  range: fc
    .tuple(fc.nat({ max: 13 }), fc.nat({ max: 13 }))
    .map(([one, other]) => [Math.min(one, other), Math.max(one, other)]),
  top: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
});
type Question = typeof question extends fc.Arbitrary<infer Value> ? Value : never;

/** Name of the series → step → value. */
type Answer = Record<string, Record<number, number>>;

describe('the engine beside one that knows no columns, shards or slots', () => {
  it('answers the same about any small cluster', () => {
    fc.assert(
      fc.property(samples, question, (stored, asked) => {
        const expected = naiveAnswer(stored, asked);
        if (asked.top === undefined) {
          expect(engineAnswer(stored, asked)).toEqual(expected);
        } else {
          expectBest(engineAnswer(stored, asked), expected, asked);
        }
      }),
      { numRuns: 600 }
    );
  });
});

function engineAnswer(stored: readonly Sample[], asked: Question): Answer {
  const engine = createQueryEngine(store(stored), MINUTE_MS, { maxSeries: 1000, maxPoints: 100_000 });
  const { groupBy, aggregation, overTime, namespaces, stepMinutes, range, top } = asked;
  const query: SeriesQuery = {
    level: 'pod',
    metric: METRIC,
    overTime,
    aggregation,
    groupBy,
    filters: namespaces && [{ dimension: 'namespace', operator: 'in', values: namespaces }],
    limit: top === undefined ? undefined : { count: top, order: 'top' },
  };
  const [fromMs, toMs] = range.map((minute) => minute * MINUTE_MS);
  const { series, timesMs } = engine.series(query, { fromMs, toMs }, { intervalMs: stepMinutes * MINUTE_MS });
  const answer: Answer = {};
  for (const { names, values } of series) {
    const name = Object.values(names).join('/');
    expect(answer[name]).toBeUndefined();
    answer[name] = {};
    values.forEach((value, index) => {
      if (!Number.isNaN(value)) {
        answer[name][timesMs[index] / MINUTE_MS] = rounded(value);
      }
    });
  }
  return answer;
}

function naiveAnswer(
  stored: readonly Sample[],
  { groupBy, aggregation, overTime, namespaces, stepMinutes, range }: Question
) {
  const isGrouped = groupBy.length > 0 || aggregation !== undefined;
  const perObject: Record<string, { group: string; step: number; values: number[] }> = {};
  const wanted = stored.filter(
    ({ minute, namespace }) =>
      minute >= range[0] && minute <= range[1] && (!namespaces || namespaces.includes(namespace))
  );
  for (const sample of [...wanted].sort((one, other) => one.minute - other.minute)) {
    const step = Math.min(Math.ceil(sample.minute / stepMinutes) * stepMinutes, range[1], 12);
    const { namespace, pod, node } = sample;
    const group = isGrouped
      ? groupBy.map((dimension) => ({ namespace, pod, node })[dimension as 'pod']).join('/')
      : [namespace, pod, '', '', node].join('/');
    (perObject[`${namespace}/${pod}/${node}@${step}`] ??= { group, step, values: [] }).values.push(sample.value);
  }
  const cells: Record<string, Record<number, number[]>> = {};
  for (const { group, step, values } of Object.values(perObject)) {
    ((cells[group] ??= {})[step] ??= []).push(reduce(values, overTime));
  }
  const answer: Answer = {};
  for (const [group, steps] of Object.entries(cells)) {
    answer[group] = {};
    for (const [step, values] of Object.entries(steps)) {
      answer[group][Number(step)] = rounded(isGrouped ? reduce(values, aggregation ?? 'sum') : values[0]);
    }
  }
  return answer;
}

function reduce(values: readonly number[], how: OverTime | Aggregation): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const sorted = [...values].sort((one, other) => one - other);
  if (how.startsWith('p')) {
    const rank = (Number(how.slice(1)) / 100) * (values.length - 1);
    const [below, above] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
    return below + (above - below) * (rank % 1);
  }
  const results: Partial<Record<typeof how, number>> = {
    sum,
    avg: sum / values.length,
    min: sorted[0],
    max: sorted.at(-1),
    last: values.at(-1),
    count: values.length,
  };
  return results[how] ?? NaN;
}

/** The best series are as in the full answer, best first, and none that was left out is better. */
function expectBest(best: Answer, all: Answer, { top = 0, stepMinutes, aggregation, groupBy }: Question): void {
  const rank = (steps: Record<number, number>) => reduce(Object.values(steps), 'avg');
  const names = Object.keys(best);
  expect(names).toHaveLength(Math.min(top, Object.keys(all).length));
  names.forEach((name) => expect(best[name]).toEqual(all[name]));
  const ranks = names.map((name) => rank(best[name]));
  expect(ranks).toEqual([...ranks].sort((one, other) => other - one));
  // Objects are chosen by their samples, which are their steps only where each round is a step.
  if (stepMinutes === 1 || aggregation !== undefined || groupBy.length > 0) {
    const others = Object.keys(all).filter((name) => !(name in best));
    others.forEach((name) => expect(rank(all[name])).toBeLessThanOrEqual(Math.min(...ranks) + 1e-6));
  }
}

function store(stored: readonly Sample[]): HeadStore {
  const head = new HeadStore({ windowMs: Number.MAX_SAFE_INTEGER, maxBytes: 0 });
  for (let minute = 1; minute <= 12; minute++) {
    for (const name of ['n1', 'n2']) {
      const pod = stored
        .filter((sample) => sample.minute === minute && sample.node === name)
        .map(({ node, namespace, pod, value }) => ({
          key: `${namespace}/${pod}`,
          names: { node, namespace, pod },
          values: { [METRIC]: value },
        }));
      head.append(nodeBatch(name, minute * MINUTE_MS, { pod }));
    }
    head.commit(minute * MINUTE_MS);
  }
  return head;
}

function rounded(value: number): number {
  return Number(value.toPrecision(9));
}

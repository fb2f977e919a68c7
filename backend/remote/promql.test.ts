import { readFileSync, writeFileSync } from 'node:fs';
import type { SeriesQuery } from '../model/seriesQuery.ts';
import { renderPromql } from './promql.ts';
import { numberPattern, remoteFilters } from './queryFilters.ts';
import { remotePlan } from './remotePlan.ts';
import { divideRange, stepOf, wholeRange } from './remoteSteps.ts';

const MINUTE_MS = 60_000;
/** One hour that ends at a round. */
const RANGE = { fromMs: Date.UTC(2026, 0, 5, 10), toMs: Date.UTC(2026, 0, 5, 11) };
const GOLDEN = new URL('./testdata/promql.txt', import.meta.url);

const CPU: SeriesQuery = { level: 'pod', metric: 'cpu/usage_rate' };

/** Every construct of the algebra, alone and together. */
const QUERIES: Readonly<Record<string, SeriesQuery>> = {
  'a series per object': CPU,
  'the cluster': { level: 'cluster', metric: 'memory/working_set' },
  'a labelled metric': { level: 'pod', metric: 'filesystem/usage' },
  'a counter': { level: 'node', metric: 'cpu/usage' },
  'a name': { ...CPU, filters: [{ dimension: 'namespace', operator: '=', values: ['shop'] }] },
  'not a name': { ...CPU, filters: [{ dimension: 'workload', operator: '!=', values: ['a"b\\c'] }] },
  'a list': { ...CPU, filters: [{ dimension: 'pod', operator: 'in', values: ['web-1', 'web.2'] }] },
  'not a list': { ...CPU, filters: [{ dimension: 'pod', operator: 'notin', values: ['web-1', 'web-2'] }] },
  'a pattern': { ...CPU, filters: [{ dimension: 'pod', operator: '=~', values: ['web-.*'] }] },
  'not a pattern': { ...CPU, filters: [{ dimension: 'pod', operator: '!~', values: ['web-.*'] }] },
  'a label': { ...CPU, filters: [{ dimension: 'label:app', operator: '=', values: ['web'] }] },
  'not a label': { ...CPU, filters: [{ dimension: 'label:app', operator: '!=', values: ['web'] }] },
  'labels, one empty': { ...CPU, filters: [{ dimension: 'label:app', operator: 'in', values: ['web', ''] }] },
  'a label by pattern': { ...CPU, filters: [{ dimension: 'label:app', operator: '!~', values: ['web|db'] }] },
  'the host network': { ...CPU, filters: [{ dimension: 'host_network', operator: '=', values: ['false'] }] },
  'a label selector': { ...CPU, filters: [{ labelSelector: 'app=web,tier in (front,back),!legacy,rank>12' }] },
  'labels of containers': {
    level: 'container',
    metric: 'memory/rss',
    filters: [{ labelSelector: 'app' }, { dimension: 'container', operator: '=', values: ['nginx'] }],
  },
  'labels of nodes': { level: 'node', metric: 'memory/rss', filters: [{ labelSelector: 'zone notin (a)' }] },
  minimum: { ...CPU, overTime: 'min' },
  maximum: { ...CPU, overTime: 'max' },
  'sum over time': { ...CPU, overTime: 'sum' },
  last: { ...CPU, overTime: 'last' },
  'a percentile': { ...CPU, overTime: 'p95' },
  'increase of a counter': { level: 'pod', metric: 'restart_count', overTime: 'increase' },
  'increase of a sum': { level: 'namespace', metric: 'restart_count', overTime: 'increase' },
  'groups by a name': { ...CPU, groupBy: ['namespace'] },
  'groups by a label': { ...CPU, groupBy: ['namespace', 'label:app.kubernetes.io/name'], aggregation: 'max' },
  'groups by the host network': { ...CPU, groupBy: ['host_network'], aggregation: 'count' },
  'all together': { ...CPU, aggregation: 'avg' },
  'share of the own request': { ...CPU, denominator: 'request' },
  'share of the own limit, of groups': { ...CPU, denominator: 'limit', groupBy: ['namespace'] },
  'share of the capacity of the node': { ...CPU, denominator: 'capacity' },
  'share of the capacity of the node, of groups': { ...CPU, denominator: 'capacity', groupBy: ['node'] },
  'share of the capacity of the cluster': { ...CPU, denominator: 'allocatable', groupBy: ['namespace'] },
  'the top objects': { ...CPU, limit: { count: 10, order: 'top' } },
  'the bottom objects by their maximum': { ...CPU, limit: { count: 3, order: 'bottom', by: 'max' } },
  'the top groups': { ...CPU, groupBy: ['namespace'], limit: { count: 5, order: 'top', by: 'last' } },
  'the top shares': { ...CPU, denominator: 'request', limit: { count: 5, order: 'top' } },
  'the top increases': {
    level: 'pod',
    metric: 'restart_count',
    overTime: 'increase',
    limit: { count: 5, order: 'top' },
  },
  'one value per object': { ...CPU, instant: true, overTime: 'max' },
  'one value per group': { ...CPU, instant: true, groupBy: ['namespace'], overTime: 'max' },
  'one value of all, increase': {
    level: 'pod',
    metric: 'restart_count',
    instant: true,
    aggregation: 'sum',
    overTime: 'increase',
  },
};

function render(query: SeriesQuery, own: Parameters<typeof remotePlan>[1] = []): string {
  const windowMs = query.instant ? wholeRange(RANGE, MINUTE_MS).evaluations[0].windowMs : 5 * MINUTE_MS;
  const plan = remotePlan(query, own, MINUTE_MS);
  return renderPromql(plan, RANGE, { windowMs, stepMs: windowMs });
}

test('every construct is rendered as the golden file says (HEAPSCOPE_GOLDEN=write writes it)', () => {
  const text = Object.entries(QUERIES)
    .map(([name, query]) => `# ${name}\n${render(query)}\n`)
    .join('\n');
  if (process.env.HEAPSCOPE_GOLDEN === 'write') {
    writeFileSync(GOLDEN, text);
  }
  expect(text).toBe(readFileSync(GOLDEN, 'utf8'));
});

test('conditions of the engine stand in every selector', () => {
  const own = [{ label: 'cluster', operator: '=', value: 'prod' }] as const;
  for (const query of Object.values(QUERIES)) {
    const text = render(query, own);
    const selectors = text.match(/heapscope_\w+/g) ?? [];
    expect(text.match(/cluster="prod"/g)).toHaveLength(selectors.length);
  }
});

test('what nothing can match is known before anybody is asked', () => {
  const isEmpty = (...filters: Parameters<typeof remoteFilters>[0]) => remoteFilters(filters).isEmpty;
  expect(isEmpty({ dimension: 'pod', operator: 'in', values: [] })).toBe(true);
  expect(isEmpty({ dimension: 'pod', operator: '=', values: [''] })).toBe(true);
  expect(isEmpty({ dimension: 'label:app', operator: 'in', values: [] })).toBe(true);
  expect(isEmpty({ labelSelector: 'rank<0' })).toBe(true);
  expect(isEmpty({ dimension: 'pod', operator: 'notin', values: [] })).toBe(false);
  expect(isEmpty({ dimension: 'label:app', operator: 'notin', values: [] })).toBe(false);
});

test.each([
  [{ ...CPU, metric: 'no/such' }, 'unknown_metric'],
  [{ ...CPU, level: 'cluster', metric: 'uptime' }, 'bad_request'],
  [{ ...CPU, filters: [{ labelSelector: 'app===x' }] }, 'bad_request'],
  [{ level: 'pod', metric: 'uptime', denominator: 'request' }, 'bad_request'],
] as Array<[SeriesQuery, string]>)('refuses %j', (query, code) => {
  expect(() => render(query)).toThrow(expect.objectContaining({ code }));
});

test('whole numbers beyond a bound have a pattern', () => {
  for (const bound of [-3, 0, 1, 5, 9, 10, 19, 20, 99, 100, 105, 999, 1000, 12345]) {
    for (const operator of ['<', '>'] as const) {
      const pattern = numberPattern(operator, bound);
      const test = pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`);
      for (const value of [0, 1, 4, 5, 6, 8, 9, 10, 11, 18, 19, 20, 21, 98, 99, 100, 101, 104, 106, 999, 1001, 99999]) {
        const isBeyond = operator === '<' ? value < bound : value > bound;
        expect([operator, bound, value, test?.test(String(value)) ?? false]).toEqual([
          operator,
          bound,
          value,
          isBeyond,
        ]);
        expect(test?.test(`00${value}`) ?? false).toBe(isBeyond);
      }
      expect(test?.test('') ?? false).toBe(false);
    }
  }
});

describe('steps', () => {
  const at = (minute: number) => RANGE.fromMs + minute * MINUTE_MS;

  test('are multiples of the step since the epoch, and the last may be a part of one', () => {
    const range = { fromMs: at(2) + 7, toMs: at(17) + 3 };
    expect(divideRange(range, 5 * MINUTE_MS, MINUTE_MS).evaluations).toEqual([
      { timesMs: [at(5), at(10), at(15)], windowMs: 5 * MINUTE_MS },
      { timesMs: [at(17)], windowMs: 2 * MINUTE_MS },
    ]);
    expect(divideRange({ fromMs: at(5), toMs: at(10) }, 5 * MINUTE_MS, MINUTE_MS).evaluations).toEqual([
      { timesMs: [at(5), at(10)], windowMs: 5 * MINUTE_MS },
    ]);
  });

  test('of one round have no part', () => {
    const { evaluations } = divideRange({ fromMs: at(1) + 1, toMs: at(4) - 1 }, MINUTE_MS, MINUTE_MS);
    expect(evaluations).toEqual([{ timesMs: [at(2), at(3)], windowMs: MINUTE_MS }]);
  });

  test('of a range within one step hold what is in the range', () => {
    const { evaluations } = divideRange({ fromMs: at(11), toMs: at(13) }, 5 * MINUTE_MS, MINUTE_MS);
    expect(evaluations).toEqual([{ timesMs: [at(13)], windowMs: 3 * MINUTE_MS }]);
    expect(divideRange({ fromMs: at(11) + 1, toMs: at(12) - 1 }, 5 * MINUTE_MS, MINUTE_MS).evaluations).toEqual([]);
  });

  test('are as long as for local data, or as long as told', () => {
    expect(stepOf(RANGE, { maxDataPoints: 10 }, MINUTE_MS)).toBe(6 * MINUTE_MS);
    expect(stepOf(RANGE, { maxDataPoints: 7 }, MINUTE_MS)).toBe(9 * MINUTE_MS);
    expect(stepOf(RANGE, { intervalMs: 90_000 }, MINUTE_MS)).toBe(2 * MINUTE_MS);
    expect(stepOf(RANGE, { stepMs: 3 * MINUTE_MS, maxDataPoints: 1 }, MINUTE_MS)).toBe(3 * MINUTE_MS);
  });
});

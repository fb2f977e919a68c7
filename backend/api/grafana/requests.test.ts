import { named, RANGE, ServedCluster, WHOLE } from './testing/servedCluster.ts';

let served: ServedCluster;
beforeAll(async () => {
  served = await ServedCluster.start('filled');
});
afterAll(async () => {
  await served.close();
  expect(served.faults).toEqual([]);
});

describe('a request that is not as it should be', () => {
  const good = { refId: 'A', level: 'pod', metric: 'cpu/usage_rate' };
  const number = (name: string, least: number, most: number) => `${name} must be a number from ${least} to ${most}.`;

  it.each<[string, unknown, string]>([
    ['no object', [], 'The body (sent as application/json) must be a JSON object.'],
    ['no fromMs', { toMs: 1, queries: [] }, number('fromMs', 0, 8.64e15)],
    ['a time as text', { fromMs: '1', toMs: 1, queries: [] }, number('fromMs', 0, 8.64e15)],
    ['a time beyond all dates', { fromMs: 0, toMs: 1e300, queries: [] }, number('toMs', 0, 8.64e15)],
    ['times the wrong way round', { fromMs: 5, toMs: 4, queries: [] }, 'toMs (4) lies before fromMs (5).'],
    ['no queries', RANGE, 'queries must be a list.'],
    [
      'too many queries',
      { ...RANGE, queries: Array(101).fill(good) },
      'queries has 101 items; at most 100 are allowed.',
    ],
    ['a query that is none', { ...RANGE, queries: [7] }, 'queries[0] must be a JSON object.'],
    ['no refId', one({ refId: undefined }), 'queries[0].refId must be a text of at most 2000 characters.'],
    ['a refId twice', { ...RANGE, queries: [good, good] }, 'queries has two of the refId "A"; each needs its own.'],
    ['no points', { ...RANGE, maxDataPoints: 0, queries: [] }, number('maxDataPoints', 1, 11_000)],
    ['too many points', { ...RANGE, maxDataPoints: 1e6, queries: [] }, number('maxDataPoints', 1, 11_000)],
    ['a negative interval', { ...RANGE, intervalMs: -1, queries: [] }, number('intervalMs', 0, 8.64e15)],
    ['no level', one({ level: undefined }), 'queries[0].level is missing; it must be one of cluster, node, '],
    ['a wrong level', one({ level: 'planet' }), 'queries[0].level is "planet"; it must be one of cluster, node, '],
    ['no metric', one({ metric: undefined }), 'queries[0].metric must be a text of at most 2000 characters.'],
    [
      'a wrong aggregation',
      one({ aggregation: 'avgs' }),
      'queries[0].aggregation is "avgs"; it must be one of sum, avg, ',
    ],
    ['a wrong over time', one({ overTime: 'p42' }), 'queries[0].overTime is "p42"; it must be one of avg, min, '],
    ['a wrong denominator', one({ denominator: 7 }), 'queries[0].denominator is 7; it must be one of request, limit, '],
    ['a wrong format', one({ format: 'csv' }), 'queries[0].format is "csv"; it must be one of timeseries, table.'],
    ['a wrong group', one({ groupBy: ['moon'] }), 'queries[0].groupBy is "moon"; it must be node, namespace, '],
    ['a group that is no list', one({ groupBy: 'pod' }), 'queries[0].groupBy must be a list.'],
    [
      'too many groups',
      one({ groupBy: Array(21).fill('pod') }),
      'queries[0].groupBy has 21 items; at most 20 are allowed.',
    ],
    ['a wrong limit', one({ limit: 5 }), 'queries[0].limit must be a JSON object.'],
    ['a limit of none', one({ limit: { count: 0, order: 'top' } }), number('queries[0].limit.count', 1, 11_000)],
    [
      'half a limit',
      one({ limit: { count: 1.5, order: 'top' } }),
      'queries[0].limit.count is 1.5; it must be a whole number.',
    ],
    [
      'a wrong order',
      one({ limit: { count: 1, order: 'up' } }),
      'queries[0].limit.order is "up"; it must be one of top, bottom.',
    ],
    [
      'a wrong rank',
      one({ limit: { count: 1, order: 'top', by: 'p' } }),
      'queries[0].limit.by is "p"; it must be one of avg, ',
    ],
    ['filters that are no list', one({ filters: {} }), 'queries[0].filters must be a list.'],
    [
      'too many filters',
      one({ filters: Array(51).fill(named('pod', 'a')) }),
      'queries[0].filters has 51 items; at most 50 are',
    ],
    ['a filter that is none', one({ filters: ['a=b'] }), 'queries[0].filters[0] must be a JSON object.'],
    [
      'a wrong dimension',
      one({ filters: [{ ...named('pod', 'a'), dimension: '__proto__' }] }),
      'queries[0].filters[0].dimension is "__proto__"; it',
    ],
    [
      'a wrong operator',
      one({ filters: [{ ...named('pod', 'a'), operator: '~' }] }),
      'queries[0].filters[0].operator is "~"; it must be one of =, ',
    ],
    [
      'values that are no list',
      one({ filters: [{ ...named('pod', 'a'), values: 'a' }] }),
      'queries[0].filters[0].values must be a list.',
    ],
    [
      'a value that is no text',
      one({ filters: [{ ...named('pod', 'a'), values: [7] }] }),
      'queries[0].filters[0].values must be a text of',
    ],
    [
      'a selector that is no text',
      one({ filters: [{ labelSelector: 7 }] }),
      'queries[0].filters[0].labelSelector must be a text of',
    ],
  ])('%s', async (_, body, sentence) => {
    const { status, body: answer } = await served.ask('query', WHOLE, body);
    expect([status, answer]).toEqual([
      400,
      { code: 'bad_request', message: expect.stringContaining(sentence) as string },
    ]);
  });

  it.each<[string, unknown, string]>([
    ['no dimension', RANGE, 'dimension must be a text of at most 2000 characters.'],
    ['a wrong dimension', { ...RANGE, dimension: 'moon' }, 'dimension is "moon"; it must be node, '],
    ['a wrong level', { ...RANGE, dimension: 'pod', level: 'moon' }, 'level is "moon"; it must be one of cluster, '],
    ['a wrong limit', { ...RANGE, dimension: 'pod', limit: 1e9 }, number('limit', 1, 50_000)],
    ['half a limit', { ...RANGE, dimension: 'pod', limit: 1.5 }, 'limit is 1.5; it must be a whole number.'],
    ['a wrong match', { ...RANGE, dimension: 'pod', match: '(' }, 'The regular expression "(" in match is not valid: '],
    ['a match that is no text', { ...RANGE, dimension: 'pod', match: ['a'] }, 'match must be a text of '],
    ['no range', { dimension: 'pod' }, number('fromMs', 0, 8.64e15)],
  ])('names: %s', async (_, body, sentence) => {
    const { status, body: answer } = await served.ask('names', WHOLE, body);
    expect([status, answer]).toEqual([
      400,
      { code: 'bad_request', message: expect.stringContaining(sentence) as string },
    ]);
  });

  it('is refused when its body is too large', async () => {
    const { status, body } = await served.ask('query', WHOLE, {
      ...RANGE,
      queries: [],
      padding: 'x'.repeat(1024 * 1024),
    });
    expect([status, (body as { code: string }).code]).toEqual([413, 'body_too_large']);
  });

  it('is refused when its body is not JSON', async () => {
    const response = await served.fetch('POST', 'query', WHOLE, '{"fromMs": 1');
    expect([response.status, await response.json()]).toEqual([
      400,
      { code: 'bad_request', message: 'The body of the request is not JSON.' },
    ]);
  });

  function one(fields: object): unknown {
    return { ...RANGE, queries: [{ ...good, ...fields }] };
  }
});

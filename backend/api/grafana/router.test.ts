import { MINUTE_MS, timeMs } from '../../query/testing/storedCluster.ts';
import { named, NODE_NOTICE, RANGE, ServedCluster, WHOLE } from './testing/servedCluster.ts';

let served: ServedCluster;
beforeAll(async () => {
  served = await ServedCluster.start('filled');
});
afterAll(async () => {
  await served.close();
  expect(served.faults).toEqual([]);
});

describe('a query', () => {
  it('is answered with wide frames, as Grafana writes data frames', async () => {
    const results = await served.query([
      { refId: 'A', level: 'pod', metric: 'cpu/usage_rate', filters: [named('pod', 'web-1')] },
    ]);
    const config = { unit: 'si:mcores', description: 'CPU in use, between two samples.' };
    const labels = { namespace: 'shop', pod: 'web-1', workload_kind: 'Deployment', workload: 'web', node: 'worker-1' };
    expect(results.A.frames).toEqual([
      {
        schema: {
          refId: 'A',
          name: 'cpu/usage_rate',
          meta: {
            type: 'timeseries-wide',
            typeVersion: [0, 1],
            preferredVisualisationType: 'graph',
            notices: [NODE_NOTICE],
            custom: { resolutionMs: MINUTE_MS, metric: 'cpu/usage_rate', level: 'pod' },
          },
          fields: [
            { name: 'Time', type: 'time', config: { interval: MINUTE_MS } },
            { name: 'cpu/usage_rate', type: 'number', labels, config },
          ],
        },
        data: {
          values: [
            [timeMs('10:00'), timeMs('10:01'), timeMs('10:02')],
            [10, null, 20],
          ],
        },
      },
    ]);
  });

  it('is answered with a row per series as a table', async () => {
    const asked = { refId: 'A', level: 'pod', metric: 'cpu/usage_rate', groupBy: ['namespace'], format: 'table' };
    const [{ schema, data }] = (await served.query([asked])).A.frames;
    expect(schema.meta).toMatchObject({ type: 'table', preferredVisualisationType: 'table' });
    expect(schema.fields.map(({ name, type }) => [name, type])).toEqual([
      ['namespace', 'string'],
      ['cpu/usage_rate', 'number'],
    ]);
    expect(data.values).toEqual([
      ['bank', 'shop'],
      [7, 50],
    ]);
  });

  it('without an answer has a frame without fields, so that Grafana says that there is no data', async () => {
    const asked = { refId: 'A', level: 'pod', metric: 'cpu/usage_rate', filters: [named('pod', 'nobody')] };
    const [{ schema, data }] = (await served.query([asked])).A.frames;
    expect([schema.fields, data.values]).toEqual([[], []]);
  });

  it('as a table without an answer keeps its column, so that panels can join it', async () => {
    const asked = {
      refId: 'A',
      level: 'pod',
      metric: 'cpu/usage_rate',
      filters: [named('pod', 'nobody')],
      format: 'table',
    };
    const [{ schema, data }] = (await served.query([asked])).A.frames;
    expect([schema.fields.map(({ name }) => name), data.values]).toEqual([['cpu/usage_rate'], [[]]]);
  });

  it('has units that Grafana knows', async () => {
    const asked = ['cpu/usage_rate', 'memory/usage', 'network/rx_rate', 'uptime', 'restart_count'];
    const metrics = (await served.ask('metrics', WHOLE)).body as { metrics: Array<{ name: string; unit: string }> };
    const units = asked.map((name) => metrics.metrics.find((metric) => metric.name === name)?.unit);
    expect(units).toEqual(['si:mcores', 'bytes', 'Bps', 'ms', 'short']);
    const share = { refId: 'A', level: 'pod', metric: 'cpu/usage_rate', denominator: 'request' };
    expect((await served.query([share])).A.frames[0].schema.fields[1].config?.unit).toBe('percentunit');
  });

  it('that fails has its sentence, and the others of the request their frames', async () => {
    const results = await served.query([
      { refId: 'A', level: 'pod', metric: 'usage_rate' },
      { refId: 'B', level: 'node', metric: 'cpu/usage_rate' },
      { refId: '__proto__', level: 'node', metric: 'cpu/usage_rate' },
      { refId: 'D', level: 'pod', metric: 'cpu/usage_rate', filters: [{ labelSelector: 'a in' }] },
    ]);
    expect(results.A).toEqual({
      frames: [],
      error: {
        code: 'unknown_metric',
        message: 'There is no metric "usage_rate". Did you mean cpu/usage_rate or cpu/usage_rate_kubelet?',
      },
    });
    expect(results.B.error).toBeUndefined();
    expect(Object.keys(results)).toEqual(['A', 'B', '__proto__', 'D']);
    expect(results.D.error?.code).toBe('bad_request');
  });

  it('has limits that are errors and not half an answer', async () => {
    const series = await served.query([{ refId: 'A', level: 'pod', metric: 'cpu/usage_rate', groupBy: ['namespace'] }]);
    expect(series.A.error).toBeUndefined();
    const many = await served.query([{ refId: 'A', level: 'pod', metric: 'cpu/usage_rate' }]);
    expect(many.A.error).toEqual({
      code: 'limit_exceeded',
      message:
        'The query answers with 3 series of 3 points; at most 8 points are allowed. Ask for fewer data points, a shorter range or fewer series.',
    });
  });
});

describe('names', () => {
  it('are sorted, with how many there are', async () => {
    expect(await served.names({ dimension: 'namespace' })).toEqual({ names: ['bank', 'shop'], total: 2 });
    expect(await served.names({ dimension: 'pod', limit: 1 })).toEqual({ names: ['vault'], total: 3 });
  });
});

describe('a filter by a name that the level does not have', () => {
  const filters = [{ dimension: 'container', operator: '=', values: ['nginx'] }];

  it('is an error of its query', async () => {
    const { A } = await served.query([{ refId: 'A', level: 'pod', metric: 'cpu/usage_rate', filters }]);
    expect(A.frames).toEqual([]);
    expect(A.error?.code).toBe('bad_request');
    expect(A.error?.message).toContain('cpu/usage_rate of pod cannot be filtered by "container"; it can by namespace');
  });

  it('is refused where names are asked for', async () => {
    const body = { ...RANGE, dimension: 'resource_id', level: 'node', filters };
    expect(await served.ask('names', WHOLE, body)).toMatchObject({
      status: 400,
      body: { code: 'bad_request', message: expect.stringContaining('of node cannot be filtered by "container"') },
    });
  });
});

describe('the addresses', () => {
  it.each(['query', 'names'])('%s is the same with and without a slash at its end', async (path) => {
    const body = { ...RANGE, queries: [], dimension: 'namespace' };
    const [plain, slash] = await Promise.all([served.ask(path, WHOLE, body), served.ask(`${path}/`, WHOLE, body)]);
    expect(plain.status).toBe(200);
    expect(slash).toEqual(plain);
  });

  it.each(['metrics', 'health'])('%s is the same with and without a slash at its end', async (path) => {
    const [plain, slash] = await Promise.all([served.ask(path, WHOLE), served.ask(`${path}/`, WHOLE)]);
    expect(plain.status).toBe(200);
    expect(slash).toEqual(plain);
  });

  it.each([
    ['GET', 'query', 'POST'],
    ['GET', 'names', 'POST'],
    ['POST', 'metrics', 'GET, HEAD'],
    ['DELETE', 'health/', 'GET, HEAD'],
  ])('%s %s is not allowed', async (method, path, allowed) => {
    const response = await served.fetch(method, path, WHOLE);
    expect([response.status, response.headers.get('allow')]).toEqual([405, allowed]);
    expect(((await response.json()) as { code: string }).code).toBe('method_not_allowed');
  });

  it.each(['query', 'names', 'metrics', 'health'])('%s wants a token', async (path) => {
    expect((await served.ask(path, undefined)).status).toBe(401);
    expect((await served.ask(path, 'guessed')).status).toBe(401);
  });
});

describe('before the first round', () => {
  let empty: ServedCluster;
  beforeAll(async () => {
    empty = await ServedCluster.start('empty');
  });
  afterAll(() => empty.close());

  it.each([
    ['query', { ...RANGE, queries: [] }],
    ['names', { ...RANGE, dimension: 'pod' }],
    ['health', undefined],
  ])('%s says when data can be expected', async (path, body) => {
    const { status, body: answer } = await empty.ask(path, WHOLE, body);
    expect([status, answer]).toEqual([
      503,
      { code: 'not_ready', message: 'There is no data yet; the first is expected in about 45 s.' },
    ]);
  });

  it('metrics can be read already', async () => {
    expect((await empty.ask('metrics', WHOLE)).status).toBe(200);
  });
});

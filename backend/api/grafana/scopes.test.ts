import {
  COUNT_NOTICE,
  named,
  NOBODY,
  NODE_NOTICE,
  RANGE,
  ServedCluster,
  SHOP,
  WHOLE,
} from './testing/servedCluster.ts';

let served: ServedCluster;
beforeAll(async () => {
  served = await ServedCluster.start('filled');
});
afterAll(async () => {
  await served.close();
  expect(served.faults).toEqual([]);
});

describe('a token that is bound to namespaces', () => {
  it('sees objects of these only', async () => {
    for (const level of ['namespace', 'workload', 'pod', 'container']) {
      const results = await served.query([{ refId: 'A', level, metric: 'cpu/usage_rate', groupBy: ['namespace'] }]);
      const seen = await served.series({ level, metric: 'cpu/usage_rate', groupBy: ['namespace'] }, SHOP);
      const all = results.A.frames[0].schema.fields.flatMap(({ labels }) => labels?.namespace ?? []);
      expect(seen).toEqual(all.filter((namespace) => namespace === 'shop'));
    }
  });

  it.each(['cluster', 'node', 'sys_container'])('may not ask about %s', async (level) => {
    const results = await served.query([{ refId: 'A', level, metric: 'cpu/usage_rate' }], SHOP);
    expect(results.A).toEqual({
      frames: [],
      error: {
        code: 'forbidden',
        message: `This token is bound to the namespaces shop; it may not see ${level} metrics. Use a token without namespaces.`,
      },
    });
    const { status, body } = await served.ask('names', SHOP, { ...RANGE, dimension: 'container', level });
    expect([status, (body as { code: string }).code]).toEqual([403, 'forbidden']);
  });

  it.each([
    ['a filter for another namespace', { filters: [named('namespace', 'bank')] }],
    ['a list with another namespace', { filters: [{ dimension: 'namespace', operator: 'in', values: ['bank'] }] }],
    ['a pattern for all', { filters: [{ dimension: 'pod', operator: '=~', values: ['vault|.*lt'] }] }],
    ['a filter that leaves the own out', { filters: [{ dimension: 'namespace', operator: '!=', values: ['shop'] }] }],
    ['a label selector', { filters: [{ labelSelector: 'secret' }] }],
    ['a group by labels', { groupBy: ['label:secret'], filters: [named('label:secret', 'yes')] }],
    ['as many filters as there may be', { filters: Array(50).fill(named('namespace', 'bank')) }],
  ])('sees nothing of others by %s', async (_, fields) => {
    expect(await served.series({ level: 'pod', metric: 'cpu/usage_rate', ...fields }, SHOP)).toEqual([]);
  });

  it('sees no sums that others are part of', async () => {
    const results = await served.query(
      [
        { refId: 'A', level: 'pod', metric: 'cpu/usage_rate', aggregation: 'sum' },
        { refId: 'B', level: 'namespace', metric: 'cpu/usage_rate', aggregation: 'sum' },
        { refId: 'C', level: 'pod', metric: 'cpu/usage_rate', groupBy: ['node'] },
        { refId: 'D', level: 'pod', metric: 'cpu/usage_rate', limit: { count: 9, order: 'top' } },
      ],
      SHOP
    );
    expect(results.A.frames[0].data.values[1]).toEqual([30, 20, 50]);
    expect(results.B.frames[0].data.values[1]).toEqual([30, 40, 50]);
    expect(results.C.frames[0].data.values.slice(1)).toEqual([
      [10, null, 20],
      [20, 20, 30],
    ]);
    expect(results.D.frames[0].schema.fields.flatMap(({ labels }) => labels?.pod ?? [])).toEqual(['web-2', 'web-1']);
  });

  it.each(['capacity', 'allocatable'])('does not learn the %s of nodes from shares', async (denominator) => {
    const asked = { refId: 'A', level: 'pod', metric: 'cpu/usage_rate', denominator };
    const results = await served.query([asked], SHOP);
    expect(results.A.error).toEqual({
      code: 'forbidden',
      message: `This token is bound to the namespaces shop; it may not see the ${denominator} of nodes. Divide by request or limit, or use a token without namespaces.`,
    });
  });

  it('sees how full its own volumes are', async () => {
    const asked = { refId: 'A', level: 'pod', metric: 'filesystem/usage', denominator: 'capacity' };
    const { A } = await served.query([asked], SHOP);
    expect(A.frames[0].data.values[1]).toEqual([0.25, 0.5, 0.75]);
  });

  it.each([
    ['node', 'process/count'],
    ['namespace', 'process/count'],
    ['node', 'filesystem/usage'],
  ])('does not see how full the %s is by %s', async (level, metric) => {
    const { A } = await served.query([{ refId: 'A', level, metric, denominator: 'capacity' }], SHOP);
    expect(A.error?.code).toBe('forbidden');
  });

  it('learns that nodes do not answer, but not which', async () => {
    const { A } = await served.query([{ refId: 'A', level: 'pod', metric: 'cpu/usage_rate' }], SHOP);
    expect(A.frames[0].schema.meta?.notices).toEqual([COUNT_NOTICE]);
    expect((await served.ask('health', SHOP)).body).toMatchObject({ problems: [COUNT_NOTICE.text] });
    expect((await served.ask('health', WHOLE)).body).toMatchObject({ problems: [NODE_NOTICE.text] });
  });

  it('divides by requests of its own', async () => {
    expect(
      await served.series({ level: 'pod', metric: 'cpu/usage_rate', denominator: 'request', groupBy: ['pod'] }, SHOP)
    ).toHaveLength(1);
  });

  it.each([
    [{ dimension: 'namespace' }, ['shop']],
    [{ dimension: 'pod' }, ['web-1', 'web-2']],
    [{ dimension: 'pod', filters: [named('namespace', 'bank')] }, []],
    [{ dimension: 'pod', filters: [{ dimension: 'namespace', operator: 'notin', values: [] }] }, ['web-1', 'web-2']],
    [{ dimension: 'container' }, []],
    [{ dimension: 'workload' }, ['web']],
    [{ dimension: 'node', level: 'pod' }, ['worker-1', 'worker-2']],
    [{ dimension: 'resource_id' }, ['Volume:data']],
    [{ dimension: 'persistentvolumeclaim' }, ['data-0']],
    [{ dimension: 'interface' }, []],
    [{ dimension: 'label_keys' }, ['app']],
    [{ dimension: 'label_keys', level: 'namespace' }, ['team']],
    [{ dimension: 'label:app' }, ['web']],
    [{ dimension: 'label:team', level: 'namespace' }, ['red']],
    [{ dimension: 'label:app', filters: [{ labelSelector: 'app=vault' }] }, []],
    [{ dimension: 'label:app', match: 'vault' }, []],
  ])('lists of %j only its own', async (asked, expected) => {
    expect(await served.names(asked, SHOP)).toEqual({ names: expected, total: expected.length });
  });

  it('may not list all nodes', async () => {
    expect((await served.ask('names', SHOP, { ...RANGE, dimension: 'node' })).status).toBe(403);
  });

  it('is told by "Save & test" how much it sees', async () => {
    expect((await served.ask('health', WHOLE)).body).toMatchObject({ namespaces: 22, pods: 333 });
    expect((await served.ask('health', SHOP)).body).toMatchObject({ namespaces: 1, pods: 3 });
  });

  it('sees nothing at all when there are no namespaces it is bound to', async () => {
    expect(await served.series({ level: 'pod', metric: 'cpu/usage_rate' }, NOBODY)).toEqual([]);
    expect(await served.names({ dimension: 'namespace' }, NOBODY)).toEqual({ names: [], total: 0 });
    expect((await served.ask('health', NOBODY)).body).toMatchObject({ namespaces: 0, pods: 0 });
  });
});

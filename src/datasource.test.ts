import { firstValueFrom } from 'rxjs';
import type { DataQueryRequest } from '@grafana/data';
import type { HeapscopeQuery } from './query';
import { answer, datasourceWith, RANGE, refuse } from './testing/backend';
import { HeapscopeVariables } from './variableSupport';
import type { HeapscopeVariableQuery } from './variables';

const panelRequest = (targets: HeapscopeQuery[]) =>
  ({
    targets,
    range: RANGE,
    requestId: 'Q7',
    maxDataPoints: 500,
    intervalMs: 30_000,
    scopedVars: {},
  }) as unknown as DataQueryRequest<HeapscopeQuery>;

const CPU: HeapscopeQuery = { refId: 'A', level: 'pod', metric: 'cpu/usage_rate', legend: '{{pod}}' };

const variableRequest = (query: HeapscopeVariableQuery) =>
  ({ targets: [query], range: RANGE, scopedVars: {} }) as unknown as DataQueryRequest<HeapscopeVariableQuery>;

test('a panel asks once for all its queries', async () => {
  const { datasource, requests } = datasourceWith({
    query: () => ({ results: { A: answer([{ pod: 'a' }]), B: answer([{ pod: 'b' }]) } }),
  });
  const response = await firstValueFrom(datasource.query(panelRequest([CPU, { ...CPU, refId: 'B', hide: false }])));
  expect(response.data.map((frame) => frame.refId)).toEqual(['A', 'B']);
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({
    url: '/api/datasources/proxy/uid/abc/query/',
    requestId: 'Q7',
    data: { fromMs: RANGE.from.valueOf(), toMs: RANGE.to.valueOf(), maxDataPoints: 500, intervalMs: 30_000 },
  });
  expect(requests[0].data.queries).toEqual([
    { refId: 'A', level: 'pod', metric: 'cpu/usage_rate', filters: [] },
    { refId: 'B', level: 'pod', metric: 'cpu/usage_rate', filters: [] },
  ]);
});

test('a query with a fault of its own is reported beside the frames of the others', async () => {
  const { datasource } = datasourceWith({ query: () => ({ results: { A: answer([{ pod: 'a' }]) } }) });
  const wrong: HeapscopeQuery = { ...CPU, refId: 'B', limit: { count: 'x', order: 'top' } };
  const response = await firstValueFrom(datasource.query(panelRequest([CPU, wrong])));
  expect(response.data).toHaveLength(1);
  expect(response.errors).toMatchObject([{ refId: 'B', message: expect.stringContaining('whole number') }]);
});

test('a panel without a complete query asks nothing', async () => {
  const { datasource, requests } = datasourceWith({});
  await firstValueFrom(datasource.query(panelRequest([{ refId: 'A', level: 'pod', metric: '' }])));
  expect(requests).toEqual([]);
});

test('a panel shows why the backend refused', async () => {
  const message = 'The range is longer than 400 days. Ask for less.';
  const { datasource } = datasourceWith({ query: () => refuse(422, { code: 'limit_exceeded', message }) });
  await expect(firstValueFrom(datasource.query(panelRequest([CPU])))).rejects.toThrow(message);
});

test('a namespace variable lists every namespace that existed in the range of the dashboard', async () => {
  const names = ['default', 'kube-system', 'payments', 'web'];
  const { datasource, requests } = datasourceWith({ names: () => ({ names, total: 4 }) });
  const { data } = await firstValueFrom(
    new HeapscopeVariables(datasource).query(variableRequest({ refId: 'v', dimension: 'namespace' }))
  );
  expect(data[0].fields[0].values).toEqual(names);
  expect(requests[0].data).toEqual({
    fromMs: RANGE.from.valueOf(),
    toMs: RANGE.to.valueOf(),
    dimension: 'namespace',
    level: undefined,
    filters: [],
    match: undefined,
    limit: undefined,
  });
});

test('a pod variable follows the namespaces chosen above it', async () => {
  const { datasource, requests } = datasourceWith(
    { names: () => ({ names: [], total: 0 }) },
    { namespace: { value: ['web', 'payments'] } }
  );
  const query: HeapscopeVariableQuery = {
    refId: 'v',
    dimension: 'pod',
    filters: [{ dimension: 'namespace', operator: '=', values: ['$namespace'] }],
    match: '^shop',
  };
  await firstValueFrom(new HeapscopeVariables(datasource).query(variableRequest(query)));
  expect(requests[0].data).toMatchObject({
    dimension: 'pod',
    filters: [{ dimension: 'namespace', operator: 'in', values: ['web', 'payments'] }],
    match: '^shop',
  });
});

test('a variable that cannot be answered fails instead of being empty', async () => {
  const { datasource } = datasourceWith({ names: () => refuse(502) });
  const query: HeapscopeVariableQuery = { refId: 'v', dimension: 'namespace' };
  await expect(firstValueFrom(new HeapscopeVariables(datasource).query(variableRequest(query)))).rejects.toThrow(
    /cannot reach/
  );
});

test('callers of the older variable interface get the same names', async () => {
  const { datasource } = datasourceWith({ names: () => ({ names: ['a', 'b'], total: 2 }) });
  await expect(datasource.metricFindQuery({ refId: 'v', dimension: 'node' }, { range: RANGE })).resolves.toEqual([
    { text: 'a' },
    { text: 'b' },
  ]);
});

import { CoreApp } from '@grafana/data';
import { createInterpolation } from './interpolation';
import {
  describeQuery,
  getDefaultQuery,
  interpolateQueries,
  interpolateQuery,
  interpolateSaved,
  isRunnable,
  upgradeQuery,
  type HeapscopeQuery,
} from './query';
import { templatesOf, type TestVariable } from './testing/templates';

const interpolation = (variables: Record<string, TestVariable> = {}) => createInterpolation(templatesOf(variables));

const QUERY: HeapscopeQuery = { refId: 'A', level: 'pod', metric: 'cpu/usage_rate' };

test('a new panel shows the CPU of every namespace, Explore that of the cluster', () => {
  expect(getDefaultQuery(CoreApp.PanelEditor)).toEqual({ level: 'namespace', metric: 'cpu/usage_rate' });
  expect(getDefaultQuery(CoreApp.Explore)).toEqual({ level: 'cluster', metric: 'cpu/usage_rate' });
});

test('a query runs as soon as it has a level and a metric, unless it is hidden', () => {
  expect(isRunnable(QUERY)).toBe(true);
  expect(isRunnable({ refId: 'A', level: 'pod' })).toBe(false);
  expect(isRunnable({ ...QUERY, hide: true })).toBe(false);
});

test('a query of another data source becomes one that can be edited', () => {
  const foreign = { refId: 'B', expr: 'up' } as { refId: string };
  expect(upgradeQuery(foreign)).toMatchObject({ refId: 'B', level: 'namespace', metric: 'cpu/usage_rate' });
});

test('variables are replaced in every field', () => {
  const query: HeapscopeQuery = {
    refId: 'A',
    level: '$level',
    metric: '${resource}/usage_rate',
    filters: [{ dimension: '$dimension', operator: '=', values: ['$name'] }, { labelSelector: 'app=$app' }],
    groupBy: ['$groups'],
    aggregation: '$how',
    overTime: '$over',
    limit: { count: '$top', order: 'top' },
    denominator: '$share',
    legend: '{{pod}} of $name',
  };
  const variables = {
    level: { value: 'pod' },
    resource: { value: 'cpu' },
    dimension: { value: 'namespace' },
    name: { value: 'web' },
    app: { value: 'shop' },
    groups: { value: ['namespace', 'node'] },
    how: { value: 'max' },
    over: { value: 'p95' },
    top: { value: '5' },
    share: { value: 'limit' },
  };
  expect(interpolateQuery(query, interpolation(variables))).toEqual({
    refId: 'A',
    level: 'pod',
    metric: 'cpu/usage_rate',
    filters: [{ dimension: 'namespace', operator: '=', values: ['web'] }, { labelSelector: 'app=shop' }],
    groupBy: ['namespace', 'node'],
    aggregation: 'max',
    overTime: 'p95',
    limit: { count: 5, order: 'top' },
    denominator: 'limit',
    format: undefined,
    legend: '{{pod}} of web',
  });
});

test('a number of series that is none is the fault of its query alone', () => {
  const wrong: HeapscopeQuery = { ...QUERY, refId: 'B', limit: { count: '$top', order: 'top' } };
  const { queries, errors } = interpolateQueries([QUERY, wrong], interpolation({ top: { value: 'many' } }));
  expect(queries.map((query) => query.refId)).toEqual(['A']);
  expect(errors).toEqual([
    { refId: 'B', message: 'The number of series to keep must be a whole number from 1 on, but is "many".' },
  ]);
});

test('Explore takes a panel over with the values its variables have', () => {
  const query: HeapscopeQuery = {
    ...QUERY,
    filters: [{ dimension: 'namespace', operator: '=', values: ['$namespace'] }],
  };
  expect(interpolateSaved(query, interpolation({ namespace: { value: ['a', 'b'] } }))).toMatchObject({
    refId: 'A',
    filters: [{ dimension: 'namespace', operator: 'in', values: ['a', 'b'] }],
  });
});

test('the query history shows queries in words', () => {
  expect(
    describeQuery({
      ...QUERY,
      denominator: 'request',
      filters: [{ dimension: 'namespace', operator: '=', values: ['web'] }],
      groupBy: ['node'],
      limit: { count: 10, order: 'top' },
    })
  ).toBe('cpu/usage_rate of pod as a share of request where namespace = web sum by node top 10');
});

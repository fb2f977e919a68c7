import { describeFilter, interpolateFilters, isCompleteFilter, type SavedFilter } from './filters';
import { createInterpolation } from './interpolation';
import { templatesOf, type TestVariable } from './testing/templates';

const run = (filter: SavedFilter, variables: Record<string, TestVariable> = {}, others: SavedFilter[] = []) =>
  interpolateFilters({ level: 'pod', filters: [filter, ...others] }, createInterpolation(templatesOf(variables)))[0];

const namespaceIs = (value: string): SavedFilter => ({ dimension: 'namespace', operator: '=', values: [value] });
const NAMESPACES = { dimension: 'namespace', refId: 'variable' };

test('a condition without variables goes to the backend as it is', () => {
  expect(run(namespaceIs('web'))).toEqual({ dimension: 'namespace', operator: '=', values: ['web'] });
});

test('a variable with one value stays an equality', () => {
  expect(run(namespaceIs('$namespace'), { namespace: { value: ['web'] } })).toEqual({
    dimension: 'namespace',
    operator: '=',
    values: ['web'],
  });
});

test('a variable with several values turns an equality into a list', () => {
  const namespace = { value: ['web', 'kube-system'] };
  expect(run(namespaceIs('$namespace'), { namespace })).toEqual({
    dimension: 'namespace',
    operator: 'in',
    values: ['web', 'kube-system'],
  });
  expect(run({ dimension: 'namespace', operator: '!=', values: ['${namespace}'] }, { namespace })).toEqual({
    dimension: 'namespace',
    operator: 'notin',
    values: ['web', 'kube-system'],
  });
});

test('a list may mix names and variables, each name once', () => {
  const filter: SavedFilter = { dimension: 'pod', operator: 'in', values: ['a', '$pod', '[[pod]]'] };
  expect(run(filter, { pod: { value: ['b', 'c'] } })).toMatchObject({ operator: 'in', values: ['a', 'b', 'c'] });
});

test('text around a variable is put around each of its values', () => {
  expect(run(namespaceIs('$team-$stage'), { team: { value: ['a', 'b'] }, stage: { value: 'prod' } })).toMatchObject({
    operator: 'in',
    values: ['a-prod', 'b-prod'],
  });
});

test('"All" of a variable that lists every name needs no condition', () => {
  const namespace = { value: ['a', 'b'], all: true, query: NAMESPACES };
  expect(run(namespaceIs('$namespace'), { namespace })).toBeUndefined();
});

test('"All" of a chained variable needs no condition where the panel has the same chain', () => {
  const pod = { value: ['a', 'b'], all: true, query: { dimension: 'pod', filters: [namespaceIs('$namespace')] } };
  const filter: SavedFilter = { dimension: 'pod', operator: '=', values: ['$pod'] };
  const variables = { pod, namespace: { value: 'web' } };
  const interpolation = createInterpolation(templatesOf(variables));
  const filters = [namespaceIs('$namespace'), filter];
  expect(interpolateFilters({ level: 'pod', filters }, interpolation)).toEqual([
    { dimension: 'namespace', operator: '=', values: ['web'] },
  ]);
  expect(run(filter, variables)).toEqual({ dimension: 'pod', operator: 'in', values: ['a', 'b'] });
});

test.each([
  ['its list is narrowed by a regular expression', { regex: '/^prod-/' }],
  ['its list is narrowed by a pattern', { query: { ...NAMESPACES, match: 'prod' } }],
  ['it lists something else', { query: { dimension: 'pod' } }],
  ['its options were typed by hand', { type: 'custom' as const }],
])('"All" of a variable means its options where %s', (_, traits) => {
  const namespace = { value: ['a', 'b'], all: true, query: NAMESPACES, ...traits };
  expect(run(namespaceIs('$namespace'), { namespace })).toMatchObject({ operator: 'in', values: ['a', 'b'] });
});

test('excluding "All" excludes every option', () => {
  const namespace = { value: ['a', 'b'], all: true, query: NAMESPACES };
  const filter: SavedFilter = { dimension: 'namespace', operator: '!=', values: ['$namespace'] };
  expect(run(filter, { namespace })).toMatchObject({ operator: 'notin', values: ['a', 'b'] });
});

test('a custom value of "All" is a pattern', () => {
  const namespace = { value: ['a'], all: true, allValue: 'team-.*', query: NAMESPACES };
  expect(run(namespaceIs('$namespace'), { namespace })).toEqual({
    dimension: 'namespace',
    operator: '=~',
    values: ['team-.*'],
  });
});

test('names in a pattern are escaped and joined, a typed pattern is left alone', () => {
  const filter: SavedFilter = { dimension: 'pod', operator: '=~', values: ['${pod}-.*'] };
  expect(run(filter, { pod: { value: ['a.b', 'c'] } })).toMatchObject({ values: ['(a\\.b|c)-.*'] });
  expect(run(filter, { pod: { value: 'web.*', type: 'textbox' } })).toMatchObject({ values: ['web.*-.*'] });
});

test('an empty search box is no condition', () => {
  const filter: SavedFilter = { dimension: 'pod', operator: '=~', values: ['$search'] };
  expect(run(filter, { search: { value: '', type: 'textbox' } })).toBeUndefined();
});

test('the dimension may be a variable', () => {
  expect(
    run({ dimension: 'label:$key' as `label:${string}`, operator: '=', values: ['x'] }, { key: { value: 'app' } })
  ).toMatchObject({
    dimension: 'label:app',
  });
});

test('rows that say nothing yet are left out', () => {
  expect(isCompleteFilter({ dimension: 'namespace', operator: '=', values: [] })).toBe(false);
  expect(isCompleteFilter({ labelSelector: ' ' })).toBe(false);
  expect(run({ dimension: 'namespace', operator: '=', values: [''] })).toBeUndefined();
});

test.each([
  ['app in ($app), tier!=cache', 'app in (web,api), tier!=cache'],
  ['app=$app', 'app in (web,api)'],
  ['app == $app,tier', 'app in (web,api), tier'],
  ['app != $app', 'app notin (web,api)'],
  ['tier=$tier', 'tier=front'],
  ['!canary, tier in (a, $tier)', '!canary, tier in (a, front)'],
])('the label selector %p becomes %p', (labelSelector, expected) => {
  const variables = { app: { value: ['web', 'api'] }, tier: { value: 'front' } };
  expect(run({ labelSelector }, variables)).toEqual({ labelSelector: expected });
});

test('a repeated panel sees its own value, though the dashboard shows "All"', () => {
  const templates = templatesOf({ namespace: { value: ['a', 'b'], all: true, query: NAMESPACES } });
  const interpolation = createInterpolation(templates, { namespace: { value: 'b', text: 'b' } });
  expect(interpolateFilters({ filters: [namespaceIs('$namespace')] }, interpolation)).toEqual([
    { dimension: 'namespace', operator: '=', values: ['b'] },
  ]);
});

test('filters read as sentences', () => {
  expect(describeFilter({ dimension: 'pod', operator: 'in', values: ['a', 'b'] })).toBe('pod in (a, b)');
  expect(describeFilter({ labelSelector: 'app=web' })).toBe('app=web');
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeVariableQuery, type HeapscopeVariableQuery } from './variables';

interface Variable {
  name: string;
  type: string;
  definition?: string;
  query: HeapscopeVariableQuery;
}

const FOLDER = join(__dirname, '..', 'dashboards');

/** The variables of a dashboard that come from queries. */
function variablesOf(file: string): Variable[] {
  const dashboard: { templating: { list: Variable[] } } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
  return dashboard.templating.list.filter(({ type }) => type === 'query');
}

test('a query in words names what is listed, whose, and under which conditions', () => {
  const query: HeapscopeVariableQuery = {
    refId: 'variable',
    dimension: 'label:app',
    level: 'pod',
    filters: [{ dimension: 'namespace', operator: 'in', values: ['$namespace', 'shop'] }, { labelSelector: 'tier' }],
    match: '^web',
  };
  expect(describeVariableQuery(query)).toBe(
    'label:app of pod where namespace in ($namespace, shop) and tier matching ^web'
  );
  expect(describeVariableQuery({ refId: 'variable', dimension: 'node' })).toBe('node');
});

test.each(readdirSync(FOLDER))('%s says of each variable in words what it lists', (file) => {
  expect(variablesOf(file).length).toBeGreaterThan(0);
  for (const { name, definition, query } of variablesOf(file)) {
    const words = describeVariableQuery(query);
    expect([name, definition, query.query]).toEqual([name, words, words]);
  }
});

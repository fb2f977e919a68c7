import React from 'react';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { HeapscopeQuery } from '../query';
import { CATALOGUE, datasourceWith, RANGE, refuse } from '../testing/backend';
import { allowUpdatesOnTimers, pretendLayout } from '../testing/layout';
import type { TestVariable } from '../testing/templates';
import type { HeapscopeVariableQuery } from '../variables';
import { QueryEditor } from './QueryEditor';
import { VariableQueryEditor } from './VariableQueryEditor';

const NAMES = ['default', 'kube-system', 'payments', 'web'];
const ANSWERS = { metrics: () => CATALOGUE, names: () => ({ names: NAMES, total: NAMES.length }) };

beforeAll(pretendLayout);
beforeAll(allowUpdatesOnTimers);

interface Given {
  query?: Partial<HeapscopeQuery>;
  answers?: Parameters<typeof datasourceWith>[0];
  variables?: Record<string, TestVariable>;
}

/** The query editor as a panel holds it: what it says is given back to it. */
function openQueryEditor({ query, answers = ANSWERS, variables }: Given = {}) {
  const { datasource, requests } = datasourceWith(answers, variables);
  const onRunQuery = jest.fn();
  let saved: HeapscopeQuery = { refId: 'A', level: 'pod', metric: 'cpu/usage_rate', ...query };
  const draw = () => (
    <QueryEditor datasource={datasource} query={saved} range={RANGE} onRunQuery={onRunQuery} onChange={change} />
  );
  const { rerender } = render(draw());
  function change(next: HeapscopeQuery) {
    saved = next;
    rerender(draw());
  }
  return { user: userEvent.setup(), onRunQuery, requests, saved: () => saved };
}

const choose = async (user: ReturnType<typeof userEvent.setup>, testId: string, option: string | RegExp) => {
  await user.click(screen.getByTestId(testId));
  await user.click(await screen.findByRole('option', { name: option }));
};

test('the metrics offered are those of the level, each with what it means', async () => {
  const { user } = openQueryEditor();
  await user.click(screen.getByLabelText('Metric'));
  expect(
    await screen.findByRole('option', { name: /memory\/working_set What memory\/working_set means/ })
  ).toBeInTheDocument();
  expect(screen.queryByRole('option', { name: /node\/ready/ })).not.toBeInTheDocument();
});

test('a metric whose source is switched off is marked, and says what to do to have it', async () => {
  const { user } = openQueryEditor();
  await user.click(screen.getByLabelText('Metric'));
  expect(
    await screen.findByRole('option', { name: /cpu\/throttling \(off\) .*Start Heapscope with --cadvisor-metrics/ })
  ).toBeInTheDocument();
});

test('choosing level and metric changes the query and runs it', async () => {
  const { user, saved, onRunQuery } = openQueryEditor();
  await choose(user, 'heapscope-level', 'Node');
  await choose(user, 'heapscope-metric', /node\/ready/);
  expect(saved()).toMatchObject({ level: 'node', metric: 'node/ready' });
  expect(onRunQuery).toHaveBeenCalledTimes(2);
});

test('a metric the level does not have is named under the picker', async () => {
  openQueryEditor({ query: { level: 'pod', metric: 'node/ready' } });
  expect(await screen.findByText('There is no node/ready at level pod.')).toBeInTheDocument();
});

test('another level drops the filters and groups whose names its objects do not have', async () => {
  const { user, saved } = openQueryEditor({
    query: {
      filters: [
        { dimension: 'namespace', operator: '=', values: ['web'] },
        { dimension: 'node', operator: '!=', values: ['worker-1'] },
        { dimension: '$dimension', operator: '=', values: ['x'] },
        { dimension: 'label:zone', operator: '=', values: ['a'] },
        { labelSelector: 'app=web' },
      ],
      groupBy: ['pod', 'node'],
    },
  });
  await screen.findByTestId('heapscope-level');
  await choose(user, 'heapscope-level', 'Node');
  expect(saved()).toMatchObject({
    level: 'node',
    filters: [
      { dimension: 'node' },
      { dimension: '$dimension' },
      { dimension: 'label:zone' },
      { labelSelector: 'app=web' },
    ],
    groupBy: ['node'],
  });
  await choose(user, 'heapscope-level', 'Cluster');
  expect(saved()).toMatchObject({ level: 'cluster', filters: [{ dimension: '$dimension' }], groupBy: [] });
  expect(screen.getByTestId('heapscope-add-filter')).toBeDisabled();
  expect(screen.getByTestId('heapscope-add-selector')).toBeDisabled();
});

test('another metric drops the filters by names that only the old one has', async () => {
  const filters: HeapscopeQuery['filters'] = [
    { dimension: 'resource_id', operator: '=', values: ['/'] },
    { dimension: 'pod', operator: '=', values: ['web-1'] },
  ];
  const { user, saved } = openQueryEditor({ query: { metric: 'filesystem/usage', filters } });
  await choose(user, 'heapscope-filter-1-dimension', 'volume claim');
  expect(saved().filters?.[0]).toMatchObject({ dimension: 'persistentvolumeclaim' });
  await choose(user, 'heapscope-metric', /cpu\/usage_rate/);
  expect(saved().filters).toEqual([filters[1]]);
});

test('a new filter is on a name that the objects have', async () => {
  const { user, saved } = openQueryEditor({ query: { level: 'node' } });
  await user.click(screen.getByTestId('heapscope-add-filter'));
  expect(saved().filters).toEqual([{ dimension: 'node', operator: '=', values: [] }]);
});

test('a filter offers the names that existed in the time range, narrowed by the other filters', async () => {
  const filters: HeapscopeQuery['filters'] = [{ dimension: 'node', operator: '=', values: ['worker-1'] }];
  const { user, saved, requests } = openQueryEditor({ query: { filters } });
  await user.click(screen.getByTestId('heapscope-add-filter'));
  await choose(user, 'heapscope-filter-2-value', 'payments');
  expect(saved().filters).toEqual([...filters, { dimension: 'namespace', operator: '=', values: ['payments'] }]);
  const asked = requests.filter(({ url }) => url.endsWith('/names/')).map(({ data }) => data);
  expect(asked[0]).toMatchObject({
    fromMs: RANGE.from.valueOf(),
    toMs: RANGE.to.valueOf(),
    dimension: 'namespace',
    level: 'pod',
    filters,
  });
});

test('a filter takes typed names and dashboard variables', async () => {
  const { user, saved } = openQueryEditor({ variables: { namespace: { value: 'web' } } });
  await user.click(screen.getByTestId('heapscope-add-filter'));
  await choose(user, 'heapscope-filter-1-value', /^\$namespace/);
  expect(saved().filters).toEqual([{ dimension: 'namespace', operator: '=', values: ['$namespace'] }]);
  await user.click(screen.getByTestId('heapscope-filter-1-value'));
  await user.keyboard('future-{Enter}');
  expect(saved().filters).toEqual([{ dimension: 'namespace', operator: '=', values: ['future-'] }]);
});

test('several names can be chosen where the condition is a list', async () => {
  const { user, saved } = openQueryEditor({
    query: { filters: [{ dimension: 'namespace', operator: '=', values: ['web'] }] },
  });
  await choose(user, 'heapscope-filter-1-operator', /is one of/);
  await choose(user, 'heapscope-filter-1-value', 'payments');
  expect(saved().filters).toEqual([{ dimension: 'namespace', operator: 'in', values: ['web', 'payments'] }]);
  await choose(user, 'heapscope-filter-1-operator', /^!= is not/);
  expect(saved().filters).toEqual([{ dimension: 'namespace', operator: '!=', values: ['web'] }]);
});

test('a filter is removed, and a label selector takes effect when it is left', async () => {
  const { user, saved } = openQueryEditor({
    query: { filters: [{ dimension: 'namespace', operator: '=', values: ['web'] }] },
  });
  await user.click(screen.getByTestId('heapscope-add-selector'));
  await user.type(screen.getByLabelText('Label selector 2'), 'app in (web, api)');
  expect(saved().filters).toHaveLength(2);
  await user.tab();
  expect(saved().filters?.[1]).toEqual({ labelSelector: 'app in (web, api)' });
  await user.click(screen.getByLabelText('Remove filter 1'));
  expect(saved().filters).toEqual([{ labelSelector: 'app in (web, api)' }]);
});

test('names that cannot be listed leave the sentence of the backend, not an empty list', async () => {
  const message = 'This token is bound to namespace web.';
  const answers = { ...ANSWERS, names: () => refuse(403, { code: 'forbidden', message }) };
  const { user } = openQueryEditor({
    answers,
    query: { filters: [{ dimension: 'namespace', operator: '=', values: [] }] },
  });
  await user.click(screen.getByTestId('heapscope-filter-1-value'));
  expect(await screen.findByText(message)).toBeInTheDocument();
});

test('a catalogue that cannot be had is an error beside the metric, and the metric can still be typed', async () => {
  const { user, saved } = openQueryEditor({ answers: { ...ANSWERS, metrics: () => refuse(502) } });
  expect(await screen.findByText(/cannot reach the Heapscope backend/)).toBeInTheDocument();
  await user.click(screen.getByTestId('heapscope-metric'));
  await user.keyboard('cpu/limit{Enter}');
  expect(saved().metric).toBe('cpu/limit');
});

test('objects are combined by what the level knows', async () => {
  const { user, saved } = openQueryEditor();
  await choose(user, 'heapscope-aggregation', 'Maximum');
  await choose(user, 'heapscope-group-by', 'workload kind');
  expect(saved()).toMatchObject({ aggregation: 'max', groupBy: ['workload_kind'] });
});

test('top 10 by average is one click, and the count can be a variable', async () => {
  const { user, saved } = openQueryEditor();
  await choose(user, 'heapscope-limit-order', 'Top');
  expect(saved().limit).toEqual({ count: 10, order: 'top' });
  await user.clear(screen.getByTestId('heapscope-limit-count'));
  await user.type(screen.getByTestId('heapscope-limit-count'), '$top{Enter}');
  await choose(user, 'heapscope-limit-by', 'Maximum');
  expect(saved().limit).toEqual({ count: '$top', order: 'top', by: 'max' });
});

test('only the shares a metric has are offered', async () => {
  const { user, saved } = openQueryEditor();
  await user.click(screen.getByTestId('heapscope-denominator'));
  const limit = await screen.findByRole('option', { name: 'Share of limit' });
  expect(screen.queryByRole('option', { name: 'Share of capacity' })).not.toBeInTheDocument();
  await user.click(limit);
  expect(saved().denominator).toBe('limit');
});

test('in a table the legend is the name of the column', async () => {
  const { user, saved } = openQueryEditor();
  await user.type(screen.getByLabelText('Legend'), '{{{{pod}}{Enter}');
  await user.click(screen.getByLabelText('Table'));
  expect(saved()).toMatchObject({ format: 'table', legend: '{{pod}}' });
  expect(screen.queryByLabelText('Legend')).not.toBeInTheDocument();
  await user.clear(screen.getByLabelText('Column'));
  await user.type(screen.getByLabelText('Column'), 'CPU of requests{Enter}');
  expect(saved()).toMatchObject({ format: 'table', legend: 'CPU of requests' });
});

function openVariableEditor(variables?: Record<string, TestVariable>) {
  const { datasource } = datasourceWith(ANSWERS, variables);
  let saved: HeapscopeVariableQuery = { refId: 'variable', dimension: 'namespace' };
  const draw = () => (
    <VariableQueryEditor
      datasource={datasource}
      query={saved}
      range={RANGE}
      onRunQuery={() => undefined}
      onChange={change}
    />
  );
  const { rerender, container } = render(draw());
  function change(next: HeapscopeVariableQuery) {
    saved = next;
    rerender(draw());
  }
  return { user: userEvent.setup(), saved: () => saved, container };
}

test('a variable for the pods of the chosen namespaces is made by choosing', async () => {
  const { user, saved } = openVariableEditor({ namespace: { value: 'web' } });
  await choose(user, 'heapscope-dimension', 'pod');
  await user.click(screen.getByTestId('heapscope-add-filter'));
  await choose(user, 'heapscope-filter-1-value', /^\$namespace/);
  await user.type(screen.getByLabelText('Matching'), '^shop-{Enter}');
  expect(saved()).toEqual({
    refId: 'variable',
    dimension: 'pod',
    filters: [{ dimension: 'namespace', operator: '=', values: ['$namespace'] }],
    match: '^shop-',
    query: 'pod where namespace = $namespace matching ^shop-',
  });
});

test('values of a label are listed by typing its key, for objects of a level', async () => {
  const { user, saved, container } = openVariableEditor();
  await user.click(within(container).getByTestId('heapscope-dimension'));
  await user.keyboard('label:app{Enter}');
  await choose(user, 'heapscope-variable-level', 'Pod');
  expect(saved()).toMatchObject({ dimension: 'label:app', level: 'pod' });
  await user.click(screen.getByTestId('heapscope-add-filter'));
  expect(saved().filters).toHaveLength(1);
  await choose(user, 'heapscope-variable-level', 'Node');
  expect(saved()).toMatchObject({ level: 'node', filters: [] });
});

import { renderLegend, toPanelResponse } from './frames';
import type { RunnableQuery } from './query';
import { answer } from './testing/backend';

const query = (more: Partial<RunnableQuery> = {}): RunnableQuery => ({
  refId: 'A',
  level: 'pod',
  metric: 'cpu/usage_rate',
  ...more,
});

const namesOf = (queries: RunnableQuery[], series: Array<Record<string, string>>) =>
  toPanelResponse(
    { results: Object.fromEntries(queries.map(({ refId }) => [refId, answer(series)])) },
    queries
  ).data.flatMap(({ fields }) =>
    fields.slice(1).map((field: { config: { displayNameFromDS: string } }) => field.config.displayNameFromDS)
  );

test('a frame keeps its values with gaps, its unit, its notices and the letter of its query', () => {
  const { data, errors } = toPanelResponse({ results: { A: answer([{ pod: 'web-1' }]) } }, [query()]);
  expect(errors).toBeUndefined();
  expect(data).toHaveLength(1);
  expect(data[0]).toMatchObject({
    refId: 'A',
    length: 2,
    meta: { notices: [{ text: 'Node worker-2 did not answer.' }] },
  });
  expect(data[0].fields[1]).toMatchObject({ values: [0, null], config: { unit: 'bytes' }, labels: { pod: 'web-1' } });
});

test('a series is named by what tells it apart', () => {
  const pod = { node: 'worker-1', namespace: 'web', workload_kind: 'Deployment', workload: 'shop', pod: 'shop-1' };
  expect(namesOf([query()], [pod])).toEqual(['web/shop-1']);
  expect(namesOf([query()], [{ ...pod, container: 'app' }])).toEqual(['web/shop-1/app']);
  expect(namesOf([query()], [{ namespace: 'web', workload_kind: 'Job', workload: 'backup' }])).toEqual(['web/backup']);
  expect(namesOf([query()], [{ node: 'worker-1', resource_id: '/' }])).toEqual(['worker-1//']);
  expect(namesOf([query()], [{}])).toEqual(['cpu/usage_rate']);
});

test('what was grouped by is in the name, whatever it is', () => {
  expect(namesOf([query({ groupBy: ['node', 'workload'] })], [{ node: 'worker-1', workload: 'shop' }])).toEqual([
    'worker-1/shop',
  ]);
});

test('queries of several metrics name them', () => {
  const queries = [query(), query({ refId: 'B', metric: 'cpu/limit' })];
  expect(namesOf(queries, [{ namespace: 'web' }])).toEqual(['cpu/usage_rate web', 'cpu/limit web']);
});

test('a legend is filled with labels and the metric', () => {
  expect(
    namesOf(
      [query({ legend: '{{ namespace }}/{{pod}} {{label:app}}' })],
      [{ namespace: 'web', pod: 'a', 'label:app': 'x' }]
    )
  ).toEqual(['web/a x']);
  expect(renderLegend('{{metric}} {{missing}}', {}, 'cpu/limit')).toBe('cpu/limit ');
});

test('a column of a table has the name of its metric, unless the legend gives it another', () => {
  const columnOf = (more: Partial<RunnableQuery>) => {
    const queries = [query({ format: 'table', ...more })];
    const [{ fields }] = toPanelResponse({ results: { A: answer([{ pod: 'web-1' }]) } }, queries).data;
    expect(fields[1].config.displayNameFromDS).toBeUndefined();
    return fields[1].name;
  };
  expect(columnOf({})).toBe('cpu/usage_rate');
  expect(columnOf({ legend: 'CPU of requests' })).toBe('CPU of requests');
  expect(columnOf({ legend: '{{metric}} of limits' })).toBe('cpu/usage_rate of limits');
  expect(columnOf({ legend: '{{pod}}' })).toBe('cpu/usage_rate');
});

test('one failed query leaves the others their frames', () => {
  const error = { code: 'unknown_metric', message: 'There is no metric "cpu".' };
  const results = { A: answer([{}]), B: { frames: [], error } };
  const response = toPanelResponse({ results }, [query(), query({ refId: 'B' })]);
  expect(response.data).toHaveLength(1);
  expect(response.errors).toEqual([{ refId: 'B', message: error.message }]);
});

/** @jest-environment jsdom */
import { dataFrameFromJSON, type DataFrameJSON } from '@grafana/data';
import type { SeriesAnswer } from '../../query/types.ts';
import { grafanaUnit, toFrame } from './frames.ts';

const ANSWER: SeriesAnswer = {
  timesMs: [60_000, 120_000],
  stepMs: 60_000,
  unit: 'millicores',
  series: [
    { names: { namespace: 'shop', workload: '' }, values: Float64Array.of(1.5, NaN) },
    { names: { namespace: 'bank', workload: 'vault' }, values: Float64Array.of(Infinity, 2 ** 53) },
  ],
};
const QUERY = { level: 'pod', metric: 'cpu/usage_rate' } as const;

describe('a frame that Grafana has read', () => {
  it('has a time field, and a field with labels per series', () => {
    const frame = read('A', QUERY, ANSWER);
    expect([frame.refId, frame.name, frame.length]).toEqual(['A', 'cpu/usage_rate', 2]);
    expect(frame.fields.map(({ name, type, labels, values }) => ({ name, type, labels, values }))).toEqual([
      { name: 'Time', type: 'time', labels: undefined, values: [60_000, 120_000] },
      { name: 'cpu/usage_rate', type: 'number', labels: { namespace: 'shop' }, values: [1.5, null] },
      {
        name: 'cpu/usage_rate',
        type: 'number',
        labels: { namespace: 'bank', workload: 'vault' },
        values: [null, 2 ** 53],
      },
    ]);
    expect(frame.fields.map(({ config }) => config.unit ?? config.interval)).toEqual([
      60_000,
      'si:mcores',
      'si:mcores',
    ]);
    expect(frame.meta).toMatchObject({ type: 'timeseries-wide', typeVersion: [0, 1] });
  });

  it('has a row per series as a table', () => {
    const frame = read('B', { ...QUERY, format: 'table' }, { ...ANSWER, timesMs: [120_000] });
    expect(frame.fields.map(({ name, type, values }) => [name, type, values])).toEqual([
      ['namespace', 'string', ['shop', 'bank']],
      ['workload', 'string', ['', 'vault']],
      ['cpu/usage_rate', 'number', [1.5, null]],
    ]);
  });

  it('has nothing in it when there is nothing', () => {
    const frame = read('C', QUERY, { ...ANSWER, series: [] });
    expect([frame.fields, frame.length]).toEqual([[], 0]);
  });

  it('carries the notices that belong to it', () => {
    const notices = [{ severity: 'warning' as const, text: 'Half of it is missing.' }];
    const json = toFrame('A', QUERY, ANSWER, notices);
    expect(dataFrameFromJSON(json as DataFrameJSON).meta?.notices).toEqual(notices);
    expect(toFrame('A', QUERY, ANSWER, []).schema.meta?.notices).toBeUndefined();
  });
});

it('a unit Grafana does not know is a plain number', () => {
  expect([grafanaUnit('share'), grafanaUnit('beauty'), grafanaUnit('constructor')]).toEqual([
    'percentunit',
    'short',
    'short',
  ]);
});

function read(...[refId, query, answer]: [string, Parameters<typeof toFrame>[1], SeriesAnswer]) {
  const wire = JSON.stringify(toFrame(refId, query, answer, []));
  return dataFrameFromJSON(JSON.parse(wire) as DataFrameJSON);
}

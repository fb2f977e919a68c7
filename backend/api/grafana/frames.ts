import type { Frame, FrameField, MetricQuery, Notice } from '../../contract/grafana.ts';
import { describeMetric } from '../../model/catalogue.ts';
import type { SeriesAnswer } from '../../query/types.ts';

/** Grafana's unit ids for the catalogue's units. */
const GRAFANA_UNITS: Readonly<Record<string, string>> = {
  // An SI unit whose values come in thousandths: 250 mcores, 1.5 cores.
  millicores: 'si:mcores',
  bytes: 'bytes',
  'bytes/s': 'Bps',
  ns: 'ns',
  ms: 'ms',
  count: 'short',
  'count/s': 'cps',
  share: 'percentunit',
  percent: 'percent',
  boolean: 'bool',
};

/** Grafana's unit id for a unit of the catalogue. */
export function grafanaUnit(unit: string): string {
  return Object.hasOwn(GRAFANA_UNITS, unit) ? GRAFANA_UNITS[unit] : 'short';
}

/** An answer as a data frame: wide for time series, or a row per series. Missing values are null. */
export function toFrame(refId: string, query: MetricQuery, answer: SeriesAnswer, notices: Notice[]): Frame {
  const frame = query.format === 'table' ? toTable(query, answer) : toWide(query, answer);
  return {
    schema: {
      refId,
      ...frame.schema,
      meta: {
        ...frame.schema.meta,
        ...(notices.length > 0 ? { notices } : undefined),
        custom: { resolutionMs: answer.stepMs, metric: query.metric, level: query.level },
      },
    },
    data: frame.data,
  };
}

function toWide(query: MetricQuery, answer: SeriesAnswer): Frame {
  const config = valueConfig(query, answer);
  const fields: FrameField[] = [{ name: 'Time', type: 'time', config: { interval: answer.stepMs } }];
  const values: unknown[][] = [[...answer.timesMs]];
  for (const series of answer.series) {
    fields.push({ name: query.metric, type: 'number', labels: presentNames(series.names), config });
    values.push(nullsForGaps(series.values));
  }
  // Without a single series Grafana says "No data" only if there is no field either.
  const isEmpty = answer.series.length === 0;
  return {
    schema: {
      name: query.metric,
      meta: { type: 'timeseries-wide', typeVersion: [0, 1], preferredVisualisationType: 'graph' },
      fields: isEmpty ? [] : fields,
    },
    data: { values: isEmpty ? [] : values },
  };
}

function toTable(query: MetricQuery, answer: SeriesAnswer): Frame {
  const names = [...new Set(answer.series.flatMap((series) => Object.keys(series.names)))];
  const fields: FrameField[] = names.map((name) => ({ name, type: 'string' }));
  const values: unknown[][] = names.map((name) => answer.series.map((series) => series.names[name] ?? ''));
  fields.push({ name: query.metric, type: 'number', config: valueConfig(query, answer) });
  values.push(answer.series.map((series) => nullsForGaps(series.values)[0] ?? null));
  return {
    schema: { name: query.metric, meta: { type: 'table', preferredVisualisationType: 'table' }, fields },
    data: { values },
  };
}

function valueConfig(query: MetricQuery, answer: SeriesAnswer): FrameField['config'] {
  const description = describeMetric(query.metric)?.description;
  return { unit: grafanaUnit(answer.unit), ...(description === undefined ? undefined : { description }) };
}

/** A pod without a workload has no workload label rather than an empty one. */
function presentNames(names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).filter(([, name]) => name !== ''));
}

function nullsForGaps(values: Float64Array): Array<number | null> {
  return Array.from(values, (value) => (Number.isFinite(value) ? value : null));
}

import { dataFrameFromJSON, FieldType, type DataFrame, type DataQueryResponse, type Field } from '@grafana/data';
import type { QueryResponse } from '../backend/contract/grafana';
import type { RunnableQuery } from './query';

/** Everything a panel gets: frames in the order of its queries, and the failures of single queries beside them. */
export function toPanelResponse(response: QueryResponse, queries: RunnableQuery[]): DataQueryResponse {
  const showMetric = new Set(queries.map((query) => query.metric)).size > 1;
  const errors = queries.flatMap(({ refId }) => {
    const error = response.results[refId]?.error;
    return error ? [{ refId, message: error.message }] : [];
  });
  const data = queries.flatMap((query) =>
    (response.results[query.refId]?.frames ?? []).map((json) => {
      const frame = dataFrameFromJSON(json as Parameters<typeof dataFrameFromJSON>[0]);
      return nameSeries({ ...frame, refId: query.refId }, query, showMetric);
    })
  );
  return errors.length > 0 ? { data, errors } : { data };
}

/** A legend template with the labels of a series: `{{namespace}}/{{pod}}`; a label it lacks leaves nothing. */
export function renderLegend(template: string, labels: Record<string, string>, metric: string): string {
  return template.replace(/\{\{\s*([^{}]+?)\s*\}\}/g, (_, name: string) =>
    name === 'metric' ? metric : (labels[name] ?? '')
  );
}

function nameSeries(frame: DataFrame, query: RunnableQuery, showMetric: boolean): DataFrame {
  const rename = query.format === 'table' ? nameColumn : nameField;
  const fields = frame.fields.map((field) =>
    field.type === FieldType.number ? rename(field, query, showMetric) : field
  );
  return { ...frame, fields };
}

/** The column itself gets the name, so that two of the same metric stay two when tables are merged. */
function nameColumn(field: Field, { legend = '', metric }: RunnableQuery): Field {
  return { ...field, name: renderLegend(legend, {}, metric).trim() || field.name };
}

function nameField(field: Field, query: RunnableQuery, showMetric: boolean): Field {
  const labels = field.labels ?? {};
  const name = query.legend ? renderLegend(query.legend, labels, query.metric) : defaultName(labels, query, showMetric);
  return { ...field, config: { ...field.config, displayNameFromDS: name || query.metric } };
}

/** Names that another label says already: a pod's name is enough without its workload and node. */
const IMPLIED = {
  pod: ['node', 'workload', 'workload_kind'],
  container: ['node', 'workload', 'workload_kind'],
  workload: ['workload_kind'],
};

/** Outer names first; whatever else a series is told apart by comes after them. */
const ORDER = ['node', 'namespace', 'workload', 'pod', 'container'];

function defaultName(labels: Record<string, string>, query: RunnableQuery, showMetric: boolean): string {
  const present = Object.keys(labels).filter((name) => labels[name] !== '');
  const implied = new Set(
    query.groupBy
      ? []
      : Object.entries(IMPLIED).flatMap(([name, rest]) => (present.includes(name) && labels.namespace ? rest : []))
  );
  const rank = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const parts = present
    .filter((name) => !implied.has(name))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((name) => labels[name]);
  return [showMetric && query.metric, parts.join('/')].filter(Boolean).join(' ');
}

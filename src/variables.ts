import type { DataQuery } from '@grafana/schema';
import type { Dimension, Level, NamesRequest } from '../backend/contract/grafana';
import { describeFilter, interpolateFilters, isCompleteFilter, type SavedFilter, type Variable } from './filters';
import type { Interpolation } from './interpolation';

/** The query of a dashboard variable as it is saved: the names of one dimension that existed in the time range. */
export interface HeapscopeVariableQuery extends DataQuery {
  /** `label_keys` lists the label keys that objects of `level` carry. */
  dimension: Dimension | Variable | 'label_keys';
  /** Whose names or labels; needed for labels, since nodes, namespaces and pods each have their own. */
  level?: Level | Variable;
  /** Other variables make chains: `{ dimension: 'namespace', operator: '=', values: ['$namespace'] }`. */
  filters?: SavedFilter[];
  /** Keeps the names in which this pattern is found. */
  match?: string;
  /** The same in words, which Grafana shows in its list of variables. */
  query?: string;
}

/** What a new variable lists. */
export function getDefaultVariableQuery(): Partial<HeapscopeVariableQuery> {
  return { dimension: 'namespace', refId: 'variable' };
}

/** The variable query in words. */
export function describeVariableQuery(query: HeapscopeVariableQuery): string {
  const filters = (query.filters ?? []).filter(isCompleteFilter).map(describeFilter);
  return [
    query.dimension,
    query.level && `of ${query.level}`,
    filters.length > 0 && `where ${filters.join(' and ')}`,
    query.match && `matching ${query.match}`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** What to ask the backend for; both ends of the range are inclusive. */
export function toNamesRequest(
  query: HeapscopeVariableQuery,
  range: { fromMs: number; toMs: number },
  interpolation: Interpolation
): NamesRequest {
  const level = query.level ? (interpolation.text(query.level) as Level) : undefined;
  return {
    ...range,
    dimension: interpolation.text(query.dimension) as NamesRequest['dimension'],
    level,
    filters: interpolateFilters({ level, filters: query.filters ?? [] }, interpolation),
    match: query.match ? interpolation.pattern(query.match) || undefined : undefined,
  };
}

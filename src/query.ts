import { CoreApp } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';
import type { Aggregation, Denominator, Dimension, Level, MetricQuery, OverTime } from '../backend/contract/grafana';
import { describeFilter, interpolateFilters, isCompleteFilter, type SavedFilter, type Variable } from './filters';
import type { Interpolation } from './interpolation';

/** The query of a panel as it is saved: {@link MetricQuery}, but that any field may be a dashboard variable. */
export interface HeapscopeQuery extends DataQuery {
  level: Level | Variable;
  metric: string;
  filters?: SavedFilter[];
  groupBy?: Array<Dimension | Variable>;
  aggregation?: Aggregation | Variable;
  overTime?: OverTime | Variable;
  /** `count` is text where it is a variable. */
  limit?: { count: number | string; order: 'top' | 'bottom'; by?: 'avg' | 'max' | 'last' };
  denominator?: Denominator | Variable;
  format?: 'timeseries' | 'table';
  /** Names series by their labels: `{{namespace}}/{{pod}}`, `{{label:app}}`, `{{metric}}`. */
  legend?: string;
  /** The panel shows new values as soon as they are collected, while its range ends now. */
  live?: boolean;
}

/** A query ready for the backend, with the legend its frames get. */
export interface RunnableQuery extends MetricQuery {
  refId: string;
  legend?: string;
}

/** What a new query asks: CPU of every namespace on a dashboard, of the whole cluster in Explore. */
export function getDefaultQuery(app?: CoreApp): Partial<HeapscopeQuery> {
  return { level: app === CoreApp.Explore ? 'cluster' : 'namespace', metric: 'cpu/usage_rate' };
}

/** Whether the query says enough to be run. */
export function isRunnable(query: Partial<HeapscopeQuery>): boolean {
  return Boolean(query.level && query.metric) && !query.hide;
}

/**
 * Fills in what a saved query leaves out, so that the rest of the plugin sees one shape only. Queries of other data
 * sources, which Grafana hands over when a panel changes its source, lose what is not ours.
 */
export function upgradeQuery(saved: Partial<HeapscopeQuery> & { refId: string }): HeapscopeQuery {
  return typeof saved.level === 'string' && typeof saved.metric === 'string'
    ? { ...saved, level: saved.level, metric: saved.metric }
    : { ...saved, level: 'namespace', metric: saved.metric ?? 'cpu/usage_rate' };
}

/** The query in words, for the query history. */
export function describeQuery(query: HeapscopeQuery): string {
  const share = query.denominator ? ` as a share of ${query.denominator}` : '';
  const filters = (query.filters ?? []).filter(isCompleteFilter).map(describeFilter);
  return [
    `${query.metric} of ${query.level}${share}`,
    filters.length > 0 && `where ${filters.join(' and ')}`,
    (query.aggregation || query.groupBy?.length) && (query.aggregation ?? 'sum'),
    query.groupBy?.length && `by ${query.groupBy.join(', ')}`,
    query.limit && `${query.limit.order} ${query.limit.count}`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The query with its variables replaced in every field; throws a sentence if a number is none. */
export function interpolateQuery(query: HeapscopeQuery, interpolation: Interpolation): RunnableQuery {
  const { text } = interpolation;
  const optional = <T extends string>(value: string | undefined) => (value ? text(value) || undefined : undefined) as T;
  const level = text(query.level) as Level;
  const groupBy = query.groupBy?.flatMap((dimension) => interpolation.list(dimension).values).filter(Boolean);
  return {
    refId: query.refId,
    level,
    metric: text(query.metric),
    filters: interpolateFilters({ level, filters: query.filters ?? [] }, interpolation),
    groupBy: groupBy?.length ? (groupBy as Dimension[]) : undefined,
    aggregation: optional<Aggregation>(query.aggregation),
    overTime: optional<OverTime>(query.overTime),
    limit: query.limit && { ...query.limit, count: interpolateCount(query.limit.count, interpolation) },
    denominator: optional<Denominator>(query.denominator),
    format: query.format,
    legend: optional(query.legend),
  };
}

/** Runnable queries of a panel, and what is wrong with the others; hidden and incomplete ones are neither. */
export function interpolateQueries(
  saved: HeapscopeQuery[],
  interpolation: Interpolation
): { queries: RunnableQuery[]; errors: Array<{ refId: string; message: string }> } {
  const queries: RunnableQuery[] = [];
  const errors: Array<{ refId: string; message: string }> = [];
  for (const query of saved.filter(isRunnable)) {
    try {
      queries.push(interpolateQuery(query, interpolation));
    } catch (error) {
      errors.push({ refId: query.refId, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { queries, errors };
}

/** The saved query with the values its variables have now, as Explore takes it over from a panel. */
export function interpolateSaved(query: HeapscopeQuery, interpolation: Interpolation): HeapscopeQuery {
  return { ...query, ...interpolateQueries([query], interpolation).queries[0] };
}

function interpolateCount(count: number | string, interpolation: Interpolation): number {
  const text = interpolation.text(String(count)).trim();
  const value = Number(text);
  if (text === '' || !Number.isInteger(value) || value < 1) {
    throw new Error(`The number of series to keep must be a whole number from 1 on, but is "${text}".`);
  }
  return value;
}

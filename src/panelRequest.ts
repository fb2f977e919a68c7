import type { DataQueryRequest, TimeRange } from '@grafana/data';
import type { QueryRequest } from '../backend/contract/grafana';
import type { HeapscopeQuery, RunnableQuery } from './query';

/** The most points the backend gives one series. */
const MAX_POINTS = 11_000;

/** One question to the backend for all queries of a panel. */
export function toQueryRequest(panel: DataQueryRequest<HeapscopeQuery>, queries: RunnableQuery[]): QueryRequest {
  return {
    ...toBounds(panel.range),
    maxDataPoints: Math.min(panel.maxDataPoints ?? 1000, MAX_POINTS),
    intervalMs: panel.intervalMs,
    queries: queries.map(({ legend, ...query }) => query),
  };
}

/** The ends of a time range, both inclusive. */
export function toBounds(range: TimeRange): { fromMs: number; toMs: number } {
  return { fromMs: range.from.valueOf(), toMs: range.to.valueOf() };
}

import { HeapscopeError } from '../errors.ts';
import { describeMetric, type MetricDefinition, type MetricLevel } from '../model/catalogue.ts';
import { prometheusLabels } from '../model/prometheusName.ts';
import type { Aggregation, Dimension, OverTime, SeriesQuery } from '../model/seriesQuery.ts';
import type { Matcher } from './matchers.ts';
import { remoteFilters, type RemoteFilters } from './queryFilters.ts';

/** A query whose names are checked, in the terms of the engine. */
export interface RemotePlan {
  readonly query: SeriesQuery;
  readonly metric: MetricDefinition;
  readonly level: MetricLevel;
  readonly filters: RemoteFilters;
  readonly overTime: OverTime;
  /** Undefined: a series per object. */
  readonly aggregation: Aggregation | undefined;
  readonly groupBy: readonly Dimension[];
  readonly denominators: readonly MetricDefinition[];
  /** Conditions on every selector, where the engine keeps more than one cluster. */
  readonly own: readonly Matcher[];
  readonly resolutionMs: number;
}

/** Throws `unknown_metric` and `bad_request` for what cannot be asked. */
export function remotePlan(query: SeriesQuery, own: readonly Matcher[], resolutionMs: number): RemotePlan {
  const metric = describeMetric(query.metric);
  if (!metric) {
    throw new HeapscopeError('unknown_metric', `There is no metric ${JSON.stringify(query.metric)}.`);
  }
  if (!metric.levels.includes(query.level)) {
    const levels = metric.levels.join(', ');
    throw new HeapscopeError('bad_request', `${metric.name} does not exist for ${query.level}; it does for ${levels}.`);
  }
  const groupBy = query.groupBy ?? [];
  return {
    query,
    metric,
    level: query.level,
    filters: remoteFilters(query.filters ?? []),
    overTime: query.overTime ?? (query.instant || metric.kind === 'cumulative' ? 'last' : 'avg'),
    aggregation: query.aggregation ?? (groupBy.length > 0 ? 'sum' : undefined),
    groupBy,
    denominators: denominatorsOf(metric, query),
    own,
    resolutionMs,
  };
}

function denominatorsOf(metric: MetricDefinition, { denominator }: SeriesQuery): MetricDefinition[] {
  if (denominator === undefined) {
    return [];
  }
  const names = metric.denominators?.[denominator];
  if (!names) {
    throw new HeapscopeError('bad_request', `${metric.name} has no ${denominator}.`);
  }
  return names.flatMap((name) => describeMetric(name) ?? []);
}

/** The names that the series of a plan carry. */
export function dimensionsOf(plan: RemotePlan): readonly Dimension[] {
  return plan.aggregation === undefined
    ? (prometheusLabels(plan.metric, plan.level) as readonly Dimension[])
    : plan.groupBy;
}

/** Whether a value for the whole range is made of values of the groups, round by round. */
export function reducesLast({ query, aggregation, overTime }: RemotePlan): boolean {
  return query.instant === true && aggregation !== undefined && overTime !== 'increase';
}

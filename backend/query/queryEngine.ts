import { HeapscopeError } from '../errors.ts';
import { CATALOGUE, describeMetric } from '../model/catalogue.ts';
import { evaluate, type Plan } from './evaluate.ts';
import { compileFilters, podsNamed } from './filters.ts';
import { refuseForeignFilters, refuseForeignGroups } from './foreignNames.ts';
import { NameIndex, type NamesQuery, type NamesAnswer } from './nameIndex.ts';
import type { ObjectSet } from './objectSet.ts';
import { createReducer } from './overTime.ts';
import { BestObjects, limitSeries, rankObjects } from './ranking.ts';
import { denominatorsOf, divideByDenominator, rankShares } from './shares.ts';
import { divideTime, oneStep, wantedStepMs, type TimeSteps } from './timeSteps.ts';
import type { Limit, Resolution, Series, SeriesAnswer, SeriesQuery, SeriesReader, TimeRange } from './types.ts';

export interface QueryLimits {
  /** Series one answer may have. */
  readonly maxSeries: number;
  /** Points (series × steps) one answer may have. */
  readonly maxPoints: number;
}

export interface QueryEngine {
  /** The series a query asks for. Throws `unknown_metric`, `bad_request` or `limit_exceeded`. */
  series(query: SeriesQuery, range: TimeRange, resolution?: Resolution): SeriesAnswer;
  /** The names that existed in a range, sorted. Throws `bad_request`. */
  names(query: NamesQuery, range: TimeRange): NamesAnswer;
  /** Timestamps of the rounds there are, ascending. */
  rounds(): readonly number[];
  /** How many metrics have a value in the newest round. */
  liveMetricCount(): number;
}

const EVERY_ROUND: Resolution = { maxDataPoints: Infinity };
/** Longer ranges are reduced to one value by the buckets of their rounds, where there are such. */
const MOST_ROUNDS_REDUCED = 1500;

/** Answers questions from what a reader holds. */
export function createQueryEngine(reader: SeriesReader, resolutionMs: number, limits: QueryLimits): QueryEngine {
  const nameIndex = new NameIndex(reader);
  return {
    series: (query, range, resolution = {}) => answerSeries(reader, query, range, resolution, resolutionMs, limits),
    names: (query, range) => nameIndex.names(query, range),
    rounds: () => reader.rounds(),
    liveMetricCount: () => [...reader.metricsOfNewestRound()].filter((name) => describeMetric(name)).length,
  };
}

function answerSeries(
  all: SeriesReader,
  query: SeriesQuery,
  range: TimeRange,
  resolution: Resolution,
  roundMs: number,
  limits: QueryLimits
): SeriesAnswer {
  const plan = makePlan(query, range);
  if (query.denominator !== undefined) {
    denominatorsOf(plan.metric, query.denominator);
  }
  const perObject = plan.aggregation === undefined;
  // A group's value is that of its objects at the same time: for one value per series the groups come first, round by
  // round, then the range.
  const reduceLast = query.instant === true && !perObject && plan.overTime !== 'increase';
  const every = reduceLast ? EVERY_ROUND : resolution;
  const spanMs = range.toMs - range.fromMs;
  const need = {
    stepMs: reduceLast ? spanMs / MOST_ROUNDS_REDUCED : query.instant ? spanMs : wantedStepMs(range, resolution),
    samples: plan.overTime.startsWith('p'),
  };
  const { reader, resolutionMs, samplesSinceMs } = all.forRange?.(range, need) ?? {
    reader: all,
    resolutionMs: roundMs,
    samplesSinceMs: -Infinity,
  };
  const remarks = need.samples && samplesSinceMs >= range.fromMs ? [percentileOfMeans(samplesSinceMs)] : undefined;
  const rounds = reader.rounds();
  const steps = query.instant && !reduceLast ? oneStep(rounds, range) : divideTime(rounds, range, every, resolutionMs);
  const only = query.limit && perObject ? bestObjects(reader, plan, query, query.limit) : undefined;
  const mostSeries = query.limit ? undefined : limits.maxSeries;
  let series = readSeries(reader, plan, query, steps, { only, mostSeries });
  if (query.limit) {
    series = limitSeries(series, query.limit);
  }
  refuseTooMuch(series.length, reduceLast ? 1 : steps.timesMs.length, limits, query.limit !== undefined);
  const unit = query.denominator === undefined ? plan.metric.unit : 'share';
  if (reduceLast) {
    const last = oneStep(rounds, range);
    const reduced = series.map((one) => reduceSeries(one, plan));
    return { timesMs: last.timesMs, stepMs: last.stepMs, unit, series: reduced, remarks };
  }
  return { timesMs: steps.timesMs, stepMs: steps.stepMs, unit, series, remarks };
}

function percentileOfMeans(untilMs: number): string {
  return `Up to ${new Date(untilMs).toISOString()} only minima, maxima and means are kept: in percentiles these means stand for their samples. Ask for max, or keep samples for longer with --history-raw.`;
}

function readSeries(
  reader: SeriesReader,
  plan: Plan,
  query: SeriesQuery,
  steps: TimeSteps,
  { only, mostSeries }: { only?: ObjectSet; mostSeries?: number }
): Series[] {
  const series = evaluate(reader, plan, steps, only, mostSeries);
  return query.denominator === undefined
    ? series
    : divideByDenominator(reader, plan, steps, series, query.denominator, only);
}

/** The objects that are best over the whole range, found without keeping the course of all others. */
function bestObjects(reader: SeriesReader, plan: Plan, query: SeriesQuery, limit: Limit): ObjectSet {
  const best = new BestObjects(limit);
  const by = limit.by ?? 'avg';
  const offer = best.offer.bind(best);
  if (query.denominator === undefined) {
    rankObjects(reader, plan, plan.overTime === 'increase' ? 'increase' : by, offer);
  } else {
    rankShares(reader, plan, query.denominator, by, offer);
  }
  return best.objects();
}

function makePlan(query: SeriesQuery, range: TimeRange): Plan {
  const metric = describeMetric(query.metric);
  if (!metric) {
    throw new HeapscopeError(
      'unknown_metric',
      `There is no metric ${JSON.stringify(query.metric)}.${nearestHint(query.metric)}`
    );
  }
  if (!metric.levels.includes(query.level)) {
    throw new HeapscopeError(
      'bad_request',
      `${metric.name} does not exist for ${query.level}; it does for ${metric.levels.join(', ')}.`
    );
  }
  const groupBy = query.groupBy ?? [];
  refuseForeignGroups(groupBy, query.level, metric);
  refuseForeignFilters(query.filters ?? [], query.level, metric);
  return {
    metric,
    level: query.level,
    range,
    accepts: compileFilters(query.filters ?? []),
    overTime: query.overTime ?? (query.instant || metric.kind === 'cumulative' ? 'last' : 'avg'),
    aggregation: query.aggregation ?? (groupBy.length > 0 ? 'sum' : undefined),
    groupBy,
    pods: podsNamed(query.filters ?? []),
  };
}

function nearestHint(name: string): string {
  const last = name.split('/').at(-1) ?? name;
  const near = CATALOGUE.filter((metric) => metric.name.includes(name) || metric.name.endsWith(`/${last}`)).slice(0, 3);
  return near.length > 0
    ? ` Did you mean ${near.map((metric) => metric.name).join(' or ')}?`
    : ' The metrics list has all names.';
}

function refuseTooMuch(seriesCount: number, stepCount: number, limits: QueryLimits, isLimited: boolean): void {
  if (seriesCount > limits.maxSeries) {
    const advice = isLimited ? 'Ask for a smaller top N.' : 'Add filters, a group-by or a top N.';
    throw new HeapscopeError(
      'limit_exceeded',
      `The query answers with ${seriesCount} series; at most ${limits.maxSeries} are allowed. ${advice}`
    );
  }
  if (seriesCount * stepCount > limits.maxPoints) {
    throw new HeapscopeError(
      'limit_exceeded',
      `The query answers with ${seriesCount} series of ${stepCount} points; at most ${limits.maxPoints} points are allowed. Ask for fewer data points, a shorter range or fewer series.`
    );
  }
}

/** One value for the whole range out of a group's values per round. */
function reduceSeries({ names, values }: Series, { overTime }: Plan): Series {
  const reducer = createReducer(overTime, 1);
  values.forEach((value) => {
    if (!Number.isNaN(value)) {
      reducer.add(0, 0, value);
    }
  });
  return { names, values: Float64Array.of(reducer.get(0, 0)) };
}

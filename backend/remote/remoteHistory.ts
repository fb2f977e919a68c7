import { HeapscopeError } from '../errors.ts';
import type {
  Limit,
  NamesAnswer,
  NamesQuery,
  Series,
  SeriesAnswer,
  SeriesQuery,
  TimeRange,
} from '../model/seriesQuery.ts';
import { createEndpoint, type EndpointOptions } from './endpoint.ts';
import { exportDivisor } from './exportedNames.ts';
import type { Matcher } from './matchers.ts';
import { PromApi, type PromSeries } from './promApi.ts';
import { labelsOf, renderPromql } from './promql.ts';
import { remoteNames } from './remoteNames.ts';
import { dimensionsOf, remotePlan, type RemotePlan } from './remotePlan.ts';
import { divideRange, stepOf, wholeRange, type RemoteResolution } from './remoteSteps.ts';

export interface RemoteHistoryOptions extends EndpointOptions {
  /** Labels that series must have, where the engine keeps more than one cluster. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How far apart rounds are. */
  readonly resolutionMs: number;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  /** Series and points (series × steps) of one answer. */
  readonly maxSeries: number;
  readonly maxPoints: number;
}

/** Numbers that fit most engines. */
export const REMOTE_HISTORY_DEFAULTS = { timeoutMs: 30_000, maxAnswerBytes: 64 * 2 ** 20 } as const;

/**
 * Older values, read back from an engine that remote write filled. Steps are multiples of the step since the epoch and
 * named by their end: the step named t holds the rounds after t - stepMs, up to t included. A join with local values is
 * without seam, double or gap if both sides have the same `stepMs` (given in the resolution) and the border is a multiple of
 * it: everything up to the border comes from here, everything behind it from there.
 */
export interface RemoteHistory {
  /** The series of a query; every step of the range has its time, NaN where there is no value. */
  series(
    query: SeriesQuery,
    range: TimeRange,
    resolution?: RemoteResolution,
    signal?: AbortSignal
  ): Promise<SeriesAnswer>;
  /** The names that existed in a range, sorted. */
  names(query: NamesQuery, range: TimeRange, signal?: AbortSignal): Promise<NamesAnswer>;
  close(): Promise<void>;
}

const NEVER = new AbortController().signal;

/** Opens nothing before the first question. */
export function createRemoteHistory(options: RemoteHistoryOptions): RemoteHistory {
  const endpoint = createEndpoint(options);
  const { timeoutMs, maxAnswerBytes, resolutionMs } = options;
  const api = new PromApi({ endpoint, timeoutMs, maxAnswerBytes });
  const own = Object.entries(options.labels ?? {}).map(([label, value]): Matcher => ({ label, operator: '=', value }));
  return {
    async series(query, range, resolution = {}, signal = NEVER) {
      const plan = remotePlan(query, own, resolutionMs);
      return answerSeries(api, plan, range, resolution, options, signal);
    },
    names: (query, range, signal = NEVER) => remoteNames(api, query, range, { own, resolutionMs, signal }),
    close: () => endpoint.close(),
  };
}

async function answerSeries(
  api: PromApi,
  plan: RemotePlan,
  range: TimeRange,
  resolution: RemoteResolution,
  limits: RemoteHistoryOptions,
  signal: AbortSignal
): Promise<SeriesAnswer> {
  const { query, resolutionMs } = plan;
  const isOne = query.instant === true;
  const steps = isOne
    ? wholeRange(range, resolutionMs)
    : divideRange(range, stepOf(range, resolution, resolutionMs), resolutionMs);
  const timesMs = steps.evaluations.flatMap((evaluation) => evaluation.timesMs);
  const unit = query.denominator === undefined ? plan.metric.unit : 'share';
  if (timesMs.length === 0 || plan.filters.isEmpty) {
    return { timesMs, series: [], stepMs: steps.stepMs, unit };
  }
  refuseTooMuch(1, timesMs.length, limits, false);
  const lines = new Lines(plan, timesMs, limits);
  for (const { timesMs: some, windowMs } of steps.evaluations) {
    const text = renderPromql(plan, range, { windowMs, stepMs: isOne ? windowMs : steps.stepMs });
    lines.add(await api.queryAt(text, some, signal));
  }
  return { timesMs, series: lines.series(), stepMs: steps.stepMs, unit };
}

/** The lines of an answer in the making, by their names. */
class Lines {
  private readonly plan: RemotePlan;
  private readonly limits: RemoteHistoryOptions;
  private readonly indexes: Map<number, number>;
  private readonly lines = new Map<string, { names: Record<string, string>; values: Float64Array }>();
  private readonly factor: number;

  constructor(plan: RemotePlan, timesMs: readonly number[], limits: RemoteHistoryOptions) {
    this.plan = plan;
    this.limits = limits;
    this.indexes = new Map(timesMs.map((timeMs, index) => [timeMs, index]));
    this.factor = factorOf(plan);
  }

  add(found: readonly PromSeries[]): void {
    const dimensions = dimensionsOf(this.plan);
    const labels = labelsOf(this.plan);
    for (const { metric, values } of found) {
      const names = labels.map((label) => metric[label] ?? '');
      const key = names.join('\u0000');
      let line = this.lines.get(key);
      if (!line) {
        refuseTooMuch(this.lines.size + 1, this.indexes.size, this.limits, this.plan.query.limit !== undefined);
        line = {
          names: Object.fromEntries(dimensions.map((dimension, index) => [dimension, names[index]])),
          values: new Float64Array(this.indexes.size).fill(NaN),
        };
        this.lines.set(key, line);
      }
      for (const [seconds, text] of values) {
        const index = this.indexes.get(Math.round(seconds * 1000));
        const value = Number(text);
        if (index !== undefined && Number.isFinite(value)) {
          line.values[index] = value * this.factor;
        }
      }
    }
  }

  /** Best first where the query has a limit, else in order of their names. */
  series(): Series[] {
    const all = [...this.lines.values()].filter(({ values }) => !values.every(Number.isNaN));
    const { limit } = this.plan.query;
    return limit ? limited(all, limit) : all.sort(byNames(dimensionsOf(this.plan)));
  }
}

/** From Prometheus' base unit to ours. What is counted has none, and shares lose it by division. */
function factorOf({ metric, aggregation, denominators, level }: RemotePlan): number {
  const divisor = exportDivisor(metric.unit);
  const isCounted = aggregation === 'count';
  const above = isCounted ? 1 : divisor;
  const isOwn = denominators.every(({ levels }) => levels.includes(level));
  const below = denominators.length === 0 || (isCounted && isOwn) ? 1 : divisor;
  return above / below;
}

function limited(all: readonly Series[], { count, order, by }: Limit): Series[] {
  const sign = order === 'top' ? -1 : 1;
  return all
    .map((one) => ({ one, rank: rankOf(one.values, by) }))
    .sort((left, right) => sign * (left.rank - right.rank))
    .slice(0, count)
    .map(({ one }) => one);
}

function rankOf(values: Float64Array, by: Limit['by']): number {
  const known = values.filter((value) => !Number.isNaN(value));
  if (by === 'last') {
    return known[known.length - 1];
  }
  return by === 'max' ? Math.max(...known) : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function byNames(dimensions: readonly string[]): (one: Series, other: Series) => number {
  return (one, other) => {
    for (const dimension of dimensions) {
      const [left, right] = [one.names[dimension], other.names[dimension]];
      if (left !== right) {
        return left < right ? -1 : 1;
      }
    }
    return 0;
  };
}

function refuseTooMuch(
  series: number,
  steps: number,
  { maxSeries, maxPoints }: RemoteHistoryOptions,
  isLimited: boolean
): void {
  if (series > maxSeries) {
    const advice = isLimited ? 'Ask for a smaller top N.' : 'Add filters, a group-by or a top N.';
    const sentence = `The query answers with more than ${maxSeries} series, which is the most allowed. ${advice}`;
    throw new HeapscopeError('limit_exceeded', sentence);
  }
  if (series * steps > maxPoints) {
    const sentence = `The query answers with more than ${maxPoints} points, which is the most allowed. Ask for fewer data points, a shorter range or fewer series.`;
    throw new HeapscopeError('limit_exceeded', sentence);
  }
}

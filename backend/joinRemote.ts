import { sentenceOf } from './errors.ts';
import { among, byNames, combinationOf, combine, inOrderOf, mergeLines, narrowed, partOf } from './joinSeries.ts';
import type { QueryEngine } from './query/queryEngine.ts';
import { limitSeries } from './query/ranking.ts';
import { wantedStepMs } from './query/timeSteps.ts';
import type { Limit, Resolution, Series, SeriesAnswer, SeriesQuery, TimeRange } from './query/types.ts';
import type { NamesAnswer, NamesQuery } from './model/seriesQuery.ts';

/** A query engine that may have to ask another one. */
export interface AskingEngine {
  series(query: SeriesQuery, range: TimeRange, resolution?: Resolution): SeriesAnswer | Promise<SeriesAnswer>;
  names(query: NamesQuery, range: TimeRange): NamesAnswer | Promise<NamesAnswer>;
}

export interface JoinOptions {
  readonly engine: QueryEngine;
  /** Where values are read that are too old for the engine. */
  readonly remote: {
    series(
      query: SeriesQuery,
      range: TimeRange,
      resolution?: Resolution & { readonly stepMs?: number }
    ): Promise<SeriesAnswer>;
    names(query: NamesQuery, range: TimeRange): Promise<NamesAnswer>;
  };
  /** Time of the oldest value the engine has, Unix ms; Infinity while it has none. */
  readonly oldestMs: () => number;
  readonly resolutionMs: number;
  /** Told when names have to do without those of the other engine. */
  readonly onFailure: (sentence: string) => void;
}

/**
 * Joins the engine's answers with older ones of another. The border between them is the end of a step: every step up to it
 * is answered there, every step after it here, so that there is no seam, no double and no gap. Where the other engine fails,
 * what is known here is answered, with a remark.
 */
export function joinRemote(options: JoinOptions): AskingEngine {
  const { engine, remote, oldestMs } = options;
  return {
    series(query, range, resolution = {}) {
      const join = new Join(options, query, range, resolution);
      return join.isLocal ? engine.series(query, range, resolution) : join.answer();
    },
    async names(query, range) {
      const local = engine.names(query, range);
      const knownSinceMs = oldestMs();
      if (range.fromMs >= knownSinceMs) {
        return local;
      }
      const old = await remote
        .names(query, { fromMs: range.fromMs, toMs: Math.min(range.toMs, knownSinceMs) })
        .catch((error: unknown): NamesAnswer => {
          options.onFailure(`Names of what is only in older history are missing: ${sentenceOf(error)}`);
          return { names: [], total: 0 };
        });
      const names = [...new Set([...local.names, ...old.names])].sort();
      const most = query.limit ?? Infinity;
      return { names: names.slice(0, most), total: Math.max(names.length, local.total, old.total) };
    },
  };
}

/** What another engine is given to take a round and to show it, at least; two rounds if that is longer. */
const GRACE_MS = 60_000;
const BEHIND =
  'The engine of --history lacks values of the end of this range, which are not part of what is shown. The status page tells whether --remote-write is behind.';

const NOTHING: SeriesAnswer = { timesMs: [], series: [], stepMs: 1, unit: '' };

/** One question that reaches back beyond what the engine has. */
class Join {
  private readonly options: JoinOptions;
  private readonly query: SeriesQuery;
  private readonly range: TimeRange;
  private readonly resolution: Resolution;
  private readonly stepMs: number;
  /** The end of the last step that the other engine answers. */
  private readonly borderMs: number;

  constructor(options: JoinOptions, query: SeriesQuery, range: TimeRange, resolution: Resolution) {
    const { resolutionMs, oldestMs } = options;
    this.options = options;
    this.query = query;
    this.range = range;
    this.resolution = resolution;
    const wantedMs = query.instant === true ? 0 : wantedStepMs(range, resolution);
    this.stepMs = Math.max(1, Math.ceil(wantedMs / resolutionMs)) * resolutionMs;
    // The first step that is all here begins right before our oldest round; what a counter gained in it, with that round.
    const beginMs = query.overTime === 'increase' ? oldestMs() : oldestMs() - resolutionMs;
    this.borderMs = Math.ceil(beginMs / this.stepMs) * this.stepMs;
  }

  get isLocal(): boolean {
    return this.range.fromMs >= Math.min(this.options.oldestMs(), this.borderMs + 1);
  }

  async answer(): Promise<SeriesAnswer> {
    const { range, query, borderMs } = this;
    try {
      if (range.toMs <= borderMs) {
        return await this.older(query, range);
      }
      if (query.instant === true) {
        return await this.atOnce();
      }
      return query.limit ? await this.limited(query.limit) : await this.joined();
    } catch (error) {
      const local = this.options.engine.series(query, range, this.resolution);
      return { ...local, remarks: [`Older values are missing: ${sentenceOf(error)}`] };
    }
  }

  private get oldRange(): TimeRange {
    return { fromMs: this.range.fromMs, toMs: this.borderMs };
  }

  private older(query: SeriesQuery, range: TimeRange): Promise<SeriesAnswer> {
    return this.options.remote.series(query, range, { ...this.resolution, stepMs: this.stepMs });
  }

  private async olderOf(series: readonly Series[], query: SeriesQuery, range: TimeRange): Promise<SeriesAnswer> {
    return series.length === 0 ? NOTHING : only(await this.older(narrowed(query, series), range), series);
  }

  private recent(query: SeriesQuery): SeriesAnswer {
    // What a counter gained counts from the sample before, that of the border.
    const sinceMs = query.overTime === 'increase' ? this.options.resolutionMs : 0;
    const range = { fromMs: this.borderMs + 1 - sinceMs, toMs: this.range.toMs };
    const answer = this.options.engine.series(query, range, { intervalMs: this.stepMs, maxDataPoints: Infinity });
    return partOf(answer, (timeMs) => timeMs > this.borderMs);
  }

  private recentOf(series: readonly Series[], query: SeriesQuery): SeriesAnswer {
    return series.length === 0 ? NOTHING : only(this.recent(narrowed(query, series)), series);
  }

  private async joined(): Promise<SeriesAnswer> {
    const old = await this.older(this.query, this.oldRange);
    const recent = this.recent(this.query);
    const { timesMs, series } = mergeLines([old, recent]);
    return { ...recent, timesMs, series: series.sort(byNames) };
  }

  private async limited(limit: Limit): Promise<SeriesAnswer> {
    const { query, oldRange } = this;
    const { best, whole, own } = await this.candidates(limit);
    const { timesMs, series } = mergeLines([
      partOf(only(whole, best), (timeMs) => timeMs <= this.borderMs),
      await this.olderOf(among(best, whole.series, false), query, oldRange),
      only(own, best),
      this.recentOf(among(best, own.series, false), query),
    ]);
    return { ...own, timesMs, series: limitSeries(series, limit) };
  }

  /**
   * The best of the whole range as the other engine knows it, and our own best of what is here, which it may not know yet:
   * those that are best of all by one value for the range, where that is what series of the query are ranked by.
   */
  private async candidates(limit: Limit): Promise<{ best: Series[]; whole: SeriesAnswer; own: SeriesAnswer }> {
    const { query } = this;
    const whole = await this.older(query, this.range);
    const own = this.recent(query);
    const added = among(own.series, whole.series, false);
    const all = [...whole.series, ...added];
    const isOfObjects = query.aggregation === undefined && (query.groupBy ?? []).length === 0;
    if (added.length === 0 || !(query.instant === true || isOfObjects)) {
      return { best: all, whole, own };
    }
    const overTime = query.overTime === 'increase' ? query.overTime : (limit.by ?? 'avg');
    const ranks = await this.valuesAtOnce({ ...query, overTime, instant: true }, all);
    return { best: limitSeries(ranks.series, { count: limit.count, order: limit.order }), whole, own };
  }

  private async atOnce(): Promise<SeriesAnswer> {
    const { query, range } = this;
    const { limit } = query;
    const best = limit && (await this.candidates(limit)).best;
    const answer = await this.valuesAtOnce(query, best);
    const series = limit ? limitSeries(answer.series, limit) : [...answer.series].sort(byNames);
    const added = combinationOf(query) === 'none' ? await this.remarksIfBehind(answer) : [];
    const remarks = added.length > 0 ? [...(answer.remarks ?? []), ...added] : answer.remarks;
    return { ...answer, series, stepMs: Math.max(1, range.toMs - range.fromMs), remarks };
  }

  /** One value per series for the range, of these series or of all. */
  private async valuesAtOnce(asked: SeriesQuery, series?: readonly Series[]): Promise<SeriesAnswer> {
    const query = series ? narrowed(asked, series) : asked;
    const combination = combinationOf(query);
    const range = combination === 'increase' ? this.oldRange : this.range;
    const theirs = await (series ? this.olderOf(series, query, range) : this.older(query, range));
    const ours = this.recent(query);
    const all = combine(theirs.series, ours.series, combination);
    const timesMs = ours.timesMs.length > 0 ? ours.timesMs : theirs.timesMs;
    return { ...ours, timesMs, series: series ? inOrderOf(all, series) : all };
  }

  /** Whether the other engine has fewer objects than we in a round that it should have by now. */
  private async remarksIfBehind({ timesMs }: SeriesAnswer): Promise<string[]> {
    const { engine, resolutionMs } = this.options;
    const { level, metric, filters } = this.query;
    const graceMs = Math.max(2, Math.ceil(GRACE_MS / resolutionMs)) * resolutionMs;
    const timeMs = (timesMs.at(-1) ?? -Infinity) - graceMs;
    if (timeMs <= this.borderMs) {
      return [];
    }
    const count: SeriesQuery = { level, metric, filters, aggregation: 'count', overTime: 'last', instant: true };
    const round = { fromMs: timeMs, toMs: timeMs };
    const [theirs] = (await this.older(count, round)).series;
    const [ours] = engine.series(count, round).series;
    return (theirs?.values[0] ?? 0) < (ours?.values[0] ?? 0) ? [BEHIND] : [];
  }
}

function only(answer: SeriesAnswer, series: readonly Series[]): SeriesAnswer {
  return { ...answer, series: among(answer.series, series) };
}

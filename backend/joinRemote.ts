import { sentenceOf } from './errors.ts';
import type { QueryEngine } from './query/queryEngine.ts';
import { wantedStepMs } from './query/timeSteps.ts';
import type { Filter, Resolution, Series, SeriesAnswer, SeriesQuery, TimeRange } from './query/types.ts';
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
    this.stepMs = Math.max(1, Math.ceil(wantedStepMs(range, resolution) / resolutionMs)) * resolutionMs;
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
      if (range.toMs <= borderMs || query.instant === true) {
        return await this.old(range);
      }
      return query.limit ? await this.limited() : await this.joined();
    } catch (error) {
      const local = this.options.engine.series(query, range, this.resolution);
      return { ...local, remarks: [`Older values are missing: ${sentenceOf(error)}`] };
    }
  }

  private old(range: TimeRange): Promise<SeriesAnswer> {
    return this.options.remote.series(this.query, range, { ...this.resolution, stepMs: this.stepMs });
  }

  private recent(query: SeriesQuery): SeriesAnswer {
    // What a counter gained counts from the sample before, that of the border.
    const sinceMs = query.overTime === 'increase' ? this.options.resolutionMs : 0;
    const range = { fromMs: this.borderMs + 1 - sinceMs, toMs: this.range.toMs };
    const answer = this.options.engine.series(query, range, { intervalMs: this.stepMs, maxDataPoints: Infinity });
    const before = answer.timesMs.findLastIndex((timeMs) => timeMs <= this.borderMs) + 1;
    return before === 0 ? answer : withoutFirst(answer, before);
  }

  private async joined(): Promise<SeriesAnswer> {
    const old = await this.old({ fromMs: this.range.fromMs, toMs: this.borderMs });
    return concatenate(old, this.recent(this.query));
  }

  /** Who is best over the whole range is known there, where everything is; our part is asked for these alone. */
  private async limited(): Promise<SeriesAnswer> {
    const all = await this.old(this.range);
    const count = all.timesMs.findLastIndex((timeMs) => timeMs <= this.borderMs) + 1;
    const old = {
      ...all,
      timesMs: all.timesMs.slice(0, count),
      series: all.series.map(({ names, values }) => ({ names, values: values.slice(0, count) })),
    };
    const { filters = [], limit: _, ...unlimited } = this.query;
    const parts = all.series.map(({ names }) =>
      this.recent({ ...unlimited, filters: [...filters, ...sameNames(names)] })
    );
    const recent = parts.reduce((one, other) => concatenateSeries(one, other), parts[0] ?? this.nothing());
    return concatenate(old, recent, old.series);
  }

  private nothing(): SeriesAnswer {
    return { timesMs: [], series: [], stepMs: this.stepMs, unit: '' };
  }
}

function withoutFirst(answer: SeriesAnswer, count: number): SeriesAnswer {
  const series = answer.series
    .map(({ names, values }) => ({ names, values: values.slice(count) }))
    .filter(({ values }) => !values.every(Number.isNaN));
  return { ...answer, timesMs: answer.timesMs.slice(count), series };
}

function sameNames(names: Series['names']): Filter[] {
  return Object.entries(names).flatMap(([dimension, name]) =>
    name === '' ? [] : [{ dimension: dimension as never, operator: '=' as const, values: [name] }]
  );
}

/** Answers about the same times, as one. */
function concatenateSeries(one: SeriesAnswer, other: SeriesAnswer): SeriesAnswer {
  return one === other ? one : { ...one, series: [...one.series, ...other.series] };
}

/** Two answers, one after the other; series in order of their names, or in the order of `first`. */
function concatenate(old: SeriesAnswer, recent: SeriesAnswer, first?: readonly Series[]): SeriesAnswer {
  const lines = new Map<string, { names: Series['names']; values: Float64Array }>();
  const timesMs = [...old.timesMs, ...recent.timesMs];
  const put = ({ names, values }: Series, offset: number) => {
    const key = JSON.stringify(Object.entries(names).sort());
    const line = lines.get(key) ?? { names, values: new Float64Array(timesMs.length).fill(NaN) };
    line.values.set(values, offset);
    lines.set(key, line);
  };
  old.series.forEach((series) => put(series, 0));
  recent.series.forEach((series) => put(series, old.timesMs.length));
  const series = first ? [...lines.values()] : [...lines.values()].sort(byNames);
  const { stepMs, remarks } = recent;
  return { timesMs, series, stepMs, unit: recent.unit || old.unit, remarks };
}

function byNames(one: Series, other: Series): number {
  const [a, b] = [Object.values(one.names).join('\u0000'), Object.values(other.names).join('\u0000')];
  return a < b ? -1 : a > b ? 1 : 0;
}

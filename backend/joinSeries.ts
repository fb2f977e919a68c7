import type { Filter, Series, SeriesAnswer, SeriesQuery } from './query/types.ts';

/** How values of two parts of a range become one: by a rule, by the newer one, or not at all. */
export type Combination = 'newer' | 'min' | 'max' | 'increase' | 'none';

/** Times and lines of several answers. */
export interface Lines {
  readonly timesMs: readonly number[];
  readonly series: Series[];
}

/**
 * What one value for a range can be made of. A share of extremes is not the extreme of shares, and what a group gained is
 * the sum of what its members gained, but not their mean.
 */
export function combinationOf({ overTime = 'last', denominator, aggregation = 'sum' }: SeriesQuery): Combination {
  if (overTime === 'last') {
    return 'newer';
  }
  if (denominator !== undefined || (overTime === 'increase' && aggregation !== 'sum')) {
    return 'none';
  }
  return overTime === 'min' || overTime === 'max' || overTime === 'increase' ? overTime : 'none';
}

/**
 * One value per series out of that of the other engine and our own, which is about the newest part of the range. What
 * cannot be put together is theirs, where they have any.
 */
export function combine(theirs: readonly Series[], ours: readonly Series[], combination: Combination): Series[] {
  const lines = new Map(theirs.map((one) => [keyOf(one), one]));
  for (const { names, values } of ours) {
    const key = keyOf({ names });
    const value = combineValues(lines.get(key)?.values[0] ?? NaN, values[0] ?? NaN, combination);
    lines.set(key, { names, values: Float64Array.of(value) });
  }
  return [...lines.values()];
}

function combineValues(theirs: number, ours: number, combination: Combination): number {
  if (Number.isNaN(theirs) || Number.isNaN(ours)) {
    return Number.isNaN(theirs) ? ours : theirs;
  }
  switch (combination) {
    case 'newer':
      return ours;
    case 'min':
      return Math.min(theirs, ours);
    case 'max':
      return Math.max(theirs, ours);
    case 'increase':
      return theirs + ours;
    case 'none':
      return theirs;
  }
}

/** Answers about different times or different series as one; lines in the order in which they come first. */
export function mergeLines(parts: ReadonlyArray<Pick<SeriesAnswer, 'timesMs' | 'series'>>): Lines {
  const timesMs = [...new Set(parts.flatMap((part) => part.timesMs))].sort((one, other) => one - other);
  const indexes = new Map(timesMs.map((timeMs, index) => [timeMs, index]));
  const lines = new Map<string, Series>();
  for (const part of parts) {
    const places = part.timesMs.map((timeMs) => indexes.get(timeMs) ?? 0);
    for (const { names, values } of part.series) {
      const key = keyOf({ names });
      const line = lines.get(key) ?? { names, values: new Float64Array(timesMs.length).fill(NaN) };
      places.forEach((place, index) => (line.values[place] = values[index]));
      lines.set(key, line);
    }
  }
  return { timesMs, series: [...lines.values()].filter(hasValue) };
}

/** The part of an answer whose times a test accepts; lines that have no value in it are left out. */
export function partOf(answer: SeriesAnswer, isMeant: (timeMs: number) => boolean): SeriesAnswer {
  const places = answer.timesMs.flatMap((timeMs, index) => (isMeant(timeMs) ? [index] : []));
  if (places.length === answer.timesMs.length) {
    return answer;
  }
  const series = answer.series
    .map(({ names, values }) => ({ names, values: Float64Array.from(places, (place) => values[place]) }))
    .filter(hasValue);
  return { ...answer, timesMs: places.map((place) => answer.timesMs[place]), series };
}

/** Those of the first that are (not) among the others, by their names. */
export function among(series: readonly Series[], others: readonly Series[], isWanted = true): Series[] {
  const keys = new Set(others.map(keyOf));
  return series.filter((one) => keys.has(keyOf(one)) === isWanted);
}

/** Those of the first that are among the others, in the order of the others. */
export function inOrderOf(series: readonly Series[], others: readonly Series[]): Series[] {
  const lines = new Map(series.map((one) => [keyOf(one), one]));
  return others.flatMap((other) => lines.get(keyOf(other)) ?? []);
}

/** The query without its limit, for series of these names, and hardly any others: their names are combined freely. */
export function narrowed({ limit: _, filters = [], ...query }: SeriesQuery, series: readonly Series[]): SeriesQuery {
  const dimensions = Object.keys(series[0]?.names ?? {});
  const added = dimensions.flatMap((dimension): Filter[] => {
    const values = [...new Set(series.map(({ names }) => names[dimension]))];
    // Filters cannot tell those that have no such name.
    return values.includes('') ? [] : [{ dimension: dimension as never, operator: 'in', values }];
  });
  return { ...query, filters: [...filters, ...added] };
}

/** In order of their names. */
export function byNames(one: Series, other: Series): number {
  const [a, b] = [Object.values(one.names).join('\u0000'), Object.values(other.names).join('\u0000')];
  return a < b ? -1 : a > b ? 1 : 0;
}

function hasValue({ values }: Series): boolean {
  return !values.every(Number.isNaN);
}

function keyOf({ names }: Pick<Series, 'names'>): string {
  return JSON.stringify(Object.entries(names).sort());
}

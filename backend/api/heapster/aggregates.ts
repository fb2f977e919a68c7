import { HeapsterError } from './answers.ts';
import type { GoValue } from './goJson.ts';
import { quoteGo } from './goQuote.ts';
import { formatTime } from './goTime.ts';
import type { Point } from './types.ts';

const AGGREGATIONS = ['average', 'max', 'min', 'median', 'count', '50-perc', '95-perc', '99-perc'] as const;

/** What the historical API can make of the points of a bucket. */
export type Aggregation = (typeof AGGREGATIONS)[number];

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_BUCKET_MS = 100 * 365 * 86_400_000;

/** Reads a list of aggregations. */
export function readAggregations(text: string): readonly Aggregation[] {
  return [
    ...new Set(
      text.split(',').map((name) => {
        const known = AGGREGATIONS.find((candidate) => candidate === name);
        if (known === undefined) {
          throw new HeapsterError(400, `Unknown aggregation ${quoteGo(name)}`);
        }
        return known;
      })
    ),
  ];
}

/** Reads the size of the buckets in ms; 0 is one bucket for all. */
export function readBucket(text: string | undefined): number {
  if (text === undefined) {
    return 0;
  }
  const fail = (reason: string) => new HeapsterError(400, reason);
  if (text.length < 2) {
    throw fail(`unable to parse bucket size: ${quoteGo(text)} is too short to be a duration`);
  }
  const unit = text.endsWith('ms') ? 'ms' : text.slice(-1);
  if (!Object.hasOwn(UNITS_MS, unit)) {
    throw fail(`unable to parse bucket size: ${quoteGo(text)} has no known duration suffix`);
  }
  const digits = text.slice(0, -unit.length);
  if (!/^\d+$/.test(digits)) {
    throw fail(`strconv.ParseUint: parsing ${quoteGo(digits)}: invalid syntax`);
  }
  const sizeMs = Number(digits) * UNITS_MS[unit];
  if (sizeMs > LONGEST_BUCKET_MS) {
    throw fail(`strconv.ParseUint: parsing ${quoteGo(digits)}: value out of range`);
  }
  return sizeMs;
}

/** The numbers of one bucket, and the time it is named by. */
interface Bucket {
  readonly timestamp: string;
  readonly values: ReadonlyMap<Aggregation, number | bigint>;
}

/** Reckons buckets of points in order of time. `startMs` is the start of the request, which is not part of it. */
export function aggregate(
  points: readonly Point[],
  aggregations: readonly Aggregation[],
  bucketMs: number,
  startMs: number
): { readonly [key: string]: GoValue } {
  const buckets = splitPoints(points, bucketMs).map((own): Bucket => {
    const sorted = [...own].sort((one, other) => (one.value < other.value ? -1 : one.value > other.value ? 1 : 0));
    const values = new Map(aggregations.map((name) => [name, reckon(name, own, sorted)]));
    return { timestamp: nameBucket(own, sorted, aggregations, bucketMs, startMs), values };
  });
  // A column of which one value has a fraction is one of floats.
  const isWhole = new Map(
    aggregations.map((name) => [name, buckets.every(({ values }) => isWholeNumber(values.get(name)!))])
  );
  const told = (values: Bucket['values'], name: Aggregation): GoValue | undefined => {
    const value = values.get(name);
    return value === undefined
      ? undefined
      : isWhole.get(name)
        ? { intValue: whole(value) }
        : { floatValue: Number(value) };
  };
  return {
    buckets: buckets.map(({ timestamp, values }) => {
      const percentiles = {
        '50': told(values, '50-perc'),
        '95': told(values, '95-perc'),
        '99': told(values, '99-perc'),
      };
      const hasPercentiles = Object.values(percentiles).some((value) => value !== undefined);
      return {
        timestamp,
        count: values.get('count'),
        average: told(values, 'average'),
        maximum: told(values, 'max'),
        minimum: told(values, 'min'),
        median: told(values, 'median'),
        percentiles: hasPercentiles ? percentiles : undefined,
      };
    }),
    bucketSize: BigInt(bucketMs) * 1_000_000n,
  };
}

/** Buckets are aligned to the epoch; empty ones are left out. */
function splitPoints(points: readonly Point[], bucketMs: number): Point[][] {
  if (bucketMs === 0) {
    return points.length > 0 ? [[...points]] : [];
  }
  const buckets = new Map<number, Point[]>();
  for (const point of points) {
    const number = Math.floor(point.timestampMs / bucketMs);
    const own = buckets.get(number);
    if (own) {
      own.push(point);
    } else {
      buckets.set(number, [point]);
    }
  }
  return [...buckets.values()];
}

/** Without buckets the time is that of the chosen point, if one function chooses one, or right after the start. */
function nameBucket(
  points: readonly Point[],
  sorted: readonly Point[],
  aggregations: readonly Aggregation[],
  bucketMs: number,
  startMs: number
): string {
  if (bucketMs > 0) {
    return formatTime(Math.floor(points[0].timestampMs / bucketMs) * bucketMs);
  }
  const [only] = aggregations;
  const chosen = aggregations.length === 1 ? choose(only, sorted) : undefined;
  if (!chosen) {
    return formatTime(startMs, 1);
  }
  const value = valueOf(only, chosen);
  const first = points.find((point) => valueOf(only, point) === value);
  return formatTime((first ?? chosen).timestampMs);
}

/** The point that is the value of an aggregation; undefined for those that reckon one. */
function choose(aggregation: Aggregation, sorted: readonly Point[]): Point | undefined {
  switch (aggregation) {
    case 'max':
      return sorted.reduce((most, point) => (valueOf('max', point) >= valueOf('max', most) ? point : most));
    case 'min':
      return sorted.reduce((least, point) => (valueOf('min', point) < valueOf('min', least) ? point : least));
    case '50-perc':
    case '95-perc':
    case '99-perc': {
      const count = countOf(sorted);
      const rank = Math.floor((count * Number.parseInt(aggregation, 10)) / 100 + 0.5) - 1;
      return sampleAt(sorted, Math.max(0, Math.min(count - 1, rank)));
    }
    case 'average':
    case 'median':
    case 'count':
      return undefined;
  }
}

/** The point that stands for a sample, counted from the least of all samples. */
function sampleAt(sorted: readonly Point[], rank: number): Point {
  let left = rank;
  return sorted.find(({ of }) => (left -= of?.count ?? 1) < 0)!;
}

/** What a point has for an aggregation that chooses one: of several samples the greatest or the least. */
function valueOf(aggregation: Aggregation, { value, of }: Point): number | bigint {
  return of && (aggregation === 'max' || aggregation === 'min') ? of[aggregation] : value;
}

/** Average and median are doubles, whatever the points are. In percentiles a point that stands for several counts as often. */
function reckon(aggregation: Aggregation, points: readonly Point[], sorted: readonly Point[]): number | bigint {
  const at = (rank: number) => Number(sampleAt(sorted, rank).value);
  switch (aggregation) {
    case 'count':
      return countOf(points);
    case 'average':
      return points.reduce((sum, { value, of }) => sum + (of?.sum ?? Number(value)), 0) / countOf(points);
    case 'median': {
      const count = countOf(sorted);
      const middle = Math.floor(count / 2);
      return count % 2 === 1 ? at(middle) : at(middle - 1) + (at(middle) - at(middle - 1)) / 2;
    }
    case 'max':
    case 'min':
    case '50-perc':
    case '95-perc':
    case '99-perc':
      return valueOf(aggregation, choose(aggregation, sorted)!);
  }
}

function countOf(points: readonly Point[]): number {
  return points.reduce((count, { of }) => count + (of?.count ?? 1), 0);
}

function isWholeNumber(value: number | bigint): boolean {
  return typeof value === 'bigint' || (Number.isInteger(value) && Math.abs(value) < 1e21);
}

function whole(value: number | bigint): number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value) ? value : BigInt(value);
}

import { valueName, type Accepted } from './compareBatches.ts';
import type { ExactValue } from './exactJson.ts';
import type { DEPARTURES, Departure, Findings } from './findings.ts';
import { isSame } from './isSame.ts';
import { valuesIn, type OwnHistory } from './ownAnswers.ts';

/** What comparisons of points need to know of a run. */
export interface PointContext {
  readonly findings: Findings;
  readonly departures: typeof DEPARTURES;
  readonly accepted: Accepted;
  /** What each round holds, by its time. */
  readonly own: OwnHistory;
  readonly newestMs: number;
  /** Heapster had nothing older than this, of the two metrics it kept long and of all others. */
  readonly longSinceMs: number;
  readonly shortSinceMs: number;
}

/** Whom and what an answer with points is about. */
export interface AskedPoints {
  /** One key, or one per item in the order of the request. */
  readonly keys: readonly string[];
  readonly metric: string;
  readonly isHistorical: boolean;
  readonly isFromStart: boolean;
}

interface PointList {
  readonly metrics?: ReadonlyArray<{ readonly timestamp: string; readonly value: number | bigint }>;
  readonly latestTimestamp?: string;
  readonly buckets?: readonly Bucket[];
  readonly bucketSize?: number | bigint;
}

type Bucket = { readonly [key: string]: ExactValue } & { readonly timestamp: string };

const LONG = new Set(['cpu/usage_rate', 'memory/usage']);

/** Compares points, or items of them. A departure or a sentence; undefined if they are the same. */
export function comparePoints(
  asked: AskedPoints,
  ours: ExactValue,
  theirs: ExactValue,
  context: PointContext
): string | undefined {
  const [own, recorded] = [listsOf(ours), listsOf(theirs)];
  if (own.length !== recorded.length || own.length !== asked.keys.length) {
    return `${own.length} items instead of ${recorded.length}`;
  }
  let departure: string | undefined;
  for (const [index, key] of asked.keys.entries()) {
    const found = compareList({ ...asked, keys: [key] }, own[index], recorded[index], context);
    if (found !== undefined && !(found in context.departures)) {
      return found;
    }
    departure ??= found;
  }
  return departure;
}

function listsOf(value: ExactValue): PointList[] {
  return 'items' in (value as object) ? (value as unknown as { items: PointList[] }).items : [value as PointList];
}

function compareList(
  asked: AskedPoints,
  ours: PointList,
  theirs: PointList,
  context: PointContext
): string | undefined {
  if (isSame(ours as ExactValue, theirs as ExactValue)) {
    return undefined;
  }
  const [key] = asked.keys;
  if (!ours.metrics || !theirs.metrics) {
    return compareBuckets(`${key} ${asked.metric}`, ours, theirs, context.accepted);
  }
  const [own, recorded] = [byTime(ours.metrics), byTime(theirs.metrics)];
  const departures = new Set<Departure>();
  for (const timeMs of new Set([...own.keys(), ...recorded.keys()])) {
    const [values, expected] = [own.get(timeMs) ?? [], recorded.get(timeMs) ?? []];
    const tolerance = asked.metric === 'uptime' ? 100 : 0;
    if (isSame(values, expected, tolerance)) {
      continue;
    }
    const departure =
      context.accepted.get(valueName(timeMs, key, asked.metric)) ?? forgotten(asked, timeMs, expected, context);
    const held = valuesIn(context.own.get(timeMs), key, asked.metric);
    const isHeld = values.length > 0 ? values.every((value) => held.includes(value)) : held.length === 0;
    if (!departure || !isHeld) {
      const what = `${values.join(' ')} instead of ${expected.join(' ')}, the round holds ${held.join(' ')}`;
      return `${new Date(timeMs).toISOString()} ${what}`;
    }
    departures.add(departure);
  }
  if (!isAscending(theirs.metrics)) {
    departures.add('order');
  }
  const latest = ours.metrics.at(-1)?.timestamp ?? '0001-01-01T00:00:00Z';
  if (ours.latestTimestamp !== latest || !isAscending(ours.metrics)) {
    return `latestTimestamp ${ours.latestTimestamp} instead of ${latest}, or points out of order`;
  }
  const [first] = departures;
  return (
    first ??
    (isSame(ours as ExactValue, theirs as ExactValue, 100) ? undefined : `${show(ours)} instead of ${show(theirs)}`)
  );
}

/** Compares aggregates bucket by bucket: one that differs has to hold a value that departs. */
function compareBuckets(value: string, ours: PointList, theirs: PointList, accepted: Accepted): string | undefined {
  const other = `${show(ours)} instead of ${show(theirs)}`;
  if (!ours.buckets || !theirs.buckets || !isSame(ours.bucketSize ?? null, theirs.bucketSize ?? null)) {
    return other;
  }
  const sizeMs = Number(ours.bucketSize ?? 0) / 1e6;
  const [own, recorded] = [ours.buckets, theirs.buckets].map(
    (buckets) => new Map(buckets.map((bucket) => [bucket.timestamp, numbersOf(bucket)]))
  );
  let departure: Departure | undefined;
  for (const timestamp of new Set([...own.keys(), ...recorded.keys()])) {
    if (isSame(own.get(timestamp) ?? null, recorded.get(timestamp) ?? null)) {
      continue;
    }
    // Without buckets the whole time that was asked for is one.
    const [fromMs, toMs] = sizeMs > 0 ? [Date.parse(timestamp), Date.parse(timestamp) + sizeMs] : [0, Infinity];
    const departs = [...accepted].find(([name]) => {
      const timeMs = Number(name.slice(0, name.indexOf(' ')));
      return name === `${timeMs} ${value}` && timeMs >= fromMs && timeMs < toMs;
    });
    if (!departs) {
      return `${timestamp}: ${other}`;
    }
    departure ??= departs[1];
  }
  return departure ?? other;
}

/** A bucket with whole numbers and others alike: one value with a fraction makes doubles of all others of its column. */
function numbersOf(bucket: Bucket): ExactValue {
  const plain = (entry: ExactValue): ExactValue => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      return entry;
    }
    const [only, ...rest] = Object.entries(entry as { readonly [key: string]: ExactValue });
    return rest.length === 0 && /^(int|float)Value$/.test(only?.[0] ?? '')
      ? Number(only[1])
      : Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, plain(value as ExactValue)]));
  };
  return plain(bucket);
}

/** A point that Heapster had forgotten when it was asked, and we had not. */
function forgotten(
  { metric, isHistorical, isFromStart }: AskedPoints,
  timeMs: number,
  expected: readonly unknown[],
  { longSinceMs, shortSinceMs }: PointContext
): Departure | undefined {
  if (isHistorical || expected.length > 0) {
    return undefined;
  }
  if (LONG.has(metric)) {
    return timeMs > longSinceMs ? undefined : isFromStart ? 'kept' : 'delay';
  }
  return timeMs <= shortSinceMs ? 'kept' : undefined;
}

function byTime(points: NonNullable<PointList['metrics']>): Map<number, Array<number | bigint>> {
  const values = new Map<number, Array<number | bigint>>();
  for (const { timestamp, value } of points) {
    const timeMs = Date.parse(timestamp);
    values.set(timeMs, [...(values.get(timeMs) ?? []), value]);
  }
  return values;
}

function isAscending(points: NonNullable<PointList['metrics']>): boolean {
  return points.every(({ timestamp }, index) => index === 0 || points[index - 1].timestamp <= timestamp);
}

function show(list: PointList): string {
  return JSON.stringify(list, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)).slice(0, 300);
}

import { valueName, type Accepted } from './compareBatches.ts';
import type { ExactValue } from './exactJson.ts';
import type { DEPARTURES, Departure, Findings } from './findings.ts';
import { isSame } from './compareAnswers.ts';

/** What comparisons of points need to know of a run. */
export interface PointContext {
  readonly findings: Findings;
  readonly departures: typeof DEPARTURES;
  readonly accepted: Accepted;
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
  readonly buckets?: ExactValue;
}

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
    const departs = [...context.accepted].find(([name]) => name.endsWith(` ${key} ${asked.metric}`));
    return departs?.[1] ?? `${show(ours)} instead of ${show(theirs)}`;
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
    if (!departure) {
      return `${new Date(timeMs).toISOString()} ${values.join(' ')} instead of ${expected.join(' ')}`;
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

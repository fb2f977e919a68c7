import type { TrueRow } from './world.ts';

/** What is true of one metric of one object in a bucket. */
export interface TrueBucket {
  min: number;
  max: number;
  sum: number;
  count: number;
  first: number;
  last: number;
  gain: number;
}

/** Levels whose counters are sums. */
const SUMS = ['cluster', 'namespace'];
/** The counter that namespaces and the cluster have as a sum, which loses a part when a pod goes. */
const SUMMED = 'restart_count';

/** Buckets by object and metric, made of the rounds in them. */
export function bucketTruth(rounds: ReadonlyArray<ReadonlyMap<string, TrueRow>>): Map<string, TrueBucket> {
  const buckets = new Map<string, TrueBucket>();
  for (const round of rounds) {
    for (const [name, { table, values }] of round) {
      for (const [metric, exact] of Object.entries(values)) {
        add(buckets, `${name}|${metric}`, Number(exact), metric === SUMMED && SUMS.includes(table));
      }
    }
  }
  return buckets;
}

function add(buckets: Map<string, TrueBucket>, name: string, value: number, isSum: boolean): void {
  const bucket = buckets.get(name);
  if (!bucket) {
    buckets.set(name, { min: value, max: value, sum: value, count: 1, first: value, last: value, gain: 0 });
    return;
  }
  bucket.gain += value >= bucket.last ? value - bucket.last : isSum ? 0 : value;
  bucket.min = Math.min(bucket.min, value);
  bucket.max = Math.max(bucket.max, value);
  bucket.sum += value;
  bucket.count++;
  bucket.last = value;
}

/** Whether a number of a tier is what it should be, which is rounded to 24 binary digits there. */
export function isClose(found: number, wanted: number, largest: number): boolean {
  return Number.isNaN(wanted)
    ? Number.isNaN(found)
    : Math.abs(found - wanted) <= Math.abs(wanted) * 2 ** -22 + Math.abs(largest) * 2 ** -48;
}

import type { TableName } from '../model/batch.ts';
import { describeMetric } from '../model/catalogue.ts';
import { newValues, type Matrix } from './matrix.ts';
import type { Aggregates, Course } from './shardBlock.ts';

/** What it means for the gain of a counter when it falls: it started again, or it is a sum that lost a part. */
export type Fall = 'restart' | 'loss';

/** How a counter of a table is to be read; undefined for what is no counter. */
export function fallOf(table: TableName, metric: string): Fall | undefined {
  const definition = describeMetric(metric);
  if (definition?.kind !== 'cumulative') {
    return undefined;
  }
  const sums: readonly string[] = definition.sumFromPods ?? [];
  return sums.includes(table) ? 'loss' : 'restart';
}

/** Buckets that times fall into: their ends, and the position of each time's bucket. A bucket is open at its beginning. */
export interface Buckets {
  readonly endsMs: readonly number[];
  readonly bucketOf: Uint32Array;
}

/** The buckets of ascending times. */
export function bucketsOf(timesMs: readonly number[], bucketMs: number): Buckets {
  const endsMs: number[] = [];
  const bucketOf = Uint32Array.from(timesMs, (timeMs) => {
    const endMs = Math.ceil(timeMs / bucketMs) * bucketMs;
    if (endsMs.at(-1) !== endMs) {
      endsMs.push(endMs);
    }
    return endsMs.length - 1;
  });
  return { endsMs, bucketOf };
}

/** The aggregates of samples in buckets. */
export function aggregate({ rows, rounds, values }: Matrix, buckets: Buckets, fall: Fall | undefined): Aggregates {
  const size = rows * buckets.endsMs.length;
  const absent = () => newValues(size).fill(NaN);
  const [min, max, sum, count] = [absent(), absent(), absent(), absent()];
  const matrix = (result: Float64Array): Matrix => ({ rows, rounds: buckets.endsMs.length, values: result });
  const firstOf = firstRounds(buckets, rounds);
  let to = 0;
  for (let row = 0; row < rows; row++) {
    for (let bucket = 0; bucket < buckets.endsMs.length; bucket++, to++) {
      const end = row * rounds + firstOf[bucket + 1];
      let low = Infinity;
      let high = -Infinity;
      let total = 0;
      let present = 0;
      for (let index = row * rounds + firstOf[bucket]; index < end; index++) {
        const value = values[index];
        if (value === value) {
          low = value < low ? value : low;
          high = value > high ? value : high;
          total += value;
          present++;
        }
      }
      if (present > 0) {
        min[to] = low;
        max[to] = high;
        sum[to] = low === high ? low * present : total;
        count[to] = present;
      }
    }
  }
  [min, max, sum].forEach(reducePrecision);
  const course = fall && courseOf({ rows, rounds, values }, firstOf, fall);
  return { min: matrix(min), max: matrix(max), sum: matrix(sum), count: matrix(count), course };
}

/** Position of the first round of each bucket, and behind them how many rounds there are. */
function firstRounds({ endsMs, bucketOf }: Buckets, rounds: number): Uint32Array {
  const firsts = new Uint32Array(endsMs.length + 1).fill(rounds);
  for (let round = rounds - 1; round >= 0; round--) {
    firsts[bucketOf[round]] = round;
  }
  return firsts;
}

function courseOf({ rows, rounds, values }: Matrix, firstOf: Uint32Array, fall: Fall): Course {
  const buckets = firstOf.length - 1;
  const absent = () => newValues(rows * buckets).fill(NaN);
  const [first, last, gain] = [absent(), absent(), absent()];
  for (let row = 0; row < rows; row++) {
    for (let bucket = 0; bucket < buckets; bucket++) {
      const to = row * buckets + bucket;
      let before = NaN;
      for (let index = row * rounds + firstOf[bucket]; index < row * rounds + firstOf[bucket + 1]; index++) {
        const value = values[index];
        if (value === value) {
          first[to] = before === before ? first[to] : value;
          gain[to] = before === before ? gain[to] + gainBetween(before, value, fall) : 0;
          before = value;
        }
      }
      last[to] = before;
    }
  }
  [first, last, gain].forEach(reducePrecision);
  const matrix = (result: Float64Array): Matrix => ({ rows, rounds: buckets, values: result });
  return { first: matrix(first), last: matrix(last), gain: matrix(gain) };
}

/** The aggregates of smaller buckets in larger ones. */
export function aggregateBuckets(smaller: Aggregates, buckets: Buckets, fall: Fall | undefined): Aggregates {
  const { rows, rounds } = smaller.count;
  const merged = new MergedBuckets(rows, buckets.endsMs.length, fall);
  for (let row = 0; row < rows; row++) {
    for (let round = 0; round < rounds; round++) {
      merged.add(row, buckets.bucketOf[round], smaller, row * rounds + round);
    }
  }
  return merged.aggregates();
}

/** Aggregates that grow by others, which come in order of time. */
export class MergedBuckets {
  private readonly rows: number;
  private readonly buckets: number;
  private readonly fall: Fall | undefined;
  private readonly min: Float64Array;
  private readonly max: Float64Array;
  private readonly sum: Float64Array;
  private readonly count: Float64Array;
  private readonly first: Float64Array;
  private readonly last: Float64Array;
  private readonly gain: Float64Array;

  constructor(rows: number, buckets: number, fall: Fall | undefined) {
    this.rows = rows;
    this.buckets = buckets;
    this.fall = fall;
    const column = (size: number) => newValues(size).fill(NaN);
    const size = rows * buckets;
    this.min = column(size);
    this.max = column(size);
    this.sum = column(size);
    this.count = column(size);
    this.first = column(fall ? size : 0);
    this.last = column(fall ? size : 0);
    this.gain = column(fall ? size : 0);
  }

  /** Adds place `from` of other aggregates. */
  add(row: number, bucket: number, other: Aggregates, from: number): void {
    const low = other.min.values[from];
    if (low !== low) {
      return;
    }
    const to = row * this.buckets + bucket;
    const count = other.count.values[from];
    const isFirst = this.min[to] !== this.min[to];
    const high = other.max.values[from];
    this.min[to] = isFirst || low < this.min[to] ? low : this.min[to];
    this.max[to] = isFirst || high > this.max[to] ? high : this.max[to];
    this.sum[to] = isFirst ? other.sum.values[from] : this.sum[to] + other.sum.values[from];
    this.count[to] = isFirst ? count : this.count[to] + count;
    if (this.fall && other.course) {
      this.follow(to, isFirst, other.course, from);
    }
  }

  aggregates(): Aggregates {
    const { rows, buckets: rounds } = this;
    const matrix = (values: Float64Array): Matrix => {
      reducePrecision(values);
      return { rows, rounds, values };
    };
    const course: Course | undefined = this.fall && {
      first: matrix(this.first),
      last: matrix(this.last),
      gain: matrix(this.gain),
    };
    const { min, max, sum, count } = this;
    return { min: matrix(min), max: matrix(max), sum: matrix(sum), count: matrix(count), course };
  }

  private follow(to: number, isFirst: boolean, { first, last, gain }: Course, from: number): void {
    const start = first.values[from];
    if (isFirst) {
      this.first[to] = start;
      this.gain[to] = gain.values[from];
    } else {
      this.gain[to] += gain.values[from] + gainBetween(this.last[to], start, this.fall!);
    }
    this.last[to] = last.values[from];
  }
}

/** What a counter gained from one sample to the next. */
export function gainBetween(before: number, now: number, fall: Fall): number {
  return now >= before ? now - before : fall === 'restart' ? now : 0;
}

/**
 * Whole numbers stay as they are; others are kept to 24 binary digits, one part in 16 million, which halves what a tier
 * takes. Nothing else of the history is rounded.
 */
function reducePrecision(values: Float64Array): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (value === value && Math.trunc(value) !== value) {
      values[index] = Math.fround(value);
    }
  }
}

import type { Buckets, OverTime } from './types.ts';

/**
 * Reduces the samples of objects to one value per step. Objects are numbered by slots; samples of an object come in order
 * of time. NaN where a step has no sample.
 */
export interface StepReducer {
  add(slot: number, step: number, value: number): void;
  /** Takes what is at `index` of buckets for the samples it stands for. */
  addBucket(slot: number, step: number, buckets: Buckets, index: number): void;
  /** The value of a step, NaN without samples. */
  get(slot: number, step: number): number;
  /** Forgets all samples, so that the slots serve other objects. */
  clear(): void;
}

/**
 * A reducer for any number of slots over `steps` steps. `fall` is what it means for an increase when a counter falls: it
 * started again, or it is a sum that lost a part.
 */
export function createReducer(overTime: OverTime, steps: number, fall: 'restart' | 'loss' = 'restart'): StepReducer {
  if (overTime === 'p50' || overTime === 'p95' || overTime === 'p99') {
    return percentileReducer(Number(overTime.slice(1)) / 100, steps);
  }
  return overTime === 'increase' ? increaseReducer(steps, fall) : runningReducer(overTime, steps);
}

/** Grows by doubling; new places hold `fill`. */
class Cells {
  values: Float64Array;
  private readonly fill: number;
  /** One more than the highest place used. */
  private used = 0;

  constructor(size: number, fill: number) {
    this.fill = fill;
    this.values = new Float64Array(size).fill(fill);
  }

  at(index: number): Float64Array {
    if (index >= this.values.length) {
      const larger = new Float64Array(Math.max(index + 1, this.values.length * 2)).fill(this.fill);
      larger.set(this.values);
      this.values = larger;
    }
    this.used = Math.max(this.used, index + 1);
    return this.values;
  }

  clear(): void {
    this.values.fill(this.fill, 0, this.used);
    this.used = 0;
  }
}

/** Most questions are about few objects of a node, and large arrays are expensive to collect. */
const FIRST_SLOTS = 4;

function runningReducer(overTime: 'avg' | 'min' | 'max' | 'sum' | 'last', steps: number): StepReducer {
  const results = new Cells(FIRST_SLOTS * steps, NaN);
  const counts = new Cells(overTime === 'avg' ? FIRST_SLOTS * steps : 0, 0);
  const ofBucket = bucketValue(overTime);
  const combine: (before: number, value: number) => number =
    overTime === 'min'
      ? Math.min
      : overTime === 'max'
        ? Math.max
        : overTime === 'last'
          ? (_, value) => value
          : (before, value) => before + value;
  const put = (slot: number, step: number, value: number, count: number) => {
    const index = slot * steps + step;
    const values = results.at(index);
    values[index] = Number.isNaN(values[index]) ? value : combine(values[index], value);
    if (overTime === 'avg') {
      counts.at(index)[index] += count;
    }
  };
  return {
    add: (slot, step, value) => put(slot, step, value, 1),
    addBucket: (slot, step, buckets, index) => put(slot, step, ofBucket(buckets, index), buckets.count[index]),
    get(slot, step) {
      const index = slot * steps + step;
      const value = index < results.values.length ? results.values[index] : NaN;
      return overTime === 'avg' ? value / counts.values[index] : value;
    },
    clear() {
      results.clear();
      counts.clear();
    },
  };
}

/** What a bucket stands for in each function. Of a gauge the last sample is not kept: its mean stands for it. */
export function bucketValue(
  overTime: 'avg' | 'min' | 'max' | 'sum' | 'last'
): (buckets: Buckets, index: number) => number {
  switch (overTime) {
    case 'min':
      return ({ min }, index) => min[index];
    case 'max':
      return ({ max }, index) => max[index];
    case 'last':
      return ({ counter, sum, count }, index) => counter?.last[index] ?? sum[index] / count[index];
    case 'avg':
    case 'sum':
      return ({ sum }, index) => sum[index];
  }
}

/**
 * What a counter gained: from the sample before (of whatever step) to each sample. After a restart it gained all of the
 * new count; a sum that lost a part, such as a pod that is gone, gained nothing.
 */
function increaseReducer(steps: number, fall: 'restart' | 'loss'): StepReducer {
  const gains = new Cells(FIRST_SLOTS * steps, NaN);
  const before = new Cells(FIRST_SLOTS, NaN);
  const put = (slot: number, step: number, first: number, last: number, gain: number) => {
    const earlier = before.at(slot)[slot];
    const gained = Number.isNaN(earlier) ? 0 : first >= earlier ? first - earlier : fall === 'restart' ? first : 0;
    before.values[slot] = last;
    const index = slot * steps + step;
    const values = gains.at(index);
    values[index] = (Number.isNaN(values[index]) ? 0 : values[index]) + gained + gain;
  };
  return {
    add: (slot, step, value) => put(slot, step, value, value, 0),
    addBucket(slot, step, { counter, sum, count }, index) {
      const mean = sum[index] / count[index];
      put(slot, step, counter?.first[index] ?? mean, counter?.last[index] ?? mean, counter?.gain[index] ?? 0);
    },
    get: (slot, step) => gains.values[slot * steps + step] ?? NaN,
    clear() {
      gains.clear();
      before.clear();
    },
  };
}

/** Percentiles by linear interpolation between the closest ranks, as PromQL's `quantile_over_time` has them. */
function percentileReducer(share: number, steps: number): StepReducer {
  const samples: number[][] = [];
  const means: Mean[][] = [];
  return {
    add: (slot, step, value) => (samples[slot * steps + step] ??= []).push(value),
    // Of a bucket no percentile can be told: its mean stands for each of its samples.
    addBucket: (slot, step, { sum, count }, index) =>
      (means[slot * steps + step] ??= []).push({ value: sum[index] / count[index], count: count[index] }),
    get(slot, step) {
      const own = samples[slot * steps + step];
      const ofBuckets = means[slot * steps + step];
      if (!own && !ofBuckets) {
        return NaN;
      }
      const ranked = ofBuckets ? rankMeans(own ?? [], ofBuckets) : rankSamples(own);
      const rank = share * (ranked.count - 1);
      const below = ranked.at(Math.floor(rank));
      return below + (ranked.at(Math.ceil(rank)) - below) * (rank - Math.floor(rank));
    },
    clear() {
      samples.length = 0;
      means.length = 0;
    },
  };
}

/** The mean of so many samples. */
interface Mean {
  readonly value: number;
  readonly count: number;
}

/** Samples by their rank, from 0 for the least. */
interface Ranked {
  readonly count: number;
  at(rank: number): number;
}

function rankSamples(samples: number[]): Ranked {
  samples.sort((one, other) => one - other);
  return { count: samples.length, at: (rank) => samples[rank] };
}

function rankMeans(samples: readonly number[], means: readonly Mean[]): Ranked {
  const all = [...means, ...samples.map((value) => ({ value, count: 1 }))].sort(
    (one, other) => one.value - other.value
  );
  return {
    count: all.reduce((sum, { count }) => sum + count, 0),
    at(rank) {
      let left = rank;
      return all.find(({ count }) => (left -= count) < 0)!.value;
    },
  };
}

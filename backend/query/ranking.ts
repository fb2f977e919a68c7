import { tableOf } from './dimensions.ts';
import { fallOf, objectTest, samenessTest, type Plan } from './evaluate.ts';
import { ObjectSet } from './objectSet.ts';
import type { Buckets, Course, KnownObject, Limit, Series, SeriesReader } from './types.ts';

/** What objects are ranked by over a range. */
export type RankBy = NonNullable<Limit['by']> | 'increase';

/** What a series is ranked by: its average, largest or last value over the range. */
function rankOf(values: ArrayLike<number>, by: Limit['by']): number {
  let rank = NaN;
  let count = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (!Number.isNaN(value)) {
      count++;
      rank = Number.isNaN(rank) || by === 'last' ? value : by === 'max' ? Math.max(rank, value) : rank + value;
    }
  }
  return by === 'max' || by === 'last' ? rank : rank / count;
}

/** The series with the highest (lowest) rank, best first. */
export function limitSeries(series: readonly Series[], limit: Limit): Series[] {
  const ranked = series.map((one) => ({ one, rank: rankOf(one.values, limit.by) }));
  const sign = limit.order === 'top' ? -1 : 1;
  ranked.sort((left, right) => sign * (left.rank - right.rank));
  return ranked.slice(0, limit.count).map(({ one }) => one);
}

/** Calls `onRank` with one value for the whole range of each object of a plan that has any; keeps no samples. */
export function rankObjects(
  reader: SeriesReader,
  plan: Plan,
  how: RankBy,
  onRank: (object: KnownObject, rank: number) => void
): void {
  const accepts = objectTest(plan);
  const objects: KnownObject[] = [];
  const ranks = new Ranks(how, fallOf(plan));
  const { metric, level, range, pods } = plan;
  reader.scan(
    tableOf(metric, level),
    metric.name,
    { ...range, pods },
    {
      slotFor: (object) => (accepts(object) ? objects.push(object) - 1 : -1),
      isSame: samenessTest(plan),
      column: (_timestampMs, values, slotOfRow, rowCount) =>
        ranks.addColumn(values, slotOfRow, rowCount, objects.length),
      course: (slot, course) => ranks.addCourse(slot, course, objects.length),
      shardEnd() {
        for (let slot = 0; slot < objects.length; slot++) {
          const rank = ranks.get(slot);
          if (!Number.isNaN(rank)) {
            onRank(objects[slot], rank);
          }
        }
        objects.length = 0;
        ranks.clear();
      },
    }
  );
}

/** One value per slot out of columns in order of time; a column at a time, since all pods of a cluster pass through here. */
class Ranks {
  private readonly how: RankBy;
  private readonly fall: 'restart' | 'loss';
  private totals = new Float64Array(256);
  private counts = new Uint32Array(256);
  private before = new Float64Array(256);

  constructor(how: RankBy, fall: 'restart' | 'loss') {
    this.how = how;
    this.fall = fall;
  }

  addColumn(values: Float64Array, slotOfRow: Int32Array, rowCount: number, slotCount: number): void {
    this.reserve(slotCount);
    const { totals, counts } = this;
    for (let row = 0; row < rowCount; row++) {
      const slot = slotOfRow[row];
      const value = values[row];
      if (slot >= 0 && !Number.isNaN(value)) {
        totals[slot] = this.combine(slot, value);
        counts[slot]++;
      }
    }
  }

  addCourse(slot: number, { first, end, offset, samples, buckets }: Course, slotCount: number): void {
    this.reserve(slotCount);
    if (samples && (this.how === 'avg' || this.how === 'max')) {
      this.addSamples(slot, samples, offset + first, offset + end);
    } else if (samples) {
      for (let index = offset + first; index < offset + end; index++) {
        if (!Number.isNaN(samples[index])) {
          this.totals[slot] = this.combine(slot, samples[index]);
          this.counts[slot]++;
        }
      }
    }
    for (let index = offset + first; buckets && index < offset + end; index++) {
      if (!Number.isNaN(buckets.count[index])) {
        this.addBucket(slot, buckets, index);
      }
    }
  }

  /** Sums or largest values: nine million samples pass here for the top pods of an hour of 5,000 nodes. */
  private addSamples(slot: number, samples: Float64Array, from: number, end: number): void {
    const isMax = this.how === 'max';
    let count = this.counts[slot];
    let total = count > 0 ? this.totals[slot] : isMax ? -Infinity : 0;
    for (let index = from; index < end; index++) {
      const value = samples[index];
      if (value === value) {
        total = isMax ? (value > total ? value : total) : total + value;
        count++;
      }
    }
    this.counts[slot] = count;
    this.totals[slot] = total;
  }

  private addBucket(slot: number, buckets: Buckets, index: number): void {
    const count = buckets.count[index];
    const mean = buckets.sum[index] / count;
    if (this.how === 'avg') {
      this.totals[slot] = this.counts[slot] === 0 ? buckets.sum[index] : this.totals[slot] + buckets.sum[index];
    } else if (this.how === 'increase') {
      this.totals[slot] =
        this.combine(slot, buckets.counter?.first[index] ?? mean) + (buckets.counter?.gain[index] ?? 0);
      this.before[slot] = buckets.counter?.last[index] ?? mean;
    } else {
      this.totals[slot] = this.combine(
        slot,
        this.how === 'max' ? buckets.max[index] : (buckets.counter?.last[index] ?? mean)
      );
    }
    this.counts[slot] += count;
  }

  /** The value of a slot, NaN if it has no samples. */
  get(slot: number): number {
    const count = slot < this.counts.length ? this.counts[slot] : 0;
    return count === 0 ? NaN : this.how === 'avg' ? this.totals[slot] / count : this.totals[slot];
  }

  clear(): void {
    this.counts.fill(0);
  }

  private reserve(slotCount: number): void {
    if (slotCount > this.totals.length) {
      this.totals = larger(this.totals, new Float64Array(slotCount * 2));
      this.counts = larger(this.counts, new Uint32Array(slotCount * 2));
      this.before = larger(this.before, new Float64Array(slotCount * 2));
    }
  }

  private combine(slot: number, value: number): number {
    const isFirst = this.counts[slot] === 0;
    const total = this.totals[slot];
    switch (this.how) {
      case 'avg':
        return isFirst ? value : total + value;
      case 'max':
        return isFirst || value > total ? value : total;
      case 'last':
        return value;
      case 'increase': {
        const last = this.before[slot];
        this.before[slot] = value;
        return isFirst ? 0 : total + (value >= last ? value - last : this.fall === 'restart' ? value : 0);
      }
    }
  }
}

function larger<Numbers extends Float64Array | Uint32Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}

/** The N objects with the highest (lowest) rank of those offered. */
export class BestObjects {
  private readonly best: Array<{ object: KnownObject; rank: number }> = [];
  private readonly limit: Limit;

  constructor(limit: Limit) {
    this.limit = limit;
  }

  offer(object: KnownObject, value: number): void {
    const { best, limit } = this;
    const rank = limit.order === 'top' ? value : -value;
    if (Number.isNaN(rank) || (best.length === limit.count && rank <= best[best.length - 1].rank)) {
      return;
    }
    let [low, high] = [0, best.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (best[middle].rank >= rank) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    best.splice(low, 0, { object, rank });
    best.length = Math.min(best.length, limit.count);
  }

  objects(): ObjectSet {
    return new ObjectSet(this.best.map(({ object }) => object));
  }
}

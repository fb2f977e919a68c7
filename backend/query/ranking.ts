import { tableOf } from './dimensions.ts';
import { fallOf, forEachSample, objectTest, type Plan } from './evaluate.ts';
import { createReducer } from './overTime.ts';
import type { KnownObject, Limit, OverTime, Series, SeriesReader } from './types.ts';

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
  how: OverTime,
  onRank: (object: KnownObject, rank: number) => void
): void {
  const accepts = objectTest(plan);
  const objects: KnownObject[] = [];
  const reducer = createReducer(how, 1, fallOf(plan));
  forEachSample(
    reader,
    tableOf(plan.metric, plan.level),
    plan,
    (object) => (accepts(object) ? objects.push(object) - 1 : -1),
    (slot, _timestampMs, value) => reducer.add(slot, 0, value),
    () => {
      for (let slot = 0; slot < objects.length; slot++) {
        const rank = reducer.get(slot, 0);
        if (!Number.isNaN(rank)) {
          onRank(objects[slot], rank);
        }
      }
      objects.length = 0;
      reducer.clear();
    }
  );
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

  objects(): Set<KnownObject> {
    return new Set(this.best.map(({ object }) => object));
  }
}

import { tableOf } from './dimensions.ts';
import { forEachSample, objectTest, type Plan } from './evaluate.ts';
import type { KnownObject, Limit, Series, SeriesReader } from './types.ts';

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

/** Rank of each object of a plan, without keeping its samples: fit for all pods of a large cluster. */
export function rankObjects(reader: SeriesReader, plan: Plan, by: Limit['by']): Map<KnownObject, number> {
  const accepts = objectTest(plan);
  const objects: KnownObject[] = [];
  const ranks: number[] = [];
  const counts: number[] = [];
  forEachSample(
    reader,
    tableOf(plan.metric, plan.level),
    plan,
    (object) => {
      if (!accepts(object)) {
        return -1;
      }
      ranks.push(0);
      counts.push(0);
      return objects.push(object) - 1;
    },
    (slot, _timestampMs, value) => {
      const isFirst = counts[slot]++ === 0;
      ranks[slot] =
        isFirst || by === 'last' ? value : by === 'max' ? Math.max(ranks[slot], value) : ranks[slot] + value;
    }
  );
  const result = new Map<KnownObject, number>();
  objects.forEach((object, slot) => {
    if (counts[slot] > 0) {
      result.set(object, by === 'max' || by === 'last' ? ranks[slot] : ranks[slot] / counts[slot]);
    }
  });
  return result;
}

/** The N objects with the highest (lowest) rank. */
export function bestObjects(ranks: ReadonlyMap<KnownObject, number>, limit: Limit): Set<KnownObject> {
  const sign = limit.order === 'top' ? 1 : -1;
  const best: Array<{ object: KnownObject; rank: number }> = [];
  for (const [object, value] of ranks) {
    const rank = sign * value;
    if (Number.isNaN(rank) || (best.length === limit.count && rank <= best[best.length - 1].rank)) {
      continue;
    }
    let place = best.length;
    while (place > 0 && best[place - 1].rank < rank) {
      place--;
    }
    best.splice(place, 0, { object, rank });
    best.length = Math.min(best.length, limit.count);
  }
  return new Set(best.map(({ object }) => object));
}

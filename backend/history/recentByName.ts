import type { KnownObjects } from './knownObjects.ts';
import type { RecentRounds, SeenObject, Visitor } from './readingShapes.ts';
import { Slots } from './slots.ts';

/**
 * The rounds in memory, which knows objects by their newest names alone: values of those that had others within a range
 * go to the names of their time.
 */
export function recentByName(recent: RecentRounds, known: KnownObjects): RecentRounds {
  const { inventory } = known;
  return {
    rounds: () => recent.rounds(),
    objects: (table) => recent.objects(table),
    inventoryVersion: (table) => recent.inventoryVersion(table),
    metricsOfNewestRound: () => recent.metricsOfNewestRound(),
    shardNames: () => recent.shardNames(),
    scan(table, metric, range, visitor) {
      const renamed = inventory.renamedSince(table, range.fromMs);
      if (renamed.size === 0) {
        recent.scan(table, metric, range, visitor);
        return;
      }
      const slots = new Slots(known, table, range, withoutCourses(visitor), undefined);
      const renamedOf = ({ key, names: { node = '' }, lastSeenMs }: SeenObject) =>
        // While the disk refuses rounds, memory knows more of an object.
        renamed.get(key)?.find((object) => object.shard === node && object.lastSeenMs >= lastSeenMs);
      recent.scan(table, metric, range, {
        slotFor(object) {
          const found = renamedOf(object);
          return found ? slots.ask(found) : visitor.slotFor(object);
        },
        column: slots.column.bind(slots),
        shardEnd() {
          slots.clear();
          visitor.shardEnd?.();
        },
      });
    },
  };
}

/** Memory has columns only. */
function withoutCourses(visitor: Parameters<RecentRounds['scan']>[3]): Visitor {
  return {
    slotFor: (object) => visitor.slotFor(object),
    isSame: (earlier, later) => visitor.isSame?.(earlier, later) ?? false,
    column: (timestampMs, values, slotOfRow, rowCount) => visitor.column(timestampMs, values, slotOfRow, rowCount),
    course: () => undefined,
  };
}

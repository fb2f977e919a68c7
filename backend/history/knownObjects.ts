import type { TableName } from '../model/batch.ts';
import type { GoneStore } from './goneStore.ts';
import type { HistoryObject, Inventory } from './inventory.ts';
import { TABLE_NAMES } from './tableNames.ts';

/** Both times inclusive. */
interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Finds an object by its number. Shards have to be asked for in ascending order. */
export type ObjectLookup = (shard: string, number: number) => HistoryObject | undefined;

/** So many objects that are gone are listed at most, those that went last. */
const MOST_LISTED = 500_000;

/** All objects that the history knows: those that are there, or went lately, in memory, and the others on disk. */
export class KnownObjects {
  readonly inventory: Inventory;
  readonly gone: GoneStore;

  constructor(inventory: Inventory, gone: GoneStore) {
    this.inventory = inventory;
    this.gone = gone;
  }

  get size(): number {
    return this.inventory.size + this.gone.count;
  }

  /** For finding the objects of a table that were there within a range. */
  lookup(table: TableName, range: TimeRange, shards?: ReadonlySet<string>): ObjectLookup {
    const { inventory, gone } = this;
    if (range.fromMs > gone.untilMs) {
      return (_shard, number) => inventory.object(number);
    }
    const cursor = gone.cursor(table, range, shards);
    let last: { readonly shard: string; readonly objects: ReadonlyMap<number, HistoryObject> } | undefined;
    return (shard, number) => {
      const known = inventory.object(number);
      if (known) {
        return known;
      }
      if (last?.shard !== shard) {
        last = { shard, objects: cursor.at(shard) };
      }
      return last.objects.get(number);
    };
  }

  /**
   * Objects of a table on disk that were there within a range, from those that went last to the first. One that came back while
   * it was written there is in memory.
   */
  *goneWithin(table: TableName, range: TimeRange): Generator<HistoryObject> {
    let left = range.fromMs > this.gone.untilMs ? 0 : MOST_LISTED;
    for (const object of left > 0 ? this.gone.objects(table, range) : []) {
      if (!this.inventory.object(object.number)) {
        yield object;
        left--;
      }
      if (left === 0) {
        return;
      }
    }
  }

  /** The shards that hold, or held within a range, pods of these names. */
  shardsOfPods(names: readonly string[], range: TimeRange): ReadonlySet<string> {
    const shards = this.inventory.shardsOfPods(names);
    return range.fromMs > this.gone.untilMs ? shards : new Set([...shards, ...this.gone.shardsOfPods(names, range)]);
  }
}

/** Objects of all tables, in memory and on disk, however many there are. */
export function* allObjects({ inventory, gone }: KnownObjects): Generator<HistoryObject> {
  yield* inventory.all();
  for (const table of TABLE_NAMES) {
    for (const object of gone.objects(table, { fromMs: -Infinity, toMs: Infinity })) {
      if (!inventory.object(object.number)) {
        yield object;
      }
    }
  }
}

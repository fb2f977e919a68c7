import type { ObjectNames, TableName } from '../model/batch.ts';
import type { HistoryObject } from './inventory.ts';
import type { KnownObjects, ObjectLookup } from './knownObjects.ts';
import type { Range, SeenObject, Visitor } from './readingShapes.ts';

/** Slots of the objects of one shard, each asked for once, wherever it is met. */
export class Slots {
  private readonly known: KnownObjects;
  private readonly find: ObjectLookup;
  private readonly table: TableName;
  private readonly range: Range;
  private readonly visitor: Visitor;
  private readonly slots = new Map<number, number>();

  constructor(
    known: KnownObjects,
    table: TableName,
    range: Range,
    visitor: Visitor,
    shards: ReadonlySet<string> | undefined
  ) {
    this.known = known;
    this.find = known.lookup(table, range, shards);
    this.table = table;
    this.range = range;
    this.visitor = visitor;
  }

  /** Shards are asked for in ascending order. */
  ofNumber(shard: string, number: number): number {
    const known = this.slots.get(number);
    if (known !== undefined) {
      return known;
    }
    const object = this.find(shard, number);
    const slot = object ? this.ask(object) : -1;
    this.slots.set(number, slot);
    return slot;
  }

  ofKey(shard: string, recent: SeenObject): number {
    const object = this.known.inventory.find(this.table, shard, recent.key);
    if (!object) {
      return this.visitor.slotFor(recent);
    }
    const known = this.slots.get(object.number);
    const slot = known ?? this.ask(object);
    this.slots.set(object.number, slot);
    return slot;
  }

  clear(): void {
    this.slots.clear();
  }

  /** The slot under the newest names in the range that are asked for. */
  ask(object: SeenObject & Pick<HistoryObject, 'formerNames'>): number {
    const { fromMs, toMs } = this.range;
    const was = ({ firstSeenMs, lastSeenMs }: SeenObject) => lastSeenMs >= fromMs && firstSeenMs <= toMs;
    if (!was(object)) {
      return -1;
    }
    let slot = this.visitor.slotFor(object);
    for (const former of slot < 0 && object.formerNames ? formerly(object).reverse() : []) {
      slot = slot < 0 && was(former) ? this.visitor.slotFor(former) : slot;
    }
    return slot;
  }
}

const formerObjects = new WeakMap<ObjectNames, SeenObject>();

/** An object under each of its former names, oldest first; the same ones each time. */
export function formerly(object: SeenObject & Pick<HistoryObject, 'formerNames'>): SeenObject[] {
  let sinceMs = object.firstSeenMs;
  return (object.formerNames ?? []).map(({ names, untilMs }) => {
    let former = formerObjects.get(names);
    if (!former) {
      former = { key: object.key, names, firstSeenMs: sinceMs, lastSeenMs: untilMs - 1 };
      formerObjects.set(names, former);
    }
    sinceMs = untilMs;
    return former;
  });
}

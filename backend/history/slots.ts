import type { TableName } from '../model/batch.ts';
import type { KnownObjects, ObjectLookup } from './knownObjects.ts';
import { underEachName, type NamedObject } from './namesOverTime.ts';
import type { Course, Range, SeenObject, Visitor } from './readingShapes.ts';

/** Slots of the objects of one shard, each asked for once, wherever it is met. */
export class Slots {
  private readonly known: KnownObjects;
  private readonly find: ObjectLookup;
  private readonly table: TableName;
  private readonly range: Range;
  private readonly visitor: Visitor;
  private readonly slots = new Map<number, number>();
  private readonly parted: Array<readonly Part[]> = [];

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
    this.parted.length = 0;
  }

  /** Where the values of an object go: a slot, or what stands for several, one after the other; below 0 nowhere. */
  ask(object: NamedObject): number {
    const { fromMs, toMs } = this.range;
    return object.lastSeenMs < fromMs || object.firstSeenMs > toMs ? -1 : this.give(object);
  }

  /** The same for an object whose values are all of the range. */
  give(object: NamedObject): number {
    return object.formerNames && !this.visitor.isForAllNames
      ? this.askUnderEachName(object)
      : this.visitor.slotFor(object);
  }

  /** Values of an object; those of one that had other names go to the slots of the names it had at their time. */
  course(slot: number, course: Course): void {
    if (slot < PARTED) {
      this.visitor.course(slot, course);
      return;
    }
    const { timesMs } = course;
    let first = course.first;
    for (const part of this.parted[slot - PARTED]) {
      let end = first;
      while (end < course.end && timesMs[end] <= part.untilMs) {
        end++;
      }
      if (part.slot >= 0 && first < end) {
        this.visitor.course(part.slot, { ...course, first, end });
      }
      first = end;
    }
  }

  /** One value of many objects. */
  column(timestampMs: number, values: Float64Array, slotOfRow: Int32Array, rowCount: number): void {
    const { parted } = this;
    const slots = parted.length === 0 ? slotOfRow : slotOfRow.slice(0, rowCount);
    for (let row = 0; parted.length > 0 && row < rowCount; row++) {
      if (slots[row] >= PARTED) {
        slots[row] = parted[slots[row] - PARTED].find(({ untilMs }) => timestampMs <= untilMs)!.slot;
      }
    }
    this.visitor.column(timestampMs, values, slots, rowCount);
  }

  private askUnderEachName(object: NamedObject): number {
    const { fromMs, toMs } = this.range;
    const parts: Part[] = [];
    let newer: SeenObject | undefined;
    for (const one of underEachName(object).toReversed()) {
      if (one.lastSeenMs >= fromMs && one.firstSeenMs <= toMs) {
        if (!newer || !this.visitor.isSame?.(one, newer)) {
          // Buckets may end after the object went.
          parts.unshift({ slot: this.visitor.slotFor(one), untilMs: newer ? one.lastSeenMs : Infinity });
          newer = one;
        }
      }
    }
    const slot = parts[0]?.slot ?? -1;
    return parts.every((part) => part.slot === slot) ? slot : PARTED + this.parted.push(parts) - 1;
  }
}

/** Values up to a time, after those of the part before. */
interface Part {
  readonly slot: number;
  readonly untilMs: number;
}

/** From here on numbers stand for several slots, one after the other. */
const PARTED = 2 ** 30;

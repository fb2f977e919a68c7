import type { TableName } from '../model/batch.ts';
import type { Range, SeenObject, Visitor } from './readingShapes.ts';

/** So much of the newest time is kept of what is asked for. */
const KEPT_MS = 3_660_000;
/** Rounds there is room for beyond that, so that old ones are let go of together. */
const SPARE_ROUNDS = 12;
/** What nobody asks for any more is let go of after so much time. */
const IDLE_MS = 1_800_000;
/** Values that are kept of all metrics together; 8 bytes each. */
const MOST_VALUES = 40_000_000;

/** A visitor that keeps places of objects from one scan to the next. */
export interface RememberingVisitor extends Visitor {
  /** The slot that an object has for certain, -1 if it has to be asked for by {@link Visitor.slotFor}. */
  knownSlot(object: SeenObject): number;
}

/** Reads every value there is, of memory and disk. */
export type ReadAll = (table: TableName, metric: string, range: Range, visitor: RememberingVisitor) => void;

/** The objects of one node; the value of row r in round t is `values[r * capacity + t]`. */
interface Group {
  readonly objects: SeenObject[];
  values: Float64Array;
}

interface Warm {
  timesMs: number[];
  readonly capacity: number;
  groups: Map<string, Group>;
  rows: number;
  askedMs: number;
}

/**
 * The last hour of those metrics that somebody asks for, unpacked: the first question about all pods of a cluster unpacks an
 * hour of them, those that follow find it here and add what came since.
 */
export class WarmRounds {
  private readonly read: ReadAll;
  private readonly warm = new Map<string, Warm>();
  private readonly capacity: number;
  private readonly mostValues: number;

  constructor(read: ReadAll, resolutionMs: number, mostValues = MOST_VALUES) {
    this.read = read;
    this.capacity = Math.ceil(KEPT_MS / resolutionMs) + SPARE_ROUNDS;
    this.mostValues = mostValues;
  }

  /** Whether a range lies within what can be kept. */
  reaches({ fromMs }: Range, rounds: readonly number[]): boolean {
    return fromMs > (rounds.at(-1) ?? Infinity) - KEPT_MS;
  }

  /**
   * Visits the values of a range out of what is kept, which is made or brought up to `rounds` first. Answers false, with
   * nothing visited, where that is not possible or, for a few pods, not worth it.
   */
  scan(
    { table, metric, range }: { readonly table: TableName; readonly metric: string; readonly range: Range },
    rounds: readonly number[],
    nodes: ReadonlySet<string> | undefined,
    slotFor: (object: SeenObject) => number,
    visitor: Pick<Visitor, 'course' | 'shardEnd'>
  ): boolean {
    const key = `${table} ${metric}`;
    const newestMs = rounds.at(-1) ?? NaN;
    const isOfNodes = table !== 'cluster' && table !== 'namespace' && table !== 'workload';
    if (!isOfNodes || !this.reaches(range, rounds) || (nodes && !this.warm.has(key))) {
      return false;
    }
    const since = rounds.findLastIndex((timeMs) => timeMs <= newestMs - KEPT_MS) + 1;
    const warm = this.warm.get(key) ?? newWarm(Math.max(this.capacity, rounds.length - since));
    const isReady = this.follow(warm, table, metric, rounds.slice(since));
    this.warm.delete(key);
    if (!isReady) {
      return false;
    }
    warm.askedMs = newestMs;
    this.warm.set(key, warm);
    this.forgetOthers(newestMs);
    visit(warm, range, nodes, slotFor, visitor);
    return true;
  }

  /** Adds the rounds that came since. False if they are too many values. */
  private follow(warm: Warm, table: TableName, metric: string, rounds: readonly number[]): boolean {
    if (!isComplete(warm, rounds)) {
      Object.assign(warm, newWarm(warm.capacity));
    }
    const last = warm.timesMs.at(-1) ?? -Infinity;
    const added = rounds.filter((timeMs) => timeMs > last);
    if (added.length === 0) {
      return true;
    }
    if (warm.timesMs.length + added.length > warm.capacity) {
      letGo(warm, rounds[0]);
    }
    if (warm.timesMs.length + added.length > warm.capacity) {
      return false;
    }
    const first = warm.timesMs.length;
    warm.timesMs.push(...added);
    const indexOf = new Map(added.map((timeMs, index) => [timeMs, first + index]));
    const filling = new Filling(warm, indexOf, added[0], this.mostValues);
    this.read(table, metric, { fromMs: added[0], toMs: added.at(-1)! }, filling);
    return !filling.isFull;
  }

  /** Lets go of what nobody asks for, and of what was asked for longest ago as long as all is too much. */
  private forgetOthers(nowMs: number): void {
    let values = 0;
    for (const { rows, capacity } of this.warm.values()) {
      values += rows * capacity;
    }
    for (const [key, { askedMs, rows, capacity }] of this.warm) {
      if (askedMs < nowMs - IDLE_MS || values > this.mostValues) {
        this.warm.delete(key);
        values -= rows * capacity;
      }
    }
  }
}

/** Puts the values of a scan in their places. */
class Filling implements RememberingVisitor {
  readonly isForAllNames = true;
  isFull = false;
  private readonly warm: Warm;
  private readonly indexOf: ReadonlyMap<number, number>;
  private readonly fromMs: number;
  private readonly mostRows: number;
  private group: Group | undefined;
  /** Objects mostly come in the order they came in before. */
  private nextRow = 0;
  /** Where the values of a new group are gathered until it is known how many there are; NaN in between. */
  private room: Float64Array = new Float64Array(0);

  constructor(warm: Warm, indexOf: ReadonlyMap<number, number>, fromMs: number, mostValues: number) {
    this.warm = warm;
    this.indexOf = indexOf;
    this.fromMs = fromMs;
    this.mostRows = mostValues / warm.capacity;
  }

  knownSlot({ key, names }: SeenObject): number {
    this.group ??= this.groupOf(names.node ?? '');
    const next = this.group.objects[this.nextRow];
    // Who went long ago and came back under the same key is another object.
    return next?.key === key && next.lastSeenMs >= this.fromMs ? this.nextRow++ : -1;
  }

  slotFor(object: SeenObject): number {
    this.group ??= this.groupOf(object.names.node ?? '');
    const { objects } = this.group;
    const known = objects[this.nextRow] === object ? this.nextRow : objects.indexOf(object);
    const row = known >= 0 ? known : this.newRow(this.group, object);
    this.nextRow = row + 1;
    return row;
  }

  column(timestampMs: number, values: Float64Array, slotOfRow: Int32Array, rowCount: number): void {
    const index = this.indexOf.get(timestampMs);
    const { group, warm } = this;
    for (let row = 0; group && index !== undefined && row < rowCount; row++) {
      if (slotOfRow[row] >= 0 && values[row] === values[row]) {
        group.values[slotOfRow[row] * warm.capacity + index] = values[row];
      }
    }
  }

  course(slot: number, { timesMs, first, end, offset, samples }: Parameters<Visitor['course']>[1]): void {
    for (let time = first; this.group && samples && time < end; time++) {
      const index = this.indexOf.get(timesMs[time]);
      const value = samples[offset + time];
      if (index !== undefined && value === value) {
        this.group.values[slot * this.warm.capacity + index] = value;
      }
    }
  }

  shardEnd(): void {
    const { group, room, warm } = this;
    if (group?.values === room) {
      const used = group.objects.length * warm.capacity;
      // With room for some more objects, but not many; nodes are many.
      group.values = resized(room.subarray(0, used), Math.ceil(group.objects.length * 1.25) * warm.capacity);
      room.fill(NaN, 0, used);
    }
    this.group = undefined;
    this.nextRow = 0;
  }

  private groupOf(node: string): Group {
    let group = this.warm.groups.get(node);
    if (!group) {
      this.warm.groups.set(node, (group = { objects: [], values: this.room }));
    }
    return group;
  }

  private newRow(group: Group, object: SeenObject): number {
    if (this.warm.rows >= this.mostRows) {
      this.isFull = true;
      return -1;
    }
    this.warm.rows++;
    const row = group.objects.push(object) - 1;
    const needed = (row + 1) * this.warm.capacity;
    if (group.values.length < needed) {
      const isGathered = group.values === this.room;
      group.values = resized(group.values, 2 * needed);
      this.room = isGathered ? group.values : this.room;
    }
    return row;
  }
}

function resized(values: Float64Array, length: number): Float64Array {
  const other = new Float64Array(length);
  other.set(length < values.length ? values.subarray(0, length) : values);
  return other.fill(NaN, Math.min(values.length, length));
}

function newWarm(capacity: number): Warm {
  return { timesMs: [], capacity, groups: new Map(), rows: 0, askedMs: NaN };
}

/** Whether no round is missing of those up to the newest: what a log had of before a restart comes late. */
function isComplete({ timesMs }: Warm, rounds: readonly number[]): boolean {
  const last = timesMs.at(-1) ?? -Infinity;
  const kept = timesMs.filter((timeMs) => timeMs >= rounds[0]).length;
  return rounds.filter((timeMs) => timeMs <= last).length === kept;
}

function visit(
  { groups, timesMs, capacity }: Warm,
  { fromMs, toMs }: Range,
  nodes: ReadonlySet<string> | undefined,
  slotFor: (object: SeenObject) => number,
  visitor: Pick<Visitor, 'course' | 'shardEnd'>
): void {
  const first = timesMs.findIndex((timeMs) => timeMs >= fromMs);
  const end = timesMs.findLastIndex((timeMs) => timeMs <= toMs) + 1;
  for (const [node, { objects, values }] of first < 0 ? [] : groups) {
    if (!nodes || nodes.has(node)) {
      const course = { timesMs, first, end, offset: 0, samples: values };
      for (let row = 0; row < objects.length; row++) {
        const slot = slotFor(objects[row]);
        if (slot >= 0) {
          course.offset = row * capacity;
          visitor.course(slot, course);
        }
      }
      visitor.shardEnd?.();
    }
  }
}

/** Forgets the rounds before a time, and the objects that have no later one. */
function letGo(warm: Warm, fromMs: number): void {
  const { capacity, timesMs, groups } = warm;
  const gone = timesMs.filter((timeMs) => timeMs < fromMs).length;
  const kept = timesMs.length - gone;
  warm.timesMs = timesMs.slice(gone);
  warm.rows = 0;
  for (const [node, { objects, values }] of groups) {
    const staying: SeenObject[] = [];
    objects.forEach((object, row) => {
      const from = row * capacity + gone;
      if (object.lastSeenMs >= fromMs) {
        const to = staying.push(object) - 1;
        values.copyWithin(to * capacity, from, from + kept);
        values.fill(NaN, to * capacity + kept, (to + 1) * capacity);
      }
    });
    values.fill(NaN, staying.length * capacity);
    warm.rows += staying.length;
    objects.splice(0, objects.length, ...staying);
    if (staying.length === 0) {
      groups.delete(node);
    }
  }
}

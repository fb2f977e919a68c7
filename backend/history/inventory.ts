import type { ObjectNames, TableName } from '../model/batch.ts';
import { isToldLater } from './namesOverTime.ts';
import { NumberedObjects } from './numberedObjects.ts';
import type { LoggedObject } from './walReader.ts';

/** An object of the history: who it is, under which names it was known when, and when it was there. */
export interface HistoryObject {
  /** Stands for it in segments and logs, for ever. */
  readonly number: number;
  readonly table: TableName;
  /** The node it is on, `''` for totals. A pod that moved is one object per node. */
  readonly shard: string;
  /** Unique within its table and shard. */
  readonly key: string;
  /** Its newest names: labels, owner, uid. */
  names: ObjectNames;
  readonly firstSeenMs: number;
  lastSeenMs: number;
  /** Earlier names, oldest first, each until when it had them; missing where they never changed. */
  formerNames?: Array<{ readonly untilMs: number; readonly names: ObjectNames }>;
}

/** Former names kept of one object: labels that change every minute must not fill the memory. */
const MAX_FORMER_NAMES = 16;

type Shard = Map<TableName, Map<string, HistoryObject>>;

/** All objects the history knows, each with the number that stands for it on disk. */
export class Inventory {
  private readonly shards = new Map<string, Shard>();
  private readonly byNumber = new NumberedObjects();
  private readonly versions = new Map<TableName, number>();
  /** The shards that hold pods of a name. */
  private readonly podShards = new Map<string, Set<string>>();
  /** Objects that got other names since the start. */
  private readonly renamed = new Map<TableName, Set<HistoryObject>>();
  private nextNumber = 1;

  get size(): number {
    return this.byNumber.size;
  }

  /** Objects of all tables, in order of their numbers. */
  all(): Iterable<HistoryObject> {
    return this.byNumber.values();
  }

  /** Objects of a table, in no order. */
  *objects(table: TableName): Generator<HistoryObject> {
    for (const shard of this.shards.values()) {
      yield* shard.get(table)?.values() ?? [];
    }
  }

  /** Changes whenever an object of the table comes, goes or gets other names. */
  version(table: TableName): number {
    return this.versions.get(table) ?? 0;
  }

  object(number: number): HistoryObject | undefined {
    return this.byNumber.get(number);
  }

  find(table: TableName, shard: string, key: string): HistoryObject | undefined {
    return this.shards.get(shard)?.get(table)?.get(key);
  }

  /** Objects of a table that had other names after a time than they have now, by key, as far as that changed since the start. */
  renamedSince(table: TableName, fromMs: number): ReadonlyMap<string, readonly HistoryObject[]> {
    const found = new Map<string, HistoryObject[]>();
    for (const object of this.renamed.get(table) ?? []) {
      if (object.formerNames!.at(-1)!.untilMs > fromMs) {
        found.set(object.key, [...(found.get(object.key) ?? []), object]);
      }
    }
    return found;
  }

  /** The shards that hold, or held, pods of these names. */
  shardsOfPods(names: readonly string[]): ReadonlySet<string> {
    return new Set(names.flatMap((name) => [...(this.podShards.get(name) ?? [])]));
  }

  /** For noting which objects of one table of one shard are there in a round. */
  sightings(table: TableName, shard: string, timestampMs: number): (key: string, names: ObjectNames) => Sighting {
    let known: ReadonlyMap<string, HistoryObject> | undefined = this.shards.get(shard)?.get(table);
    return (key, names) => {
      const object = known?.get(key);
      if (object === undefined) {
        const created = this.create(table, shard, key, names, timestampMs);
        known ??= this.shards.get(shard)?.get(table);
        return { object: created, isChanged: true };
      }
      object.lastSeenMs = timestampMs > object.lastSeenMs ? timestampMs : object.lastSeenMs;
      return { object, isChanged: this.rename(object, names, timestampMs) };
    };
  }

  /** The number of the next object that is new. */
  get next(): number {
    return this.nextNumber;
  }

  /** Gives no new object a number below this: such a number stood for another one. */
  reserve(next: number): void {
    this.nextNumber = Math.max(this.nextNumber, next);
  }

  /**
   * Takes an object as it was stored, unless its number is known already. Of two with the same key the one with the higher
   * number counts: it came when nothing of the other was kept any more. Answers whether it was taken.
   */
  add(object: HistoryObject): boolean {
    const { table, shard, key, number } = object;
    const rival = this.find(table, shard, key);
    this.reserve(number + 1);
    if (this.byNumber.get(number) || (rival && rival.number > number)) {
      return false;
    }
    if (rival) {
      this.remove(rival);
    }
    const ofShard: Shard = this.shards.get(shard) ?? new Map();
    const ofTable = ofShard.get(table) ?? new Map<string, HistoryObject>();
    this.shards.set(shard, ofShard.set(table, ofTable.set(key, object)));
    this.byNumber.add(object);
    if (table === 'pod' && object.names.pod !== undefined) {
      this.podShards.set(object.names.pod, (this.podShards.get(object.names.pod) ?? new Set()).add(shard));
    }
    this.touch(table);
    return true;
  }

  /** Takes the objects that a log names, and answers with those that are new or have other names now. */
  takeLogged(logged: Iterable<LoggedObject>): Set<HistoryObject> {
    const changed = new Set<HistoryObject>();
    for (const { number, table, shard, key, names, timestampMs } of logged) {
      const known = this.byNumber.get(number);
      if (!known) {
        const object = { number, table, shard, key, names, firstSeenMs: timestampMs, lastSeenMs: timestampMs };
        if (this.add(object)) {
          changed.add(object);
        }
      } else if (known.key === key && this.rename(known, names, timestampMs)) {
        changed.add(known);
      }
    }
    return changed;
  }

  /** Notes that an object was still there. */
  seen(number: number, timestampMs: number): void {
    const object = this.byNumber.get(number);
    this.reserve(number + 1);
    if (object && object.lastSeenMs < timestampMs) {
      object.lastSeenMs = timestampMs;
    }
  }

  /** Forgets the objects of which nothing is kept any more, and answers with how many those were. */
  forgetBefore(oldestMs: number): number {
    let forgotten = 0;
    for (const object of this.byNumber.values()) {
      if (object.lastSeenMs < oldestMs) {
        this.remove(object);
        forgotten++;
      }
    }
    return forgotten;
  }

  /** Forgets an object. */
  forgetOne(object: HistoryObject): void {
    this.remove(object);
  }

  /** Forgets objects; answers with how many those were. */
  forget(isToGo: (object: HistoryObject) => boolean): number {
    const gone = [...this.byNumber.values()].filter(isToGo);
    gone.forEach((object) => this.remove(object));
    return gone.length;
  }

  private create(table: TableName, shard: string, key: string, names: ObjectNames, timestampMs: number): HistoryObject {
    const number = this.nextNumber;
    const object = { number, table, shard, key, names, firstSeenMs: timestampMs, lastSeenMs: timestampMs };
    this.add(object);
    return object;
  }

  /** Takes the names that an object has now. Answers whether they are others. */
  private rename(object: HistoryObject, names: ObjectNames, timestampMs: number): boolean {
    if (areSameNames(object.names, names)) {
      // Who was told of by a kubelet once was there; it is no other object for that.
      const isReported = object.names.reported === false && names.reported !== false;
      if (isReported) {
        object.names = names;
        this.touch(object.table);
      }
      return isReported;
    }
    const former = (object.formerNames ??= []);
    former.push({ untilMs: timestampMs, names: object.names });
    if (!isToldLater(object.names, names)) {
      const renamed = this.renamed.get(object.table) ?? new Set();
      this.renamed.set(object.table, renamed.add(object));
    }
    if (former.length > MAX_FORMER_NAMES) {
      former.shift();
    }
    object.names = names;
    this.touch(object.table);
    return true;
  }

  private remove(object: HistoryObject): void {
    const { table, shard, key } = object;
    this.byNumber.remove(object);
    this.renamed.get(table)?.delete(object);
    if (table === 'pod' && object.names.pod !== undefined) {
      this.forgetPod(object.names.pod, shard);
    }
    const ofShard = this.shards.get(shard);
    const ofTable = ofShard?.get(table);
    ofTable?.delete(key);
    if (ofTable?.size === 0) {
      ofShard?.delete(table);
    }
    if (ofShard?.size === 0) {
      this.shards.delete(shard);
    }
    this.touch(table);
  }

  /** Pods of one name in several namespaces of a shard: the shard stays while one of them is there. */
  private forgetPod(name: string, shard: string): void {
    const others = this.shards.get(shard)?.get('pod')?.values() ?? [];
    const isLast = ![...others].some(
      ({ names, number }) => names.pod === name && this.byNumber.get(number) !== undefined
    );
    const shards = this.podShards.get(name);
    if (isLast && shards?.delete(shard) && shards.size === 0) {
      this.podShards.delete(name);
    }
  }

  private touch(table: TableName): void {
    this.versions.set(table, this.version(table) + 1);
  }
}

/** That an object is there. */
export interface Sighting {
  readonly object: HistoryObject;
  /** Whether it is new or has other names than before. */
  readonly isChanged: boolean;
}

/** Whether nothing that can change about an object did; its key, and so its own names, are the same already. */
function areSameNames(one: ObjectNames, other: ObjectNames): boolean {
  return (
    one.uid === other.uid &&
    one.workload === other.workload &&
    one.workloadKind === other.workloadKind &&
    one.persistentVolumeClaim === other.persistentVolumeClaim &&
    one.hostNetwork === other.hostNetwork &&
    (one.labels === other.labels || areSameLabels(one.labels ?? {}, other.labels ?? {}))
  );
}

function areSameLabels(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}

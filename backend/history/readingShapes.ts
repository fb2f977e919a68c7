import type { ObjectNames, TableName } from '../model/batch.ts';

/** An object as questions see it. One that had other names is several, one after the other. */
export interface SeenObject {
  readonly key: string;
  readonly names: ObjectNames;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** Both times inclusive. With `pods`, nodes may be left out that hold no pods of these names. */
export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
  readonly pods?: readonly string[];
}

/** Is handed what a scan finds, node by node; values of an object come in order of time. */
export interface Visitor {
  slotFor(object: SeenObject): number;
  /** Whether an object under its earlier and its later names is one and the same for the answer. Unless given, never. */
  isSame?(earlier: SeenObject, later: SeenObject): boolean;
  /** Whether objects are taken as they are, whatever they were called when. */
  readonly isForAllNames?: true;
  column(timestampMs: number, values: Float64Array, slotOfRow: Int32Array, rowCount: number): void;
  course(slot: number, course: Course): void;
  shardEnd?(): void;
}

/** Lent for one call. What is at `offset + i` of the arrays, for i from `first` up to but without `end`, is of the time `timesMs[i]`. */
export interface Course {
  readonly timesMs: readonly number[];
  readonly first: number;
  readonly end: number;
  readonly offset: number;
  readonly samples?: Float64Array;
  /** Exact samples by index, where a double would lose digits. */
  readonly wide?: ReadonlyMap<number, bigint>;
  readonly buckets?: Buckets;
}

/** What is kept of the samples of each bucket. */
export interface Buckets {
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly sum: Float64Array;
  readonly count: Float64Array;
  readonly counter?: { readonly first: Float64Array; readonly last: Float64Array; readonly gain: Float64Array };
}

/** The recent rounds in memory, which this is joined with. */
export interface RecentRounds {
  rounds(): readonly number[];
  objects(table: TableName): Iterable<SeenObject>;
  inventoryVersion(table: TableName): number;
  metricsOfNewestRound(): ReadonlySet<string>;
  shardNames(): Iterable<string>;
  scan(
    table: TableName,
    metric: string,
    range: Range & { readonly shard?: string },
    visitor: {
      slotFor(object: SeenObject): number;
      isSame?: Visitor['isSame'];
      column: Visitor['column'];
      shardEnd?(): void;
    }
  ): void;
}

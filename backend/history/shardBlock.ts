import type { TableName } from '../model/batch.ts';
import type { Matrix } from './matrix.ts';

/** What a tier keeps of the samples in a bucket. */
export interface Aggregates {
  readonly min: Matrix;
  readonly max: Matrix;
  readonly sum: Matrix;
  readonly count: Matrix;
  /** Of counters, so that what they gained over many buckets stays right across restarts. */
  readonly course?: Course;
}

/** How a counter went through a bucket. */
export interface Course {
  readonly first: Matrix;
  readonly last: Matrix;
  /** What it gained from its first sample in the bucket to its last, restarts taken into account. */
  readonly gain: Matrix;
}

/** A metric as one tier has it: the samples themselves, or what is kept of each bucket. */
export type Stored = { readonly samples: Matrix } | Aggregates;

/**
 * Several rounds of one table of one shard (a node, or the totals): its objects, and a matrix per metric over them. A metric
 * is read when it is asked for, and again when it is asked for again: a shard's samples of two hours take megabytes.
 */
export interface TableBlock {
  /** Numbers of the objects in the inventory, ascending; row i of every matrix is about `objects[i]`. */
  readonly objects: Uint32Array;
  /** The keys of the objects, so that an inventory can be made again from blocks. */
  readonly keys: readonly string[];
  readonly metrics: ReadonlyMap<string, () => Stored>;
}

/** Several rounds of one shard. */
export type ShardBlock = ReadonlyMap<TableName, TableBlock>;

/** How long a value stands for: the rounds themselves, or buckets of 10 minutes and of an hour. */
export type Tier = 'raw' | '10m' | '1h';

/** Milliseconds of a bucket; 0 for the rounds themselves. */
export const BUCKET_MS: Readonly<Record<Tier, number>> = { raw: 0, '10m': 600_000, '1h': 3_600_000 };

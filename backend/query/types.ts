import type { ObjectNames, TableName } from '../model/batch.ts';
import type { TimeRange } from '../model/seriesQuery.ts';

export type {
  Aggregation,
  DenominatorName,
  Dimension,
  Filter,
  Limit,
  NameFilter,
  NamesAnswer,
  NamesQuery,
  OverTime,
  Resolution,
  SelectorFilter,
  Series,
  SeriesAnswer,
  SeriesQuery,
  TimeRange,
} from '../model/seriesQuery.ts';

/** The part of a stored object that queries look at. */
export interface KnownObject {
  readonly key: string;
  readonly names: ObjectNames;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** Both times inclusive. With `pods`, nodes may be left out that hold no pods of these names. */
export interface ScanRange extends TimeRange {
  readonly pods?: readonly string[];
}

/** What is kept of the samples of each bucket; the counter's course only of counters. */
export interface Buckets {
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly sum: Float64Array;
  readonly count: Float64Array;
  /** First and last sample, and what the counter gained between them, restarts taken into account. */
  readonly counter?: { readonly first: Float64Array; readonly last: Float64Array; readonly gain: Float64Array };
}

/**
 * One object over time: what is at `offset + i` of the arrays, for i from `first` up to but without `end`, is of the time
 * `timesMs[i]`, NaN where there is none. Either samples, or buckets named by their end.
 */
export interface Course {
  readonly timesMs: readonly number[];
  readonly first: number;
  readonly end: number;
  readonly offset: number;
  readonly samples?: Float64Array;
  readonly buckets?: Buckets;
}

/** Is handed what a scan finds, node by node; values of an object come in order of time. */
export interface SampleVisitor {
  /** Says once per object where its values belong, -1 for nowhere; objects that did not exist then are not asked. */
  slotFor(object: KnownObject): number;
  /** Whether an object under its earlier and its later names is one and the same for the answer. */
  isSame?(earlier: KnownObject, later: KnownObject): boolean;
  /** One value of many objects: row i is of `slotOfRow[i]`. Both arrays are used again after the call. */
  column(timestampMs: number, values: Float64Array, slotOfRow: Int32Array, rowCount: number): void;
  /** Many values of one object. */
  course(slot: number, course: Course): void;
  /** Everything of one node has come; slots may be given anew. */
  shardEnd?(): void;
}

/** What queries read from: the head, or several stores joined. Times are batch timestamps, bounds inclusive. */
export interface SeriesReader {
  /** Timestamps of the rounds kept, ascending. */
  rounds(): readonly number[];
  objects(table: TableName): Iterable<KnownObject>;
  /** Objects that are gone for so long that `objects` does not list them, and were there within a range; the last first. */
  pastObjects?(table: TableName, range: TimeRange): Iterable<KnownObject>;
  /** Changes whenever an object of the table comes or goes. */
  inventoryVersion(table: TableName): number;
  metricsOfNewestRound(): ReadonlySet<string>;
  /** Visits the values of a metric. */
  scan(table: TableName, metric: string, range: ScanRange, visitor: SampleVisitor): void;
  /** The reader that serves a range best, if this is not the only one. */
  forRange?(range: TimeRange, need: ReadingNeed): RangeReader;
}

/** What a question needs of its values. */
export interface ReadingNeed {
  /** The answer has no more than one value per so many milliseconds. */
  readonly stepMs: number;
  /** Every single sample is wanted as long as there are any. */
  readonly samples: boolean;
}

/** Reads one range: `rounds` are the times there are values of, `resolutionMs` is how far apart they are at most. */
export interface RangeReader {
  readonly reader: SeriesReader;
  readonly resolutionMs: number;
  /** Up to here there are only buckets of what is read. */
  readonly samplesSinceMs: number;
}

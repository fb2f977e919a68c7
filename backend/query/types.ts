import type { MetricLevel } from '../model/catalogue.ts';
import type { ObjectNames, TableName } from '../model/batch.ts';

/**
 * What a series can be named, filtered and grouped by. `label:KEY` is a Kubernetes label of the object; `host_network` is
 * `true` for pods on the network of their host, `false` for others, and absent where the API server does not know the pod.
 */
export type Dimension =
  | 'node'
  | 'namespace'
  | 'workload_kind'
  | 'workload'
  | 'pod'
  | 'container'
  | 'resource_id'
  | 'persistentvolumeclaim'
  | 'interface'
  | 'make'
  | 'model'
  | 'accelerator_id'
  | 'host_network'
  | `label:${string}`;

export interface NameFilter {
  readonly dimension: Dimension;
  readonly operator: '=' | '!=' | 'in' | 'notin' | '=~' | '!~';
  readonly values: readonly string[];
}

export interface SelectorFilter {
  readonly labelSelector: string;
}

export type Filter = NameFilter | SelectorFilter;
export type Aggregation = 'sum' | 'avg' | 'min' | 'max' | 'count';
export type OverTime = 'avg' | 'min' | 'max' | 'sum' | 'last' | 'increase' | 'p50' | 'p95' | 'p99';
export type DenominatorName = 'request' | 'limit' | 'capacity' | 'allocatable';

export interface Limit {
  readonly count: number;
  readonly order: 'top' | 'bottom';
  readonly by?: 'avg' | 'max' | 'last';
}

/** A question about one metric of the objects of one level. */
export interface SeriesQuery {
  readonly level: MetricLevel;
  readonly metric: string;
  readonly filters?: readonly Filter[];
  readonly groupBy?: readonly Dimension[];
  readonly aggregation?: Aggregation;
  readonly overTime?: OverTime;
  readonly limit?: Limit;
  readonly denominator?: DenominatorName;
  /** One value per series for the whole range instead of one per step. */
  readonly instant?: boolean;
}

/** Both bounds inclusive, Unix ms. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Resolution {
  readonly maxDataPoints?: number;
  readonly intervalMs?: number;
}

/** One line: its names, and a value per time of the answer; NaN is a gap. */
export interface Series {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Float64Array;
}

export interface SeriesAnswer {
  /** Ascending, shared by all series. A step is named by its end. */
  readonly timesMs: readonly number[];
  readonly series: readonly Series[];
  readonly stepMs: number;
  /** Unit of the values, as the catalogue names units. */
  readonly unit: string;
}

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
}

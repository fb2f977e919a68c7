import type { MetricLevel } from './catalogueTypes.ts';

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
  /** What a person should know of the values, in sentences. */
  readonly remarks?: readonly string[];
}

/** A question about names: the values of a dimension among the objects of a range. */
export interface NamesQuery {
  /** A dimension lists its values, `label_keys` the label keys of a level's objects. */
  readonly dimension: Dimension | 'label_keys';
  readonly level?: MetricLevel;
  readonly filters?: readonly Filter[];
  /** RE2 pattern that must match somewhere in the name. */
  readonly match?: string;
  /** Default 10000. */
  readonly limit?: number;
}

export interface NamesAnswer {
  readonly names: string[];
  /** Names there are in all, more than `names` when the limit cut them. */
  readonly total: number;
}

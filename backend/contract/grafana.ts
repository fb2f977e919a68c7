/**
 * The wire between the backend (`/api/grafana/v1/…`) and the plugin. Types only: both sides are compiled against this
 * file and nothing else of each other. All times are Unix milliseconds; both bounds of a range are inclusive.
 */

/** Heapster's entity types, and workloads. `sys_container` is a system container of a node (kubelet, runtime, pods). */
export type Level = 'cluster' | 'node' | 'namespace' | 'workload' | 'pod' | 'container' | 'sys_container';

/**
 * What a series can be named, filtered and grouped by. `label:KEY` is a Kubernetes label of the object; `host_network` is
 * `true` for pods on the network of their host, `false` for others, and absent where the API server does not know the pod.
 * Like labels it is no part of a series' names unless the query groups by it.
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

/** A condition on one dimension. `=~` and `!~` take RE2 patterns that must match the whole name. */
export interface NameFilter {
  dimension: Dimension;
  operator: '=' | '!=' | 'in' | 'notin' | '=~' | '!~';
  /** One value for `=`, `!=`, `=~`, `!~`; any number for `in` and `notin` (an empty `in` list matches nothing). */
  values: string[];
}

/** Conditions on the labels of the object (pod labels for pods and containers), in Kubernetes' own selector syntax. */
export interface SelectorFilter {
  labelSelector: string;
}

export type Filter = NameFilter | SelectorFilter;

export type Aggregation = 'sum' | 'avg' | 'min' | 'max' | 'count';

/** Reduces the samples that fall into one step. `increase` counts what a counter gained, resets accounted for. */
export type OverTime = 'avg' | 'min' | 'max' | 'sum' | 'last' | 'increase' | 'p50' | 'p95' | 'p99';

export type Denominator = 'request' | 'limit' | 'capacity' | 'allocatable';

/** What a panel asks: one metric of the objects of one level. */
export interface MetricQuery {
  level: Level;
  /** A name of the catalogue, such as `cpu/usage_rate`. */
  metric: string;
  filters?: Filter[];
  /** Without `groupBy` each object is a series of its own, unless `aggregation` is given: then all become one. */
  groupBy?: Dimension[];
  aggregation?: Aggregation;
  /** Default `avg` for gauges, `last` for counters and for all metrics in a table. */
  overTime?: OverTime;
  /** Keeps the N series that are highest (or lowest) over the whole range. */
  limit?: { count: number; order: 'top' | 'bottom'; by?: 'avg' | 'max' | 'last' };
  /** Divides by the request, limit, capacity or allocatable of the same objects; the answer is a share (1 = 100 %). */
  denominator?: Denominator;
  /** `timeseries` (default): wide frames. `table`: one row per series with its names and one value for the whole range. */
  format?: 'timeseries' | 'table';
}

export interface QueryRequest {
  fromMs: number;
  toMs: number;
  /** Points a panel can draw; longer series are reduced by `overTime`. Default 1000, at most 11000. */
  maxDataPoints?: number;
  /** Lower bound of the step between points. */
  intervalMs?: number;
  queries: Array<MetricQuery & { refId: string }>;
}

/** Grafana's own data frame JSON (`DataFrameJSON` of `@grafana/data`). */
export interface Frame {
  schema: {
    refId?: string;
    name?: string;
    meta?: FrameMeta;
    fields: FrameField[];
  };
  data: {
    values: unknown[][];
  };
}

export interface FrameMeta {
  type?: 'timeseries-wide' | 'table';
  typeVersion?: [number, number];
  notices?: Notice[];
  custom?: { resolutionMs: number; metric: string; level: Level };
  preferredVisualisationType?: 'graph' | 'table';
}

export interface FrameField {
  name: string;
  type: 'time' | 'number' | 'string';
  labels?: Record<string, string>;
  config?: {
    displayNameFromDS?: string;
    unit?: string;
    description?: string;
    interval?: number;
    min?: number;
    max?: number;
  };
}

export interface Notice {
  severity: 'info' | 'warning' | 'error';
  text: string;
  link?: string;
}

export interface QueryResult {
  frames: Frame[];
  /** Set instead of frames when this query failed; the others of the request are not affected. */
  error?: ErrorBody;
}

/** `POST /api/grafana/v1/query` */
export interface QueryResponse {
  results: Record<string, QueryResult>;
}

/**
 * A query whose range ends at the backend's now. `fromMs` and `toMs` say how long it is; it moves with every answer.
 */
export interface StreamRequest extends QueryRequest {
  /** The range begins at `fromMs` and grows, instead of moving along ("today so far"). */
  keepFrom?: boolean;
}

/**
 * `POST /api/grafana/v1/stream` answers with server-sent events: an `answer` at once and after each round, or a `failure`,
 * which is the last one. The backend ends a stream after some minutes; ask again then.
 */
export interface StreamEvents {
  answer: QueryResponse;
  failure: ErrorBody;
}

/** Asks for names that existed in a range, for variables and pickers. */
export interface NamesRequest {
  fromMs: number;
  toMs: number;
  /** A dimension lists its values; `label_keys` lists the label keys of the level's objects. */
  dimension: Dimension | 'label_keys';
  /** Objects to look at when the dimension alone does not say, e.g. whose labels. */
  level?: Level;
  filters?: Filter[];
  /** RE2 pattern that must match somewhere in the name (a picker's search). */
  match?: string;
  /** Default 10000. */
  limit?: number;
}

/** `POST /api/grafana/v1/names`; names are sorted and unique. */
export interface NamesResponse {
  names: string[];
  /** Names there are in all; larger than `names.length` when the limit cut the list. */
  total: number;
}

/** One entry of the catalogue as the editors need it. */
export interface MetricInfo {
  name: string;
  levels: Level[];
  /** Grafana unit id. */
  unit: string;
  kind: 'gauge' | 'cumulative';
  description: string;
  /** Extra dimensions of a labelled metric, such as `resource_id`. */
  labels: Dimension[];
  denominators: Denominator[];
  heapster: boolean;
  /** Set where the source of the metric is switched off: what to do to have it. */
  switchOn?: string;
}

/** `GET /api/grafana/v1/metrics` */
export interface MetricsResponse {
  metrics: MetricInfo[];
  /** Names each level's objects carry, for filters, group-by and legends. */
  dimensions: Record<Level, Dimension[]>;
  /** Levels whose objects carry Kubernetes labels, for `label:KEY` and label selectors. Absent: not known. */
  labelled?: Level[];
}

/** `GET /api/grafana/v1/health`: what "Save & test" reports after its query ran. */
export interface HealthResponse {
  version: string;
  nodes: { total: number; answering: number };
  namespaces: number;
  pods: number;
  /** Metrics with at least one value in the newest round. */
  metrics: number;
  newestTimestampMs: number;
  oldestTimestampMs: number;
  resolutionMs: number;
  /** Sentences a person should act on, worst first. */
  problems: string[];
}

/** Body of every answer that is not 2xx. */
export interface ErrorBody {
  code: string;
  message: string;
}

/** What the status page, the health routes and the self-metrics want to know; the process supplies it. */

export type NodeState = 'ok' | 'failing' | 'not_ready' | 'waiting';

/** How the last scrape of a node went and what it showed. Missing numbers are not known. */
export interface NodeStatus {
  readonly name: string;
  /** `failing`: its kubelet did not answer properly. `not_ready`: not asked. `waiting`: not asked yet. */
  readonly state: NodeState;
  readonly cordoned: boolean;
  /** When its last good answer was complete, Unix ms. */
  readonly lastScrapeMs?: number;
  readonly durationMs?: number;
  readonly error?: { readonly code: string; readonly message: string };
  readonly cpuMillicores?: number;
  readonly cpuRequestMillicores?: number;
  readonly cpuAllocatableMillicores?: number;
  /** Working set. */
  readonly memoryBytes?: number;
  readonly memoryRequestBytes?: number;
  readonly memoryAllocatableBytes?: number;
  readonly pods?: number;
}

/** Sums over the cluster, from the newest round. Missing numbers are not known. */
export interface ClusterTotals {
  readonly cpuMillicores?: number;
  readonly cpuRequestMillicores?: number;
  readonly cpuAllocatableMillicores?: number;
  readonly memoryBytes?: number;
  readonly memoryRequestBytes?: number;
  readonly memoryAllocatableBytes?: number;
  readonly networkRxBytesPerSecond?: number;
  readonly networkTxBytesPerSecond?: number;
  /** Pods per phase, such as `Running`. */
  readonly pods: Readonly<Record<string, number>>;
  readonly containers?: number;
  readonly namespaces?: number;
  readonly workloads?: number;
}

/** Columns over time for the small charts, oldest first; NaN is a gap. */
export interface StatusHistory {
  readonly timestampsMs: readonly number[];
  readonly cpuMillicores: readonly number[];
  readonly memoryBytes: readonly number[];
  readonly networkRxBytesPerSecond: readonly number[];
  readonly networkTxBytesPerSecond: readonly number[];
  readonly pods: readonly number[];
}

/** The whole state, as it is now. */
export interface StatusReport {
  readonly version: string;
  readonly startedMs: number;
  readonly nowMs: number;
  /** The cluster is a simulated one. */
  readonly simulated: boolean;
  readonly cluster: {
    readonly name: string;
    readonly apiServer: string;
    /** Sentences about the cluster as a whole, worst first, such as that its API server does not answer. */
    readonly problems: readonly string[];
  };
  readonly round: {
    /** Rounds since the start; 0 before the first. */
    readonly number: number;
    readonly startedMs?: number;
    readonly durationMs?: number;
    readonly resolutionMs: number;
    /** When the next round begins, Unix ms. */
    readonly nextMs?: number;
  };
  readonly head: {
    readonly oldestMs?: number;
    readonly newestMs?: number;
    readonly bytes: number;
    readonly objects: number;
    readonly windowMs: number;
  };
  /** The history on disk, where there is one. */
  readonly disk?: {
    readonly oldestMs?: number;
    readonly bytes: number;
    readonly maxBytes: number;
  };
  readonly totals: ClusterTotals;
  readonly nodes: readonly NodeStatus[];
  readonly history: StatusHistory;
}

export interface StatusSource {
  status(): StatusReport;
}

/** What the health routes judge by. */
export interface HealthReport {
  readonly nowMs: number;
  readonly startedMs: number;
  readonly resolutionMs: number;
  /** Time that nodes have to answer within a round. */
  readonly deadlineMs: number;
  /** When the last round ended, Unix ms; undefined before the first. */
  readonly lastRoundMs?: number;
  /** When the next round can have data, Unix ms. */
  readonly firstDataMs: number;
  /** There is something to answer with. */
  readonly hasData: boolean;
}

export interface HealthSource {
  health(): HealthReport;
}

export interface SelfMetricsSource {
  expose(): Promise<{ readonly contentType: string; readonly text: string }>;
}

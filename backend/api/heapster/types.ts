import type { ObjectNames, TableName } from '../../model/batch.ts';
import type { NamespaceFacts, NodeFacts, PodFacts } from '../../model/facts.ts';
import type { KnownObject } from '../../query/types.ts';

/** Values of one metric of one object; both times are inclusive. */
export interface PointsRequest {
  readonly table: TableName;
  readonly key: string;
  readonly metric: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Where the object is, if that is known: only this node, or only nodes with a pod of this name, need to be read. */
  readonly node?: string;
  readonly pod?: string;
}

/** One value; bigint where a double would lose digits. */
export interface Point {
  readonly timestampMs: number;
  readonly value: number | bigint;
  /** The samples it stands for, where it is one for several. */
  readonly of?: { readonly min: number; readonly max: number; readonly sum: number; readonly count: number };
}

/** History as far as it reaches: what there was, and its values in order of time. */
export interface PointReader {
  /** Timestamps of the rounds, ascending. */
  rounds(): readonly number[];
  metricsOfNewestRound(): ReadonlySet<string>;
  /** An object that had other names once may come several times, each with the time in which it had them. */
  objects(table: TableName): Iterable<KnownObject>;
  points(request: PointsRequest): Iterable<Point>;
  /** The time of the newest, or the end of the bucket it is in; -Infinity if there is none. It takes less reading. */
  newestMs(request: PointsRequest): number;
}

/** An object with its values in one round, by metric. */
export interface RoundObject {
  readonly names: ObjectNames;
  readonly values: ReadonlyMap<string, number | bigint>;
}

/** The recent rounds, which can be read as a whole. */
export interface RoundReader extends PointReader {
  /** Nodes there are values of. */
  nodes(): Iterable<string>;
  /** What a round has of a table on one node, of all metrics or of those named; `''` is the node of the totals. */
  roundOf(node: string, table: TableName, timestampMs: number, metrics?: ReadonlySet<string>): Iterable<RoundObject>;
}

/** What the API server says now. */
export interface ClusterFacts {
  nodes(): readonly NodeFacts[];
  namespaces(): readonly NamespaceFacts[];
  pods(): Iterable<PodFacts>;
  pod(namespace: string, name: string): PodFacts | undefined;
  /** The image of a container as its runtime reports it, where kubelets tell that. */
  imageOf?(node: string, namespace: string, pod: string, container: string): string | undefined;
}

/** How labels of nodes and pods become labels of Heapster. */
export interface LabelRules {
  readonly labelSeparator: string;
  readonly storeLabels: ReadonlyArray<{ readonly name: string; readonly key: string }>;
  readonly ignoreLabels: readonly string[];
  /** Node annotation that gives `host_id` where the node has no external id. */
  readonly hostIdAnnotation?: string;
  /** Whether nodes are labelled by whether pods may be scheduled there. */
  readonly schedulableLabel?: boolean;
}

/** What Heapster's face is made of. */
export interface HeapsterOptions {
  readonly recent: RoundReader;
  readonly history: PointReader;
  readonly facts: ClusterFacts;
  readonly labels: LabelRules;
  /** Most points one answer may have. */
  readonly maxPoints: number;
  readonly nowMs: () => number;
}

import { describeProblems } from './problems.ts';
import type { Problem } from './problems.ts';
import type { NodeState, NodeStatus, StatusReport } from './types.ts';

/** Columns instead of objects: 5,000 nodes stay small. Rows are sorted by name; missing numbers are null. */
export interface NodeColumns {
  readonly name: readonly string[];
  readonly state: readonly NodeState[];
  readonly cordoned: ReadonlyArray<0 | 1>;
  readonly lastScrapeMs: ReadonlyArray<number | null>;
  readonly durationMs: ReadonlyArray<number | null>;
  /** Sentence per row number, for failing nodes only. */
  readonly errors: Readonly<Record<number, string>>;
  readonly cpuMillicores: ReadonlyArray<number | null>;
  readonly cpuRequestMillicores: ReadonlyArray<number | null>;
  readonly cpuAllocatableMillicores: ReadonlyArray<number | null>;
  readonly memoryBytes: ReadonlyArray<number | null>;
  readonly memoryRequestBytes: ReadonlyArray<number | null>;
  readonly memoryAllocatableBytes: ReadonlyArray<number | null>;
  readonly pods: ReadonlyArray<number | null>;
}

/** `GET /api/self/v1/status`. */
export interface StatusAnswer extends Omit<StatusReport, 'nodes' | 'cluster'> {
  readonly cluster: { readonly name: string; readonly apiServer: string };
  readonly problems: readonly Problem[];
  readonly nodeStates: Readonly<Record<NodeState, number>>;
  /** Changes whenever the columns do; sent back as `?nodes=` it saves them. */
  readonly nodesRevision: string;
  /** Null when the asker has this revision already. */
  readonly nodes: NodeColumns | null;
}

/** Turns a report into what goes over the wire, without the columns if `knownRevision` is still theirs. */
export function toStatusAnswer(report: StatusReport, knownRevision: string | undefined): StatusAnswer {
  const { nodes, cluster, ...rest } = report;
  const nodesRevision = revisionOf(report);
  return {
    ...rest,
    cluster: { name: cluster.name, apiServer: cluster.apiServer },
    problems: describeProblems(report),
    nodeStates: countStates(nodes),
    nodesRevision,
    nodes: knownRevision === nodesRevision ? null : toColumns(nodes),
  };
}

function countStates(nodes: readonly NodeStatus[]): Record<NodeState, number> {
  const counts = { ok: 0, failing: 0, not_ready: 0, waiting: 0 };
  for (const node of nodes) {
    counts[node.state]++;
  }
  return counts;
}

function toColumns(unsorted: readonly NodeStatus[]): NodeColumns {
  const nodes = [...unsorted].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  const column = (read: (node: NodeStatus) => number | undefined): Array<number | null> =>
    nodes.map((node) => {
      const value = read(node);
      return value === undefined || !Number.isFinite(value) ? null : Math.round(value);
    });
  const errors: Record<number, string> = {};
  nodes.forEach((node, row) => {
    if (node.error) {
      errors[row] = node.error.message;
    }
  });
  return {
    name: nodes.map((node) => node.name),
    state: nodes.map((node) => node.state),
    cordoned: nodes.map((node) => (node.cordoned ? 1 : 0)),
    errors,
    lastScrapeMs: column((node) => node.lastScrapeMs),
    durationMs: column((node) => node.durationMs),
    cpuMillicores: column((node) => node.cpuMillicores),
    cpuRequestMillicores: column((node) => node.cpuRequestMillicores),
    cpuAllocatableMillicores: column((node) => node.cpuAllocatableMillicores),
    memoryBytes: column((node) => node.memoryBytes),
    memoryRequestBytes: column((node) => node.memoryRequestBytes),
    memoryAllocatableBytes: column((node) => node.memoryAllocatableBytes),
    pods: column((node) => node.pods),
  };
}

/** A cheap fingerprint: the rows' states and scrape times, folded into 53 bits; unique per process start. */
function revisionOf({ nodes, startedMs, round }: StatusReport): string {
  let hash = 0;
  for (const node of nodes) {
    const stateCode = node.state.charCodeAt(0) + (node.cordoned ? 1 : 0) + node.name.length * 7;
    hash = (hash * 31 + stateCode + ((node.lastScrapeMs ?? 0) % 1_000_003)) % 9_007_199_254_699;
  }
  return `${startedMs.toString(36)}-${round.number}-${nodes.length}-${hash.toString(36)}`;
}

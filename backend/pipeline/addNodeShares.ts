import { withColumns, type Column, type NodeBatch, type Table } from '../model/batch.ts';
import type { NodeConditionName, NodeFacts, PodFacts } from '../model/facts.ts';
import { emptyTable } from './extendTable.ts';

const CONDITIONS: ReadonlyArray<readonly [metric: string, condition: NodeConditionName]> = [
  ['condition/ready', 'Ready'],
  ['condition/memory_pressure', 'MemoryPressure'],
  ['condition/disk_pressure', 'DiskPressure'],
  ['condition/pid_pressure', 'PIDPressure'],
  ['condition/network_unavailable', 'NetworkUnavailable'],
];

const RESOURCES = [
  { key: 'cpu', amount: 'cpuMillicores', used: 'cpu/usage_rate', unusedIsZero: true },
  { key: 'memory', amount: 'memoryBytes', used: 'memory/usage', unusedIsZero: true },
  { key: 'ephemeral_storage', amount: 'ephemeralStorageBytes', used: 'ephemeral_storage/usage', unusedIsZero: false },
] as const;

/** How the request to a kubelet went, for the metrics about it. */
export interface ScrapeOutcome {
  readonly answered: boolean;
  /** NaN if the kubelet was not asked. */
  readonly durationMs: number;
}

/** A node whose kubelet did not answer: a row without values, so that what the API server knows is still kept. */
export function silentNode(node: string, timestampMs: number): NodeBatch {
  const names = { node };
  return {
    node,
    timestampMs,
    receivedMs: timestampMs,
    tables: { node: emptyTable([{ key: node, names }]), pod: emptyTable([]), container: emptyTable([]) },
  };
}

/**
 * Adds what the API server knows about the node: capacity, allocatable, conditions, pods by phase; and the shares that
 * follow from it, as Heapster computes them (use and requests divided by allocatable). Pure.
 */
export function addNodeShares(
  batch: NodeBatch,
  facts: NodeFacts,
  pods: readonly PodFacts[],
  scrape: ScrapeOutcome
): NodeBatch {
  const node = batch.tables.node;
  if (!node) {
    return batch;
  }
  const columns = new Map<string, Column>();
  const set = (metric: string, value: number | undefined) => {
    if (value !== undefined && !Number.isNaN(value)) {
      columns.set(metric, { values: Float64Array.of(value) });
    }
  };
  addAmounts(node, facts, scrape.answered, set);
  for (const [metric, condition] of CONDITIONS) {
    const status = facts.conditions[condition];
    set(metric, status === undefined ? undefined : Number(status === 'True'));
  }
  set('condition/schedulable', Number(!facts.unschedulable));
  set('pods/capacity', facts.capacity.pods);
  set('pods/allocatable', facts.allocatable.pods);
  for (const [metric, count] of countPhases(pods)) {
    set(metric, count);
  }
  set('kubelet/answered', Number(scrape.answered));
  set('kubelet/duration', scrape.durationMs);
  const names = [{ node: facts.name, uid: facts.uid, labels: facts.labels }];
  return { ...batch, tables: { ...batch.tables, node: withColumns({ ...node, names }, columns) } };
}

/** Without an answer there are no shares: what is not known is not 0. */
function addAmounts(
  node: Table,
  facts: NodeFacts,
  answered: boolean,
  set: (metric: string, value: number | undefined) => void
): void {
  for (const { key, amount, used, unusedIsZero } of RESOURCES) {
    const capacity = facts.capacity[amount];
    const allocatable = facts.allocatable[amount];
    // Heapster has the two for ephemeral storage only where both are known.
    if (key === 'ephemeral_storage' && (capacity === undefined || allocatable === undefined)) {
      continue;
    }
    set(`${key}/node_capacity`, capacity);
    set(`${key}/node_allocatable`, allocatable);
    if (allocatable && answered) {
      const unset = unusedIsZero ? 0 : undefined;
      set(`${key}/node_utilization`, share(valueOf(node, used) ?? unset, allocatable));
      set(`${key}/node_reservation`, share(valueOf(node, `${key}/request`) ?? unset, allocatable));
    }
  }
}

function share(amount: number | undefined, of: number): number | undefined {
  return amount === undefined ? undefined : amount / of;
}

function valueOf(node: Table, metric: string): number | undefined {
  const value = node.columns.get(metric)?.values[0];
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

/** Number of pods per phase, as `pods/PHASE`; every phase is there, 0 included. */
export function countPhases(pods: Iterable<PodFacts>): Map<string, number> {
  const counts = new Map(['running', 'pending', 'succeeded', 'failed', 'unknown'].map((phase) => [`pods/${phase}`, 0]));
  for (const { phase } of pods) {
    const metric = `pods/${phase.toLowerCase()}`;
    counts.set(metric, (counts.get(metric) ?? 0) + 1);
  }
  return counts;
}

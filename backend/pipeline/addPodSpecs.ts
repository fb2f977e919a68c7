import {
  ColumnSpace,
  objectKey,
  withColumns,
  type Column,
  type NodeBatch,
  type ObjectNames,
  type Table,
} from '../model/batch.ts';
import type { ContainerFacts, PodFacts, ResourceAmounts } from '../model/facts.ts';
import { extendTable } from './extendTable.ts';

/** What this step asks about pods. */
export interface PodDirectory {
  pod(namespace: string, name: string): PodFacts | undefined;
  podsOnNode(node: string): readonly PodFacts[];
}

const PARTS = ['filesystem', 'interface', 'accelerator'] as const;

/** What the API server adds to a table: rows behind those the kubelet reported, names for all, columns. */
interface TableSpecs {
  readonly keys: readonly string[];
  readonly names: readonly ObjectNames[];
  readonly columns: ReadonlyMap<string, Column>;
}

interface NodeSpecs {
  readonly pod: TableSpecs;
  readonly container: TableSpecs;
  readonly parts: Readonly<Partial<Record<(typeof PARTS)[number], readonly ObjectNames[]>>>;
}

/**
 * Adds what the API server knows about the pods of a node: uid, labels and workload of each, requests and limits,
 * restarts. Pods the kubelet does not report get a row with their restarts, and missing containers of a reported pod get
 * one with their requests, both marked as not reported; pods the API server does not know stay as the kubelet told them.
 * Pure; what is added is the very same as long as both sides list the same.
 */
export function addPodSpecs(batch: NodeBatch, directory: PodDirectory): NodeBatch {
  const { pod, container } = batch.tables;
  if (!pod || !container) {
    return batch;
  }
  const specs = specsOf(batch, pod, container, directory);
  const tables = { ...batch.tables, pod: specify(pod, specs.pod), container: specify(container, specs.container) };
  for (const part of PARTS) {
    const table = tables[part];
    if (table) {
      tables[part] = { ...table, names: specs.parts[part] ?? table.names };
    }
  }
  return { ...batch, tables };
}

function specify(table: Table, { keys, names, columns }: TableSpecs): Table {
  return withColumns(extendTable(table, keys, names), columns);
}

/** Specs that were made for lists of keys and pods; good while all of these are the same lists. */
interface Remembered {
  readonly pods: readonly PodFacts[];
  readonly lists: ReadonlyArray<readonly string[] | undefined>;
  readonly specs: NodeSpecs;
}

const remembered = new WeakMap<readonly string[], Remembered>();

function specsOf(batch: NodeBatch, pods: Table, containers: Table, directory: PodDirectory): NodeSpecs {
  const onNode = directory.podsOnNode(batch.node);
  const lists = [containers.keys, ...PARTS.map((part) => batch.tables[part]?.keys)];
  const known = remembered.get(pods.keys);
  if (known?.pods === onNode && known.lists.every((list, index) => list === lists[index])) {
    return known.specs;
  }
  const reported = pods.names.map((names) => directory.pod(names.namespace ?? '', names.pod ?? ''));
  const factsOf = new Map(pods.keys.map((key, row) => [key, reported[row]]));
  const parts: Partial<Record<(typeof PARTS)[number], readonly ObjectNames[]>> = {};
  for (const part of PARTS) {
    parts[part] = batch.tables[part]?.names.map((names) => describePart(names, factsOf));
  }
  const specs = {
    pod: specsOfPods(pods, reported, batch.node, onNode),
    container: specsOfContainers(containers, reported, batch.node),
    parts,
  };
  // A pod that the API server has elsewhere, or not yet, changes without the list of this node.
  const own = new Set(onNode);
  if (reported.every((pod) => pod && own.has(pod))) {
    remembered.set(pods.keys, { pods: onNode, lists, specs });
  }
  return specs;
}

/** A volume, an interface or an accelerator carries the labels and the workload of its pod, so that it can be found by them. */
function describePart(names: ObjectNames, factsOf: ReadonlyMap<string, PodFacts | undefined>): ObjectNames {
  const pod = names.pod === undefined ? undefined : factsOf.get(objectKey(names.namespace ?? '', names.pod));
  if (!pod) {
    return names;
  }
  const { workload, labels, hostNetwork } = pod;
  return { ...names, workloadKind: workload?.kind, workload: workload?.name, labels, hostNetwork };
}

function specsOfPods(
  pods: Table,
  reported: ReadonlyArray<PodFacts | undefined>,
  node: string,
  onNode: readonly PodFacts[]
): TableSpecs {
  const known = new Set(pods.keys);
  const unreported = onNode.filter((pod) => !known.has(objectKey(pod.namespace, pod.name)));
  const keys = joined(
    pods.keys,
    unreported.map((pod) => objectKey(pod.namespace, pod.name))
  );
  const names = [
    ...pods.names.map((name, row) => describePod(name, reported[row])),
    ...unreported.map((pod) => ({ ...podNames(pod, node), reported: false as const })),
  ];
  const values = new ColumnSet(keys.length);
  [...reported, ...unreported].forEach((pod, row) => {
    if (pod) {
      values.set(row, 'restart_count', sumOver(pod.containers, 'restartCount'));
      values.set(row, 'oom_kill_count', sumOver(pod.containers, 'oomKillCount'));
    }
  });
  reported.forEach((pod, row) => {
    if (pod) {
      values.setAmounts(row, 'scheduler_request', pod.schedulerRequests);
      values.setAmounts(row, 'scheduler_limit', pod.schedulerLimits);
    }
  });
  return { keys, names, columns: values.columns };
}

function specsOfContainers(containers: Table, reported: ReadonlyArray<PodFacts | undefined>, node: string): TableSpecs {
  const pods = new Map(reported.flatMap((pod) => (pod ? [[objectKey(pod.namespace, pod.name), pod] as const] : [])));
  const podOf = (names: ObjectNames) => pods.get(objectKey(names.namespace ?? '', names.pod ?? ''));
  const known = new Set(containers.keys);
  const silent = [...pods.values()].flatMap((pod) =>
    pod.containers
      .filter(({ role, name }) => role === 'container' && !known.has(objectKey(pod.namespace, pod.name, name)))
      .map((container) => ({
        key: objectKey(pod.namespace, pod.name, container.name),
        names: { ...podNames(pod, node), container: container.name, reported: false as const },
      }))
  );
  const keys = joined(
    containers.keys,
    silent.map(({ key }) => key)
  );
  const names = [
    ...containers.names.map((name) => describePod(name, podOf(name))),
    ...silent.map((container) => container.names),
  ];
  const values = new ColumnSet(keys.length);
  names.forEach((name, row) => {
    const container = podOf(name)?.containers.find((candidate) => candidate.name === name.container);
    if (container && container.role !== 'init') {
      setContainer(values, row, container);
    }
  });
  return { keys, names, columns: values.columns };
}

/** The same list where nothing is added. */
function joined(keys: readonly string[], added: readonly string[]): readonly string[] {
  return added.length === 0 ? keys : [...keys, ...added];
}

/** Restarts of the containers that run with the pod; undefined while the API server tells none. */
function sumOver(containers: readonly ContainerFacts[], count: 'restartCount' | 'oomKillCount'): number | undefined {
  const counts = containers.flatMap((container) => (container.role === 'init' ? [] : (container[count] ?? [])));
  return counts.length > 0 ? counts.reduce((sum, value) => sum + value, 0) : undefined;
}

function setContainer(values: ColumnSet, row: number, container: ContainerFacts): void {
  if (container.role === 'container') {
    values.setAmounts(row, 'request', container.requests, 0);
    values.setAmounts(row, 'limit', container.limits, 0);
  }
  values.setAmounts(row, 'actual_request', container.actualRequests ?? container.requests);
  values.setAmounts(row, 'actual_limit', container.actualLimits ?? container.limits);
  for (const [resource, amount] of Object.entries(container.otherRequests ?? {})) {
    values.set(row, `${resource}/request`, amount);
  }
  values.set(row, 'restart_count', container.restartCount);
  values.set(row, 'oom_kill_count', container.oomKillCount);
}

function describePod(names: ObjectNames, pod: PodFacts | undefined): ObjectNames {
  if (!pod) {
    return names;
  }
  const described = describe(pod, names.node ?? '');
  return names.container === undefined ? described.pod : described.container(names.container);
}

const MAX_REMEMBERED = 100;

interface Description {
  readonly node: string;
  readonly pod: ObjectNames;
  container(name: string): ObjectNames;
}

/** Facts are never changed once made, so what was made of them serves every round and takes its memory once. */
const descriptions = new WeakMap<PodFacts, Description>();

function describe(pod: PodFacts, node: string): Description {
  const known = descriptions.get(pod);
  if (known?.node === node) {
    return known;
  }
  const names = podNames(pod, node);
  const containers = new Map<string, ObjectNames>();
  const description: Description = {
    node,
    pod: names,
    container(name) {
      let found = containers.get(name);
      if (!found) {
        found = { ...names, container: name };
        // The names are the kubelet's: it may not fill our memory with ever new ones.
        if (containers.size < MAX_REMEMBERED) {
          containers.set(name, found);
        }
      }
      return found;
    },
  };
  descriptions.set(pod, description);
  return description;
}

function podNames(pod: PodFacts, node: string): ObjectNames {
  return {
    node,
    namespace: pod.namespace,
    pod: pod.name,
    workloadKind: pod.workload?.kind,
    workload: pod.workload?.name,
    uid: pod.uid,
    labels: pod.labels,
    hostNetwork: pod.hostNetwork,
  };
}

type Bound = 'request' | 'limit' | 'actual_request' | 'actual_limit' | 'scheduler_request' | 'scheduler_limit';

const amountsOf = (bound: string) => [`cpu/${bound}`, `memory/${bound}`, `ephemeral_storage/${bound}`] as const;

/** Metrics of a bound: cpu, memory, ephemeral storage. */
const AMOUNTS: Readonly<Record<Bound, ReturnType<typeof amountsOf>>> = {
  request: amountsOf('request'),
  limit: amountsOf('limit'),
  actual_request: amountsOf('actual_request'),
  actual_limit: amountsOf('actual_limit'),
  scheduler_request: amountsOf('scheduler_request'),
  scheduler_limit: amountsOf('scheduler_limit'),
};
/** Columns this step adds to a table of containers. */
const USUAL_COLUMNS = 12;

/** Columns that come into being with their first value. */
class ColumnSet {
  readonly columns = new Map<string, Column>();
  private readonly space: ColumnSpace;

  constructor(rowCount: number) {
    this.space = new ColumnSpace(rowCount, USUAL_COLUMNS);
  }

  set(row: number, metric: string, value: number | undefined): void {
    if (value === undefined) {
      return;
    }
    let column = this.columns.get(metric);
    if (!column) {
      this.columns.set(metric, (column = { values: this.space.take().fill(NaN), isLasting: true }));
    }
    column.values[row] = value;
  }

  /** Sets cpu, memory and ephemeral storage; an amount that is not given becomes `unset`, or stays absent. */
  setAmounts(row: number, bound: Bound, amounts: ResourceAmounts, unset?: number): void {
    const [cpu, memory, storage] = AMOUNTS[bound];
    this.set(row, cpu, amounts.cpuMillicores ?? unset);
    this.set(row, memory, amounts.memoryBytes ?? unset);
    this.set(row, storage, amounts.ephemeralStorageBytes ?? unset);
  }
}

import {
  objectKey,
  type Column,
  type NodeBatch,
  type ObjectNames,
  type Table,
  type TotalsBatch,
} from '../model/batch.ts';
import type { NamespaceFacts, PodFacts } from '../model/facts.ts';
import { HEAPSTER_CPU } from '../model/heapsterValues.ts';
import { countPhases } from './addNodeShares.ts';
import { summableMetrics } from './aggregate.ts';
import { emptyTable } from './extendTable.ts';

/** What the totals need of the API server's objects. */
export interface ClusterObjects {
  namespaces(): readonly NamespaceFacts[];
  pods(): Iterable<PodFacts>;
  /** Pods that no node has yet. */
  unscheduledPods(): readonly PodFacts[];
}

/**
 * Sums the pods of a round to namespaces, workloads and the cluster, and the nodes to the cluster, node by node as they
 * come in. A sum starts with the first value present; what nobody has stays absent. Cluster use is the sum of pods, as
 * Heapster has it; capacity is the sum of nodes.
 */
export class RoundTotals {
  private readonly namespaces = new Sums();
  private readonly workloads = new Sums();
  private readonly cluster = new Sums();

  add(batch: NodeBatch): void {
    const { pod: pods, node } = batch.tables;
    this.cluster.addTo('', {}, 'nodes/count', 1);
    if (node) {
      this.addNode(node);
    }
    if (pods) {
      this.addPods(pods);
    }
  }

  /** The totals of all nodes added so far, with the objects the API server knows and no kubelet reported. */
  close(timestampMs: number, objects: ClusterObjects): TotalsBatch {
    for (const { name, uid, labels } of objects.namespaces()) {
      this.namespaces.name(name, { namespace: name, uid, labels });
    }
    this.countPods(objects.pods());
    const unscheduled = objects.unscheduledPods().map((pod) => ({
      key: objectKey(pod.namespace, pod.name),
      names: {
        namespace: pod.namespace,
        pod: pod.name,
        workloadKind: pod.workload?.kind,
        workload: pod.workload?.name,
        uid: pod.uid,
        labels: pod.labels,
        reported: false as const,
      },
    }));
    return {
      timestampMs,
      tables: {
        cluster: this.cluster.table(),
        namespace: this.namespaces.table(),
        workload: this.workloads.table(),
        pod: emptyTable(unscheduled),
      },
    };
  }

  private addNode(node: Table): void {
    for (const { metric, column } of summableMetrics(node, ({ sumFromNodes }) => sumFromNodes === true)) {
      this.cluster.addTo('', {}, metric.name, column.values[0]);
    }
    for (const [from, to] of [
      ['condition/ready', 'nodes/ready'],
      ['kubelet/answered', 'nodes/answered'],
    ]) {
      this.cluster.addTo('', {}, to, node.columns.get(from)?.values[0] ?? 0);
    }
  }

  private addPods(pods: Table): void {
    const namespaceRows = pods.names.map(({ namespace }) => this.namespaces.rowOf(namespace ?? '', { namespace }));
    const workloadRows = pods.names.map((names) =>
      names.workload === undefined ? -1 : this.workloads.rowOf(workloadKey(names), workloadNames(names))
    );
    for (const { metric, column } of summableMetrics(pods, ({ sumFromPods }) => sumFromPods !== undefined)) {
      const [cluster, namespaces, workloads] = [this.cluster, this.namespaces, this.workloads].map((sums) =>
        sums.column(metric.name)
      );
      const clusterRow = this.cluster.rowOf('', {});
      for (let row = 0; row < column.values.length; row++) {
        const value = column.values[row];
        if (Number.isNaN(value) || (metric.skipHostNetwork && pods.names[row].hostNetwork)) {
          continue;
        }
        addAt(cluster, clusterRow, value);
        addAt(namespaces, namespaceRows[row], value);
        if (workloadRows[row] >= 0) {
          addAt(workloads, workloadRows[row], value);
        }
      }
    }
    this.addHeapsterCpu(pods, namespaceRows);
  }

  /** Heapster's namespaces and cluster are sums of the whole millicores of its pods. */
  private addHeapsterCpu(pods: Table, namespaceRows: readonly number[]): void {
    const values = pods.columns.get(HEAPSTER_CPU)?.values ?? [];
    for (let row = 0; row < values.length; row++) {
      if (values[row] >= 0) {
        addAt(this.cluster.column(HEAPSTER_CPU), this.cluster.rowOf('', {}), values[row]);
        addAt(this.namespaces.column(HEAPSTER_CPU), namespaceRows[row], values[row]);
      }
    }
  }

  private countPods(pods: Iterable<PodFacts>): void {
    const all: PodFacts[] = [...pods];
    for (const [metric, count] of countPhases(all)) {
      this.cluster.addTo('', {}, metric, count);
    }
    for (const namespace of this.namespaces.keys()) {
      for (const metric of countPhases([]).keys()) {
        this.namespaces.addTo(namespace, { namespace }, metric, 0);
      }
    }
    for (const pod of all) {
      const metric = `pods/${pod.phase.toLowerCase()}`;
      this.namespaces.addTo(pod.namespace, { namespace: pod.namespace }, metric, 1);
      if (pod.workload) {
        const names = { namespace: pod.namespace, workloadKind: pod.workload.kind, workload: pod.workload.name };
        this.workloads.addTo(workloadKey(names), names, metric, 1);
      }
    }
  }
}

function workloadKey(names: ObjectNames): string {
  return objectKey(names.namespace ?? '', names.workloadKind ?? '', names.workload ?? '');
}

function workloadNames({ namespace, workloadKind, workload }: ObjectNames): ObjectNames {
  return { namespace, workloadKind, workload };
}

/** A table in the making: a sum per key and metric. */
class Sums {
  private readonly rows = new Map<string, number>();
  private readonly names: ObjectNames[] = [];
  private readonly sums = new Map<string, number[]>();

  keys(): Iterable<string> {
    return [...this.rows.keys()];
  }

  name(key: string, names: ObjectNames): void {
    this.names[this.rowOf(key, names)] = names;
  }

  addTo(key: string, names: ObjectNames, metric: string, value: number): void {
    const row = this.rowOf(key, names);
    addAt(this.column(metric), row, value);
  }

  column(metric: string): number[] {
    let sums = this.sums.get(metric);
    if (!sums) {
      this.sums.set(metric, (sums = []));
    }
    return sums;
  }

  table(): Table {
    const keys = [...this.rows.keys()];
    const columns = new Map<string, Column>();
    for (const [metric, sums] of this.sums) {
      const values = new Float64Array(keys.length);
      for (let row = 0; row < values.length; row++) {
        values[row] = sums[row] ?? NaN;
      }
      columns.set(metric, { values });
    }
    return { ...emptyTable(keys.map((key, row) => ({ key, names: this.names[row] }))), columns };
  }

  rowOf(key: string, names: ObjectNames): number {
    let row = this.rows.get(key);
    if (row === undefined) {
      row = this.rows.size;
      this.rows.set(key, row);
      this.names[row] = names;
    }
    return row;
  }
}

function addAt(sums: number[], row: number, value: number): void {
  sums[row] = (sums[row] ?? 0) + value;
}

import {
  ColumnSpace,
  objectKey,
  rowsByKey,
  withColumns,
  type Column,
  type NodeBatch,
  type Table,
} from '../model/batch.ts';
import { describeMetric, type MetricDefinition } from '../model/catalogue.ts';

/** Metrics of this table that the catalogue sums in the way asked for. */
export function summableMetrics(
  table: Table,
  isSummable: (metric: MetricDefinition) => boolean
): Array<{ metric: MetricDefinition; column: Column }> {
  const found: Array<{ metric: MetricDefinition; column: Column }> = [];
  for (const [name, column] of table.columns) {
    const metric = describeMetric(name);
    if (metric && isSummable(metric)) {
      found.push({ metric, column });
    }
  }
  return found;
}

/**
 * Gives each pod the sum of its containers for every metric it has no value of its own for. Where a pod's own values are
 * those of its pause container, the sum has them as well. A sum starts with the first value present; without any the
 * metric stays absent. Pure.
 */
export function sumContainersToPods(batch: NodeBatch): NodeBatch {
  const { pod: pods, container: containers } = batch.tables;
  if (!pods || !containers) {
    return batch;
  }
  const podOfContainer = podRowsOf(pods, containers);
  const summable = summableMetrics(containers, ({ sumToPod }) => sumToPod === true);
  const space = new ColumnSpace(pods.keys.length, summable.length);
  const added: Array<[string, Column]> = [];
  for (const { metric, column } of summable) {
    const own = pods.columns.get(metric.name);
    const sums = sumContainers(column.values, podOfContainer, space.take());
    added.push([metric.name, isPauseAdded(batch, metric) ? plus(own, sums) : insteadOf(own, sums)]);
  }
  return { ...batch, tables: { ...batch.tables, pod: withColumns(pods, added) } };
}

/** The row of each container's pod, -1 if it has none; found once per pair of lists. */
export function podRowsOf(pods: Table, containers: Table): Int32Array {
  const known = podRowsOfLists.get(containers.keys);
  if (known?.pods === pods.keys) {
    return known.rows;
  }
  const podRows = rowsByKey(pods);
  const rows = new Int32Array(containers.keys.length);
  containers.names.forEach(({ namespace, pod }, row) => {
    rows[row] = podRows.get(objectKey(namespace ?? '', pod ?? '')) ?? -1;
  });
  podRowsOfLists.set(containers.keys, { pods: pods.keys, rows });
  return rows;
}

const podRowsOfLists = new WeakMap<readonly string[], { pods: readonly string[]; rows: Int32Array }>();

/** Whether what a pod has of a metric is what its pause container was measured to use. */
export function isPauseAdded({ source }: Pick<NodeBatch, 'source'>, { origin }: MetricDefinition): boolean {
  return source === 'containers' && origin !== 'api' && origin !== 'cadvisor_metrics';
}

function sumContainers(values: Float64Array, podOfContainer: Int32Array, sums: Float64Array): Float64Array {
  sums.fill(NaN);
  for (let row = 0; row < values.length; row++) {
    const pod = podOfContainer[row];
    const value = values[row];
    if (pod >= 0 && value === value) {
      sums[pod] = sums[pod] === sums[pod] ? sums[pod] + value : value;
    }
  }
  return sums;
}

/** The pods' own values, and sums where there are none. */
function insteadOf(own: Column | undefined, sums: Float64Array): Column {
  for (let row = 0; own && row < sums.length; row++) {
    const value = own.values[row];
    sums[row] = value === value ? value : sums[row];
  }
  return own?.wide ? { values: sums, wide: own.wide } : { values: sums };
}

/** Sums with the pods' own values in them. */
function plus(own: Column | undefined, sums: Float64Array): Column {
  for (let row = 0; own && row < sums.length; row++) {
    const value = own.values[row];
    sums[row] = value !== value ? sums[row] : sums[row] === sums[row] ? sums[row] + value : value;
  }
  return { values: sums };
}

/** Gives the node the sum of its pods for what the catalogue sums to nodes: requests, limits, restarts. Pure. */
export function sumPodsToNode(batch: NodeBatch): NodeBatch {
  const { pod: pods, node } = batch.tables;
  if (!pods || !node) {
    return batch;
  }
  const added: Array<[string, Column]> = [];
  for (const { metric, column } of summableMetrics(pods, ({ sumFromPods }) => sumFromPods?.includes('node') === true)) {
    let sum = NaN;
    for (const value of column.values) {
      if (!Number.isNaN(value)) {
        sum = Number.isNaN(sum) ? value : sum + value;
      }
    }
    added.push([metric.name, { values: Float64Array.of(sum) }]);
  }
  return { ...batch, tables: { ...batch.tables, node: withColumns(node, added) } };
}

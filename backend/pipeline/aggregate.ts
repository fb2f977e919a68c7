import { objectKey, withColumns, type Column, type NodeBatch, type Table } from '../model/batch.ts';
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
 * Gives each pod the sum of its containers for every metric it has no value of its own for. A sum starts with the first
 * value present; without any the metric stays absent. Pure.
 */
export function sumContainersToPods(batch: NodeBatch): NodeBatch {
  const { pod: pods, container: containers } = batch.tables;
  if (!pods || !containers) {
    return batch;
  }
  const podRows = new Map(pods.keys.map((key, row) => [key, row]));
  const podOfContainer = Int32Array.from(
    containers.names,
    ({ namespace, pod }) => podRows.get(objectKey(namespace ?? '', pod ?? '')) ?? -1
  );
  const added: Array<[string, Column]> = [];
  for (const { metric, column } of summableMetrics(containers, ({ sumToPod }) => sumToPod === true)) {
    added.push([metric.name, sumInto(pods, metric.name, column.values, podOfContainer)]);
  }
  return { ...batch, tables: { ...batch.tables, pod: withColumns(pods, added) } };
}

function sumInto(pods: Table, metric: string, values: Float64Array, podOfContainer: Int32Array): Column {
  const own = pods.columns.get(metric);
  const sums = new Float64Array(pods.keys.length).fill(NaN);
  for (let row = 0; row < values.length; row++) {
    const pod = podOfContainer[row];
    const value = values[row];
    if (pod >= 0 && !Number.isNaN(value)) {
      sums[pod] = Number.isNaN(sums[pod]) ? value : sums[pod] + value;
    }
  }
  own?.values.forEach((value, row) => {
    if (!Number.isNaN(value)) {
      sums[row] = value;
    }
  });
  return own?.wide ? { values: sums, wide: own.wide } : { values: sums };
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

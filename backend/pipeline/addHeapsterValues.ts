import { rowsByKey, withColumns, type Column, type NodeBatch, type Table } from '../model/batch.ts';
import { describeMetric } from '../model/catalogue.ts';
import { heapsterHas } from '../model/heapsterMetrics.ts';
import { HEAPSTER_HAD_NONE, HEAPSTER_START, heapsterColumn, wholeMillicores } from '../model/heapsterValues.ts';
import { podRowsOf } from './aggregate.ts';
import { CPU, LEVELS, ratesOf, type Level, type Source, type Values } from './heapsterRates.ts';

/** Stands among the metrics for when an object started. */
const START = 'start';
const STORAGE_SHARE = 'ephemeral_storage/node_utilization';
const NOTHING = new Float64Array(0);

/** Pods as Heapster took them, in this round and in the one before, where that is not how we take them. */
export interface PodsListedLast {
  readonly now?: Table;
  readonly before?: Table;
}

/**
 * Adds what Heapster would have said where that is not our value: see `model/heapsterValues.ts`. Stands at the end of the
 * line, so that what it adds is part of no sum. `previous` holds the counters of the round before. Pure.
 */
export function addHeapsterValues(
  batch: NodeBatch,
  previous: NodeBatch | undefined,
  listedLast: PodsListedLast = {}
): NodeBatch {
  const values = new Map<Level, Values>();
  for (const level of LEVELS) {
    const table = batch.tables[level];
    const [now, before] = level === 'pod' ? [listedLast.now, listedLast.before] : [];
    if (table) {
      values.set(level, valuesOf(level, table, now ?? table, before ?? previous?.tables[level], batch.source));
    }
  }
  const { pod: pods, container: containers, node } = batch.tables;
  if (pods && containers) {
    sumToPods(pods, containers, values.get('pod')!, values.get('container')!, batch.source);
  }
  if (node) {
    addUtilization(node, values.get('node')!);
  }
  const tables = { ...batch.tables };
  for (const [level, own] of values) {
    const table = batch.tables[level]!;
    tables[level] = withColumns(table, differences(level, table, own));
  }
  return { ...batch, tables };
}

/** What Heapster said of the rows of a table, given the values it took: rates, start, and whatever else is not ours. */
function valuesOf(level: Level, table: Table, told: Table, before: Table | undefined, source: Source): Values {
  const own = ratesOf(level, told, before, source);
  if (told.startTimesMs.some((timeMs) => !Number.isNaN(timeMs))) {
    own.set(START, told.startTimesMs);
  }
  if (told === table) {
    return own;
  }
  const rows = rowsByKey(told);
  const arranged: Values = new Map();
  const arrange = (name: string, values: Float64Array, isRate: boolean) => {
    const ours = table.columns.get(name)?.values;
    arranged.set(
      name,
      Float64Array.from(table.keys, (key, row) => {
        const value = values[rows.get(key) ?? -1] ?? NaN;
        // What the pod itself does not say is the sum of its containers, which is ours too.
        return Number.isNaN(value) && !isRate && ours ? ours[row] : value;
      })
    );
  };
  own.forEach((values, name) => arrange(name, values, true));
  for (const [name, { values }] of told.columns) {
    const metric = describeMetric(name);
    if (metric && heapsterHas(metric, level) && !own.has(name)) {
      arrange(name, values, false);
    }
  }
  return arranged;
}

/** A pod has its own rate, or the sum of its containers', or both where its own is that of its pause container; its restarts are those of the containers that are reported. */
function sumToPods(pods: Table, containers: Table, ofPods: Values, ofContainers: Values, source: Source): void {
  const podOf = podRowsOf(pods, containers);
  addRestarts(containers, ofContainers);
  for (const [metric, values] of ofContainers) {
    if (metric === START) {
      continue;
    }
    const sums = new Float64Array(pods.keys.length).fill(NaN);
    for (let row = 0; row < values.length; row++) {
      const pod = podOf[row];
      const value = values[row];
      if (pod >= 0 && value === value) {
        sums[pod] = sums[pod] === sums[pod] ? sums[pod] + value : value;
      }
    }
    const own = ofPods.get(metric) ?? NOTHING;
    for (let row = 0; row < own.length; row++) {
      const isBoth = source === 'containers' && sums[row] === sums[row];
      sums[row] = own[row] !== own[row] ? sums[row] : isBoth ? sums[row] + own[row] : own[row];
    }
    ofPods.set(metric, sums);
  }
  if (pods.columns.has('restart_count') && !ofPods.has('restart_count')) {
    ofPods.set('restart_count', new Float64Array(pods.keys.length).fill(NaN));
  }
}

function addRestarts(containers: Table, ofContainers: Values): void {
  const restarts = containers.columns.get('restart_count')?.values;
  if (restarts) {
    const reported = restarts.slice();
    for (let row = 0; row < reported.length; row++) {
      reported[row] = containers.names[row].reported === false ? NaN : reported[row];
    }
    ofContainers.set('restart_count', reported);
  }
}

function addUtilization(node: Table, ofNode: Values): void {
  const allocatable = node.columns.get('cpu/node_allocatable')?.values[0];
  if (allocatable && node.columns.has('cpu/node_utilization')) {
    const rate = ofNode.get(CPU)?.[0] ?? NaN;
    ofNode.set('cpu/node_utilization', Float64Array.of((Number.isNaN(rate) ? 0 : rate) / allocatable));
  }
  // Heapster took local storage that an answer does not tell for none.
  const isAnswered = node.columns.get('kubelet/answered')?.values[0] === 1;
  const storage = node.columns.get('ephemeral_storage/node_allocatable')?.values[0];
  if (isAnswered && storage && !node.columns.has(STORAGE_SHARE)) {
    ofNode.set(STORAGE_SHARE, Float64Array.of(0));
  }
}

/** Columns of the values that are not ours. The CPU of pods is whole there, because it is summed further. */
function differences(level: Level, table: Table, own: Values): Array<[string, Column]> {
  const columns: Array<[string, Column]> = [];
  for (const [metric, values] of own) {
    if (metric === START) {
      columns.push([HEAPSTER_START, { values }]);
      continue;
    }
    const isSummed = level === 'pod' && metric === CPU;
    const differing = differencesOf(metric, values, table.columns.get(metric)?.values, isSummed);
    if (differing) {
      columns.push([heapsterColumn(metric), { values: differing }]);
    }
  }
  return columns;
}

/** Heapster's values where they are not ours, all of them if the column is to be whole; undefined if there are none. */
function differencesOf(
  metric: string,
  values: Float64Array,
  ours: Float64Array | undefined,
  isWhole: boolean
): Float64Array | undefined {
  const differing = new Float64Array(values.length).fill(NaN);
  let any = isWhole;
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    const known = ours ? ours[row] : NaN;
    const isKnown = known === known;
    if (value !== value ? isKnown : isWhole || value !== (metric === CPU ? wholeMillicores(known) : known)) {
      differing[row] = value !== value ? HEAPSTER_HAD_NONE : value;
      any = true;
    }
  }
  return any ? differing : undefined;
}

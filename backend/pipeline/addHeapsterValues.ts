import {
  exactValue,
  objectKey,
  rowsByKey,
  withColumns,
  type Column,
  type NodeBatch,
  type Table,
} from '../model/batch.ts';
import { describeMetric, RATES } from '../model/catalogue.ts';
import { heapsterHas } from '../model/heapsterMetrics.ts';
import {
  HEAPSTER_CPU,
  HEAPSTER_HAD_NONE,
  HEAPSTER_START,
  heapsterColumn,
  wholeMillicores,
} from '../model/heapsterValues.ts';

const LEVELS = ['node', 'sys_container', 'pod', 'container'] as const;
type Level = (typeof LEVELS)[number];

const CPU = 'cpu/usage_rate';
/** Stands among the metrics for when an object started. */
const START = 'start';
const TRAFFIC = ['network/rx', 'network/tx', 'network/rx_errors', 'network/tx_errors'] as const;

/** Values per metric, a number per row; NaN is absent. */
type Values = Map<string, Float64Array>;

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
      values.set(level, valuesOf(level, table, now ?? table, before ?? previous?.tables[level]));
    }
  }
  const { pod: pods, container: containers, node } = batch.tables;
  if (pods && containers) {
    sumToPods(pods, containers, values.get('pod')!, values.get('container')!);
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

/** Heapster stamped an object once: a pod by its network block, everything else by the first block that it has. */
function sampleTimes(level: Level, { keys, sampleTimesMs, columns }: Table): Float64Array {
  const times = new Float64Array(keys.length);
  for (let row = 0; row < times.length; row++) {
    const { cpu, memory, network } = sampleTimesMs;
    if (level === 'pod') {
      const hasNetwork = TRAFFIC.some((metric) => !Number.isNaN(columns.get(metric)?.values[row] ?? NaN));
      times[row] = hasNetwork ? network[row] : NaN;
    } else {
      times[row] = [cpu[row], memory[row], network[row]].find((timeMs) => !Number.isNaN(timeMs)) ?? NaN;
    }
  }
  return times;
}

/** What Heapster said of the rows of a table, given the values it took: rates, start, and whatever else is not ours. */
function valuesOf(level: Level, table: Table, told: Table, before: Table | undefined): Values {
  const own = ratesOf(level, told, before);
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

function ratesOf(level: Level, table: Table, before: Table | undefined): Values {
  const rates: Values = new Map();
  const rowsBefore = before && before.keys !== table.keys ? rowsByKey(before) : undefined;
  const timesMs = sampleTimes(level, table);
  const timesBeforeMs = before && sampleTimes(level, before);
  for (const { counter, rate } of RATES) {
    const now = table.columns.get(counter.name);
    if (!now || !heapsterHas(rate, level)) {
      continue;
    }
    const values = new Float64Array(table.keys.length).fill(NaN);
    rates.set(rate.name, values);
    const then = before?.columns.get(counter.name);
    for (let row = 0; before && timesBeforeMs && then && row < values.length; row++) {
      const rowBefore = rowsBefore ? rowsBefore.get(table.keys[row]) : row;
      if (rowBefore !== undefined && Object.is(table.startTimesMs[row], before.startTimesMs[rowBefore])) {
        const elapsedMs = timesMs[row] - timesBeforeMs[rowBefore];
        values[row] = rateBetween(exactValue(now, row), exactValue(then, rowBefore), elapsedMs, rate.name === CPU);
      }
    }
  }
  return rates;
}

/** A rate of a counter that fell is left out, which is not what Heapster did: it said a negative one. */
function rateBetween(now: number | bigint, then: number | bigint, elapsedMs: number, isCpu: boolean): number {
  if (!(elapsedMs > 0) || Number.isNaN(now) || Number.isNaN(then)) {
    return NaN;
  }
  const gained = typeof now === 'bigint' || typeof then === 'bigint' ? Number(BigInt(now) - BigInt(then)) : now - then;
  if (gained < 0) {
    return NaN;
  }
  if (!isCpu) {
    return (gained * 1000) / elapsedMs;
  }
  const nanosecondsPerMillicore = elapsedMs * 1000;
  return Math.round((gained - (gained % nanosecondsPerMillicore)) / nanosecondsPerMillicore);
}

/** A pod has its own rate, or the sum of its containers'; its restarts are those of the containers that are reported. */
function sumToPods(pods: Table, containers: Table, ofPods: Values, ofContainers: Values): void {
  const podRows = rowsByKey(pods);
  const podOf = containers.names.map((names) => podRows.get(objectKey(names.namespace ?? '', names.pod ?? '')));
  const restarts = containers.columns.get('restart_count')?.values;
  if (restarts) {
    ofContainers.set(
      'restart_count',
      restarts.map((count, row) => (containers.names[row].reported === false ? NaN : count))
    );
  }
  for (const [metric, values] of ofContainers) {
    const sums = new Float64Array(pods.keys.length).fill(NaN);
    for (let row = 0; row < values.length; row++) {
      const pod = podOf[row];
      if (pod !== undefined && !Number.isNaN(values[row])) {
        sums[pod] = Number.isNaN(sums[pod]) ? values[row] : sums[pod] + values[row];
      }
    }
    const own = ofPods.get(metric);
    ofPods.set(metric, own ? sums.map((sum, row) => (Number.isNaN(own[row]) ? sum : own[row])) : sums);
  }
  if (pods.columns.has('restart_count') && !ofPods.has('restart_count')) {
    ofPods.set('restart_count', new Float64Array(pods.keys.length).fill(NaN));
  }
}

function addUtilization(node: Table, ofNode: Values): void {
  const allocatable = node.columns.get('cpu/node_allocatable')?.values[0];
  if (allocatable && node.columns.has('cpu/node_utilization')) {
    const rate = ofNode.get(CPU)?.[0] ?? NaN;
    ofNode.set('cpu/node_utilization', Float64Array.of((Number.isNaN(rate) ? 0 : rate) / allocatable));
  }
}

/** Columns of the values that are not ours. The CPU of pods is whole there, because it is summed further. */
function differences(level: Level, table: Table, own: Values): Array<[string, Column]> {
  const columns: Array<[string, Column]> = [];
  for (const [metric, values] of own) {
    const ours = table.columns.get(metric)?.values;
    if (metric === START) {
      columns.push([HEAPSTER_START, { values }]);
      continue;
    }
    const differing = values.map((value, row) => {
      const known = ours ? ours[row] : NaN;
      if (Number.isNaN(value)) {
        return Number.isNaN(known) ? NaN : HEAPSTER_HAD_NONE;
      }
      return value === (metric === CPU ? wholeMillicores(known) : known) ? NaN : value;
    });
    if (level === 'pod' && metric === CPU) {
      columns.push([HEAPSTER_CPU, { values: differing.map((value, row) => (value < 0 ? value : values[row])) }]);
    } else if (differing.some((value) => !Number.isNaN(value))) {
      columns.push([heapsterColumn(metric), { values: differing }]);
    }
  }
  return columns;
}

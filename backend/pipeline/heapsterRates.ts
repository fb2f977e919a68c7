import { exactValue, rowsByKey, type Column, type NodeBatch, type Table } from '../model/batch.ts';
import { RATES } from '../model/catalogue.ts';
import { heapsterHas } from '../model/heapsterMetrics.ts';

/** Levels whose values a kubelet measures. */
export const LEVELS = ['node', 'sys_container', 'pod', 'container'] as const;
export type Level = (typeof LEVELS)[number];

/** Values per metric, a number per row; NaN is absent. */
export type Values = Map<string, Float64Array>;

/** The one rate that is whole. */
export const CPU = 'cpu/usage_rate';
const TRAFFIC = ['network/rx', 'network/tx', 'network/rx_errors', 'network/tx_errors'] as const;
const NOTHING = new Float64Array(0);

/** Where a node's values come from, as {@link NodeBatch} says it. */
export type Source = NodeBatch['source'];

/**
 * Heapster stamped an object once: a pod of a summary by its network block, everything else by the first block that it has.
 */
function sampleTimes(level: Level, { keys, sampleTimesMs, columns }: Table, source: Source): Float64Array {
  const { cpu, memory, network } = sampleTimesMs;
  const times = new Float64Array(keys.length).fill(NaN);
  if (level === 'pod' && source === undefined) {
    for (const metric of TRAFFIC) {
      const values = columns.get(metric)?.values ?? NOTHING;
      for (let row = 0; row < values.length; row++) {
        times[row] = values[row] === values[row] ? network[row] : times[row];
      }
    }
    return times;
  }
  for (let row = 0; row < times.length; row++) {
    const first = cpu[row] === cpu[row] ? cpu[row] : memory[row];
    times[row] = first === first ? first : network[row];
  }
  return times;
}

/** Rates as Heapster had them: by one clock per object, and CPU in whole millicores. */
export function ratesOf(level: Level, table: Table, before: Table | undefined, source?: Source): Values {
  const rates: Values = new Map();
  const elapsedMs = before && elapsedTimes(level, table, before, source);
  for (const { counter, rate } of RATES_OF[level]) {
    const now = table.columns.get(counter.name);
    if (!now) {
      continue;
    }
    const values = new Float64Array(table.keys.length).fill(NaN);
    rates.set(rate.name, values);
    const then = before?.columns.get(counter.name);
    for (let row = 0; elapsedMs && then && row < values.length; row++) {
      if (elapsedMs.times[row] > 0) {
        const gained = gain(now, row, then, elapsedMs.rowsBefore[row]);
        values[row] =
          rate.name === CPU ? millicores(gained, elapsedMs.times[row]) : perSecond(gained, elapsedMs.times[row]);
      }
    }
  }
  return rates;
}

/** Rates that Heapster had on each level. */
const RATES_OF: Readonly<Record<Level, typeof RATES>> = {
  node: ratesAt('node'),
  sys_container: ratesAt('sys_container'),
  pod: ratesAt('pod'),
  container: ratesAt('container'),
};

function ratesAt(level: Level): typeof RATES {
  return RATES.filter(({ rate }) => heapsterHas(rate, level));
}

/** Time between the samples of each row and of its row before; NaN where the two are no samples of the same run. */
function elapsedTimes(
  level: Level,
  table: Table,
  before: Table,
  source: Source
): { times: Float64Array; rowsBefore: Int32Array } {
  const known = before.keys === table.keys ? undefined : rowsByKey(before);
  const times = sampleTimes(level, table, source);
  const timesBefore = sampleTimes(level, before, source);
  const rowsBefore = new Int32Array(times.length);
  for (let row = 0; row < times.length; row++) {
    const rowBefore = known ? (known.get(table.keys[row]) ?? -1) : row;
    const isSameRun = rowBefore >= 0 && Object.is(table.startTimesMs[row], before.startTimesMs[rowBefore]);
    rowsBefore[row] = rowBefore;
    times[row] = isSameRun ? times[row] - timesBefore[rowBefore] : NaN;
  }
  return { times, rowsBefore };
}

/** What a counter gained. One that fell gives nothing, which is not what Heapster did: it told a negative rate. */
function gain(now: Column, row: number, then: Column, rowBefore: number): number {
  let gained = now.values[row] - then.values[rowBefore];
  if (gained === gained && (now.wide?.has(row) || then.wide?.has(rowBefore))) {
    gained = Number(BigInt(exactValue(now, row)) - BigInt(exactValue(then, rowBefore)));
  }
  return gained < 0 ? NaN : gained;
}

function perSecond(gained: number, elapsedMs: number): number {
  return (gained * 1000) / elapsedMs;
}

/** Divides whole numbers as Heapster did. */
function millicores(gainedNs: number, elapsedMs: number): number {
  const nanosecondsPerMillicore = elapsedMs * 1000;
  return Math.round((gainedNs - (gainedNs % nanosecondsPerMillicore)) / nanosecondsPerMillicore);
}

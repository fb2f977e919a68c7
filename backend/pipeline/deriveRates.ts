import {
  ColumnSpace,
  exactValue,
  rowsByKey,
  withColumns,
  type Column,
  type NodeBatch,
  type Table,
  type TableName,
} from '../model/batch.ts';
import { RATES, type MetricDefinition } from '../model/catalogue.ts';

/**
 * Adds the rates of all counters, from the samples of two consecutive rounds. Pure.
 *
 * A rate is left out, never guessed, if the object was not in the round before, if its sample is the same or older, if it
 * was restarted in between (another start time), or if the counter fell. Time is measured by the samples' own clocks.
 */
export function deriveRates(batch: NodeBatch, previous: NodeBatch | undefined): NodeBatch {
  if (!previous) {
    return batch;
  }
  const tables: Partial<Record<TableName, Table>> = {};
  for (const [name, table] of Object.entries(batch.tables) as Array<[TableName, Table]>) {
    const before = previous.tables[name];
    tables[name] = before ? withColumns(table, ratesBetween(table, before)) : table;
  }
  return { ...batch, tables };
}

/**
 * What {@link deriveRates} needs of a batch in the next round: its counters and their clocks, nothing else. Where it can
 * it overwrites what was kept of the round before, `old`, which must not be used any more.
 */
export function keepCounters(batch: NodeBatch, old?: NodeBatch): NodeBatch {
  const tables: Partial<Record<TableName, Table>> = {};
  for (const [name, table] of Object.entries(batch.tables) as Array<[TableName, Table]>) {
    const counters = RATES.flatMap(({ counter }) => table.columns.get(counter.name) ?? []);
    if (counters.length > 0) {
      tables[name] = compact(table, counters.length, old?.tables[name]);
    }
  }
  return { ...batch, tables };
}

/** The counters of a table in memory of their own, so that they do not hold on to all its other columns. */
function compact(table: Table, counterCount: number, old: Table | undefined): Table {
  const kept = old?.keys === table.keys && old.columns.size === counterCount ? old : emptyCounters(table, counterCount);
  for (const [name, { values }] of kept.columns) {
    const column = table.columns.get(name);
    if (!column || column.wide) {
      return compactAnew(table, counterCount);
    }
    values.set(column.values);
  }
  copyTimes(table, kept);
  return kept;
}

/** The same for counters beyond 2^53, whose exact values are lists of their own. */
function compactAnew(table: Table, counterCount: number): Table {
  const kept = emptyCounters(table, counterCount);
  const columns = new Map<string, Column>();
  for (const [name, { values }] of kept.columns) {
    const column = table.columns.get(name)!;
    values.set(column.values);
    columns.set(name, { ...column, values });
  }
  copyTimes(table, kept);
  return { ...kept, columns };
}

function copyTimes(table: Table, kept: Table): void {
  kept.startTimesMs.set(table.startTimesMs);
  for (const clock of CLOCKS) {
    kept.sampleTimesMs[clock].set(table.sampleTimesMs[clock]);
  }
}

const CLOCKS = ['cpu', 'memory', 'network', 'io'] as const;

function emptyCounters(table: Table, counterCount: number): Table {
  const space = new ColumnSpace(table.keys.length, counterCount + 1 + CLOCKS.length);
  const columns = new Map<string, Column>();
  for (const { counter } of RATES) {
    if (table.columns.has(counter.name)) {
      columns.set(counter.name, { values: space.take() });
    }
  }
  return {
    keys: table.keys,
    names: [],
    columns,
    startTimesMs: space.take(),
    sampleTimesMs: { cpu: space.take(), memory: space.take(), network: space.take(), io: space.take() },
  };
}

/** Rates a table of one kind has at most: pressure, cpu, page faults, network. */
const USUAL_RATES = 10;

function ratesBetween(table: Table, before: Table): Array<[string, Column]> {
  const rates: Array<[string, Column]> = [];
  const space = new ColumnSpace(table.keys.length, USUAL_RATES);
  let rowsBefore: Int32Array | undefined;
  for (const { counter, rate } of RATES) {
    const now = table.columns.get(counter.name);
    const then = before.columns.get(counter.name);
    if (now && then) {
      rowsBefore ??= comparableRows(table, before);
      const column = rateColumn(table, before, rowsBefore, now, then, rate, space.take());
      if (column) {
        rates.push([rate.name, column]);
      }
    }
  }
  return rates;
}

/** For each row the row of the same object before, -1 if there is none or if it was restarted since. */
function comparableRows(table: Table, before: Table): Int32Array {
  const isSameList = table.keys === before.keys;
  const known = isSameList ? undefined : rowsByKey(before);
  const rows = new Int32Array(table.keys.length);
  for (let row = 0; row < rows.length; row++) {
    const rowBefore = known ? (known.get(table.keys[row]) ?? -1) : row;
    const isSameRun = rowBefore >= 0 && Object.is(table.startTimesMs[row], before.startTimesMs[rowBefore]);
    rows[row] = isSameRun ? rowBefore : -1;
  }
  return rows;
}

function rateColumn(
  table: Table,
  before: Table,
  rowsBefore: Int32Array,
  now: Column,
  then: Column,
  rate: MetricDefinition,
  values: Float64Array
): Column | undefined {
  const clock = rate.clock ?? 'cpu';
  const timesMs = table.sampleTimesMs[clock];
  const timesBeforeMs = before.sampleTimesMs[clock];
  const scale = rate.rateScale ?? 1;
  values.fill(NaN);
  let present = false;
  for (let row = 0; row < values.length; row++) {
    const rowBefore = rowsBefore[row];
    const elapsedMs = rowBefore < 0 ? NaN : timesMs[row] - timesBeforeMs[rowBefore];
    if (elapsedMs > 0) {
      const gained = difference(now, row, then, rowBefore);
      if (gained >= 0) {
        values[row] = (gained * 1000 * scale) / elapsedMs;
        present = true;
      }
    }
  }
  return present ? { values } : undefined;
}

function difference(now: Column, row: number, then: Column, rowBefore: number): number {
  if (now.wide?.has(row) || then.wide?.has(rowBefore)) {
    const [later, earlier] = [exactValue(now, row), exactValue(then, rowBefore)];
    return Number.isNaN(later) || Number.isNaN(earlier) ? NaN : Number(BigInt(later) - BigInt(earlier));
  }
  return now.values[row] - then.values[rowBefore];
}

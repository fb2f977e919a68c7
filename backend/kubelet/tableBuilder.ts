import { ColumnSpace, type Clock, type Column, type ObjectNames, type Table } from '../model/batch.ts';

/** A table that is not finished: columns may be added to it, and its times may be mended. */
export interface OpenTable extends Table {
  readonly columns: Map<string, Column>;
}

const CLOCKS: readonly Clock[] = ['cpu', 'memory', 'network', 'io'];
const FIRST_ROWS = 8;

/**
 * Collects rows of one table while an answer is read: values are written row by row and turned into columns at the end.
 * The metrics are fixed when it is made; metric numbers are indexes into that list.
 */
export class TableBuilder {
  rowCount = 0;
  private readonly metrics: readonly string[];
  private values: Float64Array;
  private startTimesMs: number[] = [];
  private readonly sampleTimesMs: Record<Clock, number[]> = { cpu: [], memory: [], network: [], io: [] };
  private readonly wide = new Map<number, Map<number, bigint>>();
  private readonly seen: Uint8Array;
  private readonly extra = new Map<string, Map<number, number | bigint>>();

  constructor(metrics: readonly string[]) {
    this.metrics = metrics;
    this.seen = new Uint8Array(metrics.length);
    this.values = new Float64Array(FIRST_ROWS * metrics.length).fill(NaN);
  }

  /** Starts a row and gives its number. */
  addRow(): number {
    const row = this.rowCount++;
    if (this.rowCount * this.metrics.length > this.values.length) {
      const larger = new Float64Array(this.values.length * 2).fill(NaN);
      larger.set(this.values);
      this.values = larger;
    }
    this.startTimesMs.push(NaN);
    for (const clock of CLOCKS) {
      this.sampleTimesMs[clock].push(NaN);
    }
    return row;
  }

  set(row: number, metric: number, value: number | bigint): void {
    this.seen[metric] = 1;
    if (typeof value === 'bigint') {
      let exact = this.wide.get(metric);
      if (!exact) {
        this.wide.set(metric, (exact = new Map()));
      }
      exact.set(row, value);
      this.values[row * this.metrics.length + metric] = Number(value);
    } else {
      this.values[row * this.metrics.length + metric] = value;
    }
  }

  /** Sets a metric that is not in the list; at most `limit` different ones are kept. */
  setExtra(row: number, metric: string, value: number | bigint, limit: number): void {
    let rows = this.extra.get(metric);
    if (!rows) {
      if (this.extra.size >= limit) {
        return;
      }
      this.extra.set(metric, (rows = new Map()));
    }
    rows.set(row, value);
  }

  setStart(row: number, timeMs: number): void {
    this.startTimesMs[row] = timeMs;
  }

  start(row: number): number {
    return this.startTimesMs[row];
  }

  setSample(row: number, clock: Clock, timeMs: number): void {
    this.sampleTimesMs[clock][row] = timeMs;
  }

  /** The table of the rows in `kept` order. `keys` and `names` are those of the kept rows. */
  build(kept: readonly number[], keys: string[], names: ObjectNames[]): OpenTable {
    const space = new ColumnSpace(kept.length, this.countColumns());
    const columns = new Map<string, Column>();
    this.metrics.forEach((name, metric) => {
      if (this.seen[metric]) {
        columns.set(name, this.column(kept, metric, space.take()));
      }
    });
    for (const [name, rows] of this.extra) {
      columns.set(name, extraColumn(kept, rows, space.take()));
    }
    const { cpu, memory, network, io } = this.sampleTimesMs;
    const times = (source: readonly number[]) => pick(space.take(), kept, (row) => source[row]);
    return {
      keys,
      names,
      columns,
      startTimesMs: times(this.startTimesMs),
      sampleTimesMs: { cpu: times(cpu), memory: times(memory), network: times(network), io: times(io) },
    };
  }

  /** Columns that have a value, and those of the times. */
  private countColumns(): number {
    let count = this.extra.size + 1 + CLOCKS.length;
    for (const seen of this.seen) {
      count += seen;
    }
    return count;
  }

  private column(kept: readonly number[], metric: number, values: Float64Array): Column {
    const stride = this.metrics.length;
    for (let index = 0; index < kept.length; index++) {
      values[index] = this.values[kept[index] * stride + metric];
    }
    const exact = this.wide.get(metric);
    if (!exact) {
      return { values };
    }
    const wide = new Map<number, bigint>();
    kept.forEach((row, index) => {
      const value = exact.get(row);
      if (value !== undefined) {
        wide.set(index, value);
      }
    });
    return wide.size > 0 ? { values, wide } : { values };
  }
}

function extraColumn(
  kept: readonly number[],
  rows: ReadonlyMap<number, number | bigint>,
  values: Float64Array
): Column {
  const wide = new Map<number, bigint>();
  pick(values, kept, (row) => Number(rows.get(row) ?? NaN));
  kept.forEach((row, index) => {
    const value = rows.get(row);
    if (typeof value === 'bigint') {
      wide.set(index, value);
    }
  });
  return wide.size > 0 ? { values, wide } : { values };
}

function pick(values: Float64Array, rows: readonly number[], valueOf: (row: number) => number): Float64Array {
  for (let index = 0; index < rows.length; index++) {
    values[index] = valueOf(rows[index]);
  }
  return values;
}

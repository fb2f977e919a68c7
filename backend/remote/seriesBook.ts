import type { NodeBatch, ObjectNames, Table, TableName, TotalsBatch } from '../model/batch.ts';
import type { MetricLevel } from '../model/catalogue.ts';
import {
  exportedMetric,
  infoMetric,
  isPartTable,
  labelsOfInfo,
  labelsOfObject,
  sameInfo,
  sameLabels,
  type ExportedMetric,
} from './exportedNames.ts';
import { sampleGrid, STALE, type SampleGrid } from './sampleGrid.ts';

/** What was sent of one table of one node in the round before. */
interface Sent {
  readonly table: TableName;
  readonly level: MetricLevel;
  readonly keys: readonly string[];
  readonly names: readonly ObjectNames[];
  readonly metrics: readonly ExportedMetric[];
  /** A bit per cell of the grid, row by row: whether it had a sample. */
  readonly present: Uint8Array;
}

/** Rows of a table that belong to objects of one level. */
interface LevelRows {
  readonly table: TableName;
  readonly level: MetricLevel;
  readonly keys: readonly string[];
  readonly names: readonly ObjectNames[];
  /** The row of the table each is in; undefined: the same. */
  readonly from?: Int32Array;
}

/** Turns batches into samples, and notices which series ended: their objects went, changed their names, or lost a metric. */
export class SeriesBook {
  private readonly sentByNode = new Map<string, Map<string, Sent>>();
  private readonly seen = new Set<string>();

  /** The samples of a batch, and the ends of the series that it no longer has. Everything is copied. */
  take(batch: NodeBatch | TotalsBatch): SampleGrid[] {
    const node = 'node' in batch ? batch.node : '';
    this.seen.add(node);
    const before = this.sentByNode.get(node);
    const sent = new Map<string, Sent>();
    const grids: SampleGrid[] = [];
    for (const [name, table] of Object.entries(batch.tables) as Array<[TableName, Table]>) {
      for (const rows of rowsByLevel(name, table)) {
        const key = `${name} ${rows.level}`;
        sent.set(key, takeRows(table, rows, before?.get(key), grids));
      }
    }
    for (const [key, gone] of before ?? []) {
      if (!sent.has(key)) {
        endAll(gone, grids);
      }
    }
    this.sentByNode.set(node, sent);
    return grids;
  }

  /** Ends a round: the series of nodes that had no batch in it end too. */
  endRound(): SampleGrid[] {
    const grids: SampleGrid[] = [];
    for (const [node, sent] of this.sentByNode) {
      if (!this.seen.has(node)) {
        sent.forEach((gone) => endAll(gone, grids));
        this.sentByNode.delete(node);
      }
    }
    this.seen.clear();
    return grids;
  }
}

function rowsByLevel(name: TableName, { keys, names }: Table): LevelRows[] {
  if (!isPartTable(name)) {
    return [{ table: name, level: name as MetricLevel, keys, names }];
  }
  const rows = new Map<MetricLevel, number[]>();
  names.forEach(({ owner }, row) => {
    if (owner !== undefined) {
      const list = rows.get(owner);
      if (list) {
        list.push(row);
      } else {
        rows.set(owner, [row]);
      }
    }
  });
  return [...rows].map(([level, list]) => ({
    table: name,
    level,
    keys: list.map((row) => keys[row]),
    names: list.map((row) => names[row]),
    from: Int32Array.from(list),
  }));
}

function takeRows(table: Table, rows: LevelRows, before: Sent | undefined, grids: SampleGrid[]): Sent {
  const { level, keys, names, from } = rows;
  const columns: Array<{ metric: ExportedMetric; values: Float64Array }> = [];
  for (const [name, { values }] of table.columns) {
    const metric = exportedMetric(name, level);
    if (metric) {
      columns.push({ metric, values });
    }
  }
  const width = columns.length;
  const values = new Float64Array(keys.length * width);
  const present = new Uint8Array((values.length + 7) >> 3);
  columns.forEach((column, index) => {
    const { divisor } = column.metric;
    for (let row = 0; row < keys.length; row++) {
      const value = column.values[from ? from[row] : row];
      const cell = row * width + index;
      if (Number.isFinite(value)) {
        values[cell] = value / divisor;
        present[cell >> 3] |= 1 << (cell & 7);
      } else {
        values[cell] = NaN;
      }
    }
  });
  const metrics = columns.map(({ metric }) => metric);
  const sent = { table: rows.table, level, keys, names, metrics, present };
  const rowOf = before && rowFinder(before.keys, keys);
  if (before && rowOf) {
    endMissing(before, sent, rowOf, values, grids);
  }
  grids.push(sampleGrid(keys.length, metrics, values, (row) => labelsOfObject(rows.table, level, names[row])));
  if (hasInfo(rows)) {
    addInfo(sent, before, rowOf, grids);
  }
  return sent;
}

/** For each row of before the row it is in now, -1 if it is gone. */
function rowFinder(before: readonly string[], now: readonly string[]): (row: number) => number {
  if (before === now || (before.length === now.length && before.every((key, row) => key === now[row]))) {
    return (row) => row;
  }
  const rows = new Map(now.map((key, row) => [key, row]));
  return (row) => rows.get(before[row]) ?? -1;
}

/** Ends the series that had a sample before and have none now: in place where the row is still there, else in a grid of their own. */
function endMissing(
  before: Sent,
  now: Sent,
  rowOf: (row: number) => number,
  values: Float64Array,
  grids: SampleGrid[]
): void {
  const width = now.metrics.length;
  const columnOf = before.metrics.map(({ name }, index) =>
    now.metrics[index]?.name === name ? index : now.metrics.findIndex((metric) => metric.name === name)
  );
  const ended = new EndedCells(before);
  before.names.forEach((names, row) => {
    const found = rowOf(row);
    const isSame = found >= 0 && sameLabels(now.table, now.level, names, now.names[found]);
    for (let index = 0; index < columnOf.length; index++) {
      if (!wasSent(before, row, index)) {
        continue;
      }
      const cell = isSame && columnOf[index] >= 0 ? found * width + columnOf[index] : -1;
      if (cell < 0) {
        ended.end(row, index);
      } else if (Number.isNaN(values[cell])) {
        values[cell] = STALE;
      }
    }
  });
  ended.addTo(grids);
}

function endAll(gone: Sent, grids: SampleGrid[]): void {
  const ended = new EndedCells(gone);
  gone.keys.forEach((_, row) => {
    for (let index = 0; index < gone.metrics.length; index++) {
      if (wasSent(gone, row, index)) {
        ended.end(row, index);
      }
    }
  });
  ended.addTo(grids);
  if (hasInfo(gone)) {
    grids.push(infoGrid(gone.level, gone.names, STALE));
  }
}

function wasSent({ metrics, present }: Sent, row: number, index: number): boolean {
  const cell = row * metrics.length + index;
  return (present[cell >> 3] & (1 << (cell & 7))) !== 0;
}

/** The ends of series whose rows or columns are gone, under the labels they had. */
class EndedCells {
  private readonly sent: Sent;
  private readonly rows = new Map<number, number[]>();

  constructor(sent: Sent) {
    this.sent = sent;
  }

  end(row: number, index: number): void {
    const indexes = this.rows.get(row);
    if (indexes) {
      indexes.push(index);
    } else {
      this.rows.set(row, [index]);
    }
  }

  addTo(grids: SampleGrid[]): void {
    if (this.rows.size === 0) {
      return;
    }
    const { table, level, names, metrics } = this.sent;
    const values = new Float64Array(this.rows.size * metrics.length).fill(NaN);
    const owners: ObjectNames[] = [];
    for (const [row, indexes] of this.rows) {
      indexes.forEach((index) => (values[owners.length * metrics.length + index] = STALE));
      owners.push(names[row]);
    }
    grids.push(sampleGrid(owners.length, metrics, values, (row) => labelsOfObject(table, level, owners[row])));
  }
}

/** The cluster has no names, and what an object has several of is no object. */
function hasInfo({ table, level }: { readonly table: TableName; readonly level: MetricLevel }): boolean {
  return level !== 'cluster' && !isPartTable(table);
}

function addInfo(
  { level, names }: Sent,
  before: Sent | undefined,
  rowOf: ((row: number) => number) | undefined,
  grids: SampleGrid[]
): void {
  grids.push(infoGrid(level, names, 1));
  const ended = (before?.names ?? []).filter((old, row) => {
    const found = rowOf?.(row) ?? -1;
    return found < 0 || !sameInfo(level, old, names[found]);
  });
  if (ended.length > 0) {
    grids.push(infoGrid(level, ended, STALE));
  }
}

function infoGrid(level: MetricLevel, names: readonly ObjectNames[], value: number): SampleGrid {
  const values = new Float64Array(names.length).fill(value);
  return sampleGrid(names.length, [infoMetric(level)], values, (row) => labelsOfInfo(level, names[row]));
}

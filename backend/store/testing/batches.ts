import type { Column, NodeBatch, ObjectNames, Table, TableName, TotalsBatch } from '../../model/batch.ts';

/** One object in one round: who it is and its values; a metric that is not named is absent, a bigint is kept exactly. */
export interface Row {
  readonly key: string;
  readonly names?: ObjectNames;
  readonly values?: Readonly<Record<string, number | bigint>>;
}

export type Rows = Partial<Record<TableName, readonly Row[]>>;

/** What a node contributed to the round that ends at `timestampMs`. */
export function nodeBatch(node: string, timestampMs: number, rows: Rows): NodeBatch {
  return { node, timestampMs, receivedMs: timestampMs, tables: tablesOf(rows) };
}

/** The sums of the round that ends at `timestampMs`. */
export function totalsBatch(timestampMs: number, rows: Rows): TotalsBatch {
  return { timestampMs, tables: tablesOf(rows) };
}

function tablesOf(rows: Rows): Partial<Record<TableName, Table>> {
  return Object.fromEntries(Object.entries(rows).map(([name, list]) => [name, tableOf(list)]));
}

function tableOf(rows: readonly Row[]): Table {
  const columns = new Map<string, { values: Float64Array; wide: Map<number, bigint> }>();
  rows.forEach(({ values = {} }, row) => {
    for (const [metric, value] of Object.entries(values)) {
      let column = columns.get(metric);
      if (!column) {
        columns.set(metric, (column = { values: new Float64Array(rows.length).fill(NaN), wide: new Map() }));
      }
      column.values[row] = Number(value);
      if (typeof value === 'bigint') {
        column.wide.set(row, value);
      }
    }
  });
  const unknown = new Float64Array(rows.length).fill(NaN);
  return {
    keys: rows.map(({ key }) => key),
    names: rows.map(({ key, names }) => names ?? { pod: key }),
    columns: new Map([...columns].map(([metric, column]) => [metric, withoutEmptyWide(column)])),
    startTimesMs: unknown,
    sampleTimesMs: { cpu: unknown, memory: unknown, network: unknown, io: unknown },
  };
}

function withoutEmptyWide({ values, wide }: { values: Float64Array; wide: Map<number, bigint> }): Column {
  return wide.size > 0 ? { values, wide } : { values };
}

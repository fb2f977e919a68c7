import { ColumnSpace, type Clock, type Column, type ObjectNames, type Table } from '../model/batch.ts';

/** The same table for more rows: `keys` and `names` begin with its own, and what is behind them has no values. */
export function extendTable(table: Table, keys: readonly string[], names: readonly ObjectNames[]): Table {
  if (keys.length === table.keys.length) {
    return { ...table, keys, names };
  }
  const space = new ColumnSpace(keys.length, table.columns.size + 5);
  const grow = (values: Float64Array): Float64Array => {
    const larger = space.take().fill(NaN, values.length);
    larger.set(values);
    return larger;
  };
  const columns = new Map<string, Column>();
  for (const [metric, column] of table.columns) {
    columns.set(metric, { ...column, values: grow(column.values) });
  }
  const { cpu, memory, network, io } = table.sampleTimesMs;
  const sampleTimesMs: Record<Clock, Float64Array> = {
    cpu: grow(cpu),
    memory: grow(memory),
    network: grow(network),
    io: grow(io),
  };
  return { keys, names, columns, startTimesMs: grow(table.startTimesMs), sampleTimesMs };
}

/** A table of rows that have names and no values yet. */
export function emptyTable(rows: ReadonlyArray<{ key: string; names: ObjectNames }>): Table {
  const none = new Float64Array(0);
  const empty: Table = {
    keys: [],
    names: [],
    columns: new Map(),
    startTimesMs: none,
    sampleTimesMs: { cpu: none, memory: none, network: none, io: none },
  };
  return extendTable(
    empty,
    rows.map(({ key }) => key),
    rows.map(({ names }) => names)
  );
}

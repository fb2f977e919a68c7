import { rowsByKey, withColumns, type Column, type NodeBatch, type Table } from '../model/batch.ts';

/**
 * Adds to the pods and containers of a batch the columns that another answer of the same kubelet has for them, by their
 * keys. What only that answer knows is left out: the summary says what there is. Pure.
 */
export function addCadvisor(batch: NodeBatch, extra: NodeBatch | undefined): NodeBatch {
  if (!extra) {
    return batch;
  }
  const { pod, container } = batch.tables;
  return {
    ...batch,
    tables: {
      ...batch.tables,
      ...(pod && { pod: joined(pod, extra.tables.pod) }),
      ...(container && { container: joined(container, extra.tables.container) }),
    },
  };
}

function joined(table: Table, extra: Table | undefined): Table {
  if (!extra || extra.columns.size === 0) {
    return table;
  }
  const rowOf = rowsByKey(extra);
  const rows = Int32Array.from(table.keys, (key) => rowOf.get(key) ?? -1);
  const columns: Array<[string, Column]> = [];
  for (const [metric, column] of extra.columns) {
    columns.push([metric, arranged(column, rows)]);
  }
  return withColumns(table, columns);
}

/** The values of a column in the order of other rows; NaN for -1. */
function arranged(column: Column, rows: Int32Array): Column {
  const values = new Float64Array(rows.length);
  const wide = new Map<number, bigint>();
  for (let row = 0; row < rows.length; row++) {
    const from = rows[row];
    values[row] = from < 0 ? NaN : column.values[from];
    const exact = column.wide?.get(from);
    if (exact !== undefined) {
      wide.set(row, exact);
    }
  }
  return wide.size > 0 ? { values, wide } : { values };
}

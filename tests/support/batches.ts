import { exactValue, objectKey } from '../../backend/model/batch.ts';
import type { Clock, Column, NodeBatch, ObjectNames, Table, TableName } from '../../backend/model/batch.ts';

export const MINUTE_MS = 60_000;

/** A row of a table: who, when it started, when its blocks were sampled, and what it says. */
export interface Row {
  readonly names: ObjectNames;
  readonly startMs?: number;
  /** Sample time of all blocks; `clocks` says otherwise for single ones. */
  readonly atMs?: number;
  readonly clocks?: Partial<Record<Clock, number>>;
  readonly values?: Readonly<Record<string, number | bigint | undefined>>;
}

type Rest = Omit<Row, 'names'>;

export const nodeRow = (node: string, rest: Rest = {}): Row => ({ names: { node }, ...rest });

/** `name` is `namespace/pod`. */
export function podRow(name: string, rest: Rest & { readonly about?: ObjectNames } = {}): Row {
  const [namespace, pod] = name.split('/');
  return { ...rest, names: { node: 'worker-1', namespace, pod, ...rest.about } };
}

/** `name` is `namespace/pod/container`. */
export function containerRow(name: string, rest: Rest = {}): Row {
  const [namespace, pod, container] = name.split('/');
  return { ...rest, names: { node: 'worker-1', namespace, pod, container } };
}

/** A table of these rows; a metric that no row has is no column. */
export function tableOf(rows: readonly Row[]): Table {
  const columns = new Map<string, Column>();
  for (const metric of new Set(rows.flatMap(({ values = {} }) => Object.keys(values)))) {
    const wide = new Map<number, bigint>();
    const values = Float64Array.from(rows, ({ values: own = {} }, row) => {
      const value = own[metric];
      if (typeof value === 'bigint') {
        wide.set(row, value);
      }
      return value === undefined ? NaN : Number(value);
    });
    columns.set(metric, wide.size > 0 ? { values, wide } : { values });
  }
  const clock = (name: Clock) => Float64Array.from(rows, ({ atMs, clocks }) => clocks?.[name] ?? atMs ?? NaN);
  return {
    keys: rows.map(({ names }) => keyOf(names)),
    names: rows.map(({ names }) => names),
    columns,
    startTimesMs: Float64Array.from(rows, ({ startMs }) => startMs ?? NaN),
    sampleTimesMs: { cpu: clock('cpu'), memory: clock('memory'), network: clock('network'), io: clock('io') },
  };
}

/** What the node `worker-1` said in the round that ends at `endMs`. */
export function batchOf(
  rows: Partial<Record<TableName, readonly Row[]>>,
  endMs = MINUTE_MS,
  node = 'worker-1'
): NodeBatch {
  const tables: Partial<Record<TableName, Table>> = {};
  for (const [name, list] of Object.entries(rows) as Array<[TableName, readonly Row[]]>) {
    tables[name] = tableOf(list);
  }
  return { node, timestampMs: endMs, receivedMs: endMs, tables };
}

/** The values of a metric by key; absent ones are missing. */
export function valuesOf(table: Table | undefined, metric: string): Record<string, number | bigint> {
  const column = table?.columns.get(metric);
  const values: Record<string, number | bigint> = {};
  table?.keys.forEach((key, row) => {
    if (column && !Number.isNaN(column.values[row])) {
      values[key] = exactValue(column, row);
    }
  });
  return values;
}

function keyOf({ node, namespace, workloadKind, workload, pod, container }: ObjectNames): string {
  if (pod !== undefined) {
    return container === undefined ? objectKey(namespace ?? '', pod) : objectKey(namespace ?? '', pod, container);
  }
  if (workload !== undefined) {
    return objectKey(namespace ?? '', workloadKind ?? '', workload);
  }
  return namespace ?? (container === undefined ? (node ?? '') : objectKey(node ?? '', container));
}

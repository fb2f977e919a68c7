/**
 * The unit that travels down the line: what one node said in one round, as a table per kind of object.
 * A table has a row per object and a column per metric; NaN means absent, which is not the same as 0.
 */

import type { Labels } from './facts.ts';

export type TableName =
  | 'cluster'
  | 'node'
  | 'namespace'
  | 'workload'
  | 'pod'
  | 'container'
  | 'sys_container'
  /** Mounted file systems of nodes, pods and containers (`resource_id`). */
  | 'filesystem'
  /** Network interfaces of nodes and pods (`interface`). */
  | 'interface'
  /** Accelerators of containers (`make`, `model`, `accelerator_id`). */
  | 'accelerator';

/** Who a row is about. Only the fields of its kind are set; the strings are the names Kubernetes uses. */
export interface ObjectNames {
  readonly node?: string;
  readonly namespace?: string;
  readonly workloadKind?: string;
  readonly workload?: string;
  readonly pod?: string;
  readonly container?: string;
  /** `filesystem` rows: `/`, `logs`, `imagefs`, `containerfs`, `ephemeral-storage` or `Volume:NAME`, as Heapster names them. */
  readonly resourceId?: string;
  /** `filesystem` rows of a pod volume that is backed by a claim. */
  readonly persistentVolumeClaim?: string;
  /** `interface` rows. */
  readonly interface?: string;
  /** `accelerator` rows. */
  readonly make?: string;
  readonly model?: string;
  readonly acceleratorId?: string;
  /** `filesystem`, `interface` and `accelerator` rows: the level of the object they belong to. */
  readonly owner?: 'node' | 'pod' | 'container' | 'sys_container';
  /** Of pods what the kubelet says, and what the API server says as soon as it knows the object. */
  readonly uid?: string;
  /** What the API server adds. */
  readonly labels?: Labels;
  /** Pods on the host's network count the host's traffic as their own. */
  readonly hostNetwork?: boolean;
  /** False for pods and containers that only the API server knows: the kubelet did not report them in this round. */
  readonly reported?: false;
}

/** A column: one number per row. `wide` holds the exact values of rows beyond 2^53, where a double loses digits. */
export interface Column {
  readonly values: Float64Array;
  readonly wide?: ReadonlyMap<number, bigint>;
  /** The very same column comes again with every round until one of its values is another. */
  readonly isLasting?: true;
}

export interface Table {
  /** Unique within the table; see {@link objectKey}. Row i of every column is about `keys[i]`. */
  readonly keys: readonly string[];
  readonly names: readonly ObjectNames[];
  /** Column per metric name. A metric that no row has is missing. */
  readonly columns: ReadonlyMap<string, Column>;
  /** Start of the statistics (container, pod, node start), Unix ms, NaN if unknown. */
  readonly startTimesMs: Float64Array;
  /** Sample times in Unix ms per clock: every block of a kubelet's answer has its own. NaN if unknown. */
  readonly sampleTimesMs: Readonly<Record<Clock, Float64Array>>;
}

/** The kubelet stamps cpu, memory, network and io blocks apart; a rate uses the clock of its counter. */
export type Clock = 'cpu' | 'memory' | 'network' | 'io';

/** What one node contributed to one round. */
export interface NodeBatch {
  /** API name of the node. */
  readonly node: string;
  /** End of the collection window, the same for all nodes of a round; a multiple of the resolution. */
  readonly timestampMs: number;
  /** When the kubelet's answer was complete, on our clock. */
  readonly receivedMs: number;
  /**
   * `containers`: told by `POST /stats/container/`, where each object has one clock and the row of a pod is its pause
   * container alone. Undefined: told by the summary.
   */
  readonly source?: 'containers';
  readonly tables: Readonly<Partial<Record<TableName, Table>>>;
}

/** The sums over all nodes of a round: the tables `namespace`, `workload` and `cluster`. */
export interface TotalsBatch {
  readonly timestampMs: number;
  readonly tables: Readonly<Partial<Record<TableName, Table>>>;
}

/** The key of a row: its names joined in the table's own order, unique within a table of the whole cluster. */
export function objectKey(...names: string[]): string {
  let key = names[0];
  for (let index = 1; index < names.length; index++) {
    key += `/${names[index]}`;
  }
  return key;
}

/** An exact value: the number, or the bigint where the number would lose digits. */
export function exactValue(column: Column, row: number): number | bigint {
  return column.wide?.get(row) ?? column.values[row];
}

/** The row of each key of a table. */
export function rowsByKey(table: Table): Map<string, number> {
  const rows = new Map<string, number>();
  for (let row = 0; row < table.keys.length; row++) {
    rows.set(table.keys[row], row);
  }
  return rows;
}

/** The same table with further columns; columns of the same name are replaced. */
export function withColumns(table: Table, columns: Iterable<readonly [string, Column]>): Table {
  const all = new Map(table.columns);
  for (const [name, column] of columns) {
    all.set(name, column);
  }
  return { ...table, columns: all };
}

/** Hands out columns of one length from one piece of memory: a table has dozens, and a round thousands of tables. */
export class ColumnSpace {
  private readonly rows: number;
  private readonly chunk: number;
  private values: Float64Array;
  private used = 0;

  /** `columns` is how many are expected; further ones come in pieces of the same size. */
  constructor(rows: number, columns: number) {
    this.rows = rows;
    this.chunk = Math.max(1, columns);
    this.values = new Float64Array(rows * this.chunk);
  }

  /** A column of zeros. */
  take(): Float64Array {
    if (this.used === this.chunk) {
      this.values = new Float64Array(this.rows * this.chunk);
      this.used = 0;
    }
    const from = this.rows * this.used++;
    return this.values.subarray(from, from + this.rows);
  }
}

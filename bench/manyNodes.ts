import type { NodeBatch, ObjectNames, Table, TotalsBatch } from '../backend/model/batch.ts';

type Batch = NodeBatch | TotalsBatch;

/**
 * Makes the batches of a large cluster out of those of a small one: each node stands there several times, under another
 * name and with pods of other names, but with the same values. Copies have their pods and the metrics named, nothing
 * else: enough to ask about them. The totals stay those of the small cluster.
 */
export class ManyNodes {
  private readonly copies: number;
  private readonly metrics: readonly string[];
  private readonly names: Array<WeakMap<readonly ObjectNames[], ObjectNames[]>>;

  constructor(copies: number, metrics: readonly string[]) {
    this.copies = copies;
    this.metrics = metrics;
    this.names = Array.from({ length: copies }, () => new WeakMap());
  }

  /** Calls `take` with every node's batch, each copy after the other, and last with the totals. */
  spread(batches: readonly Batch[], take: (batch: Batch) => void): void {
    for (let copy = 0; copy < this.copies; copy++) {
      for (const batch of batches) {
        if ('node' in batch) {
          take(copy === 0 ? batch : this.copyOf(batch, copy));
        }
      }
    }
    batches.filter((batch) => !('node' in batch)).forEach(take);
  }

  private copyOf(batch: NodeBatch, copy: number): NodeBatch {
    const { pod } = batch.tables;
    return { ...batch, node: nameIn(copy, batch.node), tables: pod ? { pod: this.tableOf(pod, copy) } : {} };
  }

  private tableOf(table: Table, copy: number): Table {
    let names = this.names[copy].get(table.names);
    if (!names) {
      names = table.names.map((one) => ({
        ...one,
        ...(one.node === undefined ? {} : { node: nameIn(copy, one.node) }),
        ...(one.pod === undefined ? {} : { pod: nameIn(copy, one.pod) }),
      }));
      this.names[copy].set(table.names, names);
    }
    const columns = this.metrics.flatMap((metric) => {
      const column = table.columns.get(metric);
      return column ? [[metric, column] as const] : [];
    });
    return { ...table, names, columns: new Map(columns) };
  }
}

function nameIn(copy: number, name: string): string {
  // In front, so that what is alike does not lie side by side on the disk.
  return `c${copy}-${name}`;
}

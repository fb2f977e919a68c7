import type { NodeBatch, TotalsBatch } from '../model/batch.ts';

/**
 * What the collector writes to: the batches of a round, then its commit. This is the seam for every further place that
 * keeps history (files on disk, another engine): it implements this, and `writeToAll` puts it beside the head.
 */
export interface RoundWriter {
  /**
   * Takes one node's part, or the totals, of the round that ends at `batch.timestampMs`. The numbers of its tables are lent:
   * when this returns, their memory is used for the next node. Keys and names may be kept.
   */
  append(batch: NodeBatch | TotalsBatch): void;
  /** Makes the round visible as a whole. Rounds come in order of time. */
  commit(timestampMs: number): void;
}

/** A writer that passes each round on to several, in order. */
export function writeToAll(writers: readonly RoundWriter[]): RoundWriter {
  return {
    append: (batch) => writers.forEach((writer) => writer.append(batch)),
    commit: (timestampMs) => writers.forEach((writer) => writer.commit(timestampMs)),
  };
}

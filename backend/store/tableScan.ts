import type { ShardTable } from './shardTable.ts';
import type { StoredObject } from './storedObject.ts';

/**
 * Reads columns of one metric; rows of `values` belong to the objects `slotOfRow` was made for. Both arrays are used again
 * after the call.
 */
export interface ColumnVisit {
  (timestampMs: number, values: Float64Array, slotOfRow: Int32Array, rowCount: number): void;
}

/** What to read: both times are inclusive. */
export interface ScanRange {
  readonly metric: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Timestamps of the rounds that may be seen. */
  readonly committed: ReadonlySet<number>;
}

/** Visits the columns of tables, one table after the other, without making new arrays for each. */
export class TableScan {
  private values = new Float64Array(256);
  private slotOfNumber = new Int32Array(256);
  private slotOfRow = new Int32Array(256);

  /** Visits one table in order of time. `slotFor` says once per object where its values belong, -1 for nowhere. */
  visit(table: ShardTable, range: ScanRange, slotFor: (object: StoredObject) => number, visit: ColumnVisit): void {
    if (!this.giveSlots(table.objects, range, slotFor)) {
      return;
    }
    for (const block of table.blocks) {
      const { rounds, objectOfRow } = block;
      const isOutside =
        rounds.length === 0 || rounds[0].timestampMs > range.toMs || rounds.at(-1)!.timestampMs < range.fromMs;
      if (isOutside || !this.giveRows(objectOfRow)) {
        continue;
      }
      const values = this.values.subarray(0, objectOfRow.length);
      for (let round = 0; round < rounds.length; round++) {
        const { timestampMs } = rounds[round];
        const wanted = timestampMs >= range.fromMs && timestampMs <= range.toMs && range.committed.has(timestampMs);
        if (wanted && block.read(round, range.metric, values)) {
          visit(timestampMs, values, this.slotOfRow, objectOfRow.length);
        }
      }
    }
  }

  /** Whether any object that existed in the range has a slot. */
  private giveSlots(
    objects: ReadonlyArray<StoredObject | undefined>,
    { fromMs, toMs }: ScanRange,
    slotFor: (object: StoredObject) => number
  ): boolean {
    if (this.slotOfNumber.length < objects.length) {
      this.slotOfNumber = new Int32Array(objects.length * 2);
    }
    let any = false;
    for (let number = 0; number < objects.length; number++) {
      const object = objects[number];
      const slot = object && object.lastSeenMs >= fromMs && object.firstSeenMs <= toMs ? slotFor(object) : -1;
      this.slotOfNumber[number] = slot;
      any ||= slot >= 0;
    }
    return any;
  }

  /** Whether any row of a block belongs to an object that has a slot. */
  private giveRows(objectOfRow: readonly number[]): boolean {
    if (this.values.length < objectOfRow.length) {
      this.values = new Float64Array(objectOfRow.length * 2);
      this.slotOfRow = new Int32Array(objectOfRow.length * 2);
    }
    let any = false;
    for (let row = 0; row < objectOfRow.length; row++) {
      const slot = this.slotOfNumber[objectOfRow[row]];
      this.slotOfRow[row] = slot;
      any ||= slot >= 0;
    }
    return any;
  }
}

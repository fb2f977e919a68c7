import type { Column } from '../model/batch.ts';
import { packColumn, unpackColumn, unpackWide } from './columnCodec.ts';

/** A round in one array: a directory of columns, sorted by metric number, then the columns that are new in it. */
interface PackedRound {
  readonly timestampMs: number;
  readonly bytes: Uint8Array;
}

/** metric (u16), round of the block that holds the bytes (u16), offset (u32), length (u32) */
const ENTRY_BYTES = 12;
/** What an array of bytes costs beside its bytes. */
const ARRAY_OVERHEAD_BYTES = 200;

/**
 * A few consecutive rounds of one table of one node, over the same list of objects. A column that equals the one of the
 * round before is not kept twice: requests, limits and capacities rarely change.
 */
export class Block {
  /** Object number (within the shard's table) of each row. */
  readonly objectOfRow: number[] = [];
  readonly rounds: PackedRound[] = [];
  bytes = 0;

  /** Packs a round; row i of each column is row i of the block. */
  append(timestampMs: number, columns: ReadonlyMap<number, Column>): void {
    const metrics = [...columns.keys()].sort((one, other) => one - other);
    const directoryBytes = 2 + metrics.length * ENTRY_BYTES;
    const entries: Array<{ metric: number; round: number; offset: number; bytes: Uint8Array; isNew: boolean }> = [];
    let size = directoryBytes;
    for (const metric of metrics) {
      const column = columns.get(metric)!;
      const packed = packColumn(column.values, column.wide);
      const before = this.rounds.length > 0 ? this.locate(this.rounds.length - 1, metric) : undefined;
      if (before && Buffer.compare(before.bytes, packed) === 0) {
        entries.push({ metric, ...before, isNew: false });
      } else {
        entries.push({ metric, round: this.rounds.length, offset: size, bytes: packed, isNew: true });
        size += packed.length;
      }
    }
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, entries.length, true);
    entries.forEach(({ metric, round, offset, bytes: packed, isNew }, index) => {
      const at = 2 + index * ENTRY_BYTES;
      view.setUint16(at, metric, true);
      view.setUint16(at + 2, round, true);
      view.setUint32(at + 4, offset, true);
      view.setUint32(at + 8, packed.length, true);
      if (isNew) {
        bytes.set(packed, offset);
      }
    });
    this.rounds.push({ timestampMs, bytes });
    this.bytes += size + ARRAY_OVERHEAD_BYTES;
  }

  /** Unpacks a column of a round into `target`; false if the round has no such metric. */
  read(round: number, metric: number, target: Float64Array): boolean {
    const found = this.locate(round, metric);
    if (!found) {
      return false;
    }
    unpackColumn(found.bytes, target);
    return true;
  }

  /** The values of a column that a double cannot hold, by row. */
  readWide(round: number, metric: number): Map<number, bigint> | undefined {
    const found = this.locate(round, metric);
    return found && unpackWide(found.bytes);
  }

  /** Metric numbers that a round has. */
  metrics(round: number): number[] {
    const { bytes } = this.rounds[round];
    const view = new DataView(bytes.buffer);
    return Array.from({ length: view.getUint16(0, true) }, (_, index) => view.getUint16(2 + index * ENTRY_BYTES, true));
  }

  private locate(round: number, metric: number): { round: number; offset: number; bytes: Uint8Array } | undefined {
    const { bytes } = this.rounds[round];
    const view = new DataView(bytes.buffer);
    let low = 0;
    let high = view.getUint16(0, true) - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = 2 + middle * ENTRY_BYTES;
      const found = view.getUint16(at, true);
      if (found === metric) {
        const home = view.getUint16(at + 2, true);
        const offset = view.getUint32(at + 4, true);
        const length = view.getUint32(at + 8, true);
        return { round: home, offset, bytes: this.rounds[home].bytes.subarray(offset, offset + length) };
      }
      if (found < metric) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return undefined;
  }
}

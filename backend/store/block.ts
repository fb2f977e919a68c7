import type { Column } from '../model/batch.ts';
import { packColumn, packedLength, planColumn, unpackColumn, unpackWide, type ColumnPlan } from './columnCodec.ts';
import { Scratch } from './scratch.ts';

/** A round in one array: a directory of columns, sorted by metric number, then the columns that are new in it. */
interface PackedRound {
  readonly timestampMs: number;
  readonly bytes: Uint8Array;
}

/** metric (u16), round of the block that holds the bytes (u8), base (u8), offset (u32) */
const ENTRY_BYTES = 8;
/** Base of a column that stands for itself. Any other base is the round whose column is added to it, less one. */
const ABSOLUTE = 0;
/** What an array of bytes costs beside its bytes. */
const ARRAY_OVERHEAD_BYTES = 200;

interface Located {
  readonly round: number;
  readonly base: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface Entry extends Located {
  readonly metric: number;
  readonly isNew: boolean;
}

/**
 * A few consecutive rounds of one table of one node, over the same list of objects. A column that equals the one of the
 * round before is not kept twice: requests, limits and capacities rarely change. Integers that change are kept as what
 * they differ by from an earlier round of the block, where that takes less: counters, and file systems that hardly grow.
 */
export class Block {
  /** Object number (within the shard's table) of each row. */
  readonly objectOfRow: number[] = [];
  readonly rounds: PackedRound[] = [];
  bytes = 0;

  /** Packs a round; row i of each column is row i of the block. */
  append(timestampMs: number, columns: ReadonlyMap<number, Column>, scratch = new Scratch()): void {
    const metrics = [...columns.keys()].sort((one, other) => one - other);
    const entries: Entry[] = [];
    let size = 2 + metrics.length * ENTRY_BYTES;
    for (const metric of metrics) {
      const entry = this.packEntry(metric, columns.get(metric)!, size, scratch);
      entries.push(entry);
      size += entry.isNew ? entry.bytes.length : 0;
    }
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, entries.length, true);
    entries.forEach((entry, index) => {
      const at = 2 + index * ENTRY_BYTES;
      view.setUint16(at, entry.metric, true);
      bytes[at + 2] = entry.round;
      bytes[at + 3] = entry.base;
      view.setUint32(at + 4, entry.offset, true);
      if (entry.isNew) {
        bytes.set(entry.bytes, entry.offset);
      }
    });
    this.rounds.push({ timestampMs, bytes });
    this.bytes += size + ARRAY_OVERHEAD_BYTES;
  }

  /** Unpacks a column of a round into `target`; false if the round has no such metric. */
  read(round: number, metric: number, target: Float64Array): boolean {
    const { bytes } = this.rounds[round];
    const at = findEntry(bytes, metric);
    if (at < 0) {
      return false;
    }
    this.unpackEntry(bytes, at, target);
    if (bytes[at + 3] !== ABSOLUTE) {
      const base = roomFor(target.length);
      const baseBytes = this.rounds[bytes[at + 3] - 1].bytes;
      this.unpackEntry(baseBytes, findEntry(baseBytes, metric), base);
      for (let row = 0; row < target.length; row++) {
        target[row] += base[row];
      }
    }
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

  private unpackEntry(bytes: Uint8Array, at: number, target: Float64Array): void {
    unpackColumn(this.rounds[bytes[at + 2]].bytes, target, offsetOf(bytes, at));
  }

  private packEntry(metric: number, { values, wide }: Column, offset: number, scratch: Scratch): Entry {
    const round = this.rounds.length;
    const before = round > 0 ? this.locate(round - 1, metric) : undefined;
    if (wide && wide.size > 0) {
      return { metric, round, base: ABSOLUTE, offset, bytes: packColumn(values, wide), isNew: true };
    }
    const plan = planColumn(values);
    const base = before && (before.base === ABSOLUTE ? before.round + 1 : before.base);
    const difference =
      base !== undefined && plan.isInteger ? this.planDifference(metric, values, base - 1, scratch) : undefined;
    const isShorter = difference !== undefined && difference.bytes < plan.bytes;
    const bytes = isShorter ? difference.pack(scratch) : plan.pack(scratch);
    const entryBase = isShorter ? base! : ABSOLUTE;
    if (before?.base === entryBase && Buffer.compare(before.bytes, bytes) === 0) {
      return { metric, ...before, isNew: false };
    }
    return { metric, round, base: entryBase, offset, bytes, isNew: true };
  }

  /** How the differences from an earlier round would be packed; undefined if a row has no exact difference. */
  private planDifference(
    metric: number,
    values: Float64Array,
    baseRound: number,
    scratch: Scratch
  ): ColumnPlan | undefined {
    const base = scratch.takeFloats(values.length);
    const found = this.locate(baseRound, metric);
    if (!found || unpackWide(found.bytes)) {
      return undefined;
    }
    unpackColumn(found.bytes, base);
    const differences = scratch.takeFloats(values.length);
    for (let row = 0; row < values.length; row++) {
      const value = values[row];
      differences[row] = value - base[row];
      if (value === value && !(Number.isSafeInteger(base[row]) && Number.isSafeInteger(differences[row]))) {
        return undefined;
      }
    }
    return planColumn(differences);
  }

  private locate(round: number, metric: number): Located | undefined {
    const { bytes } = this.rounds[round];
    const at = findEntry(bytes, metric);
    if (at < 0) {
      return undefined;
    }
    const home = bytes[at + 2];
    const offset = offsetOf(bytes, at);
    const holder = this.rounds[home].bytes;
    const column = holder.subarray(offset, offset + packedLength(holder, offset));
    return { round: home, base: bytes[at + 3], offset, bytes: column };
  }
}

/** Where the directory of a round has the entry of a metric; -1 if it has none. Byte by byte, since scans live here. */
function findEntry(bytes: Uint8Array, metric: number): number {
  let low = 0;
  let high = (bytes[0] | (bytes[1] << 8)) - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const at = 2 + middle * ENTRY_BYTES;
    const found = bytes[at] | (bytes[at + 1] << 8);
    if (found === metric) {
      return at;
    }
    if (found < metric) {
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return -1;
}

function offsetOf(bytes: Uint8Array, at: number): number {
  return (bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24)) >>> 0;
}

let room = new Float64Array(256);

/** Room for one column, used again by every call. */
function roomFor(rows: number): Float64Array {
  if (room.length < rows) {
    room = new Float64Array(rows * 2);
  }
  return room.subarray(0, rows);
}

import type { Column } from '../model/batch.ts';
import { packAsPlanned, packColumn, packedLength, planColumn, unpackColumn, unpackWide } from './columnCodec.ts';
import { isSameColumn } from './columnProfile.ts';
import { Scratch } from './scratch.ts';
import { Slabs } from './slabs.ts';

/** A round in one array: a directory of columns, sorted by metric number, then the columns that are new in it. */
interface PackedRound {
  readonly timestampMs: number;
  readonly bytes: Uint8Array;
}

/** metric (u16), round of the block that holds the bytes (u8), base (u8), offset (u32) */
const ENTRY_BYTES = 8;
/** Base of a column that stands for itself. Any other base is the round whose column is added to it, less one. */
const ABSOLUTE = 0;
/** What a part of an array costs beside its bytes. */
const ARRAY_OVERHEAD_BYTES = 120;

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

  /** The lasting columns of the last round. */
  private lasting = new Map<number, Column>();

  /** Packs a round; row i of each column is row i of the block. */
  append(
    timestampMs: number,
    columns: ReadonlyMap<number, Column>,
    scratch = new Scratch(),
    slabs = new Slabs()
  ): void {
    const metrics = Uint16Array.from(columns.keys()).sort();
    const entries: Entry[] = [];
    const lasting = new Map<number, Column>();
    let size = 2 + metrics.length * ENTRY_BYTES;
    for (const metric of metrics) {
      const column = columns.get(metric)!;
      if (column.isLasting) {
        lasting.set(metric, column);
      }
      const entry = this.packEntry(metric, column, size, scratch);
      entries.push(entry);
      size += entry.isNew ? entry.bytes.length : 0;
    }
    const bytes = slabs.take(size);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
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
    this.lasting = lasting;
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
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return Array.from({ length: view.getUint16(0, true) }, (_, index) => view.getUint16(2 + index * ENTRY_BYTES, true));
  }

  private unpackEntry(bytes: Uint8Array, at: number, target: Float64Array): void {
    unpackColumn(this.rounds[bytes[at + 2]].bytes, target, offsetOf(bytes, at));
  }

  private packEntry(metric: number, column: Column, offset: number, scratch: Scratch): Entry {
    const { values, wide } = column;
    const round = this.rounds.length;
    if (wide && wide.size > 0) {
      return { metric, round, base: ABSOLUTE, offset, bytes: packColumn(values, wide), isNew: true };
    }
    const before = round > 0 ? this.locate(round - 1, metric) : undefined;
    if (before && column.isLasting && this.lasting.get(metric) === column) {
      return { metric, ...before, isNew: false };
    }
    const old = before && !unpackWide(before.bytes) ? scratch.takeFloats(values.length) : undefined;
    if (before && old && this.read(round - 1, metric, old) && isSameColumn(values, old)) {
      return { metric, ...before, isNew: false };
    }
    const difference = before && old && this.difference(metric, before, values, old, scratch);
    const plan = planColumn(values);
    const shorter = difference && planColumn(difference);
    if (difference && shorter && shorter.bytes < plan.bytes) {
      const base = before.base === ABSOLUTE ? before.round + 1 : before.base;
      return { metric, round, base, offset, bytes: packAsPlanned(difference, shorter, scratch), isNew: true };
    }
    return { metric, round, base: ABSOLUTE, offset, bytes: packAsPlanned(values, plan, scratch), isNew: true };
  }

  /** What values differ by from the column they would be added to; undefined if a row has no exact difference. */
  private difference(
    metric: number,
    before: Located,
    values: Float64Array,
    old: Float64Array,
    scratch: Scratch
  ): Float64Array | undefined {
    let base = old;
    if (before.base !== ABSOLUTE) {
      base = scratch.takeFloats(values.length);
      this.read(before.base - 1, metric, base);
    }
    const differences = scratch.takeFloats(values.length);
    for (let row = 0; row < values.length; row++) {
      const value = values[row];
      const difference = value - base[row];
      differences[row] = difference;
      const isExact =
        Number.isSafeInteger(value) && Number.isSafeInteger(base[row]) && Number.isSafeInteger(difference);
      if (value === value && !isExact) {
        return undefined;
      }
    }
    return differences;
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

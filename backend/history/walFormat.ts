import { crc32 } from 'node:zlib';
import type { Column } from '../model/batch.ts';
import { DamagedBytesError, type ByteReader } from './byteReader.ts';
import type { ByteWriter } from './byteWriter.ts';
import { readWide, writeWide } from './matrix.ts';

/** First bytes of every log; the last two digits are the version of the format. */
export const WAL_MAGIC = Buffer.from('HEAPWL01', 'latin1');
/** length of what follows (u32), its checksum (u32) */
export const RECORD_HEADER_BYTES = 8;
/** No record is larger; a damaged length must not make us read without bound. */
export const MAX_RECORD_BYTES = 1 << 28;

/**
 * Kinds of records: objects that are new or have other names, what metrics are called, one shard's part of a round, the end
 * of a round, and the keys of objects a part speaks of: each stands once in a log, so that it can be sealed by itself.
 */
export const OBJECTS = 1;
export const METRIC = 2;
export const PART = 3;
export const COMMIT = 4;
export const KEYS = 5;

/** How a column is written: one value for all rows, whole numbers below 2^32 - 1, or as it is. */
const SAME = 0;
const SMALL = 1;
const FLOATS = 2;
const HAS_WIDE = 0x80;
const ABSENT = 0xffffffff;

/** Begins a record and answers with where; {@link endRecord} fills in what is known only then. */
export function beginRecord(out: ByteWriter, kind: number): number {
  const start = out.length;
  out.uint32(0);
  out.uint32(0);
  out.uint8(kind);
  return start;
}

export function endRecord(out: ByteWriter, start: number): void {
  const body = out.written(start + RECORD_HEADER_BYTES);
  out.uint32At(start, body.length);
  out.uint32At(start + 4, crc32(body));
}

/** Writes a column in few steps rather than few bytes: every round waits for it, and it is kept for minutes only. */
export function writeColumn(out: ByteWriter, { values, wide }: Column): void {
  const flag = wide && wide.size > 0 ? HAS_WIDE : 0;
  if (isSame(values)) {
    out.uint8(SAME | flag);
    out.float64(values.length > 0 ? values[0] : NaN);
  } else if (isSmall(values)) {
    out.uint8(SMALL | flag);
    out.uint32s(asSmall(values));
  } else {
    out.uint8(FLOATS | flag);
    out.float64s(values);
  }
  if (flag) {
    writeWide(out, wide!);
  }
}

/** Reads a column of {@link writeColumn}. Its values are in memory that the next call uses again. */
export function readColumn(reader: ByteReader, rows: number): Column {
  const head = reader.uint8();
  const values = readValues(reader, head & ~HAS_WIDE, rows);
  return head & HAS_WIDE ? { values, wide: readWide(reader, rows) } : { values };
}

let readRoom = new Float64Array(256);

function readValues(reader: ByteReader, form: number, rows: number): Float64Array {
  if (readRoom.length < rows) {
    readRoom = new Float64Array(rows * 2);
  }
  const values = readRoom.subarray(0, rows);
  if (form === FLOATS) {
    reader.float64sInto(values);
  } else if (form === SAME) {
    values.fill(reader.float64());
  } else if (form === SMALL) {
    for (let row = 0; row < rows; row++) {
      const value = reader.uint32();
      values[row] = value === ABSENT ? NaN : value;
    }
  } else {
    throw new DamagedBytesError(`A column of the unknown form ${form}`);
  }
  return values;
}

let room = new Uint32Array(256);

/** Values as they are kept in 32 bits, in memory that the next call uses again. */
function asSmall(values: Float64Array): Uint32Array {
  if (room.length < values.length) {
    room = new Uint32Array(values.length * 2);
  }
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    room[row] = value === value ? value : ABSENT;
  }
  return room.subarray(0, values.length);
}

function isSame(values: Float64Array): boolean {
  for (let row = 1; row < values.length; row++) {
    if (values[row] !== values[0] && (values[row] === values[row] || values[0] === values[0])) {
      return false;
    }
  }
  // Zeros of either sign are equal and yet not the same.
  return values[0] !== 0 || values.every((value) => Object.is(value, values[0]));
}

function isSmall(values: Float64Array): boolean {
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (value === value && (value !== value >>> 0 || value === ABSENT || (value === 0 && 1 / value < 0))) {
      return false;
    }
  }
  return true;
}

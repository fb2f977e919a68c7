/**
 * Packs one column of one round into as few bytes as it needs, exactly: what comes out is what went in, NaN (absent)
 * included. Most columns of a node are constant, small integers, whole pages or few distinct values.
 */

import { Scratch } from './scratch.ts';
import { DECIMALS, distinctValues, profile, same, STEPS, type Profile } from './columnProfile.ts';

/** How the values of a packed column are written. The numbers are part of the packed form. */
const CONSTANT = 0;
const UINT8 = 1;
const UINT16 = 2;
const UINT32 = 3;
const DICTIONARY = 4;
const SPARSE = 5;
const FLOAT64 = 6;
const UINT24 = 7;

/** Flag beside the encoding: exact 64-bit values of some rows follow the values. */
const WIDE = 0x80;
/** row (u16), value (u64) */
const WIDE_BYTES = 10;

/** encoding, step index, rows (u16), base (f64) */
const HEADER_BYTES = 12;
const MAX_ROWS = 0xffff;

/** Most rows a column may have; nodes hold far fewer objects. */
export const MAX_COLUMN_ROWS = MAX_ROWS;

/** How a column would be packed, before it is. */
export interface ColumnPlan {
  readonly encoding: number;
  readonly bytes: number;
  /** Whether all values are integers a double holds exactly. */
  readonly isInteger: boolean;
  readonly profile: Profile;
  readonly width: number;
  readonly distinct: readonly number[];
}

/** Packs the values of rows 0…n-1; `wide` are exact values of rows a double cannot hold. */
export function packColumn(values: Float64Array, wide?: ReadonlyMap<number, bigint>): Uint8Array {
  const packed = packAsPlanned(values, planColumn(values), PRIVATE);
  const whole = wide && wide.size > 0 ? appendWide(packed, wide) : packed.slice();
  PRIVATE.reset();
  return whole;
}

const PRIVATE = new Scratch();

/**
 * Unpacks the column that begins at `offset` into `target` (rows beyond what was packed become NaN) and returns the number
 * of rows packed.
 */
export function unpackColumn(packed: Uint8Array, target: Float64Array, offset = 0): number {
  const view = new DataView(packed.buffer, packed.byteOffset + offset);
  const encoding = packed[offset] & ~WIDE;
  const rows = view.getUint16(2, true);
  const base = view.getFloat64(4, true);
  const scale = packed[offset + 1];
  const parts = scale >= STEPS.length ? DECIMALS[scale - STEPS.length] : 0;
  const step = STEPS[scale];
  const value = (packedValue: number) => (parts > 0 ? packedValue / parts : base + packedValue * step);
  if (encoding === CONSTANT) {
    target.fill(base, 0, rows);
  } else if (encoding === UINT8) {
    for (let row = 0; row < rows; row++) {
      const small = packed[offset + HEADER_BYTES + row];
      target[row] = small === 0xff ? NaN : value(small);
    }
  } else if (encoding === UINT16) {
    for (let row = 0; row < rows; row++) {
      const small = view.getUint16(HEADER_BYTES + row * 2, true);
      target[row] = small === 0xffff ? NaN : value(small);
    }
  } else if (encoding === UINT24) {
    for (let row = 0, at = offset + HEADER_BYTES; row < rows; row++, at += 3) {
      const small = packed[at] | (packed[at + 1] << 8) | (packed[at + 2] << 16);
      target[row] = small === 0xffffff ? NaN : value(small);
    }
  } else if (encoding === UINT32) {
    for (let row = 0; row < rows; row++) {
      const small = view.getUint32(HEADER_BYTES + row * 4, true);
      target[row] = small === 0xffffffff ? NaN : value(small);
    }
  } else if (encoding === DICTIONARY) {
    const entries = packed[offset + HEADER_BYTES];
    const indexes = HEADER_BYTES + 1 + entries * 8;
    for (let row = 0; row < rows; row++) {
      target[row] = view.getFloat64(HEADER_BYTES + 1 + packed[offset + indexes + row] * 8, true);
    }
  } else if (encoding === SPARSE) {
    unpackSparse(view, target, rows, base);
  } else {
    for (let row = 0; row < rows; row++) {
      target[row] = view.getFloat64(HEADER_BYTES + row * 8, true);
    }
  }
  target.fill(NaN, rows);
  return rows;
}

/** The exact 64-bit values of a packed column, if it has any. */
export function unpackWide(packed: Uint8Array): Map<number, bigint> | undefined {
  if ((packed[0] & WIDE) === 0) {
    return undefined;
  }
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const from = valueBytes(view);
  const wide = new Map<number, bigint>();
  for (let index = 0; index < view.getUint16(from, true); index++) {
    const at = from + 2 + index * WIDE_BYTES;
    wide.set(view.getUint16(at, true), view.getBigUint64(at + 2, true));
  }
  return wide;
}

/** How many bytes the packed column takes that begins at `offset`. */
export function packedLength(bytes: Uint8Array, offset: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
  const length = valueBytes(view);
  return (bytes[offset] & WIDE) === 0 ? length : length + 2 + view.getUint16(length, true) * WIDE_BYTES;
}

/** Bytes of a packed column's header and values. */
function valueBytes(view: DataView): number {
  const rows = view.getUint16(2, true);
  switch (view.getUint8(0) & ~WIDE) {
    case CONSTANT:
      return HEADER_BYTES;
    case UINT8:
      return HEADER_BYTES + rows;
    case UINT16:
      return HEADER_BYTES + rows * 2;
    case UINT24:
      return HEADER_BYTES + rows * 3;
    case UINT32:
      return HEADER_BYTES + rows * 4;
    case DICTIONARY:
      return HEADER_BYTES + 1 + view.getUint8(HEADER_BYTES) * 8 + rows;
    case SPARSE:
      return HEADER_BYTES + 2 + view.getUint16(HEADER_BYTES, true) * 10;
    default:
      return HEADER_BYTES + rows * 8;
  }
}

/** Finds the smallest form for the values of rows 0…n-1. */
export function planColumn(values: Float64Array): ColumnPlan {
  const found = profile(values);
  const rows = values.length;
  const isInteger = found.step >= 0 ? found.step < STEPS.length : Number.isSafeInteger(found.common);
  const plan = (encoding: number, bytes: number, distinct: readonly number[] = []): ColumnPlan => ({
    encoding,
    bytes: HEADER_BYTES + bytes,
    isInteger,
    profile: found,
    width,
    distinct,
  });
  let width = 0;
  if (found.uncommon === 0) {
    return plan(CONSTANT, 0);
  }
  width = integerWidth(found);
  const plainWidth = width > 0 ? width : 8;
  const plainBytes = rows * plainWidth;
  const sparseBytes = 2 + found.uncommon * 10;
  // A dictionary needs a byte per row and eight per value: only where that is less, values are counted.
  const mostDistinct = Math.floor((Math.min(plainBytes, sparseBytes) - rows - 2) / 8);
  const distinct = mostDistinct > 0 ? distinctValues(values, mostDistinct) : undefined;
  if (distinct) {
    return plan(DICTIONARY, 1 + distinct.length * 8 + rows, distinct);
  }
  if (sparseBytes < plainBytes) {
    return plan(SPARSE, sparseBytes);
  }
  return plan(width > 0 ? INTEGERS[width] : FLOAT64, plainBytes);
}

/** Encodings of integers by their bytes. */
const INTEGERS = [0, UINT8, UINT16, UINT24, UINT32];

/** Packs into memory of the scratch. */
export function packAsPlanned(values: Float64Array, plan: ColumnPlan, scratch: Scratch): Uint8Array {
  switch (plan.encoding) {
    case CONSTANT:
      return start(scratch, CONSTANT, values.length, 0, plan.profile.common, 0).packed;
    case DICTIONARY:
      return packDictionary(scratch, values, plan.distinct);
    case SPARSE:
      return packSparse(scratch, values, plan.profile);
    case FLOAT64:
      return packFloats(scratch, values);
    default:
      return packIntegers(scratch, values, plan);
  }
}

/** Bytes of the narrowest integers the values fit in, 0 if they don't; the largest code of each width means absent. */
function integerWidth({ min, max, step }: Profile): number {
  if (step < 0) {
    return 0;
  }
  const parts = step >= STEPS.length ? DECIMALS[step - STEPS.length] : 0;
  const span = parts > 0 ? Math.round(max * parts) : (max - min) / STEPS[step];
  return span < 0xff ? 1 : span < 0xffff ? 2 : span < 0xffffff ? 3 : span < 0xffffffff ? 4 : 0;
}

function start(scratch: Scratch, encoding: number, rows: number, step: number, base: number, bytes: number) {
  if (rows > MAX_ROWS) {
    throw new RangeError(`A column of ${rows} rows is beyond the ${MAX_ROWS} it may have`);
  }
  const packed = scratch.takeBytes(HEADER_BYTES + bytes);
  const view = new DataView(packed.buffer, packed.byteOffset);
  packed[0] = encoding;
  packed[1] = step;
  view.setUint16(2, rows, true);
  view.setFloat64(4, base, true);
  return { packed, view };
}

function packIntegers(scratch: Scratch, values: Float64Array, { encoding, width, profile }: ColumnPlan): Uint8Array {
  const { step, min } = profile;
  const parts = step >= STEPS.length ? DECIMALS[step - STEPS.length] : 0;
  const base = parts > 0 ? 0 : min;
  const { packed } = start(scratch, encoding, values.length, step, base, values.length * width);
  const absent = 2 ** (width * 8) - 1;
  const size = STEPS[step];
  let at = HEADER_BYTES;
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    const code = value !== value ? absent : parts > 0 ? Math.round(value * parts) : (value - base) / size;
    packed[at++] = code;
    if (width > 1) {
      packed[at++] = code >>> 8;
    }
    if (width > 2) {
      packed[at++] = code >>> 16;
    }
    if (width > 3) {
      packed[at++] = code >>> 24;
    }
  }
  return packed;
}

function packDictionary(scratch: Scratch, values: Float64Array, distinct: readonly number[]): Uint8Array {
  const { packed, view } = start(scratch, DICTIONARY, values.length, 0, 0, 1 + distinct.length * 8 + values.length);
  packed[HEADER_BYTES] = distinct.length;
  distinct.forEach((value, index) => view.setFloat64(HEADER_BYTES + 1 + index * 8, value, true));
  const indexes = HEADER_BYTES + 1 + distinct.length * 8;
  values.forEach((value, row) => {
    packed[indexes + row] = distinct.findIndex((known) => same(known, value));
  });
  return packed;
}

function packSparse(scratch: Scratch, values: Float64Array, { common, uncommon }: Profile): Uint8Array {
  const { packed, view } = start(scratch, SPARSE, values.length, 0, common, 2 + uncommon * 10);
  view.setUint16(HEADER_BYTES, uncommon, true);
  let at = HEADER_BYTES + 2;
  values.forEach((value, row) => {
    if (!same(value, common)) {
      view.setUint16(at, row, true);
      view.setFloat64(at + 2, value, true);
      at += 10;
    }
  });
  return packed;
}

function unpackSparse(view: DataView, target: Float64Array, rows: number, common: number): void {
  target.fill(common, 0, rows);
  const count = view.getUint16(HEADER_BYTES, true);
  for (let index = 0; index < count; index++) {
    const at = HEADER_BYTES + 2 + index * 10;
    target[view.getUint16(at, true)] = view.getFloat64(at + 2, true);
  }
}

function packFloats(scratch: Scratch, values: Float64Array): Uint8Array {
  const { packed, view } = start(scratch, FLOAT64, values.length, 0, 0, values.length * 8);
  for (let row = 0; row < values.length; row++) {
    view.setFloat64(HEADER_BYTES + row * 8, values[row], true);
  }
  return packed;
}

/** The count of wide values, their rows and the values follow the packed values. */
function appendWide(packed: Uint8Array, wide: ReadonlyMap<number, bigint>): Uint8Array {
  const longer = new Uint8Array(packed.length + 2 + wide.size * WIDE_BYTES);
  longer.set(packed);
  longer[0] |= WIDE;
  const view = new DataView(longer.buffer);
  view.setUint16(packed.length, wide.size, true);
  [...wide].forEach(([row, value], index) => {
    const at = packed.length + 2 + index * WIDE_BYTES;
    view.setUint16(at, row, true);
    view.setBigUint64(at + 2, value, true);
  });
  return longer;
}

/**
 * Packs one column of one round into as few bytes as it needs, exactly: what comes out is what went in, NaN (absent)
 * included. Most columns of a node are constant, small integers, whole pages or few distinct values.
 */

import { Scratch } from './scratch.ts';
import { DECIMALS, profile, same, STEPS, type Profile } from './columnProfile.ts';

/** How the values of a packed column are written. The numbers are part of the packed form. */
const CONSTANT = 0;
const UINT8 = 1;
const UINT16 = 2;
const UINT32 = 3;
const DICTIONARY = 4;
const SPARSE = 5;
const FLOAT64 = 6;

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
  readonly bytes: number;
  /** Whether all values are integers a double holds exactly. */
  readonly isInteger: boolean;
  /** Packs it into memory of the scratch. */
  pack(scratch: Scratch): Uint8Array;
}

/** Packs the values of rows 0…n-1; `wide` are exact values of rows a double cannot hold. */
export function packColumn(values: Float64Array, wide?: ReadonlyMap<number, bigint>): Uint8Array {
  const packed = planColumn(values).pack(PRIVATE);
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
  const { distinct, uncommon } = found;
  const isInteger = found.step >= 0 && found.step < STEPS.length;
  const plan = (bytes: number, pack: ColumnPlan['pack']): ColumnPlan => ({
    bytes: HEADER_BYTES + bytes,
    isInteger,
    pack,
  });
  if (distinct && distinct.length <= 1) {
    return plan(0, (scratch) => start(scratch, CONSTANT, rows, 0, distinct[0] ?? NaN, 0).packed);
  }
  const integers = integerForm(found);
  const integerBytes = integers ? rows * integers.width : Infinity;
  const dictionaryBytes = distinct ? 1 + distinct.length * 8 + rows : Infinity;
  const sparseBytes = 2 + uncommon * 10;
  const least = Math.min(rows * 8, integerBytes, dictionaryBytes, sparseBytes);
  if (integers && integerBytes === least) {
    return plan(least, (scratch) => packIntegers(scratch, values, integers));
  }
  if (distinct && dictionaryBytes === least) {
    return plan(least, (scratch) => packDictionary(scratch, values, distinct));
  }
  return plan(least, (scratch) =>
    sparseBytes === least ? packSparse(scratch, values, found) : packFloats(scratch, values)
  );
}

interface IntegerForm {
  width: 1 | 2 | 4;
  /** Index into STEPS, and behind them into DECIMALS. */
  step: number;
  base: number;
}

/** The narrowest way to write the values as integers; the largest code of each width means absent. */
function integerForm({ min, max, step }: Profile): IntegerForm | undefined {
  const parts = step >= STEPS.length ? DECIMALS[step - STEPS.length] : 0;
  const span = parts > 0 ? Math.round(max * parts) : (max - min) / STEPS[step];
  const width = step < 0 ? undefined : span < 0xff ? 1 : span < 0xffff ? 2 : span < 0xffffffff ? 4 : undefined;
  return width && { width, step, base: parts > 0 ? 0 : min };
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

function packIntegers(scratch: Scratch, values: Float64Array, { width, step, base }: IntegerForm): Uint8Array {
  const encoding = width === 1 ? UINT8 : width === 2 ? UINT16 : UINT32;
  const { packed, view } = start(scratch, encoding, values.length, step, base, values.length * width);
  const absent = 2 ** (width * 8) - 1;
  const parts = step >= STEPS.length ? DECIMALS[step - STEPS.length] : 0;
  const size = STEPS[step];
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    const code = value !== value ? absent : parts > 0 ? Math.round(value * parts) : (value - base) / size;
    const at = HEADER_BYTES + row * width;
    if (width === 1) {
      packed[at] = code;
    } else if (width === 2) {
      view.setUint16(at, code, true);
    } else {
      view.setUint32(at, code, true);
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

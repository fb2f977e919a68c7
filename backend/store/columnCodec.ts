/**
 * Packs one column of one round into as few bytes as it needs, exactly: what comes out is what went in, NaN (absent)
 * included. Most columns of a node are constant, small integers, whole pages or few distinct values.
 */

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

/** Divisors tried from the largest: whole pages, whole microseconds in ns, whole numbers. */
const STEPS = [4096, 1000, 1] as const;
/** Kernel averages come with two decimals. */
const CENTS = 100;
const MAX_DISTINCT = 32;
/** encoding, step index, rows (u16), base (f64) */
const HEADER_BYTES = 12;
const MAX_ROWS = 0xffff;

/** Most rows a column may have; nodes hold far fewer objects. */
export const MAX_COLUMN_ROWS = MAX_ROWS;

interface Profile {
  /** Smallest and largest value present. */
  min: number;
  max: number;
  /** Index into STEPS of the largest step all values are multiples of, counted from `min`; STEPS.length for hundredths; -1. */
  step: number;
  /** Distinct values incl. NaN, undefined if there are more than a dictionary holds. */
  distinct: number[] | undefined;
  /** The majority value if there is one, and how many others there are. */
  common: number;
  uncommon: number;
}

/** Packs the values of rows 0…n-1; `wide` are exact values of rows a double cannot hold. */
export function packColumn(values: Float64Array, wide?: ReadonlyMap<number, bigint>): Uint8Array {
  const packed = packValues(values, profile(values));
  return wide && wide.size > 0 ? appendWide(packed, wide) : packed;
}

/** Unpacks a column into `target` (rows beyond what was packed become NaN) and returns the number of rows packed. */
export function unpackColumn(packed: Uint8Array, target: Float64Array): number {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const encoding = packed[0] & ~WIDE;
  const rows = view.getUint16(2, true);
  const base = view.getFloat64(4, true);
  const divide = packed[1] === STEPS.length;
  const step = divide ? CENTS : STEPS[packed[1]];
  const value = (packedValue: number) => (divide ? packedValue / CENTS : base + packedValue * step);
  if (encoding === CONSTANT) {
    target.fill(base, 0, rows);
  } else if (encoding === UINT8) {
    for (let row = 0; row < rows; row++) {
      const small = packed[HEADER_BYTES + row];
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
    const entries = packed[HEADER_BYTES];
    const indexes = HEADER_BYTES + 1 + entries * 8;
    for (let row = 0; row < rows; row++) {
      target[row] = view.getFloat64(HEADER_BYTES + 1 + packed[indexes + row] * 8, true);
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
  const count = view.getUint16(packed.byteLength - 2, true);
  const wide = new Map<number, bigint>();
  for (let index = 0; index < count; index++) {
    const at = packed.byteLength - 2 - (index + 1) * 10;
    wide.set(view.getUint16(at, true), view.getBigUint64(at + 2, true));
  }
  return wide;
}

function profile(values: Float64Array): Profile {
  let min = Infinity;
  let max = -Infinity;
  let integers = true;
  let common = NaN;
  let lead = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (value === value) {
      min = value < min ? value : min;
      max = value > max ? value : max;
      integers &&= Number.isSafeInteger(value);
    }
    // Boyer and Moore's vote finds the majority value, if there is one.
    if (lead === 0) {
      common = value;
    }
    lead += same(value, common) ? 1 : -1;
  }
  let uncommon = 0;
  for (let row = 0; row < values.length; row++) {
    uncommon += same(values[row], common) ? 0 : 1;
  }
  const step = integers ? largestStep(values, min) : isHundredths(values, min) ? STEPS.length : -1;
  return { min, max, step, distinct: distinctValues(values), common, uncommon };
}

/** Equality that takes NaN for a value. */
function same(one: number, other: number): boolean {
  return one === other || (one !== one && other !== other);
}

function largestStep(values: Float64Array, min: number): number {
  for (let step = 0; step < STEPS.length - 1; step++) {
    const size = STEPS[step];
    let row = 0;
    while (row < values.length && (values[row] !== values[row] || (values[row] - min) % size === 0)) {
      row++;
    }
    if (row === values.length) {
      return step;
    }
  }
  return STEPS.length - 1;
}

function isHundredths(values: Float64Array, min: number): boolean {
  let row = min >= 0 ? 0 : values.length + 1;
  while (
    row < values.length &&
    (values[row] !== values[row] || Math.round(values[row] * CENTS) / CENTS === values[row])
  ) {
    row++;
  }
  return row === values.length;
}

/** Distinct values in order of appearance; undefined if there are too many for a dictionary to pay. */
function distinctValues(values: Float64Array): number[] | undefined {
  const distinct: number[] = [];
  for (let row = 0; row < values.length; row++) {
    let known = distinct.length - 1;
    while (known >= 0 && !same(distinct[known], values[row])) {
      known--;
    }
    if (known < 0) {
      if (distinct.length === MAX_DISTINCT) {
        return undefined;
      }
      distinct.push(values[row]);
    }
  }
  return distinct;
}

function packValues(values: Float64Array, found: Profile): Uint8Array {
  const rows = values.length;
  const { distinct, uncommon } = found;
  if (distinct && distinct.length <= 1) {
    return start(CONSTANT, rows, 0, distinct[0] ?? NaN, 0).packed;
  }
  const integers = integerForm(found);
  const integerBytes = integers ? rows * integers.width : Infinity;
  const dictionaryBytes = distinct ? 1 + distinct.length * 8 + rows : Infinity;
  const sparseBytes = 2 + uncommon * 10;
  const least = Math.min(rows * 8, integerBytes, dictionaryBytes, sparseBytes);
  if (integers && integerBytes === least) {
    return packIntegers(values, integers);
  }
  if (distinct && dictionaryBytes === least) {
    return packDictionary(values, distinct);
  }
  return sparseBytes === least ? packSparse(values, found) : packFloats(values);
}

interface IntegerForm {
  width: 1 | 2 | 4;
  /** Index into STEPS, or STEPS.length for hundredths. */
  step: number;
  base: number;
}

/** The narrowest way to write the values as integers; the largest code of each width means absent. */
function integerForm({ min, max, step }: Profile): IntegerForm | undefined {
  const isHundredth = step === STEPS.length;
  const span = isHundredth ? Math.round(max * CENTS) : (max - min) / STEPS[step];
  const width = step < 0 ? undefined : span < 0xff ? 1 : span < 0xffff ? 2 : span < 0xffffffff ? 4 : undefined;
  return width && { width, step, base: isHundredth ? 0 : min };
}

function start(encoding: number, rows: number, step: number, base: number, bytes: number) {
  if (rows > MAX_ROWS) {
    throw new RangeError(`A column of ${rows} rows is beyond the ${MAX_ROWS} it may have`);
  }
  const packed = new Uint8Array(HEADER_BYTES + bytes);
  const view = new DataView(packed.buffer);
  packed[0] = encoding;
  packed[1] = step;
  view.setUint16(2, rows, true);
  view.setFloat64(4, base, true);
  return { packed, view };
}

function packIntegers(values: Float64Array, { width, step, base }: IntegerForm): Uint8Array {
  const encoding = width === 1 ? UINT8 : width === 2 ? UINT16 : UINT32;
  const { packed, view } = start(encoding, values.length, step, base, values.length * width);
  const absent = 2 ** (width * 8) - 1;
  const size = step === STEPS.length ? 0 : STEPS[step];
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    const code = value !== value ? absent : size === 0 ? Math.round(value * CENTS) : (value - base) / size;
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

function packDictionary(values: Float64Array, distinct: readonly number[]): Uint8Array {
  const { packed, view } = start(DICTIONARY, values.length, 0, 0, 1 + distinct.length * 8 + values.length);
  packed[HEADER_BYTES] = distinct.length;
  distinct.forEach((value, index) => view.setFloat64(HEADER_BYTES + 1 + index * 8, value, true));
  const indexes = HEADER_BYTES + 1 + distinct.length * 8;
  values.forEach((value, row) => {
    packed[indexes + row] = distinct.findIndex((known) => same(known, value));
  });
  return packed;
}

function packSparse(values: Float64Array, { common, uncommon }: Profile): Uint8Array {
  const { packed, view } = start(SPARSE, values.length, 0, common, 2 + uncommon * 10);
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

function packFloats(values: Float64Array): Uint8Array {
  const { packed, view } = start(FLOAT64, values.length, 0, 0, values.length * 8);
  values.forEach((value, row) => view.setFloat64(HEADER_BYTES + row * 8, value, true));
  return packed;
}

/** Rows and values stand at the end, their count last, so that readers of doubles never meet them. */
function appendWide(packed: Uint8Array, wide: ReadonlyMap<number, bigint>): Uint8Array {
  const longer = new Uint8Array(packed.length + wide.size * 10 + 2);
  longer.set(packed);
  longer[0] |= WIDE;
  const view = new DataView(longer.buffer);
  [...wide].forEach(([row, value], index) => {
    const at = longer.length - 2 - (index + 1) * 10;
    view.setUint16(at, row, true);
    view.setBigUint64(at + 2, value, true);
  });
  view.setUint16(longer.length - 2, wide.size, true);
  return longer;
}

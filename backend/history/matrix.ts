import { DamagedBytesError, type ByteReader } from './byteReader.ts';
import type { ByteWriter } from './byteWriter.ts';

/** One metric of several objects over several rounds: the value of row r in round t is `values[r * rounds + t]`. */
export interface Matrix {
  readonly rows: number;
  readonly rounds: number;
  /** NaN: absent. */
  readonly values: Float64Array;
  /** Exact values by index, where a double would lose digits. */
  readonly wide?: ReadonlyMap<number, bigint>;
}

/** Values that many small matrices share, so that not each is an allocation of its own. */
const SHARED_VALUES = 1 << 14;

let shared = new Float64Array(0);
let sharedUsed = 0;

/** Values that are lent: taken anew by every {@link withLentValues}. */
let lent = new Float64Array(0);
let lentUsed = -1;
const MOST_LENT_VALUES = 1 << 20;

/** Room for the values of a matrix, all zero. */
export function newValues(count: number): Float64Array {
  if (lentUsed >= 0) {
    return lendValues(count);
  }
  if (count * 4 > SHARED_VALUES) {
    return new Float64Array(count);
  }
  if (sharedUsed + count > shared.length) {
    shared = new Float64Array(SHARED_VALUES);
    sharedUsed = 0;
  }
  sharedUsed += count;
  return shared.subarray(sharedUsed - count, sharedUsed);
}

/** Lets all matrices that `work` reads share memory that the next work uses again: what it reads must not outlive it. */
export function withLentValues<Result>(work: () => Result): Result {
  lentUsed = 0;
  try {
    return work();
  } finally {
    lentUsed = -1;
  }
}

function lendValues(count: number): Float64Array {
  if (lentUsed + count > lent.length) {
    if (count > MOST_LENT_VALUES) {
      return new Float64Array(count);
    }
    // What was lent from the smaller memory stays as it is.
    lent = new Float64Array(Math.min(MOST_LENT_VALUES, Math.max(count, lent.length * 2, SHARED_VALUES)));
    lentUsed = 0;
  }
  lentUsed += count;
  return lent.subarray(lentUsed - count, lentUsed).fill(0);
}

/** The values of a matrix that are present, row after row, in memory that the next matrix uses again. */
export class PresentValues {
  values = new Float64Array(1024);
  count = 0;
  rows = 0;
  /** How many each row has. */
  ofRow = new Uint32Array(64);
  /** Rows that have any. */
  filledRows = 0;

  /** Takes the values that are not NaN. */
  gather({ rows, rounds, values }: Matrix): void {
    this.reserve(rows, values.length);
    const target = this.values;
    let count = 0;
    let filledRows = 0;
    for (let row = 0; row < rows; row++) {
      const before = count;
      const end = (row + 1) * rounds;
      for (let index = row * rounds; index < end; index++) {
        const value = values[index];
        if (value === value) {
          target[count++] = value;
        }
      }
      this.ofRow[row] = count - before;
      filledRows += count > before ? 1 : 0;
    }
    this.count = count;
    this.filledRows = filledRows;
  }

  /** Puts the values where {@link gather} found some. */
  scatter({ values }: Matrix): void {
    let next = 0;
    for (let index = 0; index < values.length; index++) {
      if (values[index] === values[index]) {
        values[index] = this.values[next++];
      }
    }
  }

  isConstant(): boolean {
    return areSame(this.values, 0, this.count);
  }

  isConstantPerRow(): boolean {
    let from = 0;
    for (let row = 0; row < this.rows; row++) {
      if (!areSame(this.values, from, from + this.ofRow[row])) {
        return false;
      }
      from += this.ofRow[row];
    }
    return true;
  }

  /** The first value of each row that has any. */
  firsts(): Float64Array {
    const firsts = new Float64Array(this.filledRows);
    let from = 0;
    let next = 0;
    for (let row = 0; row < this.rows; row++) {
      if (this.ofRow[row] > 0) {
        firsts[next++] = this.values[from];
        from += this.ofRow[row];
      }
    }
    return firsts;
  }

  /** Gives every value of a row the row's first. */
  repeat(firsts: Float64Array): void {
    let from = 0;
    let next = 0;
    for (let row = 0; row < this.rows; row++) {
      if (this.ofRow[row] > 0) {
        this.values.fill(firsts[next++], from, from + this.ofRow[row]);
        from += this.ofRow[row];
      }
    }
  }

  private reserve(rows: number, count: number): void {
    this.rows = rows;
    if (this.ofRow.length < rows) {
      this.ofRow = new Uint32Array(rows * 2);
    }
    if (this.values.length < count) {
      this.values = new Float64Array(count * 2);
    }
  }
}

/** Whether numbers are one and the same, zeros of either sign told apart. */
function areSame(values: Float64Array, from: number, to: number): boolean {
  const first = values[from];
  for (let index = from + 1; index < to; index++) {
    if (values[index] !== first) {
      return false;
    }
  }
  return first !== 0 || !hasBothZeros(values, from, to);
}

function hasBothZeros(values: Float64Array, from: number, to: number): boolean {
  for (let index = from + 1; index < to; index++) {
    if (!Object.is(values[index], values[from])) {
      return true;
    }
  }
  return false;
}

/** Writes a bit for each value: whether it is present. */
export function writeGaps(out: ByteWriter, { values }: Matrix): void {
  const bits = out.take(Math.ceil(values.length / 8));
  for (let index = 0; index < values.length; index++) {
    if (values[index] === values[index]) {
      bits[index >> 3] |= 1 << (index & 7);
    }
  }
}

/** Marks what is absent with NaN. */
export function readGaps(reader: ByteReader, values: Float64Array): void {
  const bits = reader.take(Math.ceil(values.length / 8));
  for (let index = 0; index < values.length; index++) {
    if ((bits[index >> 3] & (1 << (index & 7))) === 0) {
      values[index] = NaN;
    }
  }
}

/** Writes exact values by their index. */
export function writeWide(out: ByteWriter, wide: ReadonlyMap<number, bigint>): void {
  out.varint(wide.size);
  for (const [index, value] of wide) {
    out.varint(index);
    out.uint64(value);
  }
}

/** Reads what {@link writeWide} wrote about a matrix of `length` values. */
export function readWide(reader: ByteReader, length: number): Map<number, bigint> {
  const wide = new Map<number, bigint>();
  const count = reader.count(9);
  for (let entry = 0; entry < count; entry++) {
    const index = reader.varint();
    if (index >= length) {
      throw new DamagedBytesError(`Exact value ${index} of ${length}`);
    }
    wide.set(index, reader.uint64());
  }
  return wide;
}

import { DamagedBytesError, type ByteReader } from './byteReader.ts';
import type { ByteWriter } from './byteWriter.ts';
import { newValues, PresentValues, readGaps, readWide, writeGaps, writeWide, type Matrix } from './matrix.ts';
import { readFloats, readIntegers, writeFloats, writeIntegers } from './numberStream.ts';
import { readQuotients, writeQuotients, type Counter } from './quotients.ts';
import { readWhole, wholeForm } from './wholeNumbers.ts';

/** How the values are written; the numbers are part of the format. */
const CONSTANT = 0;
const PER_ROW = 1;
const STEPS = 2;
const FLOATS = 3;
const QUOTIENTS = 4;
const FORM = 0x0f;
/** Flags beside the form: which values are present follows; exact values of some follow. */
const HAS_GAPS = 0x40;
const HAS_WIDE = 0x80;

const present = new PresentValues();
let whole = new Float64Array(1024);
let stream = new Float64Array(1024);

/**
 * Writes a matrix exactly: what comes out is what went in, to the last bit. With the counter whose rate this is, mostly
 * only the time between samples is written. Answers with how many values are present.
 */
export function writeMatrix(out: ByteWriter, matrix: Matrix, counter?: Counter): number {
  present.gather(matrix);
  reserve(present.count);
  const start = out.length;
  out.uint8(0);
  let head = 0;
  if (present.count < matrix.values.length) {
    head |= HAS_GAPS;
    writeGaps(out, matrix);
  }
  if (matrix.wide && matrix.wide.size > 0) {
    head |= HAS_WIDE;
    writeWide(out, matrix.wide);
  }
  out.uint8At(start, head | writeValues(out, matrix, counter));
  return present.count;
}

/** Reads what {@link writeMatrix} wrote. `counterNamed` has to give the counters of the same rows and rounds. */
export function readMatrix(
  reader: ByteReader,
  rows: number,
  rounds: number,
  counterNamed: (metric: string) => Matrix
): Matrix {
  const head = reader.uint8();
  const values = newValues(rows * rounds);
  if (head & HAS_GAPS) {
    readGaps(reader, values);
  }
  const wide = head & HAS_WIDE ? readWide(reader, values.length) : undefined;
  const matrix: Matrix = { rows, rounds, values, wide };
  present.gather(matrix);
  reserve(present.count);
  readValues(reader, head & FORM, matrix, counterNamed);
  return matrix;
}

function reserve(count: number): void {
  if (whole.length < count) {
    whole = new Float64Array(count * 2);
    stream = new Float64Array(count * 2);
  }
}

function writeValues(out: ByteWriter, matrix: Matrix, counter: Counter | undefined): number {
  const { values, count } = present;
  if (present.isConstant()) {
    out.float64(count > 0 ? values[0] : NaN);
    return CONSTANT;
  }
  if (present.isConstantPerRow()) {
    writeColumn(out, present.firsts());
    return PER_ROW;
  }
  const form = wholeForm(values, count, whole);
  if (form >= 0) {
    out.uint8(form);
    writeSteps(out);
    return STEPS;
  }
  if (counter && writeQuotients(out, matrix, counter)) {
    return QUOTIENTS;
  }
  writeFloats(out, values, count);
  return FLOATS;
}

function readValues(reader: ByteReader, form: number, matrix: Matrix, counterNamed: (metric: string) => Matrix): void {
  const { values, count } = present;
  if (form === CONSTANT) {
    values.fill(reader.float64(), 0, count);
  } else if (form === PER_ROW) {
    present.repeat(readColumn(reader, present.filledRows));
  } else if (form === STEPS) {
    const parts = reader.uint8();
    readSteps(reader);
    readWhole(parts, values, count);
  } else if (form === FLOATS) {
    readFloats(reader, values, count);
  } else if (form === QUOTIENTS) {
    readQuotients(reader, matrix, counterNamed);
    return;
  } else {
    throw new DamagedBytesError(`Values of the unknown form ${form}`);
  }
  present.scatter(matrix);
}

/** What a column of numbers that are not whole is marked by. */
const NOT_WHOLE = 0xff;

function writeColumn(out: ByteWriter, values: Float64Array): void {
  const form = wholeForm(values, values.length, whole);
  out.uint8(form < 0 ? NOT_WHOLE : form);
  if (form < 0) {
    writeFloats(out, values, values.length);
    return;
  }
  for (let index = 0; index < values.length; index++) {
    stream[index] = index === 0 ? whole[0] : whole[index] - whole[index - 1];
  }
  writeIntegers(out, stream, values.length);
}

function readColumn(reader: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count);
  const form = reader.uint8();
  if (form === NOT_WHOLE) {
    readFloats(reader, values, count);
    return values;
  }
  readIntegers(reader, values, count);
  for (let index = 1; index < count; index++) {
    values[index] += values[index - 1];
  }
  readWhole(form, values, count);
  return values;
}

/** The first number of each row as it differs from the row before, then what every other differs by from the one before. */
function writeSteps(out: ByteWriter): void {
  const { ofRow, rows, count } = present;
  let firsts = 0;
  let before = 0;
  let index = 0;
  for (let row = 0; row < rows; row++) {
    if (ofRow[row] > 0) {
      stream[firsts++] = whole[index] - before;
      before = whole[index];
      index += ofRow[row];
    }
  }
  writeIntegers(out, stream, firsts);
  let steps = 0;
  index = 0;
  for (let row = 0; row < rows; row++) {
    const end = index + ofRow[row];
    for (let next = index + 1; next < end; next++) {
      stream[steps++] = whole[next] - whole[next - 1];
    }
    index = end;
  }
  writeIntegers(out, stream, count - firsts);
}

function readSteps(reader: ByteReader): void {
  const { ofRow, rows, count, values, filledRows } = present;
  readIntegers(reader, stream, filledRows);
  readIntegers(reader, whole, count - filledRows);
  let index = 0;
  let step = 0;
  let first = 0;
  let before = 0;
  for (let row = 0; row < rows; row++) {
    if (ofRow[row] > 0) {
      before += stream[first++];
      values[index] = before;
      const end = index + ofRow[row];
      for (let next = index + 1; next < end; next++) {
        values[next] = values[next - 1] + whole[step++];
      }
      index = end;
    }
  }
}

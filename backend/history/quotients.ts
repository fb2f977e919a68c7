import { DamagedBytesError, type ByteReader } from './byteReader.ts';
import type { ByteWriter } from './byteWriter.ts';
import type { Matrix } from './matrix.ts';
import { LARGEST_INTEGER, readFloats, readIntegers, writeFloats, writeIntegers } from './numberStream.ts';

/** The counter a rate was made of, over the same rows and rounds, and what the rate was multiplied by. */
export interface Counter {
  readonly metric: string;
  readonly scale: number;
  readonly matrix: Matrix;
}

let elapsed = new Float64Array(1024);
let others = new Float64Array(1024);

/**
 * Writes a rate as the milliseconds between the samples of its counter: the rate is the gain over the time, to the last
 * bit, and the gain is in the counter already. Values that are no such quotient follow as they are. Answers false, with
 * nothing written, if too many are not.
 */
export function writeQuotients(out: ByteWriter, { rounds, values }: Matrix, counter: Counter): boolean {
  reserve(values.length);
  const unfit: number[] = [];
  let count = 0;
  let otherCount = 0;
  let beforeMs = 0;
  for (let index = 0; index < values.length; index++) {
    const rate = values[index];
    if (rate !== rate) {
      continue;
    }
    const gain = gainAt(counter.matrix, index, rounds);
    if (gain !== gain) {
      others[otherCount++] = rate;
      continue;
    }
    const elapsedMs = elapsedFor(gain, rate, counter.scale, beforeMs);
    if (elapsedMs !== elapsedMs) {
      unfit.push(count);
      others[otherCount++] = rate;
    }
    const nowMs = elapsedMs === elapsedMs ? elapsedMs : beforeMs;
    elapsed[count++] = nowMs - beforeMs;
    beforeMs = nowMs;
  }
  if (unfit.length * 4 > count) {
    return false;
  }
  out.text(counter.metric);
  out.float64(counter.scale);
  writePositions(out, unfit);
  writeIntegers(out, elapsed, count);
  writeFloats(out, others, otherCount);
  return true;
}

/** Reads what {@link writeQuotients} wrote into a matrix whose absent values are NaN already. */
export function readQuotients(
  reader: ByteReader,
  { rounds, values }: Matrix,
  counterNamed: (metric: string) => Matrix
): void {
  reserve(values.length);
  const counter = counterNamed(reader.text());
  const scale = reader.float64();
  const unfit = readPositions(reader);
  const { quotients, rest } = countKinds(counter, values, rounds);
  readIntegers(reader, elapsed, quotients);
  readFloats(reader, others, rest + unfit.size);
  let count = 0;
  let otherCount = 0;
  let beforeMs = 0;
  for (let index = 0; index < values.length; index++) {
    if (values[index] !== values[index]) {
      continue;
    }
    const gain = gainAt(counter, index, rounds);
    if (gain !== gain) {
      values[index] = others[otherCount++];
      continue;
    }
    beforeMs += elapsed[count];
    values[index] = unfit.has(count) ? others[otherCount++] : rateOf(gain, scale, beforeMs);
    count++;
  }
}

/** The same expression, in the same order, as rates are derived with. */
function rateOf(gain: number, scale: number, elapsedMs: number): number {
  return (gain * 1000 * scale) / elapsedMs;
}

/** Whole milliseconds that make exactly this rate; NaN if there are none. */
function elapsedFor(gain: number, rate: number, scale: number, beforeMs: number): number {
  const guess = gain === 0 && beforeMs > 0 ? beforeMs : Math.round(rateOf(gain, scale, rate));
  const elapsedMs = guess > 0 && guess < LARGEST_INTEGER / 2 ? guess : 1;
  return Object.is(rateOf(gain, scale, elapsedMs), rate) ? elapsedMs : NaN;
}

/** What the counter gained since the round before; NaN if either is absent. */
function gainAt({ values, wide }: Matrix, index: number, rounds: number): number {
  if (index % rounds === 0) {
    return NaN;
  }
  if (wide && (wide.has(index) || wide.has(index - 1))) {
    const gain = Number(exactAt(values, wide, index) - exactAt(values, wide, index - 1));
    return values[index] !== values[index] || values[index - 1] !== values[index - 1] ? NaN : gain;
  }
  return values[index] - values[index - 1];
}

function exactAt(values: Float64Array, wide: ReadonlyMap<number, bigint>, index: number): bigint {
  const value = Number.isInteger(values[index]) ? values[index] : 0;
  return wide.get(index) ?? BigInt(value);
}

/** How many rates have a gain to be made of, and how many have none. */
function countKinds(counter: Matrix, values: Float64Array, rounds: number): { quotients: number; rest: number } {
  if (counter.values.length !== values.length) {
    throw new DamagedBytesError('A rate and its counter are of different size');
  }
  let quotients = 0;
  let rest = 0;
  for (let index = 0; index < values.length; index++) {
    if (values[index] === values[index]) {
      const gain = gainAt(counter, index, rounds);
      quotients += gain === gain ? 1 : 0;
      rest += gain === gain ? 0 : 1;
    }
  }
  return { quotients, rest };
}

function writePositions(out: ByteWriter, positions: readonly number[]): void {
  out.varint(positions.length);
  positions.forEach((position, index) => out.varint(index === 0 ? position : position - positions[index - 1]));
}

function readPositions(reader: ByteReader): Set<number> {
  const positions = new Set<number>();
  const count = reader.count(1);
  let position = 0;
  for (let index = 0; index < count; index++) {
    position += reader.varint();
    positions.add(position);
  }
  return positions;
}

function reserve(count: number): void {
  if (elapsed.length < count) {
    elapsed = new Float64Array(count * 2);
    others = new Float64Array(count * 2);
  }
}

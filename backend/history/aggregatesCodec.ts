import { DamagedBytesError, type ByteReader } from './byteReader.ts';
import type { ByteWriter } from './byteWriter.ts';
import { newValues, type Matrix } from './matrix.ts';
import { readMatrix, writeMatrix } from './matrixCodec.ts';
import type { Aggregates, Course } from './shardBlock.ts';

/** Flags. Maximum and sum follow from the minimum, since all samples of each bucket are the same. */
const STILL = 1;
/** Maximum and sum are written as what they exceed the minimum by. */
const EXCESS = 2;
const HAS_COURSE = 4;
/** The counter only grew: its course follows from minimum and maximum. */
const GROWING = 8;

/**
 * Writes the aggregates of buckets. What follows from the minimum is left out; of whole numbers only the excess over it is
 * written. Answers with how many buckets there are.
 */
export function writeAggregates(out: ByteWriter, aggregates: Aggregates): number {
  const { min, max, sum, count, course } = aggregates;
  const still = isStill(min.values, max.values, sum.values, count.values);
  const excess = !still && areWhole(min.values, max.values, sum.values);
  const growing = course !== undefined && isGrowing(aggregates, course);
  out.uint8((still ? STILL : excess ? EXCESS : 0) | (course ? HAS_COURSE : 0) | (growing ? GROWING : 0));
  const buckets = writeMatrix(out, count);
  writeMatrix(out, min);
  if (excess) {
    writeMatrix(
      out,
      mapped(max, (value, index) => value - min.values[index])
    );
    writeMatrix(
      out,
      mapped(sum, (value, index) => value - min.values[index] * count.values[index])
    );
  } else if (!still) {
    writeMatrix(out, max);
    writeMatrix(out, sum);
  }
  if (course && !growing) {
    writeMatrix(out, course.first);
    writeMatrix(out, course.last);
    writeMatrix(out, course.gain);
  }
  return buckets;
}

/** Reads what {@link writeAggregates} wrote. */
export function readAggregates(reader: ByteReader, rows: number, rounds: number): Aggregates {
  const flags = reader.uint8();
  const next = () => readMatrix(reader, rows, rounds, refuseCounter);
  const count = next();
  const min = next();
  const { max, sum } = flags & STILL ? stillOf(min, count) : aboveMinimum(flags, min, count, next(), next());
  if ((flags & HAS_COURSE) === 0) {
    return { min, max, sum, count };
  }
  const course = flags & GROWING ? growingCourse(min, max) : { first: next(), last: next(), gain: next() };
  return { min, max, sum, count, course };
}

function stillOf(min: Matrix, count: Matrix): { max: Matrix; sum: Matrix } {
  return { max: min, sum: mapped(min, (value, index) => value * count.values[index]) };
}

function aboveMinimum(
  flags: number,
  min: Matrix,
  count: Matrix,
  max: Matrix,
  sum: Matrix
): { max: Matrix; sum: Matrix } {
  return (flags & EXCESS) === 0
    ? { max, sum }
    : {
        max: mapped(max, (value, index) => value + min.values[index]),
        sum: mapped(sum, (value, index) => value + min.values[index] * count.values[index]),
      };
}

function growingCourse(min: Matrix, max: Matrix): Course {
  return { first: min, last: max, gain: mapped(max, (value, index) => value - min.values[index]) };
}

function refuseCounter(metric: string): never {
  throw new DamagedBytesError(`Aggregates that are made of the counter ${metric}`);
}

function mapped(matrix: Matrix, change: (value: number, index: number) => number): Matrix {
  const values = newValues(matrix.values.length);
  for (let index = 0; index < values.length; index++) {
    values[index] = change(matrix.values[index], index);
  }
  return { rows: matrix.rows, rounds: matrix.rounds, values };
}

function isStill(min: Float64Array, max: Float64Array, sum: Float64Array, count: Float64Array): boolean {
  for (let index = 0; index < min.length; index++) {
    if (!Object.is(max[index], min[index]) || !Object.is(sum[index], min[index] * count[index])) {
      return false;
    }
  }
  return true;
}

function isGrowing({ min, max }: Aggregates, { first, last, gain }: Course): boolean {
  for (let index = 0; index < min.values.length; index++) {
    const low = min.values[index];
    const high = max.values[index];
    const isSame =
      Object.is(first.values[index], low) &&
      Object.is(last.values[index], high) &&
      Object.is(gain.values[index], high - low);
    if (!isSame) {
      return false;
    }
  }
  return true;
}

/** Whether differences of these numbers are exact. */
function areWhole(...columns: Float64Array[]): boolean {
  return columns.every((values) => {
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      if (value === value && (!Number.isSafeInteger(value) || Object.is(value, -0))) {
        return false;
      }
    }
    return true;
  });
}

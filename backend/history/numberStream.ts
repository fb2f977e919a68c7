import { DamagedBytesError, type ByteReader } from './byteReader.ts';
import type { ByteWriter } from './byteWriter.ts';

/** Whole numbers up to this size can be doubled and stay exact. */
export const LARGEST_INTEGER = 2 ** 51;

/** Divisors tried from the largest: whole pages, whole microseconds in ns or seconds in ms, whole numbers. */
const MULTIPLES = [4096, 1000, 1] as const;
const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const TWO_32 = 2 ** 32;

/**
 * Writes whole numbers between ±{@link LARGEST_INTEGER}: divided by what all are multiples of, the sign in the lowest bit,
 * first the lowest bytes of all, then the next, as many as the largest needs. Compression finds what is alike in them.
 */
export function writeIntegers(out: ByteWriter, values: Float64Array, count: number): void {
  const multiple = largestMultiple(values, count);
  const size = MULTIPLES[multiple];
  let largest = 0;
  for (let index = 0; index < count; index++) {
    const value = values[index] < 0 ? -values[index] : values[index];
    largest = value > largest ? value : largest;
  }
  const width = widthOf((largest / size) * 2);
  out.uint8(multiple);
  out.uint8(width);
  const planes = out.take(width * count);
  if (width <= 4 && largest < 2 ** 31) {
    writeSmall(planes, values, count, size, width);
  } else {
    writeLarge(planes, values, count, size, width);
  }
}

/** Reads `count` numbers of {@link writeIntegers} into `target`. */
export function readIntegers(reader: ByteReader, target: Float64Array, count: number): void {
  const size = MULTIPLES[reader.uint8()];
  const width = reader.uint8();
  if (size === undefined || width > 7) {
    throw new DamagedBytesError('Whole numbers of an unknown form');
  }
  const planes = reader.take(width * count);
  for (let index = 0; index < count; index++) {
    let low = 0;
    for (let plane = 0; plane < width && plane < 4; plane++) {
      low |= planes[plane * count + index] << (plane * 8);
    }
    if (width <= 4) {
      const half = low >>> 1;
      target[index] = (low & 1 ? -half - 1 : half) * size;
    } else {
      let high = 0;
      for (let plane = 4; plane < width; plane++) {
        high |= planes[plane * count + index] << ((plane - 4) * 8);
      }
      const half = (high * TWO_32 + (low >>> 0) - (low & 1)) / 2;
      target[index] = (low & 1 ? -half - 1 : half) * size;
    }
  }
}

/** Writes any numbers as they are, byte by byte of all: signs and exponents are alike, so that they compress. */
export function writeFloats(out: ByteWriter, values: Float64Array, count: number): void {
  const planes = out.take(count * 8);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, count * 8);
  for (let plane = 0; plane < 8; plane++) {
    const from = IS_LITTLE_ENDIAN ? plane : 7 - plane;
    for (let index = 0; index < count; index++) {
      planes[plane * count + index] = bytes[index * 8 + from];
    }
  }
}

/** Reads `count` numbers of {@link writeFloats} into `target`. */
export function readFloats(reader: ByteReader, target: Float64Array, count: number): void {
  const planes = reader.take(count * 8);
  const bytes = new Uint8Array(target.buffer, target.byteOffset, count * 8);
  for (let plane = 0; plane < 8; plane++) {
    const to = IS_LITTLE_ENDIAN ? plane : 7 - plane;
    for (let index = 0; index < count; index++) {
      bytes[index * 8 + to] = planes[plane * count + index];
    }
  }
}

/** Index of the largest of the multiples that divides all; the low 32 bits tell it for powers of two. */
function largestMultiple(values: Float64Array, count: number): number {
  let index = 0;
  while (index < count && ((values[index] | 0) & 4095) === 0) {
    index++;
  }
  if (index === count) {
    return 0;
  }
  index = 0;
  while (index < count && Math.trunc(values[index] / 1000) * 1000 === values[index]) {
    index++;
  }
  return index === count ? 1 : 2;
}

function widthOf(largest: number): number {
  let width = 0;
  for (let rest = largest; rest >= 1; rest /= 256) {
    width++;
  }
  return width;
}

function writeSmall(planes: Uint8Array, values: Float64Array, count: number, size: number, width: number): void {
  for (let index = 0; index < count; index++) {
    const value = (values[index] / size) | 0;
    const code = (value << 1) ^ (value >> 31);
    for (let plane = 0; plane < width; plane++) {
      planes[plane * count + index] = code >>> (plane * 8);
    }
  }
}

function writeLarge(planes: Uint8Array, values: Float64Array, count: number, size: number, width: number): void {
  for (let index = 0; index < count; index++) {
    const value = values[index] / size;
    const code = value < 0 ? -value * 2 - 1 : value * 2;
    const low = code % TWO_32;
    const high = (code - low) / TWO_32;
    for (let plane = 0; plane < width; plane++) {
      planes[plane * count + index] = plane < 4 ? low >>> (plane * 8) : high >>> ((plane - 4) * 8);
    }
  }
}

import fc from 'fast-check';
import { MAX_COLUMN_ROWS, packColumn, unpackColumn, unpackWide } from './columnCodec.ts';

const HEADER_BYTES = 12;

/** Columns as nodes have them, and columns as nobody has them. */
const anyValue = fc.oneof(
  fc.constant(NaN),
  fc.double({ noDefaultInfinity: true }),
  fc.integer({ min: 0, max: 300 }),
  fc.integer(),
  fc.nat({ max: 2 ** 31 - 1 }).map((pages) => pages * 4096),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(Number),
  fc.integer({ min: 0, max: 10_000 }).map((cents) => cents / 100)
);
const column = fc.oneof(
  fc.array(anyValue, { maxLength: 200 }),
  fc
    .array(anyValue, { minLength: 1, maxLength: 4 })
    .chain((few) => fc.array(fc.constantFrom(...few), { maxLength: 300 })),
  fc.array(fc.integer({ min: -5, max: 70_000 }), { maxLength: 100 }),
  fc.array(fc.constantFrom(0, -0, NaN), { maxLength: 20 })
);

describe('a packed column', () => {
  it('gives back what went in, whatever the numbers are', () => {
    fc.assert(
      fc.property(column, (numbers) => {
        expect(unpacked(Float64Array.from(numbers))).toEqual(numbers.map(withoutSign));
      }),
      { numRuns: 2000 }
    );
  });

  it('gives back numbers at the edges of every width', () => {
    for (const step of [1, 1000, 4096, 0.01]) {
      for (const span of [0xfe, 0xff, 0x100, 0xfffe, 0xffff, 0x10000, 0xfffffffe, 0xffffffff, 0x100000000]) {
        for (const base of [0, 7 * step, -3 * step]) {
          const numbers = [base, NaN, base + span * step, base + step];
          expect(unpacked(Float64Array.from(numbers))).toEqual(numbers);
        }
      }
    }
  });

  it('makes rows of the target that were not packed absent', () => {
    const target = new Float64Array(5).fill(1);
    expect(unpackColumn(packColumn(Float64Array.of(8, 9)), target)).toBe(2);
    expect([...target]).toEqual([8, 9, NaN, NaN, NaN]);
  });

  it('can be read into a target that is shorter', () => {
    for (const numbers of [
      [5, 5, 5],
      [1, 2, 3],
      [0.001, NaN, 2 ** 60],
      [1, 70_000, 3],
    ]) {
      const target = new Float64Array(1);
      unpackColumn(packColumn(Float64Array.from(numbers)), target);
      expect(target[0]).toBe(numbers[0]);
    }
  });

  it('can be read from the middle of a larger array', () => {
    const packed = packColumn(Float64Array.of(1.5, NaN, 1e300), new Map([[2, 2n ** 63n]]));
    const larger = new Uint8Array(packed.length + 6);
    larger.set(packed, 3);
    const inside = larger.subarray(3, 3 + packed.length);
    const target = new Float64Array(3);
    unpackColumn(inside, target);
    expect([...target]).toEqual([1.5, NaN, 1e300]);
    expect(unpackWide(inside)).toEqual(new Map([[2, 2n ** 63n]]));
  });

  it('keeps every digit of 64-bit counters', () => {
    const wideValue = fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(undefined), wideValue), { maxLength: 60 }), (exact) => {
        const wide = new Map(exact.flatMap((value, row) => (value === undefined ? [] : [[row, value] as const])));
        const values = Float64Array.from(exact, (value) => (value === undefined ? 12 : Number(value)));
        const packed = packColumn(values, wide);
        const target = new Float64Array(values.length);
        unpackColumn(packed, target);
        expect([...target]).toEqual([...values]);
        expect(unpackWide(packed) ?? new Map()).toEqual(wide);
      })
    );
  });

  it('says nothing of exact values where there are none', () => {
    expect(unpackWide(packColumn(Float64Array.of(1, 2)))).toBeUndefined();
    expect(unpackWide(packColumn(Float64Array.of(1, 2), new Map()))).toBeUndefined();
  });

  it.each([
    ['one value for all rows', Array.from({ length: 100 }, () => 4e12), 0],
    ['no value at all', Array.from({ length: 100 }, () => NaN), 0],
    ['small integers', Array.from({ length: 100 }, (_, row) => 1_000_000 + row), 100],
    ['whole pages', Array.from({ length: 100 }, (_, row) => 5e9 - (5e9 % 4096) + row * 37 * 4096), 200],
    ['hundredths', Array.from({ length: 100 }, (_, row) => row / 100), 100],
    ['few distinct values', Array.from({ length: 100 }, (_, row) => Math.sqrt(row % 4)), 1 + 4 * 8 + 100],
    ['a single odd row', Array.from({ length: 100 }, (_, row) => (row === 50 ? Math.PI : NaN)), 2 + 10],
    ['anything', Array.from({ length: 100 }, (_, row) => Math.sqrt(row)), 800],
  ])('takes no more bytes than needed for %s', (_, numbers, bytes) => {
    expect(packColumn(Float64Array.from(numbers)).length).toBe(HEADER_BYTES + bytes);
  });

  it('is refused when it has more rows than can be counted', () => {
    expect(unpacked(new Float64Array(MAX_COLUMN_ROWS).map((_, row) => row))).toHaveLength(MAX_COLUMN_ROWS);
    expect(() => packColumn(new Float64Array(MAX_COLUMN_ROWS + 1))).toThrow(
      'A column of 65536 rows is beyond the 65535'
    );
  });
});

function unpacked(values: Float64Array): number[] {
  const target = new Float64Array(values.length);
  expect(unpackColumn(packColumn(values), target)).toBe(values.length);
  return [...target].map(withoutSign);
}

/** The sign of zero means nothing to anybody. */
function withoutSign(value: number): number {
  return value === 0 ? 0 : value;
}

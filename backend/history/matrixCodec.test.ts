import fc from 'fast-check';
import { ByteReader } from './byteReader.ts';
import { ByteWriter } from './byteWriter.ts';
import type { Matrix } from './matrix.ts';
import { readMatrix, writeMatrix } from './matrixCodec.ts';
import type { Counter } from './quotients.ts';

function roundTrip(matrix: Matrix, counter?: Counter): Matrix {
  const out = new ByteWriter();
  out.uint8(42);
  writeMatrix(out, matrix, counter);
  const reader = new ByteReader(out.written().slice(), 1);
  const read = readMatrix(reader, matrix.rows, matrix.rounds, (metric) => {
    expect(metric).toBe(counter?.metric);
    return counter!.matrix;
  });
  expect(reader.isAtEnd).toBe(true);
  return read;
}

function bytesOf(matrix: Matrix, counter?: Counter): number {
  const out = new ByteWriter();
  writeMatrix(out, matrix, counter);
  return out.length;
}

function expectSame(read: Matrix, matrix: Matrix): void {
  expect(Array.from(read.values)).toEqual(Array.from(matrix.values));
  expect(read.wide ?? new Map()).toEqual(matrix.wide ?? new Map());
}

const kinds: ReadonlyArray<fc.Arbitrary<number>> = [
  fc.constantFrom(0, 1, NaN),
  fc.integer({ min: -300, max: 300 }),
  fc.maxSafeInteger(),
  fc.integer({ min: 0, max: 1 << 20 }).map((pages) => pages * 4096),
  fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100),
  fc.integer({ min: 0, max: 100_000_000 }).map((millionths) => millionths / 1e6),
  fc.double(),
  fc.constantFrom(-0, 0, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 53), 2 ** 64, Number.MIN_VALUE, Number.MAX_VALUE),
];

const matrices: fc.Arbitrary<Matrix> = fc
  .record({
    rows: fc.integer({ min: 0, max: 7 }),
    rounds: fc.integer({ min: 1, max: 9 }),
    kind: fc.constantFrom(...kinds),
  })
  .chain(({ rows, rounds, kind }) =>
    fc
      .array(fc.oneof({ weight: 9, arbitrary: kind }, { weight: 1, arbitrary: fc.constant(NaN) }), {
        minLength: rows * rounds,
        maxLength: rows * rounds,
      })
      .map((values) => ({ rows, rounds, values: Float64Array.from(values) }))
  );

test('what is read is what was written, to the last bit', () => {
  fc.assert(
    fc.property(matrices, (matrix) => expectSame(roundTrip(matrix), matrix)),
    { numRuns: 1000 }
  );
});

test('counters beyond 2^53 keep their digits', () => {
  const exact = [2n ** 53n + 1n, 2n ** 63n + 7n, 2n ** 64n - 1n];
  const matrix = {
    rows: 2,
    rounds: 2,
    values: Float64Array.of(...exact.map(Number), 5),
    wide: new Map(exact.map((value, index) => [index, value])),
  };
  expectSame(roundTrip(matrix), matrix);
});

test('a rate of a counter is read as it was derived, whatever it was', () => {
  const cells = fc.record({
    counter: fc.oneof(fc.nat(), fc.constant(NaN)),
    elapsedMs: fc.integer({ min: 0, max: 120_000 }),
  });
  fc.assert(
    fc.property(fc.array(cells, { minLength: 12, maxLength: 12 }), fc.double(), (cell, foreign) => {
      const matrix = { rows: 3, rounds: 4, values: Float64Array.from(cell, ({ counter }) => counter) };
      const values = matrix.values.map((value, index) => {
        const { elapsedMs } = cell[index];
        return elapsedMs === 0 ? foreign : ((value - matrix.values[index - 1]) * 1000 * 1e-6) / elapsedMs;
      });
      const rate = { rows: 3, rounds: 4, values };
      const counter = { metric: 'cpu/usage', scale: 1e-6, matrix };
      expectSame(roundTrip(rate, counter), rate);
      expectSame(roundTrip(rate), rate);
    })
  );
});

test('a rate of a counter beyond 2^53 is made of exact differences', () => {
  const exact = [2n ** 60n + 1n, 2n ** 60n + 60_000_001n];
  const matrix = {
    rows: 1,
    rounds: 2,
    values: Float64Array.from(exact, Number),
    wide: new Map(exact.map((value, index) => [index, value])),
  };
  const rate = { rows: 1, rounds: 2, values: Float64Array.of(NaN, (60_000_000 * 1000 * 1e-6) / 59_000) };
  const counter = { metric: 'cpu/usage', scale: 1e-6, matrix };
  expectSame(roundTrip(rate, counter), rate);
  expect(bytesOf(rate, counter)).toBeLessThan(40);
});

test('what does not change takes no room', () => {
  const values = new Float64Array(60 * 60).fill(512 * 1024 * 1024);
  expect(bytesOf({ rows: 60, rounds: 60, values })).toBeLessThan(10);
  const perRow = values.map((_, index) => Math.floor(index / 60) * 4096);
  expect(bytesOf({ rows: 60, rounds: 60, values: perRow })).toBeLessThan(70);
});

test('rates take as much as the time between their samples', () => {
  let total = 0;
  const matrix = { rows: 1, rounds: 60, values: Float64Array.from({ length: 60 }, () => (total += 1_000_003)) };
  const values = matrix.values.map((_, index) =>
    index === 0 ? NaN : (1_000_003 * 1000) / (60_000 + (index % 3) * 1000)
  );
  expect(bytesOf({ rows: 1, rounds: 60, values }, { metric: 'network/rx', scale: 1, matrix })).toBeLessThan(100);
  expect(bytesOf({ rows: 1, rounds: 60, values })).toBeGreaterThan(470);
});

test('damaged bytes are refused or read as other numbers, and never as more than was asked for', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(6), fc.integer({ min: 1, max: 6 }), (bytes, rows, rounds) => {
      const counter = { rows, rounds, values: new Float64Array(rows * rounds) };
      let read: Matrix | undefined;
      try {
        read = readMatrix(new ByteReader(bytes), rows, rounds, () => counter);
      } catch (error) {
        expect(error).toMatchObject({ name: 'DamagedBytesError' });
      }
      expect(read?.values.length ?? rows * rounds).toBe(rows * rounds);
    }),
    { numRuns: 2000 }
  );
});

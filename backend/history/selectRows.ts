import type { Matrix } from './matrix.ts';
import type { Stored } from './shardBlock.ts';

/** Some rows of what is stored of a metric. */
export function selectRows(stored: Stored, rows: readonly number[]): Stored {
  const pick = (matrix: Matrix) => selectMatrixRows(matrix, rows);
  if ('samples' in stored) {
    return { samples: pick(stored.samples) };
  }
  const { min, max, sum, count, course } = stored;
  const plain = { min: pick(min), max: pick(max), sum: pick(sum), count: pick(count) };
  return course
    ? { ...plain, course: { first: pick(course.first), last: pick(course.last), gain: pick(course.gain) } }
    : plain;
}

function selectMatrixRows({ rounds, values, wide }: Matrix, rows: readonly number[]): Matrix {
  const picked = new Float64Array(rows.length * rounds);
  const exact = new Map<number, bigint>();
  rows.forEach((row, index) => {
    picked.set(values.subarray(row * rounds, (row + 1) * rounds), index * rounds);
    for (let round = 0; wide && round < rounds; round++) {
      const value = wide.get(row * rounds + round);
      if (value !== undefined) {
        exact.set(index * rounds + round, value);
      }
    }
  });
  return { rows: rows.length, rounds, values: picked, wide: exact.size > 0 ? exact : undefined };
}

import fc from 'fast-check';
import { Block } from './block.ts';

const CPU = 3;
const REQUEST = 1;

describe('a block of rounds', () => {
  it('reads back each column of each round', () => {
    const block = new Block();
    block.append(60, columns({ [CPU]: [1, 2, 3], [REQUEST]: [0.5, 7, 9] }));
    block.append(120, columns({ [CPU]: [4, 5, 6, 7] }));
    expect(read(block, 0, CPU, 4)).toEqual([1, 2, 3, NaN]);
    expect(read(block, 0, REQUEST, 4)).toEqual([0.5, 7, 9, NaN]);
    expect(read(block, 1, CPU, 4)).toEqual([4, 5, 6, 7]);
  });

  it('says which metrics a round has, and finds no other', () => {
    const block = new Block();
    block.append(60, columns({ [CPU]: [1], [REQUEST]: [2] }));
    block.append(120, columns({ [CPU]: [1] }));
    expect(block.metrics(0)).toEqual([REQUEST, CPU]);
    expect(block.metrics(1)).toEqual([CPU]);
    expect(block.read(1, REQUEST, new Float64Array(1))).toBe(false);
    expect(block.read(0, 2, new Float64Array(1))).toBe(false);
    expect(block.readWide(1, REQUEST)).toBeUndefined();
  });

  it('keeps a column that did not change only once', () => {
    const block = new Block();
    const requests = Array.from({ length: 1000 }, (_, row) => Math.sqrt(row));
    block.append(60, columns({ [REQUEST]: requests }));
    const first = block.bytes;
    for (let round = 2; round <= 5; round++) {
      block.append(round * 60, columns({ [REQUEST]: requests, [CPU]: [round] }));
    }
    expect(block.bytes - first).toBeLessThan(1200);
    expect(read(block, 4, REQUEST, 1000)).toEqual(requests);
    expect(read(block, 4, CPU, 1)).toEqual([5]);
  });

  it('finds a column again that changed and did not change by turns', () => {
    const block = new Block();
    for (const [round, value] of [1, 1, 2, 2, 1, 1].entries()) {
      block.append(round * 60, columns({ [CPU]: [value, 8, 0.1] }));
    }
    expect([0, 1, 2, 3, 4, 5].map((round) => read(block, round, CPU, 1)[0])).toEqual([1, 1, 2, 2, 1, 1]);
  });

  it('keeps exact values also where their doubles are the same', () => {
    const block = new Block();
    const values = Float64Array.of(2 ** 60);
    block.append(60, new Map([[CPU, { values, wide: new Map([[0, 2n ** 60n]]) }]]));
    block.append(120, new Map([[CPU, { values, wide: new Map([[0, 2n ** 60n + 1n]]) }]]));
    expect(block.readWide(0, CPU)).toEqual(new Map([[0, 2n ** 60n]]));
    expect(block.readWide(1, CPU)).toEqual(new Map([[0, 2n ** 60n + 1n]]));
  });

  it('holds a round without any column', () => {
    const block = new Block();
    block.append(60, new Map());
    expect(block.metrics(0)).toEqual([]);
    expect(block.read(0, CPU, new Float64Array(1))).toBe(false);
  });
});

function columns(byMetric: Record<number, number[]>) {
  return new Map(
    Object.entries(byMetric).map(([metric, values]) => [Number(metric), { values: Float64Array.from(values) }])
  );
}

function read(block: Block, round: number, metric: number, rows: number): number[] {
  const target = new Float64Array(rows);
  block.read(round, metric, target);
  return [...target];
}

test('every round of a block gives back what was put in, however columns follow from one another', () => {
  const value = fc.oneof(
    fc.constant(NaN),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true })
  );
  const start = fc.array(value, { minLength: 1, maxLength: 40 });
  const steps = fc.array(
    fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -5000, max: 5000 }), value), { maxLength: 44 }),
    {
      maxLength: 5,
    }
  );
  fc.assert(
    fc.property(start, steps, (first, changes) => {
      const block = new Block();
      let now = first.map((number) => number + 0);
      const rounds = [now];
      for (const change of changes) {
        now = Array.from(
          { length: Math.max(now.length, change.length) },
          (_, row) => (now[row] ?? 0) + (change[row] ?? 0)
        );
        rounds.push(now);
      }
      rounds.forEach((numbers, round) => block.append(round, new Map([[CPU, { values: Float64Array.from(numbers) }]])));
      rounds.forEach((numbers, round) => {
        const target = new Float64Array(numbers.length);
        block.read(round, CPU, target);
        expect([...target].map((number) => number + 0)).toEqual(numbers.map((number) => number + 0));
      });
    })
  );
});

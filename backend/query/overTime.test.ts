import fc from 'fast-check';
import { createReducer } from './overTime.ts';

const value = fc.double({ noNaN: true, min: -1e9, max: 1e9 });

test.each(['p50', 'p95', 'p99'] as const)(
  '%s of samples and of means counts each mean as often as it has samples',
  (overTime) => {
    const means = fc.array(fc.record({ mean: value, count: fc.integer({ min: 1, max: 9 }) }), { maxLength: 12 });
    fc.assert(
      fc.property(means, fc.array(value, { minLength: 1, maxLength: 12 }), (some, samples) => {
        const [told, all] = [createReducer(overTime, 1), createReducer(overTime, 1)];
        const sum = Float64Array.from(some, ({ mean, count }) => mean * count);
        const buckets = { min: sum, max: sum, sum, count: Float64Array.from(some, ({ count }) => count) };
        some.forEach(({ count }, index) => {
          told.addBucket(0, 0, buckets, index);
          for (let sample = 0; sample < count; sample++) {
            all.add(0, 0, sum[index] / count);
          }
        });
        for (const sample of samples) {
          told.add(0, 0, sample);
          all.add(0, 0, sample);
        }
        expect(told.get(0, 0)).toBe(all.get(0, 0));
      })
    );
  }
);

import { aggregate, readAggregations, readBucket } from './aggregates.ts';
import { HeapsterError } from './answers.ts';

const points = (...values: Array<number | bigint>) =>
  values.map((value, index) => ({ timestampMs: index * 10_000, value }));

test('an aggregate is an integer where all of its column are, else a double', () => {
  const { buckets } = aggregate(points(1, 2, 4, 5), ['average', 'max', 'count'], 20_000, 0);
  expect(buckets).toMatchObject([
    { timestamp: '1970-01-01T00:00:00Z', count: 2, average: { floatValue: 1.5 }, maximum: { intValue: 2 } },
    { timestamp: '1970-01-01T00:00:20Z', count: 2, average: { floatValue: 4.5 }, maximum: { intValue: 5 } },
  ]);
});

test('points that stand for several samples tell their extremes, and weigh as many as they are', () => {
  const of = { min: 1, max: 100, sum: 200, count: 10 };
  const far = [
    { timestampMs: 0, value: 20, of },
    { timestampMs: 600_000, value: 50 },
  ];
  expect(aggregate(far, ['average', 'max', 'min', 'count'], 3_600_000, 0).buckets).toMatchObject([
    { count: 11, average: { floatValue: 250 / 11 }, maximum: { intValue: 100 }, minimum: { intValue: 1 } },
  ]);
  expect(aggregate(far, ['max'], 0, 0).buckets).toMatchObject([{ timestamp: '1970-01-01T00:00:00Z' }]);
  expect(aggregate(far, ['median', '50-perc', '95-perc'], 3_600_000, 0).buckets).toMatchObject([
    { median: { intValue: 20 }, percentiles: { '50': { intValue: 20 }, '95': { intValue: 20 } } },
  ]);
  expect(aggregate(far, ['99-perc'], 3_600_000, 0).buckets).toMatchObject([
    { percentiles: { '99': { intValue: 50 } } },
  ]);
});

test('percentiles are values that were there, the median may lie between two', () => {
  const { buckets } = aggregate(points(10, 20, 30, 41), ['50-perc', '95-perc', '99-perc', 'median'], 0, 5_000);
  expect(buckets).toMatchObject([
    {
      timestamp: '1970-01-01T00:00:05.000000001Z',
      median: { intValue: 25 },
      percentiles: { '50': { intValue: 20 }, '95': { intValue: 41 }, '99': { intValue: 41 } },
    },
  ]);
});

test('one chosen value is told with its own time', () => {
  expect(aggregate(points(1, 9, 9, 2), ['max'], 0, 0).buckets).toMatchObject([{ timestamp: '1970-01-01T00:00:10Z' }]);
});

test('integers beyond 2^53 keep their digits where they are chosen', () => {
  const most = 2n ** 64n - 1n;
  expect(aggregate(points(most, 1), ['max'], 0, 0).buckets).toMatchObject([{ maximum: { intValue: most } }]);
});

test('empty buckets are left out, and the size is told in nanoseconds', () => {
  const far = [
    { timestampMs: 0, value: 1 },
    { timestampMs: 3_600_000, value: 2 },
  ];
  const { buckets, bucketSize } = aggregate(far, ['count'], 60_000, 0);
  expect(buckets).toHaveLength(2);
  expect(bucketSize).toBe(60_000_000_000n);
});

test('sizes of buckets and names of aggregations are read in Heapster’s words', () => {
  expect(['250ms', '3s', '2m', '1h', '1d', '0s', undefined].map(readBucket)).toEqual([
    250, 3_000, 120_000, 3_600_000, 86_400_000, 0, 0,
  ]);
  expect(() => readBucket('5')).toThrow('unable to parse bucket size: "5" is too short to be a duration');
  expect(() => readBucket('-1s')).toThrow('strconv.ParseUint: parsing "-1": invalid syntax');
  expect(() => readBucket('99999999999999d')).toThrow('value out of range');
  expect(() => readAggregations('max,sum')).toThrow(new HeapsterError(400, 'Unknown aggregation "sum"'));
});

import fc from 'fast-check';
import { batchOf, containerRow, MINUTE_MS, nodeRow, podRow, valuesOf } from '../../tests/support/batches.ts';
import type { Row } from '../../tests/support/batches.ts';
import type { NodeBatch } from '../model/batch.ts';
import { deriveRates, keepCounters } from './deriveRates.ts';

const HTTPD = 'shop/web-1/httpd';

/** The CPU rate of one container that said these two things, a round apart. */
function rateBetween(before: Omit<Row, 'names'> | undefined, now: Omit<Row, 'names'>): number | bigint | undefined {
  const then = batchOf({ container: before ? [containerRow(HTTPD, before)] : [] });
  const rated = deriveRates(batchOf({ container: [containerRow(HTTPD, now)] }, 2 * MINUTE_MS), then);
  return valuesOf(rated.tables.container, 'cpu/usage_rate')[HTTPD];
}

const second = (count: number): number => 1_700_000_000_000 + count * 1000;
const cpu = (ns: number | bigint) => ({ 'cpu/usage': ns });

test('a rate is what was gained between two samples, by their own times', () => {
  // 3 s of CPU time in 12 s are 250 millicores.
  const before = { startMs: 1, atMs: second(0), values: cpu(1e9) };
  expect(rateBetween(before, { startMs: 1, atMs: second(12), values: cpu(4e9) })).toBe(250);
});

test.each([
  ['was not in the round before', undefined, { startMs: 1, atMs: second(9), values: cpu(5) }],
  ['was restarted', { startMs: 1, atMs: second(0), values: cpu(5) }, { startMs: 2, atMs: second(9), values: cpu(9) }],
  ['repeats its sample', { atMs: second(0), values: cpu(5) }, { atMs: second(0), values: cpu(5) }],
  ['repeats its time with a moved counter', { atMs: second(0), values: cpu(5) }, { atMs: second(0), values: cpu(6) }],
  ['goes back in time', { atMs: second(5), values: cpu(5) }, { atMs: second(4), values: cpu(9) }],
  ['has a counter that fell', { atMs: second(0), values: cpu(5) }, { atMs: second(9), values: cpu(4) }],
  ['has no time', { values: cpu(5) }, { values: cpu(9) }],
  ['had no counter before', { atMs: second(0), values: {} }, { atMs: second(9), values: cpu(9) }],
  ['has no counter now', { atMs: second(0), values: cpu(5) }, { atMs: second(9), values: {} }],
  ['has a start only now', { atMs: second(0), values: cpu(5) }, { startMs: 1, atMs: second(9), values: cpu(9) }],
])('an object that %s has no rate', (_case, before, now) => {
  expect(rateBetween(before, now)).toBeUndefined();
});

test('a counter that stands still has the rate 0', () => {
  expect(rateBetween({ atMs: second(0), values: cpu(5) }, { atMs: second(9), values: cpu(5) })).toBe(0);
});

test('objects without a start on both sides are compared', () => {
  expect(rateBetween({ atMs: second(0), values: cpu(0) }, { atMs: second(1), values: cpu(1e9) })).toBe(1000);
});

test('each counter goes by the clock of its block', () => {
  const clocks = (cpuMs: number, networkMs: number) => ({ cpu: cpuMs, network: networkMs });
  const values = (ns: number, bytes: number) => ({ 'cpu/usage': ns, 'network/rx': bytes });
  const before = batchOf({
    pod: [podRow('shop/web-1', { clocks: clocks(second(0), second(5)), values: values(0, 0) })],
  });
  const now = podRow('shop/web-1', { clocks: clocks(second(10), second(9)), values: values(1e9, 400) });
  const { pod } = deriveRates(batchOf({ pod: [now] }, 2 * MINUTE_MS), before).tables;
  expect(valuesOf(pod, 'cpu/usage_rate')).toEqual({ 'shop/web-1': 100 });
  expect(valuesOf(pod, 'network/rx_rate')).toEqual({ 'shop/web-1': 100 });
});

test('the order of rows may differ from round to round', () => {
  const row = (name: string, at: number, ns: number) => containerRow(name, { atMs: second(at), values: cpu(ns) });
  const before = batchOf({ container: [row('a/b/c', 0, 1e9), row('d/e/f', 0, 7e9)] });
  const now = batchOf({ container: [row('d/e/f', 10, 8e9), row('a/b/c', 10, 3e9)] }, 2 * MINUTE_MS);
  const rates = valuesOf(deriveRates(now, before).tables.container, 'cpu/usage_rate');
  expect(rates).toEqual({ 'a/b/c': 200, 'd/e/f': 100 });
});

test('counters beyond 2^53 lose nothing: the last digits make the difference', () => {
  const before = { atMs: second(0), values: cpu(9_007_199_254_740_993n) };
  expect(rateBetween(before, { atMs: second(1), values: cpu(9_007_199_254_740_993n + 3_000_000n) })).toBe(3);
  expect(
    rateBetween({ atMs: second(0), values: cpu(9_007_199_254_740_990) }, { atMs: second(1), values: before.values })
  ).toBe(3e-6);
  expect(rateBetween({ atMs: second(0), values: before.values }, { atMs: second(1), values: cpu(5) })).toBeUndefined();
});

test('without a round before, the batch stays as it is', () => {
  const batch = batchOf({ node: [nodeRow('worker-1', { atMs: 1, values: cpu(1) })] });
  expect(deriveRates(batch, undefined)).toBe(batch);
});

test('what is kept for the next round is enough for its rates, and no more', () => {
  const row = (at: number, ns: number) =>
    podRow('shop/web-1', { atMs: second(at), startMs: 1, values: { 'cpu/usage': ns, 'memory/usage': 5 } });
  const before = batchOf({ pod: [row(0, 0)], filesystem: [nodeRow('x', { values: { 'filesystem/usage': 3 } })] });
  const now = batchOf({ pod: [row(4, 2e9)] }, 2 * MINUTE_MS);
  const kept = keepCounters(before);
  expect(deriveRates(now, kept)).toEqual(deriveRates(now, before));
  expect(Object.keys(kept.tables)).toEqual(['pod']);
  expect([...kept.tables.pod!.columns.keys()]).toEqual(['cpu/usage']);
});

describe('whatever two rounds say', () => {
  const sample = fc.record({
    startMs: fc.constantFrom(NaN, 1, 2),
    atMs: fc.oneof(fc.constant(NaN), fc.integer({ min: 0, max: 5 }).map(second)),
    ns: fc.oneof(fc.constant(undefined), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 9n })),
  });
  const round = fc.dictionary(fc.constantFrom('a/a/a', 'b/b/b', 'c/c/c'), sample);
  type Round = Record<string, { startMs: number; atMs: number; ns: bigint | undefined }>;

  function toBatch(objects: Round, endMs: number): NodeBatch {
    const exact = (ns: bigint) => (ns > BigInt(Number.MAX_SAFE_INTEGER) ? ns : Number(ns));
    const rows = Object.entries(objects).map(([name, { startMs, atMs, ns }]) =>
      containerRow(name, { startMs, atMs, values: ns === undefined ? {} : cpu(exact(ns)) })
    );
    return batchOf({ container: rows }, endMs);
  }

  test('no rate is negative, and none is there without two samples of the same life', () => {
    fc.assert(
      fc.property(round, round, (before, now) => {
        const rated = deriveRates(toBatch(now, 2 * MINUTE_MS), toBatch(before, MINUTE_MS));
        const rates = valuesOf(rated.tables.container, 'cpu/usage_rate');
        for (const [name, { startMs, atMs, ns }] of Object.entries(now)) {
          const then = before[name] as Round[string] | undefined;
          const comparable = then !== undefined && Object.is(then.startMs, startMs) && atMs > then.atMs;
          if (comparable && ns !== undefined && then.ns !== undefined && ns >= then.ns) {
            const expected = Number(ns - then.ns) / 1000 / (atMs - then.atMs);
            expect(rates[name]).toBeGreaterThanOrEqual(0);
            expect(Math.abs(Number(rates[name]) - expected)).toBeLessThanOrEqual(1e-9 * expected);
          } else {
            expect(rates).not.toHaveProperty([name]);
          }
        }
      })
    );
  });

  test('neither round is changed', () => {
    fc.assert(
      fc.property(round, round, (before, now) => {
        const [then, later] = [toBatch(before, MINUTE_MS), toBatch(now, 2 * MINUTE_MS)];
        deriveRates(later, then);
        expect([then, later]).toEqual([toBatch(before, MINUTE_MS), toBatch(now, 2 * MINUTE_MS)]);
      }),
      { numRuns: 30 }
    );
  });
});

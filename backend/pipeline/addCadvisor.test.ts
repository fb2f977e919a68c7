import { batchOf, containerRow, MINUTE_MS, podRow, valuesOf } from '../../tests/support/batches.ts';
import { addCadvisor } from './addCadvisor.ts';
import { addThrottling } from './addThrottling.ts';
import { sumContainersToPods } from './aggregate.ts';
import { deriveRates } from './deriveRates.ts';

describe('addCadvisor', () => {
  const batch = batchOf({
    pod: [podRow('shop/a'), podRow('shop/b')],
    container: [containerRow('shop/a/main', { values: { 'cpu/usage': 7 } }), containerRow('shop/b/main')],
  });

  test('adds columns by key, in whatever order they come, and keeps what is there', () => {
    const wide = 2n ** 60n + 1n;
    const extra = batchOf({
      container: [
        containerRow('shop/gone/main', { values: { 'disk/read': 1 } }),
        containerRow('shop/b/main', { values: { 'disk/read': wide } }),
        containerRow('shop/a/main', { values: { 'disk/read': 3 } }),
      ],
      pod: [podRow('shop/b', { values: { 'disk/write': 5 } })],
    });
    const { container, pod } = addCadvisor(batch, extra).tables;
    expect(container?.keys).toEqual(['shop/a/main', 'shop/b/main']);
    expect(valuesOf(container, 'disk/read')).toEqual({ 'shop/a/main': 3, 'shop/b/main': wide });
    expect(valuesOf(container, 'cpu/usage')).toEqual({ 'shop/a/main': 7 });
    expect(valuesOf(pod, 'disk/write')).toEqual({ 'shop/b': 5 });
  });

  test('without that answer leaves the batch as it is', () => {
    expect(addCadvisor(batch, undefined)).toBe(batch);
    expect(addThrottling(batch)).toBe(batch);
  });
});

describe('addThrottling', () => {
  const rates = (withheld: number, throttled: number, periods: number) => ({
    values: {
      'cpu/throttled_rate': withheld,
      'cpu/throttled_periods_rate': throttled,
      'cpu/periods_rate': periods,
    },
  });

  test('tells the share of throttled periods; 0 where there was none, nothing where nothing is limited', () => {
    const { container } = addThrottling(
      batchOf({
        pod: [podRow('shop/a')],
        container: [
          containerRow('shop/a/main', rates(300, 2.5, 10)),
          containerRow('shop/a/idle', rates(0, 0, 0)),
          containerRow('shop/a/free'),
        ],
      })
    ).tables;
    expect(valuesOf(container, 'cpu/throttling')).toEqual({ 'shop/a/main': 0.25, 'shop/a/idle': 0 });
  });

  test('gives a pod the sum of its containers, or its own limit where that withholds more', () => {
    const { pod } = addThrottling(
      batchOf({
        pod: [podRow('shop/sum', rates(10, 1, 10)), podRow('shop/own', rates(900, 9, 10)), podRow('shop/none')],
        container: [
          containerRow('shop/sum/a', rates(300, 4, 10)),
          containerRow('shop/sum/b', rates(100, 0, 6)),
          containerRow('shop/own/a', rates(20, 1, 10)),
          containerRow('shop/none/a'),
        ],
      })
    ).tables;
    expect(valuesOf(pod, 'cpu/throttled_rate')).toEqual({ 'shop/sum': 400, 'shop/own': 900 });
    expect(valuesOf(pod, 'cpu/periods_rate')).toEqual({ 'shop/sum': 16, 'shop/own': 10 });
    expect(valuesOf(pod, 'cpu/throttling')).toEqual({ 'shop/sum': 0.25, 'shop/own': 0.9 });
  });
});

test('rates go by the times of the lines, and a pod without disk counters of its own is the sum of its containers', () => {
  const at = (endMs: number, atMs: number, read: number, throttledNs: number) =>
    batchOf(
      {
        container: [containerRow('shop/a/main', { atMs, values: { 'disk/read': read, 'cpu/throttled': throttledNs } })],
        pod: [],
      },
      endMs
    );
  // 8 s between the two lines: 4000 bytes, and 2 s in which the limit withheld CPU
  const rated = deriveRates(at(2 * MINUTE_MS, 58_000, 5000, 3e9), at(MINUTE_MS, 50_000, 1000, 1e9));
  const summary = batchOf({ pod: [podRow('shop/a')], container: [containerRow('shop/a/main')] });
  const { container, pod } = sumContainersToPods(addThrottling(addCadvisor(summary, rated))).tables;
  expect(valuesOf(container, 'disk/read_rate')).toEqual({ 'shop/a/main': 500 });
  expect(valuesOf(container, 'cpu/throttled_rate')).toEqual({ 'shop/a/main': 250 });
  expect(valuesOf(pod, 'disk/read_rate')).toEqual({ 'shop/a': 500 });
});

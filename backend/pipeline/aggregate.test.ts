import fc from 'fast-check';
import { batchOf, containerRow, nodeRow, podRow, valuesOf } from '../../tests/support/batches.ts';
import { sumContainersToPods, sumPodsToNode } from './aggregate.ts';

test('a pod without a value of its own is the sum of its containers', () => {
  const batch = batchOf({
    pod: [podRow('shop/web-1'), podRow('shop/web-2', { values: { 'memory/usage': 100 } })],
    container: [
      containerRow('shop/web-1/httpd', { values: { 'memory/usage': 3 } }),
      containerRow('shop/web-1/sidecar', { values: { 'memory/usage': 4 } }),
      containerRow('shop/web-2/httpd', { values: { 'memory/usage': 50 } }),
    ],
  });
  expect(valuesOf(sumContainersToPods(batch).tables.pod, 'memory/usage')).toEqual({
    'shop/web-1': 7,
    'shop/web-2': 100,
  });
});

test('where what a pod has is its pause container, the sum has that and all others; what is no use is not added', () => {
  const rates = { 'cpu/usage_rate': 1, 'disk/read_rate': 7, restart_count: 2 };
  const batch = batchOf({
    pod: [
      podRow('shop/web', { values: { 'memory/usage': 100, 'cpu/usage': 9, ...rates } }),
      podRow('shop/new', { values: { 'memory/usage': 5 } }),
      podRow('shop/host'),
    ],
    container: [
      containerRow('shop/web/a', { values: { 'memory/usage': 3, 'cpu/usage': 50, ...rates } }),
      containerRow('shop/web/b', { values: { 'memory/usage': 4, 'cpu/usage_rate': 6 } }),
      containerRow('shop/host/c', { values: { 'memory/usage': 8, 'cpu/load': 30 } }),
    ],
  });
  const { pod } = sumContainersToPods({ ...batch, source: 'containers' }).tables;
  expect(valuesOf(pod, 'memory/usage')).toEqual({ 'shop/web': 107, 'shop/new': 5, 'shop/host': 8 });
  expect(valuesOf(pod, 'cpu/usage_rate')).toEqual({ 'shop/web': 8 });
  expect(valuesOf(pod, 'cpu/load')).toEqual({ 'shop/host': 30 });
  expect(valuesOf(pod, 'cpu/usage')).toEqual({ 'shop/web': 9 });
  expect(valuesOf(pod, 'disk/read_rate')).toEqual({ 'shop/web': 7 });
  expect(valuesOf(pod, 'restart_count')).toEqual({ 'shop/web': 2 });
});

test('a sum begins with the first value there is; what no container has, the pod has not either', () => {
  const batch = batchOf({
    pod: [podRow('shop/web-1'), podRow('shop/idle')],
    container: [
      containerRow('shop/web-1/httpd', { values: { 'cpu/usage_rate': 0 } }),
      containerRow('shop/web-1/new'),
      containerRow('shop/idle/main'),
    ],
  });
  expect(valuesOf(sumContainersToPods(batch).tables.pod, 'cpu/usage_rate')).toEqual({ 'shop/web-1': 0 });
});

test('counters of containers are not summed: they would fall whenever one of them restarts', () => {
  const values = { 'cpu/usage': 9, 'memory/page_faults': 9, uptime: 9 };
  const batch = batchOf({ pod: [podRow('shop/web-1')], container: [containerRow('shop/web-1/httpd', { values })] });
  expect([...sumContainersToPods(batch).tables.pod!.columns.keys()]).toEqual([]);
});

test('custom metrics and extended resources are summed too', () => {
  const values = { 'custom/queue': 2, 'nvidia.com/gpu/request': 1 };
  const batch = batchOf({
    pod: [podRow('shop/web-1')],
    container: [containerRow('shop/web-1/a', { values }), containerRow('shop/web-1/b', { values })],
  });
  const { pod } = sumContainersToPods(batch).tables;
  expect(valuesOf(pod, 'custom/queue')).toEqual({ 'shop/web-1': 4 });
  expect(valuesOf(pod, 'nvidia.com/gpu/request')).toEqual({ 'shop/web-1': 2 });
});

test('a container whose pod is not in the answer is left alone', () => {
  const container = [containerRow('shop/lost/main', { values: { 'memory/usage': 3 } })];
  const { pod } = sumContainersToPods(batchOf({ pod: [podRow('shop/web-1')], container })).tables;
  expect(valuesOf(pod, 'memory/usage')).toEqual({});
});

test('an exact value of a pod stays exact', () => {
  const huge = 9_007_199_254_740_993n;
  const batch = batchOf({
    pod: [podRow('shop/web-1', { values: { 'memory/usage': huge } })],
    container: [containerRow('shop/web-1/httpd', { values: { 'memory/usage': 3 } })],
  });
  expect(valuesOf(sumContainersToPods(batch).tables.pod, 'memory/usage')).toEqual({ 'shop/web-1': huge });
});

test('a node is the sum of its pods for requests, limits and restarts, and its own for what it measured', () => {
  const values = { 'cpu/request': 10, 'memory/limit': 5, restart_count: 2, 'memory/usage': 7, 'network/rx_rate': 3 };
  const batch = batchOf({
    node: [nodeRow('worker-1', { values: { 'memory/usage': 1000 } })],
    pod: [podRow('shop/web-1', { values }), podRow('shop/web-2', { values })],
  });
  const { node } = sumPodsToNode(batch).tables;
  const value = (metric: string) => valuesOf(node, metric)['worker-1'];
  expect(['cpu/request', 'memory/limit', 'restart_count'].map(value)).toEqual([20, 10, 4]);
  expect(value('memory/usage')).toBe(1000);
  expect(value('network/rx_rate')).toBeUndefined();
});

test('whatever containers there are, every pod has its own value or the sum of theirs', () => {
  const amount = fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined });
  const objects = fc.record({ a: amount, b: amount, own: amount });
  fc.assert(
    fc.property(fc.array(objects, { maxLength: 8 }), (pods) => {
      const valued = (value: number | undefined) => ({ values: { 'memory/rss': value } });
      const batch = batchOf({
        pod: pods.map(({ own }, index) => podRow(`ns/p${index}`, valued(own))),
        container: pods.flatMap(({ a, b }, index) => [
          containerRow(`ns/p${index}/a`, valued(a)),
          containerRow(`ns/p${index}/b`, valued(b)),
        ]),
      });
      const expected = pods.flatMap(({ a, b, own }, index) => {
        const value = own ?? (a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0));
        return value === undefined ? [] : [[`ns/p${index}`, value]];
      });
      expect(valuesOf(sumContainersToPods(batch).tables.pod, 'memory/rss')).toEqual(Object.fromEntries(expected));
    })
  );
});

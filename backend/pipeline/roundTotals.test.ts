import { batchOf, MINUTE_MS, nodeRow, podRow, valuesOf } from '../../tests/support/batches.ts';
import type { Row } from '../../tests/support/batches.ts';
import { aDirectory, aPod } from '../../tests/support/facts.ts';
import type { PodFacts } from '../model/facts.ts';
import { RoundTotals } from './roundTotals.ts';

const WEB = { workloadKind: 'Deployment', workload: 'web' };

function totalsOf(pods: readonly Row[], known: readonly PodFacts[] = []) {
  const totals = new RoundTotals();
  totals.add(batchOf({ node: [nodeRow('worker-1')], pod: pods }));
  return totals.close(MINUTE_MS, aDirectory(known)).tables;
}

test('pods are summed to their namespace, their workload and the cluster', () => {
  const values = { 'cpu/usage_rate': 10 };
  const { namespace, workload, cluster } = totalsOf([
    podRow('shop/web-1', { values, about: WEB }),
    podRow('shop/web-2', { values, about: WEB }),
    podRow('shop/alone', { values }),
    podRow('kube-system/proxy', { values: { 'cpu/usage_rate': 1 } }),
  ]);
  expect(valuesOf(namespace, 'cpu/usage_rate')).toEqual({ shop: 30, 'kube-system': 1 });
  expect(valuesOf(workload, 'cpu/usage_rate')).toEqual({ 'shop/Deployment/web': 20 });
  expect(valuesOf(cluster, 'cpu/usage_rate')).toEqual({ '': 31 });
  expect(workload?.names).toEqual([{ namespace: 'shop', ...WEB }]);
});

test('sums go over all nodes of the round, in whatever order they come', () => {
  const values = { 'memory/working_set': 4, 'cpu/node_allocatable': 1800, 'condition/ready': 1, 'kubelet/answered': 1 };
  const totals = new RoundTotals();
  for (const node of ['worker-2', 'worker-1']) {
    totals.add(
      batchOf({ node: [nodeRow(node, { values })], pod: [podRow(`shop/on-${node}`, { values })] }, MINUTE_MS, node)
    );
  }
  const { cluster, namespace } = totals.close(MINUTE_MS, aDirectory([])).tables;
  expect(valuesOf(namespace, 'memory/working_set')).toEqual({ shop: 8 });
  const value = (metric: string) => valuesOf(cluster, metric)[''];
  // Use is the sum of pods, capacity that of nodes.
  expect(value('memory/working_set')).toBe(8);
  expect(value('cpu/node_allocatable')).toBe(3600);
  expect(['nodes/count', 'nodes/ready', 'nodes/answered'].map(value)).toEqual([2, 2, 2]);
});

test('traffic of pods on the network of the host is left out, their CPU is not', () => {
  const values = { 'network/rx_rate': 100, 'cpu/usage_rate': 5 };
  const { namespace, cluster } = totalsOf([
    podRow('kube-system/proxy', { values, about: { hostNetwork: true } }),
    podRow('kube-system/dns', { values, about: { hostNetwork: false } }),
  ]);
  expect(valuesOf(namespace, 'network/rx_rate')).toEqual({ 'kube-system': 100 });
  expect(valuesOf(cluster, 'network/rx_rate')).toEqual({ '': 100 });
  expect(valuesOf(cluster, 'cpu/usage_rate')).toEqual({ '': 10 });
});

test('what no pod has is absent, and not 0', () => {
  const { namespace } = totalsOf([podRow('shop/new'), podRow('other/a', { values: { 'cpu/usage_rate': 0 } })]);
  expect(valuesOf(namespace, 'cpu/usage_rate')).toEqual({ other: 0 });
});

test('pods are counted by phase from the API server, with a 0 for namespaces without any', () => {
  const pods = [
    aPod('shop/web-1'),
    aPod('shop/web-2', { phase: 'Pending', nodeName: '' }),
    aPod('batch/once', { phase: 'Succeeded', workload: { kind: 'Job', name: 'once' } }),
  ];
  const { cluster, namespace, workload } = totalsOf([podRow('gone/x')], pods);
  expect(valuesOf(cluster, 'pods/running')).toEqual({ '': 1 });
  expect(valuesOf(namespace, 'pods/pending')).toEqual({ shop: 1, batch: 0, gone: 0 });
  expect(valuesOf(workload, 'pods/succeeded')).toEqual({ 'batch/Job/once': 1 });
});

test('pods that no node has yet are in the inventory', () => {
  const { pod } = totalsOf([], [aPod('shop/waiting', { nodeName: '', phase: 'Pending' })]);
  expect(pod?.keys).toEqual(['shop/waiting']);
  expect(pod?.names[0]).toMatchObject({ namespace: 'shop', pod: 'waiting', workload: 'web', reported: false });
  expect(pod?.columns.size).toBe(0);
});

test('namespaces carry the uid and labels of the API server', () => {
  const { namespace } = totalsOf([podRow('shop/web-1')], [aPod('shop/web-1')]);
  expect(namespace?.names).toEqual([{ namespace: 'shop', uid: 'uid of shop', labels: {} }]);
});

test('a round without nodes has a cluster all the same', () => {
  const { cluster } = new RoundTotals().close(MINUTE_MS, aDirectory([])).tables;
  expect(valuesOf(cluster, 'pods/running')).toEqual({ '': 0 });
});

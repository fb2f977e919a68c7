import { batchOf, MINUTE_MS, nodeRow, valuesOf } from '../../tests/support/batches.ts';
import { aDirectory, aNode, aPod } from '../../tests/support/facts.ts';
import type { NodeFacts, PodFacts } from '../model/facts.ts';
import { addNodeShares, silentNode } from './addNodeShares.ts';
import { addPodSpecs } from './addPodSpecs.ts';
import { sumPodsToNode } from './aggregate.ts';

const ANSWERED = { answered: true, durationMs: 12 };
const MIB = 1024 * 1024;

function share(
  values: Record<string, number>,
  facts: NodeFacts = aNode('worker-1'),
  pods: readonly PodFacts[] = []
): (metric: string) => number | bigint | undefined {
  const batch = addNodeShares(batchOf({ node: [nodeRow('worker-1', { values })] }), facts, pods, ANSWERED);
  return (metric) => valuesOf(batch.tables.node, metric)['worker-1'];
}

test('use and requests are divided by allocatable, memory by usage and not by working set', () => {
  const value = share({
    'cpu/usage_rate': 450,
    'cpu/request': 900,
    'memory/usage': 1792 * MIB,
    'memory/working_set': 1,
    'memory/request': 3584 * MIB,
  });
  expect(value('cpu/node_utilization')).toBe(0.25);
  expect(value('cpu/node_reservation')).toBe(0.5);
  expect(value('memory/node_utilization')).toBe(0.25);
  expect(value('memory/node_reservation')).toBe(0.5);
  expect([value('cpu/node_capacity'), value('cpu/node_allocatable')]).toEqual([2000, 1800]);
});

test('a missing rate counts as 0, as in Heapster; a missing storage does not', () => {
  const amounts = { cpuMillicores: 1000, memoryBytes: 100, ephemeralStorageBytes: 100 };
  const value = share({ 'memory/usage': 10 }, aNode('worker-1', { capacity: amounts, allocatable: amounts }));
  expect(value('cpu/node_utilization')).toBe(0);
  expect(value('memory/node_utilization')).toBe(0.1);
  expect(value('ephemeral_storage/node_utilization')).toBeUndefined();
});

test('nothing is divided by an allocatable of 0', () => {
  const value = share({ 'cpu/usage_rate': 5 }, aNode('worker-1', { allocatable: { cpuMillicores: 0 } }));
  expect(value('cpu/node_utilization')).toBeUndefined();
  expect(value('memory/node_utilization')).toBeUndefined();
});

test('ephemeral storage needs both capacity and allocatable', () => {
  const value = share({ 'ephemeral_storage/usage': 5 }, aNode('worker-1', { capacity: { ephemeralStorageBytes: 10 } }));
  expect(value('ephemeral_storage/node_capacity')).toBeUndefined();
});

test('conditions are 1 or 0, and absent where the node has none of that type', () => {
  const value = share({}, aNode('worker-1', { conditions: { Ready: 'Unknown', DiskPressure: 'True' } }));
  expect(value('condition/ready')).toBe(0);
  expect(value('condition/disk_pressure')).toBe(1);
  expect(value('condition/memory_pressure')).toBeUndefined();
  expect(value('condition/schedulable')).toBe(1);
  expect(share({}, aNode('worker-1', { unschedulable: true }))('condition/schedulable')).toBe(0);
});

test('pods are counted by phase, 0 included', () => {
  const value = share({}, aNode('worker-1'), [aPod('a/b'), aPod('a/c'), aPod('a/d', { phase: 'Failed' })]);
  expect(['running', 'failed', 'pending', 'succeeded', 'unknown'].map((phase) => value(`pods/${phase}`))).toEqual([
    2, 1, 0, 0, 0,
  ]);
});

test('a node that did not answer has what the API server knows, and no shares', () => {
  const pods = [aPod('shop/web-1')];
  const silent = sumPodsToNode(addPodSpecs(silentNode('worker-1', MINUTE_MS), aDirectory(pods)));
  const { node } = addNodeShares(silent, aNode('worker-1'), pods, { answered: false, durationMs: NaN }).tables;
  const value = (metric: string) => valuesOf(node, metric)['worker-1'];
  expect(value('kubelet/answered')).toBe(0);
  expect(value('kubelet/duration')).toBeUndefined();
  expect(value('restart_count')).toBe(0);
  expect(value('cpu/node_allocatable')).toBe(1800);
  expect(value('pods/running')).toBe(1);
  expect(value('cpu/node_utilization')).toBeUndefined();
  expect(value('memory/node_reservation')).toBeUndefined();
});

test('the node gets its uid and labels', () => {
  const batch = addNodeShares(batchOf({ node: [nodeRow('worker-1')] }), aNode('worker-1'), [], ANSWERED);
  expect(batch.tables.node?.names).toEqual([{ node: 'worker-1', uid: 'uid of worker-1', labels: { zone: 'a' } }]);
});

import { batchOf, containerRow, podRow, valuesOf } from '../../tests/support/batches.ts';
import { aContainer, aDirectory, aPod } from '../../tests/support/facts.ts';
import type { ObjectNames, Table } from '../model/batch.ts';
import type { PodFacts } from '../model/facts.ts';
import { addPodSpecs } from './addPodSpecs.ts';

const REPORTED = batchOf({
  pod: [podRow('shop/web-1', { values: { 'memory/usage': 7 } })],
  container: [containerRow('shop/web-1/httpd', { values: { 'memory/usage': 5 } })],
});

function specify(pods: readonly PodFacts[], batch = REPORTED) {
  return addPodSpecs(batch, aDirectory(pods)).tables;
}

function namesOf(table: Table | undefined, key: string): ObjectNames | undefined {
  return table?.names[table.keys.indexOf(key)];
}

test('pods and containers get uid, labels and workload of the API object, found by namespace and name', () => {
  const { pod, container } = specify([aPod('shop/web-1', { uid: 'api-uid', hostNetwork: true })]);
  const about = {
    node: 'worker-1',
    namespace: 'shop',
    pod: 'web-1',
    uid: 'api-uid',
    labels: { app: 'web' },
    workloadKind: 'Deployment',
    workload: 'web',
    hostNetwork: true,
  };
  expect(namesOf(pod, 'shop/web-1')).toEqual(about);
  expect(namesOf(container, 'shop/web-1/httpd')).toEqual({ ...about, container: 'httpd' });
});

test('what the kubelet measured stays', () => {
  const { pod, container } = specify([aPod('shop/web-1')]);
  expect(valuesOf(pod, 'memory/usage')).toEqual({ 'shop/web-1': 7 });
  expect(valuesOf(container, 'memory/usage')).toEqual({ 'shop/web-1/httpd': 5 });
});

test('requests and limits of a known container are 0 where the spec sets none', () => {
  const httpd = aContainer('httpd', { requests: { cpuMillicores: 50 }, limits: { memoryBytes: 64 } });
  const { container } = specify([aPod('shop/web-1', { containers: [httpd] })]);
  const value = (metric: string) => valuesOf(container, metric)['shop/web-1/httpd'];
  expect([value('cpu/request'), value('memory/request'), value('ephemeral_storage/request')]).toEqual([50, 0, 0]);
  expect([value('cpu/limit'), value('memory/limit'), value('ephemeral_storage/limit')]).toEqual([0, 64, 0]);
});

test('after an in-place resize the actual amounts differ from those of the spec', () => {
  const httpd = aContainer('httpd', { requests: { cpuMillicores: 50 }, actualRequests: { cpuMillicores: 80 } });
  const { container } = specify([aPod('shop/web-1', { containers: [httpd] })]);
  expect(valuesOf(container, 'cpu/request')['shop/web-1/httpd']).toBe(50);
  expect(valuesOf(container, 'cpu/actual_request')['shop/web-1/httpd']).toBe(80);
  expect(valuesOf(container, 'cpu/actual_limit')).toEqual({});
});

test('extended resources are requests under their own name', () => {
  const httpd = aContainer('httpd', { otherRequests: { 'nvidia.com/gpu': 2 } });
  const { container } = specify([aPod('shop/web-1', { containers: [httpd] })]);
  expect(valuesOf(container, 'nvidia.com/gpu/request')).toEqual({ 'shop/web-1/httpd': 2 });
});

test('the scheduler has its own amounts of a pod', () => {
  const { pod } = specify([aPod('shop/web-1', { schedulerRequests: { memoryBytes: 32 }, schedulerLimits: {} })]);
  expect(valuesOf(pod, 'memory/scheduler_request')).toEqual({ 'shop/web-1': 32 });
  expect(valuesOf(pod, 'memory/scheduler_limit')).toEqual({});
});

test('a container that the kubelet does not report gets a row with its spec and restarts, marked as not reported', () => {
  const boom = aContainer('boom', { requests: { cpuMillicores: 10 }, restartCount: 4 });
  const { pod, container } = specify([aPod('shop/web-1', { containers: [aContainer('httpd'), boom] })]);
  expect(container?.keys).toEqual(['shop/web-1/httpd', 'shop/web-1/boom']);
  expect(namesOf(container, 'shop/web-1/boom')?.reported).toBe(false);
  expect(namesOf(container, 'shop/web-1/httpd')).not.toHaveProperty('reported');
  expect(valuesOf(container, 'cpu/request')).toEqual({ 'shop/web-1/httpd': 0, 'shop/web-1/boom': 10 });
  expect(valuesOf(container, 'restart_count')).toEqual({ 'shop/web-1/httpd': 0, 'shop/web-1/boom': 4 });
  expect(valuesOf(pod, 'restart_count')).toEqual({ 'shop/web-1': 4 });
  expect(container?.sampleTimesMs.cpu).toHaveLength(2);
});

test('sidecars count restarts and have actual amounts; init containers that ran have nothing', () => {
  const pod = aPod('shop/web-1', {
    containers: [
      aContainer('httpd', { restartCount: 1 }),
      aContainer('proxy', { role: 'sidecar', requests: { cpuMillicores: 5 }, restartCount: 2 }),
      aContainer('setup', { role: 'init', requests: { cpuMillicores: 500 }, restartCount: 9 }),
    ],
  });
  const batch = batchOf({
    pod: [podRow('shop/web-1')],
    container: ['httpd', 'proxy', 'setup'].map((name) => containerRow(`shop/web-1/${name}`)),
  });
  const { pod: pods, container } = specify([pod], batch);
  expect(valuesOf(container, 'cpu/request')).toEqual({ 'shop/web-1/httpd': 0 });
  expect(valuesOf(container, 'cpu/actual_request')).toEqual({ 'shop/web-1/proxy': 5 });
  expect(valuesOf(container, 'restart_count')).toEqual({ 'shop/web-1/httpd': 1, 'shop/web-1/proxy': 2 });
  expect(valuesOf(pods, 'restart_count')).toEqual({ 'shop/web-1': 3 });
});

test('a pod that the kubelet does not report has its restarts and no requests: it may not be there at all', () => {
  const crashing = aContainer('eat', { requests: { memoryBytes: 48 }, restartCount: 4, oomKillCount: 2 });
  const { pod, container } = specify([aPod('shop/web-1'), aPod('shop/oomer', { containers: [crashing] })]);
  expect(namesOf(pod, 'shop/oomer')).toMatchObject({ node: 'worker-1', uid: 'uid of shop/oomer', reported: false });
  expect(valuesOf(pod, 'restart_count')['shop/oomer']).toBe(4);
  expect(valuesOf(pod, 'oom_kill_count')['shop/oomer']).toBe(2);
  expect(container?.keys).toEqual(['shop/web-1/httpd']);
});

test('a pod that the API server does not know stays as the kubelet told it', () => {
  const { pod, container } = specify([]);
  expect(namesOf(pod, 'shop/web-1')).toEqual({ node: 'worker-1', namespace: 'shop', pod: 'web-1' });
  expect([...(container?.columns.keys() ?? [])]).toEqual(['memory/usage']);
});

test('pods of other nodes are not added', () => {
  const { pod } = specify([aPod('shop/web-1'), aPod('shop/web-2', { nodeName: 'worker-2' })]);
  expect(pod?.keys).toEqual(['shop/web-1']);
});

test('a container without a status has no restarts', () => {
  const { pod } = specify([aPod('shop/web-1', { containers: [aContainer('httpd', { restartCount: undefined })] })]);
  expect(valuesOf(pod, 'restart_count')).toEqual({});
});

test('the batch it was given is not changed', () => {
  const before = structuredClone(REPORTED);
  specify([aPod('shop/web-1'), aPod('shop/oomer')]);
  expect(REPORTED).toEqual(before);
});

test('volumes, interfaces and accelerators carry the labels and the workload of their pod, so that they are found by them', () => {
  const volume = {
    ...REPORTED.tables.pod!,
    keys: ['pod/worker-1/shop/web-1//Volume:data'],
    names: [{ node: 'worker-1', namespace: 'shop', pod: 'web-1', owner: 'pod' as const, resourceId: 'Volume:data' }],
  };
  const accelerator = { ...volume, names: volume.names.map((names) => ({ ...names, acceleratorId: 'GPU-0' })) };
  const batch = { ...REPORTED, tables: { ...REPORTED.tables, filesystem: volume, accelerator } };
  const { filesystem, accelerator: described } = addPodSpecs(batch, aDirectory([aPod('shop/web-1')])).tables;
  const known = { workload: 'web', labels: { app: 'web' }, hostNetwork: false };
  expect(filesystem?.names[0]).toMatchObject({ resourceId: 'Volume:data', ...known });
  expect(described?.names[0]).toMatchObject({ acceleratorId: 'GPU-0', ...known });
});

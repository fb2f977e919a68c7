import fc from 'fast-check';
import type { PodFacts } from '../model/facts.ts';
import type { JsonObject } from './json.ts';
import { OomKills } from './oomKills.ts';
import { Owners } from './owners.ts';
import { readPod } from './podFacts.ts';
import { SharedParts } from './sharedParts.ts';
import { pod, recorded, recordedItem } from './testing/objects.ts';

const MIB = 1024 * 1024;

function reading() {
  const parts = new SharedParts();
  return { parts, owners: new Owners(parts), kills: new OomKills(), faults: [] as string[] };
}

function read(object: JsonObject, kept = reading()): PodFacts {
  return readPod(object, kept).facts;
}

test('a recorded pod of a Deployment has its requests, limits and workload', () => {
  const facts = read(recordedItem('pods', 'web-67779d9ccf-7t6sn'));
  expect(facts).toMatchObject({
    namespace: 'shop',
    nodeName: 'lab-node-2',
    labels: { app: 'web', tier: 'frontend' },
    phase: 'Running',
    hostNetwork: false,
    createdMs: Date.parse('2026-11-21T11:26:39Z'),
    workload: { kind: 'Deployment', name: 'web' },
    schedulerRequests: { cpuMillicores: 60, memoryBytes: 24 * MIB },
    schedulerLimits: { cpuMillicores: 200, memoryBytes: 64 * MIB },
  });
  expect(facts.containers[0]).toEqual({
    name: 'httpd',
    image: 'lab.local/busybox:1.35',
    role: 'container',
    requests: { cpuMillicores: 50, memoryBytes: 16 * MIB },
    limits: { cpuMillicores: 200, memoryBytes: 64 * MIB },
    actualRequests: { cpuMillicores: 50, memoryBytes: 16 * MIB },
    actualLimits: { cpuMillicores: 200, memoryBytes: 64 * MIB },
    restartCount: 0,
    oomKillCount: 0,
  });
});

test('a recorded native sidecar is told from an init container', () => {
  const roles = read(recordedItem('pods', 'native-sidecar')).containers.map(({ name, role }) => `${name} ${role}`);
  expect(roles).toEqual(['main container', 'proxy sidecar', 'setup init']);
});

test('recorded pod-level resources are what the scheduler counts', () => {
  const facts = read(recordedItem('pods', 'pod-level'));
  expect(facts.schedulerRequests).toEqual({ cpuMillicores: 50, memoryBytes: 32 * MIB });
  expect(facts.schedulerLimits).toEqual({ cpuMillicores: 200, memoryBytes: 64 * MIB });
  expect(facts.containers.map(({ requests }) => requests)).toEqual([{}, {}]);
});

test('recorded restarts are counted per container, and a pod on an old node tells no actual resources', () => {
  const [boom] = read(recordedItem('pods', 'crashy')).containers;
  expect(boom).toMatchObject({ name: 'boom', restartCount: 4, oomKillCount: 0 });
  expect(boom.actualRequests).toBeUndefined();
});

test.each([
  ['alloc-0', { kind: 'StatefulSet', name: 'alloc' }],
  ['mixed-nlwtw', { kind: 'DaemonSet', name: 'mixed' }],
  ['once-fcdm5', { kind: 'Job', name: 'once' }],
  ['static-proxy-lab-node-1', { kind: 'Node', name: 'lab-node-1' }],
  ['besteffort', undefined],
])('the recorded pod %s belongs to %j', (name, workload) => {
  expect(read(recordedItem('pods', name)).workload).toEqual(workload);
});

test('an unscheduled pod has no node, and its container no status', () => {
  const facts = read(recordedItem('pods', 'unschedulable'));
  expect(facts).toMatchObject({ nodeName: '', phase: 'Pending' });
  expect(facts.containers[0].restartCount).toBeUndefined();
  expect(facts.containers[0].oomKillCount).toBeUndefined();
});

test('the recorded OOM kills of a pod are counted once each as its status moves on', () => {
  const kept = reading();
  const seen = (recorded('oomer-pod-over-time') as JsonObject[]).map((object) => read(object, kept).containers[0]);
  expect(seen.map(({ restartCount }) => restartCount)).toEqual([4, 4, 4, 4, 4, 4, 5, 5, 5, 5]);
  // Two ends are told at first sight (`state` and `lastState`), a third one is watched.
  expect(seen.map(({ oomKillCount }) => oomKillCount)).toEqual([2, 2, 2, 2, 2, 2, 2, 3, 3, 3]);
});

test('other resources are kept in whole units', () => {
  const requests = { cpu: '1', 'nvidia.com/gpu': '2', 'hugepages-2Mi': '4Mi' };
  const facts = read(pod('gpu', { spec: { containers: [{ name: 'main', resources: { requests } }] } }));
  expect(facts.containers[0].otherRequests).toEqual({ 'nvidia.com/gpu': 2, 'hugepages-2Mi': 4 * MIB });
});

test('quantities are rounded up as Heapster does', () => {
  const requests = { cpu: '1500u', memory: '1500m' };
  const facts = read(pod('odd', { spec: { containers: [{ name: 'main', resources: { requests } }] } }));
  expect(facts.containers[0].requests).toEqual({ cpuMillicores: 2, memoryBytes: 2 });
});

test('a quantity that cannot be read is left out and told, and the others stay', () => {
  const kept = reading();
  const requests = { cpu: 'lots', memory: '1Mi', 'ephemeral-storage': '-5' };
  const facts = read(pod('bad', { spec: { containers: [{ name: 'main', resources: { requests } }] } }), kept);
  expect(facts.containers[0].requests).toEqual({ memoryBytes: MIB });
  expect(kept.faults).toEqual([
    'The cpu quantity "lots" of container main of pod shop/bad cannot be read and is left out.',
    'The ephemeral-storage quantity "-5" of container main of pod shop/bad cannot be read and is left out.',
  ]);
});

test('pods of one template share what is equal', () => {
  const kept = reading();
  const one = read(recordedItem('pods', 'web-67779d9ccf-7t6sn'), kept);
  const other = read(recordedItem('pods', 'web-67779d9ccf-ttp96'), kept);
  expect(other.containers).toBe(one.containers);
  expect(other.labels).toBe(one.labels);
  expect(other.schedulerRequests).toBe(one.schedulerRequests);
  expect(other.workload).toBe(one.workload);
});

test('no JSON makes it throw', () => {
  const kept = reading();
  const anything = fc.jsonValue() as fc.Arbitrary<unknown>;
  const list = fc.oneof(anything, fc.array(anything), fc.array(fc.dictionary(fc.string(), anything)));
  const spec = fc.oneof(anything, fc.record({ containers: list, initContainers: list, overhead: anything }));
  const status = fc.oneof(anything, fc.record({ containerStatuses: list, conditions: list }));
  const metadata = fc.oneof(anything, fc.record({ name: anything, labels: anything, ownerReferences: list }));
  fc.assert(
    fc.property(fc.record({ metadata, spec, status }), (object) => {
      expect(typeof read(object, kept).name).toBe('string');
    })
  );
});

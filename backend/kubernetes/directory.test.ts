import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { createDirectory } from './directory.ts';
import type { Directory, DirectoryOptions } from './directory.ts';
import { namespace, node, owned, pod } from './testing/objects.ts';
import { ScriptedApi } from './testing/scriptedApi.ts';
import { until } from '../../tests/support/until.ts';

const PODS = '/api/v1/pods';
const NODES = '/api/v1/nodes';
const REPLICA_SETS = '/apis/apps/v1/replicasets';

let api: ScriptedApi;
let directory: Directory;
let log: string[];

beforeEach(async () => {
  api = new ScriptedApi();
  await api.start();
  log = [];
});

afterEach(async () => {
  await directory.stop();
  await api.stop();
});

function open(more: Partial<DirectoryOptions> = {}): Directory {
  directory = createDirectory({
    connection: { kind: 'url', url: api.url },
    log: { info: (sentence) => log.push(sentence), warn: (sentence) => log.push(sentence) },
    retryMs: { first: 2, most: 20 },
    ...more,
  });
  directory.start();
  return directory;
}

async function synced(more: Partial<DirectoryOptions> = {}): Promise<Directory> {
  open(more);
  await directory.whenSynced(AbortSignal.timeout(10_000));
  await until('a watch of everything', () => directory.resources().every(({ watchCount }) => watchCount > 0));
  return directory;
}

const names = (): string[] => [...directory.pods()].map(({ name }) => name).sort();
const asked = (start: string): number => api.requests.filter((request) => request.startsWith(`GET ${start}`)).length;

test('a list of many pods is read in pages, and answered from memory by name and by node', async () => {
  for (let index = 0; index < 1_201; index += 1) {
    api.put(PODS, pod(`web-${index}`, { node: `worker-${index % 3}` }));
  }
  api.put(NODES, node('worker-0'));
  api.put('/api/v1/namespaces', namespace('shop'));
  await synced();
  expect(directory.hasSynced()).toBe(true);
  expect(directory.podCount).toBe(1_201);
  expect(directory.podsOnNode('worker-0').length).toBe(401);
  expect(directory.podsOnNode('worker-9')).toEqual([]);
  expect(directory.pod('shop', 'web-1200')).toMatchObject({ nodeName: 'worker-0', phase: 'Running' });
  expect(directory.nodes().map(({ name }) => name)).toEqual(['worker-0']);
  expect(directory.namespaces().map(({ name }) => name)).toEqual(['shop']);
  expect(asked(`${PODS}?limit=500`)).toBe(3);
  expect(directory.problems()).toEqual([]);
});

test('additions, changes and deletions arrive by the watch', async () => {
  api.put(PODS, pod('a'));
  await synced();
  const before = directory.podsOnNode('worker-1');
  api.put(PODS, pod('b', { node: '' }));
  api.put(PODS, pod('b', { node: 'worker-1' }));
  api.remove(PODS, 'uid-a');
  await until('only b', () => names().join() === 'b' && directory.podsOnNode('worker-1').length === 1);
  expect(before.map(({ name }) => name)).toEqual(['a']);
  expect(asked(`${PODS}?limit`)).toBe(1);
});

test('a pod of the same name with another uid takes the place of the first', async () => {
  api.put(PODS, pod('db-0', { uid: 'first', node: 'worker-1' }));
  await synced();
  api.put(PODS, pod('db-0', { uid: 'second', node: 'worker-2' }));
  await until('the second', () => directory.pod('shop', 'db-0')?.uid === 'second');
  // The deletion of the first may be told late.
  api.remove(PODS, 'first');
  api.put(PODS, pod('after'));
  await until('what comes after', () => directory.podCount === 2);
  expect(directory.pod('shop', 'db-0')?.uid).toBe('second');
  expect(directory.podsOnNode('worker-1').map(({ name }) => name)).toEqual(['after']);
});

test.each(['told', 'ended'] as const)(
  'a watch that expires (%s) leads to a new list, which finds what is gone',
  async (how) => {
    api.put(PODS, pod('stays'));
    api.put(PODS, pod('goes'));
    await synced();
    const { interrupt } = api;
    // Nobody may watch again before the change below has happened unseen.
    api.interrupt = (_, url, response) => url.pathname === PODS && Boolean(response.writeHead(503).end('{}'));
    api.expire(PODS, how);
    api.remove(PODS, 'uid-goes');
    api.put(PODS, pod('comes'));
    api.expire(PODS, how);
    api.interrupt = interrupt;
    await until('the new contents', () => names().join() === 'comes,stays');
    await until('no problem', () => directory.problems().length === 0);
    expect(asked(`${PODS}?limit`)).toBeGreaterThan(1);
  }
);

test('a watch refused as expired by its status leads to a new list', async () => {
  api.put(PODS, pod('a'));
  let refusals = 0;
  api.interrupt = (_, url, response) => {
    const isWatch = url.pathname === PODS && url.searchParams.has('watch');
    if (isWatch && refusals < 2) {
      refusals += 1;
      response.writeHead(410).end('{"kind":"Status","code":410,"message":"too old resource version"}');
      return true;
    }
    return false;
  };
  await synced();
  await until('a watch', () => api.watcherCount(PODS) === 1);
  expect(asked(`${PODS}?limit`)).toBe(3);
});

test('while the API server is away the contents stay and the problem is told; afterwards the watch goes on', async () => {
  api.put(PODS, pod('a'));
  await synced();
  await api.stop();
  const refusals = (): string[] => log.filter((sentence) => sentence.includes('was refused'));
  const failing = () => directory.resources().filter(({ problem }) => problem?.includes('was refused'));
  await until('the problem of all five resources', () => failing().length === 5);
  expect(directory.problems()).toEqual([
    `Connection to the API server at ${new URL(api.url).host} was refused. Check the address, and that the API server runs.`,
  ]);
  expect(names()).toEqual(['a']);
  expect(directory.hasSynced()).toBe(true);
  api.put(PODS, pod('b'));
  await api.start();
  await until('b', () => names().join() === 'a,b');
  await until('no problem', () => directory.problems().length === 0);
  // The watch went on from where it was: nothing was listed again.
  expect(asked(`${PODS}?limit`)).toBe(1);
  // All five suffered from the same.
  expect(refusals().length).toBe(1);
  expect(log.at(-1)).toMatch(/^Watching jobs\.batch, namespaces, nodes, pods, replicasets\.apps works again\.$/);
});

test('a list that fails halfway keeps the old contents', async () => {
  for (let index = 0; index < 600; index += 1) {
    api.put(PODS, pod(`web-${index}`));
  }
  await synced();
  let failures = 0;
  api.interrupt = (_, url, response) => {
    if (url.pathname === PODS && url.searchParams.has('continue') && failures < 3) {
      failures += 1;
      response.writeHead(500).end('{"message":"etcd is slow"}');
      return true;
    }
    return false;
  };
  api.remove(PODS, 'uid-web-1');
  await until('the deletion', () => directory.podCount === 599);
  api.expire(PODS, 'told');
  await until('a failure', () => directory.problems().length > 0);
  expect(directory.problems()).toEqual([
    `The API server at ${new URL(api.url).host} failed to list pods (500): etcd is slow.`,
  ]);
  expect(directory.podCount).toBe(599);
  await until('no problem', () => directory.problems().length === 0);
  expect(directory.podCount).toBe(599);
});

test('a watch goes on from the last bookmark', async () => {
  await synced();
  api.put(NODES, node('worker-1'));
  api.bookmark(PODS);
  const heardBefore = directory.resources().find(({ resource }) => resource === 'pods')?.lastHeardMs;
  await until(
    'the bookmark',
    () => directory.resources().find(({ resource }) => resource === 'pods')?.lastHeardMs !== heardBefore
  );
  const watches = asked(`${PODS}?watch`);
  await api.stop();
  await api.start();
  await until('another watch', () => asked(`${PODS}?watch`) > watches);
  expect(api.requests.filter((request) => request.startsWith(`GET ${PODS}?watch`)).at(-1)).toContain(
    'resourceVersion=101'
  );
});

test('watches that end at once are opened again with growing delays', async () => {
  const delays: number[] = [];
  const clock: Clock = {
    ...systemClock,
    pause: (durationMs, signal) => {
      delays.push(durationMs);
      return systemClock.pause(0, signal);
    },
  };
  api.interrupt = (_, url, response) =>
    url.pathname === PODS && url.searchParams.has('watch') && Boolean(response.end());
  open({ clock, retryMs: { first: 800, most: 30_000 } });
  await until('ten watches', () => delays.length >= 10);
  expect(delays[0]).toBeLessThanOrEqual(800);
  expect(Math.max(...delays)).toBeGreaterThan(10_000);
  expect(Math.max(...delays)).toBeLessThanOrEqual(30_000);
});

test('an event that is not JSON is told, and a new list gets over it', async () => {
  api.put(PODS, pod('a'));
  await synced();
  api.send(PODS, '{"type":"ADDED","object":\n');
  await until('a new list', () => asked(`${PODS}?limit`) === 2);
  expect(log.some((sentence) => sentence.includes('JSON'))).toBe(true);
  api.put(PODS, pod('b'));
  await until('b', () => names().join() === 'a,b');
});

test('missing rights are one sentence that names them, and are taken up when given', async () => {
  let isAllowed = false;
  api.interrupt = (_, url, response) => {
    if (url.pathname === PODS && !isAllowed) {
      const message =
        'pods is forbidden: User "system:serviceaccount:monitoring:heapscope" cannot list resource "pods"';
      response.writeHead(403).end(JSON.stringify({ kind: 'Status', message, code: 403 }));
      return true;
    }
    return false;
  };
  open();
  await until('the problem', () => directory.problems().length > 0);
  expect(directory.problems()).toEqual([
    'The API server forbids Heapscope to list pods (403). Allow "system:serviceaccount:monitoring:heapscope" `list` and `watch` on `pods`.',
  ]);
  expect(directory.hasSynced()).toBe(false);
  isAllowed = true;
  await directory.whenSynced(AbortSignal.timeout(10_000));
  await until('no problem', () => directory.problems().length === 0);
});

test('without rights on ReplicaSets a Deployment is told by the hash, once they are given by its owner', async () => {
  let isAllowed = false;
  api.interrupt = (_, url, response) =>
    url.pathname === REPLICA_SETS && !isAllowed && Boolean(response.writeHead(403).end('{}'));
  const labels = { 'pod-template-hash': '5d4f' };
  api.put(PODS, pod('web-5d4f-x', { owner: { kind: 'ReplicaSet', name: 'web-5d4f' }, labels }));
  api.put(PODS, pod('bare-x', { owner: { kind: 'ReplicaSet', name: 'bare' }, labels }));
  api.put(REPLICA_SETS, owned('web-5d4f', { kind: 'Rollout', name: 'web' }));
  open();
  await directory.whenSynced(AbortSignal.timeout(10_000));
  expect(directory.pod('shop', 'web-5d4f-x')?.workload).toEqual({ kind: 'Deployment', name: 'web' });
  expect(directory.pod('shop', 'bare-x')?.workload).toEqual({ kind: 'ReplicaSet', name: 'bare' });
  expect(directory.problems()).toEqual([
    'The API server forbids Heapscope to list replicasets.apps (403). Allow its service account `list` and `watch` on `replicasets.apps`.',
  ]);
  isAllowed = true;
  await until('the owner', () => directory.pod('shop', 'web-5d4f-x')?.workload?.kind === 'Rollout');
});

test('the CronJob behind a Job is found when it is told later, and kept when the Job is gone first', async () => {
  await synced();
  const tick = (phase: string) => pod('tick-1-x', { owner: { kind: 'Job', name: 'tick-1' }, status: { phase } });
  api.put(PODS, tick('Running'));
  await until('the pod', () => directory.pod('shop', 'tick-1-x')?.workload?.kind === 'Job');
  api.put('/apis/batch/v1/jobs', owned('tick-1', { kind: 'CronJob', name: 'tick' }));
  await until('its CronJob', () => directory.pod('shop', 'tick-1-x')?.workload?.kind === 'CronJob');
  api.remove('/apis/batch/v1/jobs', 'uid-tick-1');
  await until(
    'the deletion',
    () => directory.resources().find(({ resource }) => resource === 'jobs.batch')?.eventCount === 2
  );
  api.put(PODS, tick('Succeeded'));
  await until('its end', () => directory.pod('shop', 'tick-1-x')?.phase === 'Succeeded');
  expect(directory.pod('shop', 'tick-1-x')?.workload).toEqual({ kind: 'CronJob', name: 'tick' });
});

test('a quantity that cannot be read is a problem only as long as its pod has it', async () => {
  const resources = { requests: { cpu: 'much' } };
  api.put(PODS, pod('bad', { spec: { containers: [{ name: 'main', resources }] } }));
  await synced();
  expect(directory.problems()).toEqual([
    'The cpu quantity "much" of container main of pod shop/bad cannot be read and is left out.',
  ]);
  api.remove(PODS, 'uid-bad');
  await until('no problem', () => directory.problems().length === 0);
});

test('waiting for the first lists ends with its signal', async () => {
  api.interrupt = () => true;
  open();
  await expect(directory.whenSynced(AbortSignal.timeout(20))).rejects.toThrow();
  expect(directory.hasSynced()).toBe(false);
});

test('only nodes with the wanted labels are there, as long as they have them', async () => {
  const labelled = (name: string, pool: string) => {
    const plain = node(name);
    return { ...plain, metadata: { ...plain.metadata, labels: { pool } } };
  };
  api.put(NODES, labelled('worker-0', 'web'));
  api.put(NODES, labelled('worker-1', 'batch'));
  api.put(NODES, node('worker-2'));
  await synced({ wantsNode: ({ pool }) => pool === 'web' });
  const nodeNames = (): string[] => directory.nodes().map(({ name }) => name);
  expect(nodeNames()).toEqual(['worker-0']);
  api.put(NODES, labelled('worker-1', 'web'));
  await until('the node that is wanted now', () => nodeNames().join() === 'worker-0,worker-1');
  api.put(NODES, labelled('worker-0', 'batch'));
  await until('the node that is not any more', () => nodeNames().join() === 'worker-1');
});

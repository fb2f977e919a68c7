import { startSimulator } from '../simulator.ts';
import type { Simulator } from '../simulator.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

interface Item {
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    resourceVersion: string;
    ownerReferences?: Array<{ kind: string; name: string }>;
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}
interface List {
  kind: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: Item[];
}
interface WatchEvent {
  type: string;
  object: Item & { code?: number; message?: string; metadata: { annotations?: Record<string, string> } };
}

let clockMs = NOON;
let cluster: Simulator;

beforeEach(async () => {
  clockMs = NOON;
  const viewer = {
    token: 'viewer',
    username: 'viewer',
    rules: [{ verbs: ['list'], resources: ['pods'], namespaces: ['shop'] }],
  };
  cluster = await startSimulator({ nodes: 4, now: () => clockMs, accounts: [viewer] });
});

afterEach(() => cluster.stop());

function ask(path: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> {
  return fetch(cluster.apiUrl + path, { ...init, headers: { authorization: `Bearer ${cluster.token}`, ...headers } });
}

async function list(path: string, headers?: Record<string, string>): Promise<List> {
  return (await ask(path, headers)).json() as Promise<List>;
}

function keyOf({ metadata }: Item): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Events of a watch up to the one that `last` says is enough; the watch is ended then. */
async function watch(
  path: string,
  last: (event: WatchEvent) => boolean,
  meanwhile: () => void = () => undefined
): Promise<WatchEvent[]> {
  const cut = new AbortController();
  const response = await ask(path, {}, { signal: cut.signal });
  expect(response.status).toBe(200);
  meanwhile();
  const events: WatchEvent[] = [];
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString();
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    events.push(...lines.map((line): WatchEvent => JSON.parse(line)));
    if (events.some(last)) {
      break;
    }
  }
  cut.abort();
  return events;
}

test('lists nodes with addresses, ports, capacity, conditions and roles', async () => {
  const { items } = await list('/api/v1/nodes');
  expect(items.map((item) => item.metadata.name)).toEqual(['control-plane-1', 'worker-1', 'worker-2', 'worker-3']);
  const { status } = items[1] as { status?: Record<string, unknown> };
  expect(status).toMatchObject({
    addresses: [
      { type: 'InternalIP', address: '127.0.0.1' },
      { type: 'Hostname', address: 'worker-1' },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: Number(new URL(cluster.kubeletUrl('worker-1')).port) } },
    capacity: { cpu: expect.any(String), memory: expect.stringMatching(/Ki$/), pods: '110' },
    nodeInfo: { kubeletVersion: 'v1.35.1' },
  });
  expect(items[3].spec).toMatchObject({ unschedulable: true });
});

test('lists pages that together are the whole list, of one version', async () => {
  const whole = await list('/api/v1/pods');
  const names: string[] = [];
  const versions = new Set<string>();
  let next = '';
  do {
    const page = await list(`/api/v1/pods?limit=40&continue=${next}`);
    names.push(...page.items.map(keyOf));
    versions.add(page.metadata.resourceVersion);
    next = page.metadata.continue ?? '';
    clockMs += 60_000;
  } while (next !== '');
  expect(names).toEqual(whole.items.map(keyOf));
  expect(versions.size).toBe(1);
});

test('lists a namespace, a node, one object', async () => {
  const shop = await list('/api/v1/namespaces/shop/pods');
  expect(new Set(shop.items.map((item) => item.metadata.namespace))).toEqual(new Set(['shop']));
  const ofNode = await list('/api/v1/pods?fieldSelector=spec.nodeName%3Dworker-2');
  expect(new Set(ofNode.items.map((item) => item.spec?.nodeName))).toEqual(new Set(['worker-2']));
  const { name } = shop.items[0].metadata;
  expect(((await (await ask(`/api/v1/namespaces/shop/pods/${name}`)).json()) as Item).kind).toBe('Pod');
  expect((await ask('/api/v1/namespaces/shop/pods/none')).status).toBe(404);
  expect((await ask('/api/v1/pods?fieldSelector=spec.color%3Dred')).status).toBe(400);
});

test('has pods of every kind and phase', async () => {
  const { items } = await list('/api/v1/pods');
  const kinds = new Set(items.map((item) => item.metadata.ownerReferences?.[0].kind));
  expect(kinds).toEqual(new Set(['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'Node', undefined]));
  const phases = new Set(items.map((item) => item.status?.phase));
  expect(phases).toEqual(new Set(['Running', 'Pending', 'Succeeded', 'Failed']));
  const text = JSON.stringify(items);
  expect(text).toContain('CrashLoopBackOff');
  expect(
    items.some((item) => JSON.stringify(item.spec?.initContainers ?? '').includes('"restartPolicy":"Always"'))
  ).toBe(true);
  expect(items.some((item) => item.spec?.resources !== undefined)).toBe(true);
});

test('gives ReplicaSets and Jobs as metadata only to those who ask so, and they own the pods', async () => {
  const sets = await list('/apis/apps/v1/replicasets', { accept: METADATA_ONLY });
  const jobs = await list('/apis/batch/v1/jobs', { accept: METADATA_ONLY });
  expect(sets.kind).toBe('PartialObjectMetadataList');
  expect(Object.keys(sets.items[0]).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
  const owners = new Map(
    [...sets.items, ...jobs.items].map((item) => [item.metadata.name, item.metadata.ownerReferences?.[0].kind])
  );
  const { items } = await list('/api/v1/pods');
  for (const { metadata } of items) {
    const owner = metadata.ownerReferences?.[0];
    if (owner?.kind === 'ReplicaSet' || owner?.kind === 'Job') {
      expect([owner.name, owners.get(owner.name)]).toEqual([
        owner.name,
        owner.kind === 'Job' ? 'CronJob' : 'Deployment',
      ]);
    }
  }
  expect((await list('/apis/apps/v1/replicasets')).items[0].spec).toBeDefined();
});

test('watches from a list on: what comes, changes and goes, then a bookmark', async () => {
  const before = await list('/api/v1/pods');
  const known = new Map(before.items.map((item) => [keyOf(item), item]));
  const from = `/api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion=${before.metadata.resourceVersion}`;
  clockMs += 20 * 60_000;
  const events = await watch(from, (event) => event.type === 'BOOKMARK');
  for (const { type, object } of events) {
    if (type === 'ADDED' || type === 'MODIFIED') {
      known.set(keyOf(object), object);
    } else if (type === 'DELETED') {
      known.delete(keyOf(object));
    }
  }
  const after = await list('/api/v1/pods');
  expect([...known.keys()].sort()).toEqual(after.items.map(keyOf).sort());
  expect(new Set(events.map((event) => event.type))).toEqual(new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']));
  expect(events[events.length - 1].object.metadata.resourceVersion).toBe(after.metadata.resourceVersion);
});

test('tells a watch at once what an operator does', async () => {
  const { metadata } = await list('/api/v1/pods');
  const path = `/api/v1/namespaces/shop/pods?watch=1&resourceVersion=${metadata.resourceVersion}`;
  const events = await watch(
    path,
    (event) => event.type === 'ADDED',
    () => cluster.operator.scale('shop', 'search', 3)
  );
  expect(events.find((event) => event.type === 'ADDED')?.object.metadata.name).toMatch(/^search-/);
});

test('a watch without a version begins with what is there', async () => {
  const events = await watch('/api/v1/nodes?watch=true&sendInitialEvents=true', (event) => event.type === 'BOOKMARK');
  expect(events.map((event) => event.type)).toEqual(['ADDED', 'ADDED', 'ADDED', 'ADDED', 'BOOKMARK']);
  expect(events[4].object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
});

test('a version that is no longer kept gets 410 inside a 200 stream', async () => {
  const { metadata } = await list('/api/v1/pods');
  await cluster.faults.set('api', 'expiredWatches');
  const [event] = await watch(`/api/v1/pods?watch=true&resourceVersion=${metadata.resourceVersion}`, () => true);
  expect(event).toMatchObject({ type: 'ERROR', object: { kind: 'Status', reason: 'Expired', code: 410 } });
  expect(event.object.message).toMatch(/^too old resource version: \d+ \(\d+\)$/);
  expect((await ask('/api/v1/pods?continue=99.40')).status).toBe(410);
});

test('refuses who is unknown, who is nobody and who may not', async () => {
  const wrong = await ask('/api/v1/nodes', { authorization: 'Bearer wrong' });
  expect([wrong.status, await wrong.json()]).toMatchObject([
    401,
    { kind: 'Status', reason: 'Unauthorized', code: 401 },
  ]);
  const anonymous = await fetch(`${cluster.apiUrl}/api/v1/nodes`);
  expect(await anonymous.json()).toMatchObject({
    message:
      'nodes is forbidden: User "system:anonymous" cannot list resource "nodes" in API group "" at the cluster scope',
    details: { kind: 'nodes' },
    code: 403,
  });
  const viewer = { authorization: 'Bearer viewer' };
  expect((await ask('/api/v1/namespaces/shop/pods', viewer)).status).toBe(200);
  expect((await ask('/api/v1/pods', viewer)).status).toBe(403);
});

test('reviews tokens and access', async () => {
  const review = async (path: string, spec: unknown): Promise<unknown> =>
    ((await (await ask(path, {}, { method: 'POST', body: JSON.stringify({ spec }) })).json()) as { status: unknown })
      .status;
  const tokens = '/apis/authentication.k8s.io/v1/tokenreviews';
  expect(await review(tokens, { token: 'viewer' })).toMatchObject({
    authenticated: true,
    user: { username: 'viewer' },
  });
  expect(await review(tokens, { token: 'no' })).not.toHaveProperty('authenticated');
  const access = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  const listPods = (namespace: string): unknown => ({
    user: 'viewer',
    resourceAttributes: { verb: 'list', resource: 'pods', namespace },
  });
  expect(await review(access, listPods('shop'))).toMatchObject({ allowed: true });
  expect(await review(access, listPods('data'))).toMatchObject({ allowed: false });
});

test('passes a summary on through the node proxy', async () => {
  const proxied = await (await ask('/api/v1/nodes/worker-1/proxy/stats/summary')).json();
  expect(proxied).toMatchObject({ node: { nodeName: 'worker-1' } });
  await cluster.faults.set('worker-1', 'refusing');
  expect((await ask('/api/v1/nodes/worker-1/proxy/stats/summary')).status).toBe(503);
});

import { get } from 'node:https';
import { gunzipSync } from 'node:zlib';
import type { Answer, Asking } from '../support/askTls.ts';
import { aNode, aPod } from '../support/facts.ts';
import { startReviewingApi } from './reviewingApi.ts';
import type { ReviewingApi } from './reviewingApi.ts';
import { containerRow, sampled, serveMetrics } from './servedMetrics.ts';
import type { ServedMetrics } from './servedMetrics.ts';

const ROOT = '/apis/metrics.k8s.io/v1beta1';
const KIB = 1024;
const START_MS = Date.parse('2026-11-21T11:00:00Z');
const TABLE =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

let api: ReviewingApi;
let served: ServedMetrics;

beforeEach(async () => {
  api = await startReviewingApi();
  api.tokens.set('admin', { username: 'admin', groups: [] });
  api.allowed.add('admin');
  served = await serveMetrics(api);
  served.nodes.push(aNode('worker-2', { labels: { zone: 'b' } }));
  served.pods.push(aPod('shop/db', { labels: { app: 'db' } }), aPod('ops/agent', { nodeName: 'worker-2', labels: {} }));
  round(0, 1_000_000_000);
  round(15_870, 1_000_000_000 + 15_870_000);
});

afterEach(async () => {
  await served.close();
  await api.close();
});

/** All containers with the same counter; the second one of `shop/web` is sampled two seconds earlier. */
function round(afterMs: number, cpuNs: number): void {
  const sample = (memory: number, earlierMs = 0) => sampled(START_MS + afterMs - earlierMs, cpuNs, memory);
  served.round({
    'worker-1': {
      node: { names: { node: 'worker-1' }, ...sample(6_047_100 * KIB) },
      containers: [
        containerRow('shop/web/httpd', sample(118_716 * KIB)),
        containerRow('shop/web/proxy', sample(4096 * KIB, 2000)),
        containerRow('shop/db/db', sample(1000)),
      ],
    },
    'worker-2': {
      node: { names: { node: 'worker-2' }, ...sample(KIB) },
      containers: [containerRow('ops/agent/agent', sample(KIB))],
    },
  });
}

const ask = (path: string, asking: Asking = {}): Promise<Answer> =>
  served.ask(path.startsWith('/') ? path : `${ROOT}/${path}`, { token: 'admin', ...asking });
const namesOf = async (path: string): Promise<string[]> => {
  const { items } = (await ask(path)).body as { items: Array<{ metadata: { namespace?: string; name: string } }> };
  return items.map(({ metadata }) => [metadata.namespace, metadata.name].filter(Boolean).join('/'));
};

test('a node, with the time of its sample and what lies between its two samples', async () => {
  const { status, body } = await ask('nodes/worker-1');
  expect(status).toBe(200);
  expect(body).toEqual({
    kind: 'NodeMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name: 'worker-1', creationTimestamp: expect.stringMatching(/^\d{4}-.*Z$/), labels: { zone: 'a' } },
    timestamp: '2026-11-21T11:00:15Z',
    window: '15.87s',
    usage: { cpu: '1m', memory: '6047100Ki' },
  });
});

test('a pod, with its containers and the time of the oldest of their samples', async () => {
  const { body } = await ask('namespaces/shop/pods/web');
  expect(body).toMatchObject({
    kind: 'PodMetrics',
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    timestamp: '2026-11-21T11:00:13Z',
    window: '15.87s',
    containers: [
      { name: 'httpd', usage: { cpu: '1m', memory: '118716Ki' } },
      { name: 'proxy', usage: { cpu: '1m', memory: '4Mi' } },
    ],
  });
});

test('lists are of everything or of one namespace, sorted', async () => {
  expect(await namesOf('nodes')).toEqual(['worker-1', 'worker-2']);
  expect(await namesOf('pods')).toEqual(['ops/agent', 'shop/db', 'shop/web']);
  expect(await namesOf('namespaces/shop/pods')).toEqual(['shop/db', 'shop/web']);
  expect((await ask('namespaces/nowhere/pods')).body).toMatchObject({
    kind: 'PodMetricsList',
    metadata: {},
    items: [],
  });
});

test('selectors choose by labels and by fields', async () => {
  expect(await namesOf('pods?labelSelector=app%20in%20(web,db),app!%3Ddb')).toEqual(['shop/web']);
  expect(await namesOf('nodes?labelSelector=zone%3Db')).toEqual(['worker-2']);
  expect(await namesOf('pods?fieldSelector=metadata.namespace%3Dshop,metadata.name!%3Dweb')).toEqual(['shop/db']);
  expect(await namesOf('nodes?fieldSelector=metadata.name%3D%3Dworker-1')).toEqual(['worker-1']);
});

test('a list of one name is allowed to whom that name is', async () => {
  await ask('namespaces/shop/pods?fieldSelector=metadata.name%3Dweb');
  expect(api.reviews.at(-1)?.resourceAttributes).toMatchObject({ verb: 'list', namespace: 'shop', name: 'web' });
});

test.each([
  ['nodes?labelSelector=a%3D%3D%3Db', 'unable to parse requirement'],
  ['nodes?fieldSelector=spec.nodeName%3Da', '"spec.nodeName" is not a known field selector'],
  ['pods?fieldSelector=nonsense', 'invalid selector'],
])('a selector that cannot be read gets 400: %s', async (path, message) => {
  const { status, body } = await ask(path);
  expect(status).toBe(400);
  expect(body).toMatchObject({ kind: 'Status', reason: 'BadRequest', message: expect.stringContaining(message) });
});

test('what is not there gets 404, and says whether the object or its metrics are missing', async () => {
  served.pods.push(aPod('shop/new'));
  const message = async (path: string) => (await ask(path)).body;
  expect(await message('nodes/nope')).toMatchObject({ code: 404, message: 'nodes "nope" not found' });
  expect(await message('namespaces/shop/pods/nope')).toMatchObject({ code: 404, message: 'pods "nope" not found' });
  expect(await message('namespaces/shop/pods/new')).toMatchObject({
    code: 404,
    reason: 'NotFound',
    message: 'podmetrics.metrics.k8s.io "shop/new" not found',
    details: { group: 'metrics.k8s.io', kind: 'podmetrics', name: 'shop/new' },
  });
});

test('a pod is left out while one of its running containers lacks a value, and while its node is silent', async () => {
  served.round({
    'worker-1': {
      containers: [
        containerRow('shop/web/httpd', sampled(START_MS + 30_000, 2_000_000_000, KIB)),
        containerRow('shop/web/proxy', sampled(START_MS + 30_000, 1_000_000, KIB, START_MS + 29_000)),
        containerRow('shop/db/db', sampled(START_MS + 30_000, 2_000_000_000, KIB)),
      ],
    },
  });
  expect(await namesOf('pods')).toEqual(['shop/db']);
});

test.each([
  ['/apis/metrics.k8s.io/v1beta2', 404],
  [`${ROOT}/services`, 404],
  [`${ROOT}/namespaces/shop/nodes`, 404],
  [`${ROOT}/nodes/worker-1/status`, 404],
  [`${ROOT}/pods/web`, 404],
  ['/api/v1/nodes', 404],
])('%s is unknown', async (path, status) => {
  const answer = await ask(path);
  expect(answer.status).toBe(status);
  expect(answer.body).toMatchObject({ kind: 'Status', reason: 'NotFound' });
});

test.each(['Pending', 'Succeeded', 'Failed'] as const)(
  'a pod that is %s is not there, although its kubelet tells of a container',
  async (phase) => {
    served.pods[1] = aPod('shop/db', { labels: { app: 'db' }, phase });
    expect(await namesOf('namespaces/shop/pods')).toEqual(['shop/web']);
    const { status, body } = await ask('namespaces/shop/pods/db');
    expect([status, body.message]).toEqual([404, 'pods "db" not found']);
  }
);

test('namespaces that begin alike do not mix', async () => {
  served.pods.push(aPod('shop-2/web', { labels: {} }), aPod('shop/zebra', { labels: {} }));
  served.round({
    'worker-1': {
      containers: ['shop/web/a', 'shop-2/web/a', 'shop/zebra/a'].map((key) =>
        containerRow(key, sampled(START_MS + 30_000, 1e9, KIB))
      ),
    },
  });
  served.round({
    'worker-1': {
      containers: ['shop/web/a', 'shop-2/web/a', 'shop/zebra/a'].map((key) =>
        containerRow(key, sampled(START_MS + 60_000, 2e9, KIB))
      ),
    },
  });
  expect(await namesOf('pods')).toEqual(['shop/web', 'shop/zebra', 'shop-2/web']);
});

test('everything but reading gets 405, watching too', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const { status, body } = await ask('namespaces/shop/pods/web', { method });
    expect([status, body.reason]).toEqual([405, 'MethodNotAllowed']);
  }
  const verbs = api.reviews.slice(-4).map(({ resourceAttributes }) => resourceAttributes?.verb);
  expect(verbs).toEqual(['create', 'update', 'patch', 'delete']);
  expect((await ask('pods?watch=true')).body).toMatchObject({
    code: 405,
    message: 'watch is not supported on resources of kind "pods.metrics.k8s.io"',
  });
});

test.each([
  ['application/vnd.kubernetes.protobuf', 406],
  ['application/yaml', 406],
  ['application/json;q=0', 406],
  ['application/vnd.kubernetes.protobuf, */*', 200],
  ['application/vnd.kubernetes.protobuf,application/json', 200],
  ['', 200],
])('Accept: %s gets %i', async (accept, status) => {
  const answer = await ask('nodes', { headers: { accept } });
  expect(answer.status).toBe(status);
  expect(answer.body.kind).toBe(status === 200 ? 'NodeMetricsList' : 'Status');
});

test('tables have the sums of pods, and the objects that are wanted beside them', async () => {
  const { body } = await ask('namespaces/shop/pods', { headers: { accept: TABLE } });
  const { columnDefinitions, rows } = body as {
    columnDefinitions: Array<{ name: string }>;
    rows: Array<{ cells: string[]; object: object }>;
  };
  expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
  expect(columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'cpu', 'memory', 'Window']);
  expect(rows.map(({ cells }) => cells)).toEqual([
    ['db', '1m', '1000', '15.87s'],
    ['web', '2m', '122812Ki', '15.87s'],
  ]);
  expect(rows[1].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'web', namespace: 'shop' } });
  const whole = await ask('nodes/worker-1?includeObject=Object', { headers: { accept: TABLE } });
  expect(whole.body).toMatchObject({ rows: [{ object: { kind: 'NodeMetrics', window: '15.87s' } }] });
  const bare = await ask('nodes?includeObject=None', { headers: { accept: TABLE } });
  expect((bare.body as { rows: object[] }).rows[0]).not.toHaveProperty('object');
});

test('clients find their way: groups, resources, and both in one', async () => {
  expect((await ask('/apis')).body).toMatchObject({ kind: 'APIGroupList', groups: [{ name: 'metrics.k8s.io' }] });
  expect((await ask('/apis/metrics.k8s.io/')).body).toMatchObject({
    kind: 'APIGroup',
    preferredVersion: { groupVersion: 'metrics.k8s.io/v1beta1', version: 'v1beta1' },
  });
  expect((await ask(ROOT)).body).toMatchObject({
    kind: 'APIResourceList',
    groupVersion: 'metrics.k8s.io/v1beta1',
    resources: [
      { name: 'nodes', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
      { name: 'pods', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
    ],
  });
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
  const { headers, body } = await ask('/apis', { headers: { accept } });
  expect(headers['content-type']).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
  expect(body).toMatchObject({
    kind: 'APIGroupDiscoveryList',
    items: [{ versions: [{ version: 'v1beta1', resources: [{ resource: 'nodes' }, { resource: 'pods' }] }] }],
  });
});

test('every reference of the OpenAPI documents leads somewhere', async () => {
  const { body } = await ask('/openapi/v3');
  const { paths } = body as { paths: Record<string, { serverRelativeURL: string }> };
  const { serverRelativeURL } = paths['apis/metrics.k8s.io/v1beta1'];
  for (const path of ['/openapi/v2', serverRelativeURL]) {
    const { status, text, body: document } = await ask(path);
    expect(status).toBe(200);
    const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, reference]) => reference);
    expect(references.length).toBeGreaterThan(10);
    for (const reference of references) {
      const found = reference
        .split('/')
        .reduce((value: unknown, key) => (value as Record<string, unknown>)[key], document);
      expect(found).toMatchObject({ type: 'object' });
    }
  }
});

test('it is ready with the first use of a node', async () => {
  expect((await served.ask('/readyz')).status).toBe(200);
  const other = await serveMetrics(api);
  expect((await other.ask('/readyz')).status).toBe(500);
  expect((await other.ask('/livez')).status).toBe(200);
  await other.close();
});

test('long answers are compressed for those who take it', async () => {
  for (let index = 0; index < 50; index++) {
    served.nodes.push(aNode('worker-1'));
  }
  const parts = await new Promise<Buffer>((resolve, reject) => {
    fetchRaw(resolve, reject);
  });
  expect(gunzipSync(parts).toString()).toContain('NodeMetricsList');
});

function fetchRaw(resolve: (body: Buffer) => void, reject: (error: Error) => void): void {
  const headers = { authorization: 'Bearer admin', 'accept-encoding': 'gzip' };
  const options = { host: '127.0.0.1', port: served.port, path: `${ROOT}/nodes`, rejectUnauthorized: false, headers };
  get(options, (answer) => {
    const parts: Buffer[] = [];
    answer.on('data', (part: Buffer) => parts.push(part));
    answer.on('end', () => resolve(Buffer.concat(parts)));
  }).on('error', reject);
}

import { aDirectory, aNode, aPod } from '../../../tests/support/facts.ts';
import { readHead } from '../../heapsterFace.ts';
import type { ObjectNames } from '../../model/batch.ts';
import { HEAPSTER_CPU, heapsterColumn } from '../../model/heapsterValues.ts';
import { HeadStore } from '../../store/headStore.ts';
import { nodeBatch, totalsBatch, type Row } from '../../store/testing/batches.ts';
import { createApp } from '../app.ts';
import { createAuthentication, type AuthOptions } from '../auth.ts';
import type { RunningServer } from '../server.ts';
import { askRaw, rememberingLog, serve } from '../testdata/serve.ts';
import { redirectToCleanPath } from './cleanPath.ts';
import { createHeapsterDoors, createHeapsterFallback } from './doors.ts';

const R = 60_000;
const NEWEST = Date.UTC(2026, 10, 21, 12);
const TOKENS: AuthOptions = {
  mode: 'token',
  tokens: [
    { token: 'all', namespaces: 'all' },
    { token: 'shop', namespaces: ['shop'] },
  ],
};
const open: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close(0)));
});

const pod = (name: string, values: Row['values'], about: ObjectNames = {}): Row => {
  const [namespace, podName] = name.split('/');
  return { key: name, names: { node: 'worker-1', namespace, pod: podName, uid: `uid-${podName}`, ...about }, values };
};

/** Twenty rounds of two pods on a node, and of one pod that only the API server knows. */
function storedRounds(): HeadStore {
  const head = new HeadStore({ windowMs: 60 * R, maxBytes: 1e8 });
  for (let round = 19; round >= 0; round--) {
    const endMs = NEWEST - round * R;
    head.append(
      nodeBatch('worker-1', endMs, {
        node: [{ key: 'worker-1', names: { node: 'worker-1' }, values: { 'kubelet/answered': 1, 'memory/usage': 7 } }],
        pod: [
          pod('shop/web', {
            'cpu/usage_rate': 10.7,
            [HEAPSTER_CPU]: 9,
            'cpu/usage': 2n ** 64n - 1n,
            'memory/usage': round,
          }),
          pod('bank/vault', { 'memory/usage': 5, 'network/rx_rate': 3.9 }),
          pod('shop/done', { restart_count: 3, [heapsterColumn('restart_count')]: -1 }, { reported: false }),
        ],
        filesystem: [
          {
            key: 'pod/worker-1/shop/web//Volume:data',
            names: { node: 'worker-1', namespace: 'shop', pod: 'web', owner: 'pod', resourceId: 'Volume:data' },
            values: { 'filesystem/usage': 4 },
          },
        ],
      })
    );
    head.append(
      totalsBatch(endMs, { cluster: [{ key: '', names: {}, values: { 'memory/usage': 12, 'memory/rss': 1 } }] })
    );
    head.commit(endMs);
  }
  return head;
}

async function start(
  access: 'open' | 'token',
  { maxPoints = 1_000, auth = TOKENS, head = storedRounds(), hasExport = true, hasModel = true } = {}
) {
  const reader = readHead(head);
  const pods = [aPod('shop/web'), aPod('bank/vault'), aPod('shop/done')];
  const nodes = [aNode('worker-1', { addresses: [{ type: 'Hostname', address: 'host-1' }] })];
  const doors = createHeapsterDoors({
    access,
    recent: reader,
    history: reader,
    facts: { ...aDirectory(pods, nodes), nodes: () => nodes },
    labels: { labelSeparator: ',', storeLabels: [], ignoreLabels: [] },
    maxPoints,
    hasExport,
    hasModel,
    nowMs: () => NEWEST + 5_000,
  });
  const app = createApp({
    doors: [...doors, createHeapsterFallback()],
    authentication: createAuthentication(auth),
    log: rememberingLog(),
    countRequest: () => undefined,
    beforePathCheck: redirectToCleanPath,
  });
  const server = await serve(app);
  open.push(server);
  const port = Number(new URL(server.url).port);
  return (path: string, token?: string, headers: Record<string, string> = {}, method = 'GET') =>
    askRaw(port, path, { method, headers: token ? { ...headers, authorization: `Bearer ${token}` } : headers });
}

test('without the export its list is empty before and after the first round, and without the model nobody knows it', async () => {
  const empty = new HeadStore({ windowMs: 60 * R, maxBytes: 1e8 });
  for (const head of [empty, storedRounds()]) {
    const ask = await start('open', { head, hasExport: false, hasModel: false });
    expect(await ask('/api/v1/metric-export')).toMatchObject({ status: 200, body: '[]\n' });
    expect((await ask('/api/v1/metric-export-schema')).body).toContain('cpu/usage');
    for (const path of ['/api/v1/model', '/api/v1/model/nodes/', '/api/v1/model/metrics/cpu/usage_rate']) {
      expect(await ask(path)).toMatchObject({ status: 404, body: '404 page not found\n' });
    }
    expect((await ask('/api/v1/historical/nodes')).status).toBe(200);
  }
});

test('the history lists the nodes whose kubelet answered once, now or long ago', async () => {
  const head = new HeadStore({ windowMs: 60 * R, maxBytes: 1e8 });
  for (const [endMs, answers] of [
    [NEWEST - R, { always: 1, once: 1, never: 0 }],
    [NEWEST, { always: 1, once: 0, never: 0 }],
  ] as const) {
    for (const [name, answered] of Object.entries(answers)) {
      const node = [{ key: name, names: { node: name }, values: { 'kubelet/answered': answered } }];
      head.append(nodeBatch(name, endMs, { node }));
    }
    head.append(totalsBatch(endMs, {}));
    head.commit(endMs);
  }
  const ask = await start('open', { head });
  expect(JSON.parse((await ask('/api/v1/historical/nodes/')).body)).toEqual(['always', 'once']);
});

const valuesIn = (body: string) =>
  (JSON.parse(body) as { metrics: Array<{ value: number }> }).metrics.map(({ value }) => value);

describe('who may ask', () => {
  test('without a token the answer is 401, and says how to open the door', async () => {
    const ask = await start('token');
    const { status, body } = await ask('/api/v1/model/nodes/');
    expect(status).toBe(401);
    expect(body).toContain('--heapster-api=open');
    expect((await ask('/api/v1/model/nodes/', 'wrong')).body).toContain('--heapster-api=open');
    expect((await ask('/api/v1/model/nodes/', 'all')).body).toBe('[\n  "host-1"\n ]');
  });

  test('an open door lets everybody read everything', async () => {
    const ask = await start('open');
    expect((await ask('/api/v1/model/namespaces/')).body).toBe('[\n  "bank",\n  "shop"\n ]');
  });

  test('a token that is bound to namespaces sees these, and no others', async () => {
    const ask = await start('token');
    expect((await ask('/api/v1/model/namespaces/', 'shop')).body).toBe('[\n  "shop"\n ]');
    expect((await ask('/api/v1/historical/namespaces/', 'shop')).body).toBe('[\n  "shop"\n ]');
    expect((await ask('/api/v1/model/namespaces/bank/pods/', 'shop')).body).toBe('[]');
    expect((await ask('/api/v1/model/namespaces/bank/pods/vault/metrics', 'shop')).body).toBe('[]');
    expect(valuesIn((await ask('/api/v1/model/namespaces/bank/pods/vault/metrics/memory/usage', 'shop')).body)).toEqual(
      []
    );
    const list = await ask('/api/v1/model/namespaces/bank/pod-list/vault/metrics/memory/usage', 'shop');
    expect(list.body).toContain('{"items":[{"metrics":[],');
    expect((await ask('/api/v1/model/debug/allkeys', 'shop')).body).not.toContain('bank');
    const exported = (await ask('/api/v1/metric-export', 'shop')).body;
    expect([exported.includes('web'), exported.includes('vault'), exported.includes('machine')]).toEqual([
      true,
      false,
      false,
    ]);
    expect((await ask('/apis/metrics.k8s.io/v1alpha1/namespaces/bank/pods/vault', 'shop')).status).toBe(500);
    const history = '/api/v1/historical/pod-id/uid-vault/metrics/memory/usage?start=2026-11-21T11:00:00Z';
    expect([(await ask(history, 'shop')).status, (await ask(history, 'all')).status]).toEqual([500, 200]);
  });

  test.each([
    '/api/v1/model/metrics',
    '/api/v1/model/metrics/memory/usage',
    '/api/v1/model/nodes',
    '/api/v1/model/nodes/host-1/freecontainers',
    '/api/v1/model/nodes/worker-1/metrics/memory/usage',
    '/api/v1/historical/nodes',
    '/api/v1/historical/metrics/memory/usage?start=2026-11-21T00:00:00Z',
    '/apis/metrics/v1alpha1/nodes',
  ])('%s is refused to a bound token', async (path) => {
    const { status, body } = await (await start('token'))(path, 'shop');
    expect([status, body.includes('bound to the namespaces shop')]).toEqual([403, true]);
  });
});

describe('what is told', () => {
  test('values are those of Heapster: whole, without a sign, with all digits', async () => {
    const ask = await start('open');
    const values = async (metric: string) =>
      (await ask(`/api/v1/model/namespaces/shop/pods/web/metrics/${metric}`)).body;
    expect(new Set(valuesIn(await values('cpu/usage_rate')))).toEqual(new Set([9]));
    expect(await values('cpu/usage')).toContain('"value": 18446744073709551615');
    const rate = await ask('/api/v1/model/namespaces/bank/pods/vault/metrics/network/rx_rate');
    expect(new Set(valuesIn(rate.body))).toEqual(new Set([3]));
  });

  test('without a start there are 15 minutes, from a start on there is all that is kept', async () => {
    const ask = await start('open');
    const path = '/api/v1/model/namespaces/shop/pods/web/metrics/memory/usage';
    expect(valuesIn((await ask(path)).body)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(valuesIn((await ask(`${path}?start=2026-01-01T00:00:00Z`)).body)).toHaveLength(20);
  });

  test('metrics and objects that Heapster did not have are not there', async () => {
    const ask = await start('open');
    expect(valuesIn((await ask('/api/v1/model/metrics/memory/rss')).body)).toEqual([]);
    expect((await ask('/api/v1/model/metrics')).body).toBe('[\n  "memory/usage"\n ]');
    expect((await ask('/api/v1/model/namespaces/shop/pods')).body).toBe('[\n  "web"\n ]');
    expect((await ask('/api/v1/model/namespaces/shop/pods/done/metrics')).body).toBe('[]');
    expect((await ask('/api/v1/historical/namespaces/shop/pods')).body).toBe('[\n  "web"\n ]');
  });

  test('values with labels need exactly these in the model, and no label in the history', async () => {
    const ask = await start('open');
    const path = (face: string) => `/api/v1/${face}/namespaces/shop/pods/web/metrics/filesystem/usage`;
    const since = 'start=2026-11-21T11:55:00Z';
    expect(valuesIn((await ask(`${path('model')}?${since}&labels=resource_id:Volume:data`)).body)).toHaveLength(6);
    expect(valuesIn((await ask(`${path('model')}?${since}`)).body)).toEqual([]);
    expect(valuesIn((await ask(`${path('historical')}?${since}`)).body)).toHaveLength(5);
    expect((await ask(`${path('historical')}?${since}&labels=resource_id:other`)).status).toBe(500);
  });

  test('pods are found by their uid in the history', async () => {
    const ask = await start('open');
    const path = '/api/v1/historical/pod-id-list/uid-web,uid-web/metrics-aggregated/max/memory/usage';
    const { body } = await ask(`${path}?start=2026-11-21T11:55:00Z`);
    const item = '{"buckets":[{"timestamp":"2026-11-21T11:56:00Z","maximum":{"intValue":4}}],"bucketSize":0}';
    expect(body).toBe(`{"items":[${item},${item}]}\n`);
    const unknown = await ask('/api/v1/historical/pod-id/nobody/metrics/memory/usage?start=2026-11-21T11:55:00Z');
    expect(unknown.body).toBe('No results for metric "memory/usage" describing "(pod)poduid:nobody"');
  });
});

describe('what is bounded', () => {
  test('an answer with too many points is refused', async () => {
    const ask = await start('open', { maxPoints: 10 });
    const { status, body } = await ask('/api/v1/model/namespaces/shop/pods/web/metrics/memory/usage');
    expect([status, body]).toEqual([422, 'more than 10 points: ask for a shorter time or for fewer pods']);
  });

  test('a name that is repeated does not multiply the answer without end', async () => {
    const ask = await start('open');
    const names = new Array(400).fill('web').join(',');
    expect((await ask(`/api/v1/model/namespaces/shop/pod-list/${names}/metrics/memory/usage`)).status).toBe(422);
  });

  test('odd paths are sent to the clean one, or refused', async () => {
    const ask = await start('open');
    const odd = await ask('/api/v1/model/namespaces//pods?x=1');
    expect([odd.status, odd.headers.location]).toEqual([301, '/api/v1/model/namespaces/pods?x=1']);
    expect((await ask('/api/v1/model/%2e%2e/%2e%2e/%2e%2e//evil.example')).headers.location).toBe('/evil.example');
    expect((await ask('/api/v1/model/nodes/%zz')).status).toBe(400);
    expect((await ask('/api/v1/model/nodes/a%00b/metrics')).status).toBe(400);
  });
});

describe('the wire', () => {
  test('answers are compressed when asked, however short', async () => {
    const ask = await start('open');
    const body = async (encoding: string) => {
      const { port } = new URL(open[0].url);
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/model/nodes`, {
        headers: { 'accept-encoding': encoding },
      });
      return [answer.headers.get('content-encoding'), await answer.text()];
    };
    expect(await body('gzip')).toEqual(['gzip', '[\n  "host-1"\n ]']);
    expect(await body('deflate, gzip')).toEqual(['deflate', '[\n  "host-1"\n ]']);
    expect(await body('identity')).toEqual([null, '[\n  "host-1"\n ]']);
    expect(
      (await ask('/api/v1/metric-export', undefined, { 'accept-encoding': 'gzip' })).headers['content-encoding']
    ).toBe('gzip');
  });

  test('other methods, other types and unknown paths are refused in its words', async () => {
    const ask = await start('open');
    const told = async (path: string, method = 'GET', accept = '*/*') => {
      const { status, headers, body } = await ask(path, undefined, { accept }, method);
      return [status, headers['content-type'], body];
    };
    const text = 'text/plain; charset=utf-8';
    expect(await told('/api/v1/model/nodes', 'DELETE')).toEqual([405, text, '405: Method Not Allowed']);
    expect(await told('/api/v1/model/nodes', 'GET', 'application/xml')).toEqual([406, text, '406: Not Acceptable']);
    expect(await told('/api/v1/model/nodes/worker-1')).toEqual([404, text, '404: Page Not Found']);
    expect(await told('/nowhere')).toEqual([404, text, '404 page not found\n']);
    expect((await told('/api/grafana/v1/nowhere'))[2]).toContain('not_found');
  });

  test('before the first round lists are empty and the export is null', async () => {
    const ask = await start('open', { head: new HeadStore({ windowMs: R, maxBytes: 1 }) });
    expect((await ask('/api/v1/model/nodes')).body).toBe('[]');
    expect((await ask('/api/v1/metric-export')).body).toBe('null\n');
    expect((await ask('/api/v1/model/metrics/memory/usage')).body).toContain('"0001-01-01T00:00:00Z"');
  });
});

import type { OutgoingHttpHeaders } from 'node:http';
import { readTop } from '../replay/readTop.ts';
import { askTls } from '../support/askTls.ts';
import type { Answer } from '../support/askTls.ts';
import { createAuthority } from '../support/certificates.ts';
import type { KeyPair, TestAuthority } from '../support/certificates.ts';
import { until } from '../support/until.ts';
import { startBehind } from './behindApiServer.ts';
import type { BehindApiServer } from './behindApiServer.ts';
import { startControlPlane } from './controlPlane.ts';
import type { ControlPlane } from './controlPlane.ts';
import { accountToken, availability, AVAILABLE_MS, becomesAvailable } from './installed.ts';

/**
 * The whole backend in the place of metrics-server behind a real API server: its aggregator, its authentication, its RBAC and
 * its ConfigMap.
 */
const ROOT = '/apis/metrics.k8s.io/v1beta1';

let plane: ControlPlane;
let heapscope: BehindApiServer;
let port: number;
let frontProxy: TestAuthority;
let jane: KeyPair;
let eve: KeyPair;
let beforeTheStart: { status: string; reason: string; message: string };

beforeAll(async () => {
  frontProxy = await createAuthority('front-proxy-ca');
  plane = await startControlPlane(frontProxy);
  heapscope = await startBehind(plane, async () => {
    beforeTheStart = await availability(plane);
  });
  ({ port } = heapscope);
  await allowJane();
  [jane, eve] = await Promise.all(['jane,O=devs', 'eve'].map((commonName) => plane.users.issue({ commonName })));
}, 180_000);

afterAll(async () => {
  await heapscope?.close();
  await plane?.close();
});

async function allowJane(): Promise<void> {
  await plane.kubectl('create clusterrole node-viewer --verb=get,list --resource=nodes');
  for (const role of ['node-viewer', 'heapscope-aggregated-metrics-reader']) {
    await plane.kubectl(`create clusterrolebinding jane-${role} --clusterrole=${role} --user=jane`);
  }
}

function throughAggregator(path: string, client: KeyPair, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
  return askTls(plane.port, path, { client, headers, ca: plane.caPem });
}

interface Listed {
  readonly items: ReadonlyArray<{ readonly metadata: { readonly name: string }; readonly usage: { memory: string } }>;
}

test('the APIService becomes available when Heapscope answers', async () => {
  expect(beforeTheStart).toMatchObject({ reason: 'FailedDiscoveryCheck' });
  expect(await plane.kubectl('get apiservices')).toMatch(/\nv1beta1\.metrics\.k8s\.io +heapscope\/heapscope +True /);
  expect(await availability(plane)).toMatchObject({ reason: 'Passed' });
  expect(
    (await heapscope.backend.status()).problems.filter(({ text }) => text.includes('extension-apiserver'))
  ).toEqual([]);
});

test('kubectl top nodes prints what Heapscope says, for whom RBAC allows it', async () => {
  const shown = readTop(await plane.kubectl('top nodes', jane)).node;
  const { body } = await askTls(port, `${ROOT}/nodes`, { client: jane });
  const nodes = (body as unknown as Listed).items;
  expect(nodes.map(({ metadata }) => metadata.name)).toEqual(['lab-node-1', 'lab-node-2', 'lab-node-3']);
  const memoryMib = nodes.map(({ usage }) => Math.floor(parseInt(usage.memory, 10) / 1024));
  expect(Object.values(shown).map((each) => each.memoryMib)).toEqual(memoryMib);
  expect(Object.values(shown).every(({ cpuMillicores }) => cpuMillicores > 0)).toBe(true);
});

test('kubectl top pods and its containers print every running pod', async () => {
  const { pod } = readTop(await plane.kubectl('top pods -A', jane));
  const { container } = readTop(await plane.kubectl('top pods -A --containers', jane));
  expect(Object.keys(pod).length).toBeGreaterThan(20);
  expect(Object.keys(container).length).toBeGreaterThan(Object.keys(pod).length);
  expect(Object.keys(pod)).toEqual(
    expect.arrayContaining(['shop/native-sidecar', 'kube-system/static-proxy-lab-node-3'])
  );
});

test('kubectl get prints tables of metrics, and explains them', async () => {
  expect(await plane.kubectl('get nodemetrics', jane)).toMatch(
    /^NAME +CPU +MEMORY +WINDOW *\nlab-node-1 +\d+[num] +\d+Ki +\d+s *\n/
  );
  expect(await plane.kubectl('get podmetrics -n shop -l app=burner -o name', jane)).toMatch(
    /^(podmetrics\.metrics\.k8s\.io\/burner-[a-z0-9-]+\n){3}$/
  );
  const resources = await plane.kubectl('api-resources --api-group=metrics.k8s.io -o name', jane);
  expect(resources.trim().split('\n').sort()).toEqual(['nodes.metrics.k8s.io', 'pods.metrics.k8s.io']);
});

test(
  'the API server joins the documents of the group into its own',
  async () => {
    for (const document of ['/openapi/v2', '/openapi/v3']) {
      const isJoined = async () => (await throughAggregator(document, plane.admin)).text.includes(ROOT.slice(1));
      await until(document, isJoined, AVAILABLE_MS);
    }
    expect(await plane.kubectl('explain podmetrics.containers.usage', jane)).toMatch(/KIND: +PodMetrics\n/);
  },
  2 * AVAILABLE_MS
);

test('whom RBAC does not allow gets 403, whatever the request says of itself', async () => {
  await expect(plane.kubectl('get nodemetrics', eve)).rejects.toThrow('User "eve" cannot list resource "nodes"');
  const headers = { 'X-Remote-User': 'jane', 'X-Remote-Group': 'system:masters' };
  const { status, text } = await throughAggregator(`${ROOT}/nodes`, eve, headers);
  expect([status, text]).toEqual([403, expect.stringContaining('User \\"eve\\" cannot list')]);
});

describe('who comes past the aggregator', () => {
  const forged = { 'X-Remote-User': 'jane', 'X-Remote-Group': 'system:masters' };
  const statusOf = async (asking: Parameters<typeof askTls>[2]) => (await askTls(port, `${ROOT}/nodes`, asking)).status;

  test('is not believed about whom it speaks for', async () => {
    expect(await statusOf({ headers: forged })).toBe(401);
    expect(await statusOf({ headers: forged, client: eve })).toBe(403);
    const foreign = await createAuthority('another-front-proxy-ca');
    const client = await foreign.issue({ commonName: 'front-proxy-client' });
    expect(await statusOf({ headers: forged, client })).toBe(401);
  });

  test('is who the API server says it is by its token, with the rights it has', async () => {
    const token = await accountToken(plane);
    expect(await statusOf({ token })).toBe(403);
    expect(await statusOf({ token: `${token}x` })).toBe(401);
    await plane.kubectl(
      'create clusterrolebinding itself --clusterrole=heapscope-aggregated-metrics-reader --serviceaccount=heapscope:heapscope'
    );
    // The refusal is kept for ten seconds of the backend's clock, for one and the same token.
    await until('the new right', async () => (await statusOf({ token: await accountToken(plane) })) === 200);
  });
});

describe('the aggregator', () => {
  const statusThere = async (): Promise<number> => (await throughAggregator(`${ROOT}/nodes`, jane)).status;
  /** Has the API server look again before its half minute is over. */
  const lookAgain = (why: string) =>
    plane.kubectl(`annotate apiservice v1beta1.metrics.k8s.io test=${why} --overwrite`);

  test(
    'with a certificate of another authority is refused, and the APIService no longer available',
    async () => {
      const foreign = await createAuthority('another-front-proxy-ca');
      plane.showProxyCertificate(await foreign.issue({ commonName: 'front-proxy-client' }));
      await until('the refusal', async () => (await statusThere()) === 401, AVAILABLE_MS);
      await expect(plane.kubectl('top nodes', jane)).rejects.toThrow('Metrics API not available');
      await lookAgain('foreign');
      await becomesAvailable(plane, 'False');
      expect((await availability(plane)).message).toContain('401');
      plane.showProxyCertificate(await frontProxy.issue({ commonName: 'front-proxy-client' }));
      await lookAgain('own');
      await becomesAvailable(plane, 'True');
      await until('the certificate to count again', async () => (await statusThere()) === 200, AVAILABLE_MS);
    },
    4 * AVAILABLE_MS
  );

  test('with a certificate of a new authority is believed as soon as the ConfigMap has that one', async () => {
    const next = await createAuthority('front-proxy-ca-2');
    const before = await frontProxy.issue({ commonName: 'front-proxy-client' });
    const client = await next.issue({ commonName: 'front-proxy-client' });
    const speaking = { headers: { 'X-Remote-User': 'jane' } };
    const statusOf = async (pair: KeyPair) =>
      (await askTls(port, `${ROOT}/nodes`, { ...speaking, client: pair })).status;
    expect([await statusOf(before), await statusOf(client)]).toEqual([200, 401]);
    plane.trustProxyAuthority(next.caPem);
    plane.showProxyCertificate(client);
    await until('the new authority', async () => (await statusOf(client)) === 200, AVAILABLE_MS);
    await until('the certificate to count', async () => (await statusThere()) === 200, AVAILABLE_MS);
    expect(readTop(await plane.kubectl('top nodes', jane)).node).toHaveProperty('lab-node-1');
  });
});

test('while the API server is down nobody is let in who has to be looked up', async () => {
  const token = await accountToken(plane);
  await plane.stopApiServer();
  const { status, body } = await askTls(port, `${ROOT}/nodes`, { token });
  expect(status).toBe(503);
  expect(body).toMatchObject({ kind: 'Status', reason: 'ServiceUnavailable' });
});

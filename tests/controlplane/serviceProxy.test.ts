import { helmTemplate, kustomize, objectsOf, succeed } from '../deploy/clusterTools.ts';
import type { Manifest } from '../deploy/clusterTools.ts';
import { createAuthority } from '../support/certificates.ts';
import { startBehind } from './behindApiServer.ts';
import type { BehindApiServer } from './behindApiServer.ts';
import { startControlPlane } from './controlPlane.ts';
import type { ControlPlane } from './controlPlane.ts';

/**
 * How old clients come to Heapscope: through the API server's proxy of a Service, by its name alone. The Services are those
 * of our manifests, the endpoints such as the cluster makes of them, with the loopback address in place of a pod's.
 */
let plane: ControlPlane;
let heapscope: BehindApiServer;

beforeAll(async () => {
  plane = await startControlPlane(await createAuthority('front-proxy-ca'));
  heapscope = await startBehind(plane, undefined, ['--heapster-api=open', '--dashboard-api=open']);
  await plane.kubectl('create namespace kubernetes-dashboard');
}, 180_000);

afterAll(async () => {
  await heapscope?.close();
  await plane?.close();
});

type Service = Manifest & { readonly spec: { readonly ports: ReadonlyArray<{ readonly name?: string }> } };

/** Creates a Service, and what the cluster would find behind it. */
async function create(text: string, name: string): Promise<string> {
  const service = objectsOf(text).find(({ kind, metadata }) => kind === 'Service' && metadata.name === name) as Service;
  await plane.kubectl(['apply', '-f', '-'], undefined, JSON.stringify(service));
  const namespace = service.metadata.namespace!;
  const ip = '127.0.0.1';
  const pod = { namespace, name: 'heapscope-0' };
  const spec = { nodeName: 'somewhere', containers: [{ name: 'heapscope', image: 'heapscope' }] };
  await plane.etcd.add('pods', { metadata: pod, spec, status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] } });
  const port = Number(new URL(heapscope.backend.url).port);
  const ports = service.spec.ports.map((own) => ({ name: own.name, port, protocol: 'TCP' }));
  const addresses = [{ ip, targetRef: { kind: 'Pod', ...pod } }];
  await plane.etcd.add('endpoints', { metadata: { namespace, name }, subsets: [{ addresses, ports }] });
  return `/api/v1/namespaces/${namespace}/services`;
}

const get = async (path: string): Promise<unknown> => JSON.parse(await plane.kubectl(['get', '--raw', path]));

const chart = (namespace: string, ...values: string[]) =>
  succeed(helmTemplate('heapscope', namespace, values), 'helm template');

test.each([
  ['kustomize', () => kustomize('deploy/overlays/heapster')],
  ['Helm', () => chart('kube-system', 'heapsterService.enabled=true')],
])('Heapster is found at its Service as %s makes it, without a port', async (_, manifests) => {
  const services = await create(manifests(), 'heapster');
  for (const name of ['heapster', 'http:heapster:', 'heapster:80']) {
    expect(await plane.kubectl(['get', '--raw', `${services}/${name}/proxy/healthz`])).toBe('ok');
    expect(await get(`${services}/${name}/proxy/api/v1/model/nodes/`)).toEqual([
      'lab-node-1',
      'lab-node-2',
      'lab-node-3',
    ]);
  }
  const metric = '/proxy/api/v1/model/namespaces/shop/pod-list/pod-level,nobody/metrics/memory/usage';
  expect(await get(`${services}/heapster${metric}`)).toMatchObject({
    items: [{ metrics: expect.arrayContaining([expect.anything()]) }, { metrics: [] }],
  });
});

test("the Dashboard finds its scraper's Service as the chart makes it, without a port", async () => {
  const values = ['dashboardApi.enabled=true', 'dashboardApi.scraperService=dashboard-metrics-scraper'];
  const services = await create(chart('kubernetes-dashboard', ...values), 'dashboard-metrics-scraper');
  const path = '/dashboard-metrics-scraper/proxy/api/v1/dashboard/nodes/lab-node-1/metrics/memory/usage';
  expect(await get(`${services}${path}`)).toMatchObject({ items: [{ uids: ['lab-node-1'] }] });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { helmTemplate, kustomize, objectsOf, succeed, type Manifest } from './clusterTools.ts';

const ROOT = join(__dirname, '..', '..');

interface Probe {
  httpGet: { path: string };
}

interface Pod {
  containers: Array<{
    env: Array<{ name: string; value?: string }>;
    livenessProbe: Probe;
    readinessProbe: Probe;
    startupProbe: Probe;
    volumeMounts: Array<{ name: string; mountPath: string; subPath?: string }>;
  }>;
}

interface Way {
  readonly env: Record<string, string | undefined>;
  readonly probes: string[];
  readonly mounts: string[];
  readonly objects: Manifest[];
}

function look(text: string): Way {
  const objects = objectsOf(text);
  const deployment = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name.endsWith('-grafana'))!;
  const [container] = (deployment.spec as { template: { spec: Pod } }).template.spec.containers;
  const { livenessProbe, readinessProbe, startupProbe, volumeMounts } = container;
  return {
    env: Object.fromEntries(container.env.map(({ name, value }) => [name, value])),
    probes: [livenessProbe, readinessProbe, startupProbe].map(({ httpGet }) => httpGet.path),
    mounts: volumeMounts.map(({ mountPath }) => mountPath),
    objects,
  };
}

const chart = (...values: string[]) => look(succeed(helmTemplate('heapscope', 'heapscope', values), 'helm template'));
const overlay = (name: string) => look(kustomize(`deploy/overlays/${name}`));

/** Each way by both tools. The kustomize overlay and the chart must come to the same. */
const WAYS = [
  ['port-forward', () => overlay('grafana'), () => chart()],
  [
    'NodePort',
    () => overlay('nodeport'),
    () => chart('grafana.access=node-port', 'grafana.rootUrl=http://node.example.com:30300/'),
  ],
  [
    'Ingress',
    () => overlay('ingress'),
    () => chart('grafana.access=ingress', 'grafana.ingress.tlsSecret=heapscope-grafana-tls'),
  ],
  ['service proxy', () => overlay('service-proxy'), () => chart('grafana.access=service-proxy')],
] as const;

test.each(WAYS)('by %s, kustomize and Helm set the same', (_name, byKustomize, byHelm) => {
  const [one, other] = [byKustomize(), byHelm()];
  expect(other.env).toEqual(one.env);
  expect(other.probes).toEqual(one.probes);
  expect(other.mounts).toEqual(one.mounts);
});

test('by port-forward, Grafana is at the root of this machine', () => {
  const { env, probes } = overlay('grafana');
  expect(env).toMatchObject({ GF_SERVER_ROOT_URL: 'http://localhost:3000/', GF_SERVER_SERVE_FROM_SUB_PATH: 'false' });
  expect(new Set(probes)).toEqual(new Set(['/api/health']));
});

test('by NodePort, the port of the root URL is that of the Service', () => {
  const { env, objects } = overlay('nodeport');
  const service = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'heapscope-grafana')!;
  expect(service.spec).toMatchObject({
    type: 'NodePort',
    ports: [{ port: 3000, targetPort: 'http', nodePort: 30300 }],
  });
  expect(new URL(env.GF_SERVER_ROOT_URL!).port).toBe('30300');
});

test.each([
  ['kustomize', () => overlay('ingress')],
  ['Helm', () => chart('grafana.access=ingress', 'grafana.ingress.path=/k8s/grafana/x')],
])(
  'by Ingress with %s, the path of Ingress, root URL and probes is one, and Grafana takes it off itself',
  (_tool, way) => {
    const { env, probes, objects } = way();
    const ingress = objects.find(({ kind }) => kind === 'Ingress')!;
    const [{ host, http }] = (
      ingress.spec as { rules: Array<{ host: string; http: { paths: Array<{ path: string; pathType: string }> } }> }
    ).rules;
    const rootUrl = new URL(env.GF_SERVER_ROOT_URL!);
    expect(rootUrl.host).toBe(host);
    expect(rootUrl.pathname).toBe(`${http.paths[0].path}/`);
    expect(http.paths[0].pathType).toBe('Prefix');
    expect(JSON.stringify(ingress)).not.toContain('rewrite');
    expect(env.GF_SERVER_SERVE_FROM_SUB_PATH).toBe('true');
    expect(new Set(probes)).toEqual(new Set([`${http.paths[0].path}/api/health`]));
    expect(env.GF_SECURITY_COOKIE_SECURE).toBe(rootUrl.protocol === 'https:' ? 'true' : undefined);
  }
);

test('by an Ingress without a path, Grafana is at the root of the host', () => {
  const { env, probes } = chart('grafana.access=ingress', 'grafana.ingress.path=/');
  expect(env).toMatchObject({
    GF_SERVER_ROOT_URL: 'http://heapscope.example.com/',
    GF_SERVER_SERVE_FROM_SUB_PATH: 'false',
  });
  expect(new Set(probes)).toEqual(new Set(['/api/health']));
});

test("by the API server, the root URL has the path of the Service's proxy, and Grafana leaves it to the API server to take it off", () => {
  const { env, probes, objects } = overlay('service-proxy');
  const service = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'heapscope-grafana')!;
  const { namespace, name } = service.metadata;
  const port = (service.spec as { ports: Array<{ name: string }> }).ports[0].name;
  expect(env.GF_SERVER_ROOT_URL).toBe(
    `http://localhost:8001/api/v1/namespaces/${namespace}/services/http:${name}:${port}/proxy/`
  );
  expect(env.GF_SERVER_SERVE_FROM_SUB_PATH).toBe('false');
  expect(env.GF_SECURITY_CSRF_TRUSTED_ORIGINS!.split(' ')).toContain('localhost');
  expect(new Set(probes)).toEqual(new Set(['/api/health']));
});

test('the plugin stays where the image has it: no volume hides it, and data lies elsewhere', () => {
  const { id } = JSON.parse(readFileSync(join(ROOT, 'src/plugin.json'), 'utf8')) as { id: string };
  for (const { env, mounts } of [overlay('grafana'), chart()]) {
    expect(mounts.filter((path) => `/var/lib/grafana/plugins/${id}/`.startsWith(`${path}/`))).toEqual([]);
    expect(mounts).toContain(env.GF_PATHS_DATA);
    expect(env.GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS).toBe(id);
  }
});

test('what provisioning takes from the environment is there', () => {
  const used = ['datasources', 'dashboards'].flatMap((name) => {
    const text = readFileSync(join(ROOT, `deploy/components/grafana/files/provisioning/${name}.yml`), 'utf8');
    return [...text.matchAll(/: \$(\w+)$/gm)].map(([, variable]) => variable);
  });
  expect(used.length).toBe(3);
  for (const { env, mounts, objects } of [overlay('grafana'), chart()]) {
    expect(Object.keys(env)).toEqual(expect.arrayContaining(used));
    expect(mounts).toContain(env.HEAPSCOPE_DASHBOARDS_PATH);
    const { hostname, port } = new URL(env.HEAPSCOPE_URL!);
    const service = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === hostname);
    expect(service?.spec).toMatchObject({ ports: [{ port: Number(port) }] });
  }
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSetting } from '../../backend/config/settings.ts';
import { helmLint, helmTemplate, invalidities, kustomize, objectsOf, succeed, type Manifest } from './clusterTools.ts';

const ROOT = join(__dirname, '..', '..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

/** More than `kubectl apply` takes along in an annotation. */
const TOO_LONG_BYTES = 262_144;

interface Container {
  name: string;
  image: string;
  args?: string[];
  env?: Array<{ name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }>;
  ports: Array<{ name: string; containerPort: number }>;
  securityContext: object;
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  livenessProbe: object;
  readinessProbe: object;
  startupProbe: object;
  volumeMounts: Array<{ name: string; mountPath: string }>;
}

interface Source {
  configMap?: { name: string };
  secret?: { secretName: string };
  persistentVolumeClaim?: { claimName: string };
  projected?: { sources: Source[] };
}

interface Deployment {
  replicas: number;
  strategy: { type: string };
  selector: { matchLabels: Record<string, string> };
  template: {
    metadata: { labels: Record<string, string> };
    spec: { serviceAccountName?: string; securityContext: object; containers: Container[]; volumes: Array<Source & { name: string }> };
  };
}

interface Role {
  rules: Array<{ apiGroups: string[]; resources: string[]; verbs: string[] }>;
}

interface Binding {
  roleRef: { kind: string; name: string };
  subjects: Array<{ kind: string; name: string; namespace: string }>;
}

const OVERLAYS = readdirSync(join(ROOT, 'deploy/overlays')).map((name) => `deploy/overlays/${name}`);

const GRAFANA_BY_INGRESS = ['grafana.access=ingress', 'grafana.ingress.host=k8s.example.org'];

const CHARTS: Record<string, { release: string; namespace: string; values: string[] }> = {
  'as it is': { release: 'heapscope', namespace: 'heapscope', values: [] },
  'of another name, everything on': {
    release: 'shop',
    namespace: 'monitoring',
    values: [
      'metricsApi.enabled=true',
      'metricsApi.tlsSecret=serving',
      'metricsApi.caBundle=PEM',
      'persistence.enabled=true',
      'persistence.storageClass=fast',
      ...GRAFANA_BY_INGRESS,
      'grafana.ingress.tlsSecret=tls',
      'grafana.ingress.className=nginx',
      'grafana.ingress.annotations.a=b',
      'args[0]=--metric-resolution=30s',
      'env[0].name=HEAPSCOPE_CLUSTER_NAME',
      'env[0].value=shop',
      'nodeSelector.disk=ssd',
      'tolerations[0].operator=Exists',
      'priorityClassName=system-cluster-critical',
      'imagePullSecrets[0].name=pull',
      'podAnnotations.a=b',
      'networkPolicy.from[0].namespaceSelector.matchLabels.team=a',
    ],
  },
  'without Grafana, for tokens of Kubernetes': {
    release: 'heapscope',
    namespace: 'heapscope',
    values: ['grafana.enabled=false', 'auth.mode=kubernetes', 'networkPolicy.enabled=false'],
  },
  "in Heapster's place": {
    release: 'heapscope',
    namespace: 'kube-system',
    values: ['heapsterService.enabled=true', 'metricsApi.enabled=true', 'persistence.enabled=true'],
  },
  'by secrets and claims that are there': {
    release: 'heapscope',
    namespace: 'heapscope',
    values: [
      'auth.existingSecret=token',
      'grafana.existingSecret=admin',
      'persistence.enabled=true',
      'persistence.existingClaim=old',
    ],
  },
  'at a port of the nodes': { release: 'h', namespace: 'h', values: ['grafana.access=node-port'] },
  'by the API server': { release: 'h', namespace: 'h', values: ['grafana.access=service-proxy'] },
};

/** Every manifest there is, by what it is called in messages. */
const texts = new Map<string, string>();
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heapscope-manifests-'));
  for (const path of ['deploy/base', ...OVERLAYS]) {
    texts.set(path, kustomize(path));
  }
  for (const [name, { release, namespace, values }] of Object.entries(CHARTS)) {
    texts.set(`chart ${name}`, succeed(helmTemplate(release, namespace, values), 'helm template'));
  }
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const everywhere = () => [...texts].map(([name, text]) => ({ name, objects: objectsOf(text) }));
const ofKind = <Spec>(objects: Manifest[], kind: string) =>
  objects.filter((object) => object.kind === kind) as Array<Manifest & { spec: Spec }>;
const deployments = (objects: Manifest[]) => ofKind<Deployment>(objects, 'Deployment');
const backendOf = (objects: Manifest[]) =>
  deployments(objects).find(({ spec }) => spec.template.spec.containers[0].name === 'heapscope')!;
const names = (objects: Manifest[], kind: string) => ofKind(objects, kind).map(({ metadata }) => metadata.name);

function validityOf(text: string): string[] {
  const file = join(folder, 'manifest.yaml');
  writeFileSync(file, text);
  return invalidities([file]);
}

test('every overlay and the chart with many values are valid by the schemas of Kubernetes', () => {
  const files = [...texts].map(([name, text]) => {
    const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.yaml`);
    writeFileSync(file, text);
    return file;
  });
  expect(files.length).toBeGreaterThan(14);
  expect(invalidities(files)).toEqual([]);
});

test.each([
  ['a field that nothing has', 'replicas: 1', 'replicsa: 1', /replicsa/],
  ['a value of another type', 'replicas: 1', 'replicas: many', /replicas/],
  ['a name that is none', 'name: heapscope\n', 'name: Heap_Scope\n', /Heap_Scope/],
])('the schemas find %s', (_what, right, wrong, said) => {
  const text = texts.get('deploy/base')!;
  expect(text).toContain(right);
  expect(validityOf(text.replaceAll(right, wrong)).join()).toMatch(said);
});

test('every overlay is more than its base, and each component is part of one or described', () => {
  const install = readFileSync(join(ROOT, 'docs/install.md'), 'utf8');
  const used =
    OVERLAYS.map((path) => readFileSync(join(ROOT, path, 'kustomization.yaml'), 'utf8')).join('\n') + install;
  for (const component of readdirSync(join(ROOT, 'deploy/components'))) {
    expect({ component, isUsed: used.includes(`components/${component}`) }).toEqual({ component, isUsed: true });
  }
});

test('the copies of dashboards and provisioning files are current', () => {
  const { stderr, status } = spawnSync(process.execPath, ['tools/copyToDeploy.mjs', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('no object is too long for `kubectl apply`', () => {
  for (const { name, objects } of everywhere()) {
    for (const object of objects) {
      const bytes = Buffer.byteLength(JSON.stringify(object));
      expect({ name, kind: object.kind, fits: bytes < TOO_LONG_BYTES }).toMatchObject({ fits: true });
    }
  }
});

test('nothing is applied twice', () => {
  for (const { name, objects } of everywhere()) {
    const all = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    expect({ name, all }).toEqual({ name, all: [...new Set(all)] });
  }
});

test('the version of images and chart is that of the package', () => {
  const chart = objectsOf(readFileSync(join(ROOT, 'deploy/helm/heapscope/Chart.yaml'), 'utf8'))[0];
  expect(chart).toMatchObject({ version, appVersion: version });
  for (const { objects } of everywhere()) {
    for (const { spec } of deployments(objects)) {
      expect(spec.template.spec.containers[0].image).toMatch(new RegExp(`^heapscope(-grafana)?:${version}$`));
    }
  }
});

describe('pods', () => {
  test('run without root, rights of the kernel or a file system they may write to, and within bounds', () => {
    for (const { objects } of everywhere()) {
      for (const { metadata, spec } of deployments(objects)) {
        expect(spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
        const pod = spec.template.spec;
        const user = metadata.name.endsWith('grafana') ? 472 : 10001;
        expect(pod.securityContext).toMatchObject({
          runAsNonRoot: true,
          runAsUser: user,
          fsGroup: user,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        for (const container of pod.containers) {
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          expect(container.resources).toMatchObject({
            requests: { cpu: expect.any(String), memory: expect.any(String) },
            limits: { memory: expect.any(String) },
          });
          expect(container.startupProbe && container.livenessProbe && container.readinessProbe).toBeTruthy();
        }
      }
    }
  });

  test('start with flags and variables that the backend knows', () => {
    for (const { name, objects } of everywhere()) {
      const [{ args = [], env = [] }] = backendOf(objects).spec.template.spec.containers;
      const flags = args.map((flag) => /^--([\w-]+)(=|$)/.exec(flag)![1]);
      const variables = env.map((variable) =>
        variable.name.replace('HEAPSCOPE_', '').toLowerCase().replaceAll('_', '-')
      );
      expect({ name, unknown: [...flags, ...variables].filter((flag) => !isSetting(flag)) }).toEqual({
        name,
        unknown: [],
      });
    }
  });

  test('mount only volumes, ConfigMaps, claims and secrets that are there or described', () => {
    const described = ['heapscope-token', 'heapscope-grafana', 'token', 'admin', 'serving', 'old'];
    for (const { name, objects } of everywhere()) {
      const there = ['ConfigMap', 'Secret', 'PersistentVolumeClaim'].flatMap((kind) => names(objects, kind));
      for (const { spec } of deployments(objects)) {
        const { volumes, containers } = spec.template.spec;
        const sources = volumes.flatMap((volume): Source[] => volume.projected?.sources ?? [volume]);
        const wanted = sources.flatMap(({ configMap, secret, persistentVolumeClaim }) =>
          [configMap?.name, secret?.secretName, persistentVolumeClaim?.claimName].filter((value) => value !== undefined)
        );
        const keys = containers[0].env?.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef.name ?? []) ?? [];
        const missing = [...wanted, ...keys].filter((object) => ![...there, ...described].includes(object));
        expect({ name, missing }).toEqual({ name, missing: [] });
        const mounted = containers[0].volumeMounts.map((mount) => mount.name);
        expect(new Set(mounted)).toEqual(new Set(volumes.map((volume) => volume.name)));
      }
    }
  });

  test('are found by Services of their own namespace, at ports they have', () => {
    for (const { name, objects } of everywhere()) {
      for (const service of ofKind<{ selector: object; ports: Array<{ targetPort: string }> }>(objects, 'Service')) {
        const found = deployments(objects).filter(
          ({ metadata, spec }) =>
            metadata.namespace === service.metadata.namespace &&
            Object.entries(service.spec.selector).every(([key, value]) => spec.template.metadata.labels[key] === value)
        );
        expect({ name, service: service.metadata.name, found: found.length }).toMatchObject({ found: 1 });
        const ports = found[0].spec.template.spec.containers[0].ports.map((port) => port.name);
        expect(ports).toEqual(expect.arrayContaining(service.spec.ports.map(({ targetPort }) => targetPort)));
      }
    }
  });
});

describe('rights', () => {
  /** As `docs/security.md` lists them, plus what the metrics API lends to its readers. */
  const READ = ['get', 'list', 'watch'];

  test('are those of the backend and no more: reading what is watched, and two questions to kubelets', () => {
    for (const { objects } of everywhere()) {
      const [role] = objects.filter(
        ({ kind, metadata }) => kind === 'ClusterRole' && !metadata.name.endsWith('metrics-reader')
      );
      expect((role as unknown as Role).rules).toEqual([
        { apiGroups: [''], resources: ['nodes', 'pods', 'namespaces'], verbs: READ },
        { apiGroups: ['apps'], resources: ['replicasets'], verbs: READ },
        { apiGroups: ['batch'], resources: ['jobs'], verbs: READ },
        { apiGroups: [''], resources: ['nodes/stats', 'nodes/metrics'], verbs: ['get'] },
      ]);
    }
  });

  test('cover what the backend watches', () => {
    const directory = readFileSync(join(ROOT, 'backend/kubernetes/directory.ts'), 'utf8');
    const watched = [...directory.matchAll(/resource: '([a-z.]+)'/g)].map(([, resource]) => resource);
    expect(watched.sort()).toEqual(['jobs.batch', 'namespaces', 'nodes', 'pods', 'replicasets.apps']);
  });

  test('never include nodes/proxy, a wildcard or writing', () => {
    for (const { name, objects } of everywhere()) {
      const rules = objects.flatMap(({ kind, rules }) => (kind.endsWith('Role') ? (rules as Role['rules']) : []));
      const granted = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
      expect(granted.length).toBeGreaterThan(10);
      const forbidden = granted.filter((word) => word === '*' || word === 'nodes/proxy');
      const writing = rules.flatMap(({ verbs }) => verbs).filter((verb) => !READ.includes(verb));
      expect({ name, forbidden, writing }).toEqual({ name, forbidden: [], writing: [] });
      expect(texts.get(name)).not.toContain('cluster-admin');
    }
  });

  test('are bound to the account that the pod runs as, in its namespace', () => {
    for (const { name, objects } of everywhere()) {
      const { metadata, spec } = backendOf(objects);
      const account = spec.template.spec.serviceAccountName;
      expect(names(objects, 'ServiceAccount')).toEqual([account]);
      const bindings = objects.filter(({ kind }) => kind.endsWith('RoleBinding'));
      expect(bindings.length).toBeGreaterThan(0);
      for (const binding of bindings) {
        const { subjects } = binding as unknown as Binding;
        expect({ name, subjects }).toEqual({
          name,
          subjects: [{ kind: 'ServiceAccount', name: account, namespace: metadata.namespace }],
        });
      }
    }
  });

  test('to ask who somebody is are given only where somebody is asked about', () => {
    for (const { name, objects } of everywhere()) {
      const roles = objects
        .filter(({ kind }) => kind.endsWith('RoleBinding'))
        .map((binding) => (binding as unknown as Binding).roleRef.name);
      const [{ args = [] }] = backendOf(objects).spec.template.spec.containers;
      const hasMetricsApi = args.some((flag) => flag.startsWith('--secure-port='));
      expect({ name, delegated: roles.includes('system:auth-delegator') }).toEqual({
        name,
        delegated: hasMetricsApi || args.includes('--auth=kubernetes'),
      });
      expect({ name, reads: roles.includes('extension-apiserver-authentication-reader') }).toEqual({
        name,
        reads: hasMetricsApi,
      });
      expect(names(objects, 'APIService')).toEqual(hasMetricsApi ? ['v1beta1.metrics.k8s.io'] : []);
    }
  });
});

describe('the chart', () => {
  test('is without fault for `helm lint`', () => {
    const { status, stdout, stderr } = helmLint();
    expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
  });

  test.each([
    [
      "Heapster's Service outside of kube-system",
      ['heapsterService.enabled=true'],
      /only in the namespace kube-system/,
    ],
    ['a Grafana without a token', ['auth.mode=kubernetes'], /grafana.enabled needs auth.mode=token/],
    ['a value it does not have', ['persistance.enabled=true'], /persistance/],
    ['a way to Grafana it does not have', ['grafana.access=magic'], /access/],
    ['a root URL without a slash at its end', ['grafana.rootUrl=https://a.example.org/grafana'], /rootUrl/],
  ])('refuses %s', (_what, values, said) => {
    const { status, stderr } = helmTemplate('heapscope', 'heapscope', values);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(said);
  });

  test('makes a secret token that the backend accepts, unless one is there', () => {
    const secrets = (name: string) => names(objectsOf(texts.get(`chart ${name}`)!), 'Secret');
    expect(secrets('as it is')).toEqual(['heapscope-token', 'heapscope-grafana']);
    expect(secrets('by secrets and claims that are there')).toEqual([]);
    const [secret] = objectsOf(texts.get('chart as it is')!).filter(({ kind }) => kind === 'Secret');
    const { token } = secret.data as { token: string };
    expect(Buffer.from(token, 'base64').toString()).toMatch(/^[A-Za-z0-9]{48}$/);
  });
});

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { helmTemplate, kustomize, kustomizeComponents, objectsOf, succeed, type Manifest } from './clusterTools.ts';

/** A container of a pod, as far as tests look at it. */
export interface Container {
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

/** Where a volume comes from. */
export interface Source {
  configMap?: { name: string };
  emptyDir?: { sizeLimit: string };
  secret?: { secretName: string };
  persistentVolumeClaim?: { claimName: string };
  projected?: { sources: Source[] };
}

/** The `spec` of a Deployment. */
export interface Deployment {
  replicas: number;
  strategy: { type: string };
  selector: { matchLabels: Record<string, string> };
  template: {
    metadata: { labels: Record<string, string> };
    spec: {
      serviceAccountName?: string;
      securityContext: object;
      containers: Container[];
      volumes: Array<Source & { name: string }>;
    };
  };
}

/** What a Role or ClusterRole allows. */
export interface Role {
  rules: Array<{ apiGroups: string[]; resources: string[]; verbs: string[] }>;
}

/** To whom a role is given. */
export interface Binding {
  roleRef: { kind: string; name: string };
  subjects: Array<{ kind: string; name: string; namespace: string }>;
}

/** Every overlay there is. */
export const OVERLAYS = readdirSync(join(__dirname, '../../deploy/overlays')).map((name) => `deploy/overlays/${name}`);

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
  'for a Kubernetes Dashboard elsewhere': {
    release: 'heapscope',
    namespace: 'heapscope',
    values: ['dashboardApi.enabled=true', 'grafana.enabled=false'],
  },
  'beside a Kubernetes Dashboard': {
    release: 'heapscope',
    namespace: 'kubernetes-dashboard',
    values: ['dashboardApi.enabled=true', 'dashboardApi.scraperService=dashboard-metrics-scraper'],
  },
  'at a port of the nodes': { release: 'h', namespace: 'h', values: ['grafana.access=node-port'] },
  'by the API server': { release: 'h', namespace: 'h', values: ['grafana.access=service-proxy'] },
};

/** Components joined in ways that no overlay does: their order must not matter. */
const JOINED = [
  ['kubernetes-auth', 'persistent', 'metrics-api'],
  ['metrics-api', 'persistent', 'kubernetes-auth'],
  ['grafana', 'grafana-ingress', 'persistent'],
  ['dashboard-api', 'metrics-api', 'grafana'],
];

const texts = new Map<string, string>();

/** The text of every manifest there is, by what it is called in messages; built once. */
export function everyText(): ReadonlyMap<string, string> {
  if (texts.size === 0) {
    for (const path of ['deploy/base', ...OVERLAYS]) {
      texts.set(path, kustomize(path));
    }
    for (const components of JOINED) {
      texts.set(components.join(' and '), kustomizeComponents(components));
    }
    for (const [name, { release, namespace, values }] of Object.entries(CHARTS)) {
      texts.set(`chart ${name}`, succeed(helmTemplate(release, namespace, values), 'helm template'));
    }
  }
  return texts;
}

/** The objects of every manifest there is. */
export const everywhere = () => [...everyText()].map(([name, text]) => ({ name, objects: objectsOf(text) }));

/** The objects of a kind, with what their `spec` is. */
export const ofKind = <Spec>(objects: Manifest[], kind: string) =>
  objects.filter((object) => object.kind === kind) as Array<Manifest & { spec: Spec }>;

/** The Deployments among objects. */
export const deployments = (objects: Manifest[]) => ofKind<Deployment>(objects, 'Deployment');

/** The Deployment of the backend. */
export const backendOf = (objects: Manifest[]) =>
  deployments(objects).find(({ spec }) => spec.template.spec.containers[0].name === 'heapscope')!;

/** The names of the objects of a kind. */
export const names = (objects: Manifest[], kind: string) => ofKind(objects, kind).map(({ metadata }) => metadata.name);

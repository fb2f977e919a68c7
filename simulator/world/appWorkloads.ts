import { container, workload } from './templates.ts';
import type { ContainerTemplate, WorkloadTemplate } from './templates.ts';

const proxy = (): ContainerTemplate => container('mesh-proxy', 'example.org/mesh-proxy:1.27', 9, 42, { sidecar: true });
const exporter = (): ContainerTemplate => container('metrics-exporter', 'example.org/exporter:0.17', 2, 18);
const MONITORING = { tier: 'system', team: 'observability' };
const CI = { tier: 'tools', team: 'developer-experience' };

/** What even the smallest cluster has, so that every special case can be seen in it. */
export const FIRST_WORKLOADS: WorkloadTemplate[] = [
  workload(
    'Deployment',
    'shop/storefront',
    4,
    [container('nginx', 'nginx:1.29', 22, 40), container('app', 'example.org/storefront:5.1', 85, 190)],
    {
      tier: 'frontend',
      autoscaled: true,
      rolloutMinutes: 90,
      scratch: 'cache',
    }
  ),
  workload('Deployment', 'shop/cart', 3, [container('cart', 'example.org/cart:3.8', 60, 150), proxy()], {
    rolloutMinutes: 25,
    initContainer: true,
  }),
  workload(
    'StatefulSet',
    'payments/ledger',
    3,
    [
      container('postgres', 'postgres:17', 120, 420, { resources: 'guaranteed' }),
      exporter(),
      container('backup', 'example.org/backup:2.2', 6, 30, { spiky: true }),
    ],
    { tier: 'database', claim: { name: 'data', gib: 50 } }
  ),
  workload(
    'Deployment',
    'data/stream-processor',
    2,
    [container('processor', 'example.org/stream-processor:0.9', 140, 180, { life: 'leak' }), exporter()],
    { team: 'data-platform' }
  ),
  workload(
    'Deployment',
    'default/flaky-importer',
    1,
    [
      container('importer', 'example.org/importer:0.3', 40, 50, { life: 'crash' }),
      container('queue', 'redis:8', 8, 24),
    ],
    { tier: 'batch' }
  ),
  workload(
    'Deployment',
    'default/crash-loop',
    1,
    [container('worker', 'example.org/worker:1.1', 25, 32, { life: 'crash' })],
    { tier: 'batch' }
  ),
  workload(
    'Deployment',
    'payments/fraud-scorer',
    2,
    [
      container('scorer', 'example.org/fraud-scorer:11', 160, 300, { resources: 'none', spiky: true }),
      container('features', 'example.org/features:4', 25, 90, { resources: 'none' }),
    ],
    {
      podResources: { requestMillicores: 250, limitMillicores: 1000, requestMib: 512, limitMib: 1024 },
    }
  ),
  workload('Deployment', 'shop/search', 2, [container('search', 'example.org/search:2.6', 130, 350), exporter()], {
    resizedBy: 1.5,
  }),
  workload(
    'CronJob',
    'data/hourly-report',
    1,
    [container('report', 'example.org/report:1.7', 220, 160, { spiky: true })],
    { tier: 'batch', team: 'data-platform', everyMinutes: 15, runSeconds: 240 }
  ),
  workload('CronJob', 'ci/cache-prune', 1, [container('prune', 'example.org/prune:1.0', 60, 48)], {
    ...CI,
    everyMinutes: 5,
    runSeconds: 70,
  }),
  workload(
    'StatefulSet',
    'monitoring/prometheus',
    1,
    [
      container('prometheus', 'prom/prometheus:v3.7', 150, 700),
      container('config-reloader', 'example.org/config-reloader:0.86', 2, 18),
    ],
    {
      ...MONITORING,
      claim: { name: 'tsdb', gib: 100 },
    }
  ),
  workload(
    'Deployment',
    'monitoring/grafana',
    1,
    [
      container('grafana', 'grafana/grafana:13.2.2', 30, 180),
      container('dashboards-sync', 'example.org/sidecar:1.30', 4, 60),
      container('datasources-sync', 'example.org/sidecar:1.30', 3, 55),
    ],
    { ...MONITORING, scratch: 'dashboards' }
  ),
  workload(
    'Deployment',
    'kube-system/metrics-server',
    1,
    [container('metrics-server', 'registry.k8s.io/metrics-server/metrics-server:v0.8.1', 8, 34)],
    { tier: 'system', team: 'platform' }
  ),
  workload(
    'Deployment',
    'ingress/ingress-nginx',
    2,
    [container('controller', 'registry.k8s.io/ingress-nginx/controller:v1.14.0', 60, 140), exporter()],
    { tier: 'edge', team: 'platform' }
  ),
  workload('Deployment', 'default/hello', 1, [container('hello', 'example.org/hello:1', 1, 9, { resources: 'none' })], {
    tier: 'frontend',
  }),
  workload(
    'Deployment',
    'ci/runner',
    3,
    [
      container('runner', 'example.org/runner:2.330', 110, 260, { spiky: true }),
      container('docker', 'docker:29-dind', 45, 150, { spiky: true, resources: 'requestsOnly' }),
    ],
    {
      ...CI,
      scratch: 'work',
    }
  ),
];

/** What larger clusters repeat in further namespaces. */
export const COMMON_WORKLOADS: WorkloadTemplate[] = [
  workload('Deployment', 'any/api', 5, [container('api', 'example.org/api:8.4', 70, 160), proxy()], {
    rolloutMinutes: 480,
    autoscaled: true,
  }),
  workload(
    'Deployment',
    'any/web',
    4,
    [container('nginx', 'nginx:1.29', 15, 34), container('app', 'example.org/web:3.3', 55, 140), exporter()],
    { tier: 'frontend', rolloutMinutes: 720 }
  ),
  workload(
    'StatefulSet',
    'any/db',
    3,
    [
      container('postgres', 'postgres:17', 95, 380, { resources: 'guaranteed' }),
      exporter(),
      container('backup', 'example.org/backup:2.2', 5, 26, { spiky: true }),
    ],
    {
      tier: 'database',
      claim: { name: 'data', gib: 20 },
    }
  ),
  workload(
    'Deployment',
    'any/worker',
    4,
    [
      container('worker', 'example.org/worker:6.0', 120, 200, { spiky: true }),
      container('log-tail', 'example.org/log-tail:1', 2, 10),
    ],
    { tier: 'batch' }
  ),
  workload('StatefulSet', 'any/cache', 3, [container('redis', 'redis:8', 25, 110), exporter()], {
    tier: 'cache',
    claim: { name: 'dump', gib: 5 },
  }),
  workload('CronJob', 'any/cleanup', 1, [container('cleanup', 'example.org/cleanup:2', 90, 70)], {
    tier: 'batch',
    everyMinutes: 30,
    runSeconds: 150,
  }),
  workload(
    'Deployment',
    'any/consumer',
    3,
    [container('consumer', 'example.org/consumer:4.4', 80, 150, { life: 'leak' })],
    {}
  ),
  workload(
    'Deployment',
    'any/gateway',
    2,
    [container('gateway', 'example.org/gateway:2.0', 45, 90), proxy(), exporter()],
    { tier: 'edge', rolloutMinutes: 1440 }
  ),
  workload('Deployment', 'any/admin', 1, [container('admin', 'example.org/admin:1.9', 6, 120)], { tier: 'tools' }),
  workload('StatefulSet', 'any/queue', 3, [container('broker', 'example.org/broker:4.1', 75, 320), exporter()], {
    tier: 'queue',
    claim: { name: 'log', gib: 30 },
  }),
];

const TEAMS = [
  'orders',
  'catalog',
  'billing',
  'shipping',
  'returns',
  'pricing',
  'identity',
  'loyalty',
  'media',
  'geo',
  'chat',
  'reviews',
];
const STAGES = ['prod', 'staging', 'canary', 'dev', 'qa', 'load', 'sandbox', 'eu', 'us', 'apac'];

/** Name and team of the namespace that round `round` of the common workloads lives in. */
export function roundNamespace(round: number): { namespace: string; team: string } {
  const team = TEAMS[round % TEAMS.length];
  const stage = Math.floor(round / TEAMS.length);
  const again = Math.floor(stage / STAGES.length);
  const name = stage === 0 ? team : `${team}-${STAGES[(stage - 1) % STAGES.length]}`;
  return { namespace: again === 0 ? name : `${name}-${again + 1}`, team };
}

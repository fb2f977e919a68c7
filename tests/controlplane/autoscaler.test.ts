import { createAuthority } from '../support/certificates.ts';
import { until } from '../support/until.ts';
import { startBehind } from './behindApiServer.ts';
import type { BehindApiServer } from './behindApiServer.ts';
import { startControlPlane } from './controlPlane.ts';
import type { ControlPlane } from './controlPlane.ts';

/** The HorizontalPodAutoscaler itself, with the rights that every cluster gives it, and Heapscope in metrics-server's place. */
const ACTS_MS = 60_000;
const IN_SHOP = '/apis/metrics.k8s.io/v1beta1/namespaces/shop';

let plane: ControlPlane;
let heapscope: BehindApiServer;

beforeAll(async () => {
  plane = await startControlPlane(await createAuthority('front-proxy-ca'));
  heapscope = await startBehind(plane);
  await plane.runAutoscaler();
}, 180_000);

afterAll(async () => {
  await heapscope?.close();
  await plane?.close();
});

interface PodUsage {
  readonly containers: ReadonlyArray<{ readonly usage: { readonly cpu: string; readonly memory: string } }>;
}

/** What each pod of an app uses by `metrics.k8s.io`; the autoscaler rounds each container up to whole millicores. */
async function usagesOf(app: string): Promise<{ cpuMillicores: number[]; memoryBytes: number[] }> {
  const list = await plane.kubectl(['get', '--raw', `${IN_SHOP}/pods?labelSelector=app%3D${app}`]);
  const { items } = JSON.parse(list) as { items: PodUsage[] };
  const ofPods = (value: (usage: PodUsage['containers'][number]['usage']) => number) =>
    items.map(({ containers }) => containers.reduce((sum, { usage }) => sum + value(usage), 0));
  return {
    cpuMillicores: ofPods(({ cpu }) => Math.ceil(cores(cpu) * 1000)),
    memoryBytes: ofPods(({ memory }) => parseInt(memory, 10) * 1024),
  };
}

function cores(quantity: string): number {
  const scale = { n: 1e-9, u: 1e-6, m: 1e-3 }[quantity.slice(-1)] ?? 1;
  return parseInt(quantity, 10) * scale;
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** Has a Deployment, whose pods are the recorded ones, scaled by one metric. */
async function autoscale(app: string, replicas: number, name: string, target: object): Promise<void> {
  const metadata = { name: app, namespace: 'shop' };
  const labels = { app };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'any', image: 'any' }] } };
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: app };
  const metrics = [{ type: 'Resource', resource: { name, target } }];
  const items = [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { replicas, selector: { matchLabels: labels }, template },
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata,
      spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 20, metrics },
    },
  ];
  await plane.kubectl(['apply', '-f', '-'], undefined, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

interface Autoscaler {
  readonly currentMetrics?: ReadonlyArray<{
    readonly resource?: { readonly current: { readonly averageValue?: string; readonly averageUtilization?: number } };
  }>;
  readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string; readonly reason: string }>;
}

async function autoscaler(app: string): Promise<Autoscaler> {
  const found = await plane.kubectl(`get hpa ${app} -n shop -o json`);
  return (JSON.parse(found) as { status: Autoscaler }).status;
}

async function replicasOf(app: string): Promise<number> {
  return Number(await plane.kubectl(`get deployment ${app} -n shop -o jsonpath={.spec.replicas}`));
}

test(
  'a Deployment whose pods use more CPU than they should is scaled up by exactly that',
  async () => {
    const { cpuMillicores } = await usagesOf('burner');
    expect(cpuMillicores).toHaveLength(3);
    const requestedMillicores = 300;
    const percent = Math.floor((sumOf(cpuMillicores) * 100) / requestedMillicores);
    const targetPercent = Math.round(percent / 1.5);
    await autoscale('burner', 3, 'cpu', { type: 'Utilization', averageUtilization: targetPercent });
    await until('the autoscaler to act', async () => (await replicasOf('burner')) !== 3, ACTS_MS);
    expect(await replicasOf('burner')).toBe(Math.ceil((3 * percent) / targetPercent));
    const { currentMetrics, conditions } = await autoscaler('burner');
    expect(currentMetrics?.[0].resource?.current).toEqual({
      averageUtilization: percent,
      averageValue: `${Math.floor(sumOf(cpuMillicores) / 3)}m`,
    });
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' })
    );
  },
  2 * ACTS_MS
);

test(
  'a Deployment is scaled by the memory of its pods',
  async () => {
    const { memoryBytes } = await usagesOf('web');
    expect(memoryBytes).toHaveLength(6);
    const averageBytes = Math.floor(sumOf(memoryBytes) / 6);
    const targetBytes = Math.round(averageBytes / 1.3);
    await autoscale('web', 6, 'memory', { type: 'AverageValue', averageValue: `${targetBytes}` });
    await until('the autoscaler to act', async () => (await replicasOf('web')) !== 6, ACTS_MS);
    expect(await replicasOf('web')).toBe(8);
    const { currentMetrics } = await autoscaler('web');
    const told = currentMetrics?.[0].resource?.current.averageValue ?? '';
    // In thousandths of a byte, unless these are whole.
    expect(Math.floor(parseInt(told, 10) / (told.endsWith('m') ? 1000 : 1))).toBe(averageBytes);
  },
  2 * ACTS_MS
);

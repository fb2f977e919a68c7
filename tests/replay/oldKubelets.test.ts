import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerInfosText } from '../../simulator/kubelet/containerInfos.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { manualClock, type ManualClock } from '../support/manualClock.ts';
import { runBackend } from '../support/runningBackend.ts';
import type { RunningBackend } from '../support/runningBackend.ts';

const FIRST_MS = Date.parse('2026-11-21T12:00:00Z');
const NODE = 'worker-1';
const folder = mkdtempSync(join(tmpdir(), 'heapscope-old-kubelets-'));

let clock: ManualClock;
let simulator: Simulator;
let backend: RunningBackend;

/** Starts a cluster, and the backend on it by `--source=kubernetes:…` as Heapster's manifests have it. */
async function start(oldKubelets: boolean): Promise<void> {
  clock = manualClock(FIRST_MS);
  simulator = await startSimulator({
    nodes: 3,
    podsPerNode: 6,
    now: clock.nowMs,
    apiHttps: true,
    kubeletHttps: true,
    oldKubelets,
  });
  const path = join(folder, 'kubeconfig');
  writeFileSync(path, simulator.kubeconfigYaml());
  const source = `--source=kubernetes:?inClusterConfig=false&auth=${path}&kubeletHttps=true`;
  const flags = [source, '--heapster-api=open'];
  backend = await runBackend({ kind: 'kubeconfig', path }, clock, flags);
  await backend.nextRound();
  await backend.nextRound();
}

afterEach(async () => {
  await backend.stop();
  await simulator.stop();
});

afterAll(() => rmSync(folder, { recursive: true }));

interface Info {
  readonly name: string;
  readonly spec: { readonly labels?: Readonly<Record<string, string>>; readonly image?: string };
  readonly stats: ReadonlyArray<{
    readonly memory: { readonly usage: number };
    readonly network: { readonly rx_bytes: number };
  }>;
}

/** What the kubelet says at this moment. */
function ask(name: string): Info[] {
  const node = simulator.world.nodes.find((each) => each.name === name);
  const nowMs = clock.nowMs();
  const text = node ? containerInfosText(node, nowMs, { fromMs: nowMs - 60_000, toMs: nowMs, skewMs: 0 }) : '{}';
  return Object.values(JSON.parse(text) as Record<string, Info>);
}

const model = async (path: string) => (await fetch(`${backend.url}/api/v1/model/${path}`)).json() as Promise<unknown>;

/** The newest value of a metric on Heapster's API. */
async function newest(path: string): Promise<number | undefined> {
  return ((await model(path)) as { metrics: Array<{ value: number }> }).metrics.at(-1)?.value;
}

const labelOf = ({ spec }: Info, name: string) => spec.labels?.[`io.kubernetes.${name}`];

test('old kubelets tell pods with their pause container, disks and page cache, on both faces', async () => {
  await start(true);
  const infos = ask(NODE).filter(({ stats }) => stats.length > 0);
  const pods = new Set(infos.flatMap((info) => labelOf(info, 'pod.name') ?? []));
  expect(pods.size).toBeGreaterThan(3);
  const ours = (await backend.panel({ level: 'pod', metric: 'memory/usage' })).values;
  for (const pod of pods) {
    const own = infos.filter((info) => labelOf(info, 'pod.name') === pod);
    const namespace = labelOf(own[0], 'pod.namespace');
    const usage = own.reduce((sum, { stats }) => sum + stats[0].memory.usage, 0);
    expect(own.map((info) => labelOf(info, 'container.name'))).toContain('POD');
    expect(await newest(`namespaces/${namespace}/pods/${pod}/metrics/memory/usage`)).toBe(usage);
    const [shown] = Object.entries(ours)
      .filter(([names]) => names.includes(pod))
      .map(([, values]) => values);
    expect(shown[0]).toBe(usage);
  }
  const root = infos.find(({ name }) => name === '/');
  expect(await newest(`nodes/${NODE}/metrics/memory/usage`)).toBe(root?.stats[0].memory.usage);
  expect(await newest(`nodes/${NODE}/metrics/memory/cache`)).toBeGreaterThan(0);
  expect(await newest(`nodes/${NODE}/metrics/disk/io_write_bytes_rate?labels=resource_id:/dev/sda`)).toBeGreaterThan(0);
  expect(await newest(`nodes/${NODE}/metrics/filesystem/usage?labels=resource_id:/dev/sda1`)).toBeGreaterThan(0);
  expect(await model(`nodes/${NODE}/freecontainers`)).toEqual([
    'kubelet',
    'kubepods',
    'runtime',
    'system.slice/sshd.service',
  ]);
  const disks = (await backend.panel({ level: 'node', metric: 'disk/io_write_bytes_rate' })).values;
  expect(Object.values(disks).flat()).toEqual(expect.arrayContaining([expect.any(Number)]));
});

test('the image of a container is the one its runtime reports', async () => {
  await start(true);
  const infos = ask(NODE).filter((info) => !['POD', undefined].includes(labelOf(info, 'container.name')));
  const exported = (await (await fetch(`${backend.url}/api/v1/metric-export`)).json()) as Array<{
    labels: Record<string, string>;
  }>;
  for (const info of infos) {
    const labels = exported
      .map((entry) => entry.labels)
      .find(
        ({ pod_name: pod, container_name: name }) =>
          pod === labelOf(info, 'pod.name') && name === labelOf(info, 'container.name')
      );
    expect(labels?.container_base_image).toBe(info.spec.image);
  }
});

test('kubelets that do not know the question are asked for their summary in the same round', async () => {
  await start(false);
  expect((await backend.status()).nodeStates).toMatchObject({ ok: 3, failing: 0 });
  expect(await newest(`nodes/${NODE}/metrics/ephemeral_storage/usage`)).toBeGreaterThan(0);
  expect(await newest(`nodes/${NODE}/metrics/cpu/usage_rate`)).toBeGreaterThan(0);
  expect(await newest(`nodes/${NODE}/metrics/memory/cache`)).toBeUndefined();
});

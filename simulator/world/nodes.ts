import { between, chance, mix, mixText, pick } from './random.ts';
import { cpuCurve } from './curves.ts';
import type { CpuCurve, MemoryCurve } from './curves.ts';
import type { Pod } from './pods.ts';

const GIB = 1024 ** 3;
const DAY_MS = 86_400_000;
const OUTAGE_WINDOW_MS = 40 * 60_000;

/** Time from a kubelet's silence to the node's Ready condition turning away from True. */
export const NOT_READY_AFTER_MS = 45_000;

/** A simulated machine: fixed facts, and what changes while the world runs. */
export interface SimNode {
  index: number;
  name: string;
  seed: number;
  controlPlane: boolean;
  cordoned: boolean;
  zone: string;
  cores: number;
  memoryBytes: number;
  fsBytes: number;
  /** On cgroup v1 hosts all pressure values are 0. */
  cgroupV2: boolean;
  cpu: CpuCurve;
  memory: MemoryCurve;
  kubeletCpu: CpuCurve;
  runtimeCpu: CpuCurve;
  bootMs: number;
  kubeletStartMs: number;
  /** False while the machine's kubelet answers nobody. */
  reachable: boolean;
  ready: boolean;
  readyChangedMs: number;
  heartbeatMs: number;
  kubeletPort: number;
  pods: Pod[];
  resourceVersion: number;
}

/** A node whose load fits to `pods` pods of about `podMillicores` and `podMib` each. */
export function createNode(
  worldSeed: number,
  index: number,
  role: { controlPlane: boolean; cordoned: boolean; number: number },
  load: { podsPerNode: number; meanMillicores: number; meanMib: number }
): SimNode {
  const name = `${role.controlPlane ? 'control-plane' : 'worker'}-${role.number}`;
  const seed = mixText(worldSeed, name);
  const cores = role.controlPlane ? 4 : load.podsPerNode > 60 ? 32 : pick(seed, 1, [8, 8, 16]);
  const memoryBytes = (role.controlPlane ? 16 : load.podsPerNode > 60 ? 128 : cores * 4) * GIB - 217 * 1024 * 1024;
  const meanMillicores = Math.min(cores * 600, load.meanMillicores * 1.12 + 150);
  const meanBytes = Math.min(memoryBytes * 0.8, load.meanMib * 1.1 * 1024 ** 2 + 1.1 * GIB);
  return {
    index,
    name,
    seed,
    controlPlane: role.controlPlane,
    cordoned: role.cordoned,
    zone: `zone-${'abc'[index % 3]}`,
    cores,
    memoryBytes,
    fsBytes: pick(seed, 2, [107_321_753_600, 214_748_364_800, 270_553_174_016]),
    cgroupV2: index % 5 !== 4,
    cpu: cpuCurve(mix(seed, 3), meanMillicores, false),
    memory: { meanBytes, limitBytes: 0, leakMs: 0, seed: mix(seed, 4) },
    kubeletCpu: cpuCurve(mix(seed, 5), 45, true),
    runtimeCpu: cpuCurve(mix(seed, 6), 60, true),
    bootMs: 0,
    kubeletStartMs: 0,
    reachable: true,
    ready: true,
    readyChangedMs: 0,
    heartbeatMs: 0,
    kubeletPort: 0,
    pods: [],
    resourceVersion: 0,
  };
}

function bootPeriod(node: SimNode): { periodMs: number; phaseMs: number } {
  // Every fourth node is patched about once a year only, so that its counters pass 2^53.
  const days = node.index % 4 === 1 ? between(node.seed, 11, 250, 400) : between(node.seed, 11, 12, 70);
  // Whole milliseconds, so that a boot is never found twice.
  return { periodMs: Math.floor(days * DAY_MS), phaseMs: Math.floor(chance(node.seed, 12) * days * DAY_MS) };
}

/** When the node was last booted, at the latest at `atMs`. */
export function bootAt(node: SimNode, atMs: number): number {
  const { periodMs, phaseMs } = bootPeriod(node);
  return Math.floor((atMs - phaseMs) / periodMs) * periodMs + phaseMs;
}

/** When the node is booted next after `atMs`. */
export function nextBootAfter(node: SimNode, atMs: number): number {
  const { periodMs, phaseMs } = bootPeriod(node);
  return (Math.floor((atMs - phaseMs) / periodMs) + 1) * periodMs + phaseMs;
}

/** A machine that falls silent for some minutes. */
export interface Outage {
  nodeIndex: number;
  fromMs: number;
  toMs: number;
}

/** The outage of the window that `atMs` lies in, before, during or after it; clusters below six nodes have none. */
export function outageAround(worldSeed: number, nodeCount: number, atMs: number): Outage | undefined {
  if (nodeCount < 6) {
    return undefined;
  }
  const window = Math.floor(atMs / OUTAGE_WINDOW_MS);
  const seed = mix(mixText(worldSeed, 'outage'), window);
  const fromMs = window * OUTAGE_WINDOW_MS + Math.floor(between(seed, 1, 12, 30) * 60_000);
  // The first fifth of the nodes is spared, the control plane among them.
  const nodeIndex = Math.floor(between(seed, 2, Math.max(1, nodeCount * 0.2), nodeCount));
  return { nodeIndex, fromMs, toMs: fromMs + Math.floor(between(seed, 3, 150, 280) * 1000) };
}

/** Start of the outage window after the one that `atMs` lies in. */
export function nextOutageWindow(atMs: number): number {
  return (Math.floor(atMs / OUTAGE_WINDOW_MS) + 1) * OUTAGE_WINDOW_MS;
}

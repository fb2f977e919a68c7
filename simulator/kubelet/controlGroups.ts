import { cpuMicros, workingSetBytes } from '../world/curves.ts';
import type { SimNode } from '../world/nodes.ts';
import type { Container, Pod } from '../world/pods.ts';
import { statsUid } from '../world/pods.ts';
import { between, hex, mix } from '../world/random.ts';
import type { Throttling } from '../world/throttling.ts';
import { throttlingBy } from '../world/throttling.ts';
import { nodeSampleMs } from './host.ts';
import { visiblePods } from './summary.ts';
import { containerUsage, podUsage } from './usage.ts';

/** A control group as cAdvisor shows it: its labels in three parts, between which others may stand, and its numbers. */
export interface ControlGroup {
  kind: 'root' | 'slice' | 'pod' | 'sandbox' | 'container';
  first: string;
  middle: string;
  last: string;
  startMs: number;
  sampleMs: number;
  micros: number;
  workingSet: number;
  limitMillicores: number;
  limitBytes: number;
  throttling?: Throttling;
  readBytes: number;
  writtenBytes: number;
  seed: number;
}

const SANDBOX_MICROS = 30_000;
const PAUSE = 'registry.k8s.io/pause:3.10';

/** All control groups of a node at `atMs`, in the order in which they are shown. */
export function controlGroups(node: SimNode, atMs: number): ControlGroup[] {
  const groups = machineGroups(node, atMs);
  for (const pod of visiblePods(node, atMs)) {
    const running = pod.containers.flatMap((container) => containerGroup(pod, container, atMs) ?? []);
    if (running.length > 0) {
      groups.push(podGroup(pod, atMs), sandboxGroup(pod, atMs), ...running);
    }
  }
  const keyed = groups.map((group) => ({ group, key: group.first + group.middle }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ group }) => group);
}

function machineGroups(node: SimNode, atMs: number): ControlGroup[] {
  const sampleMs = nodeSampleMs(node, atMs);
  const micros = cpuMicros(node.cpu, node.bootMs, sampleMs);
  const workingSet = workingSetBytes(node.memory, node.bootMs, sampleMs);
  return [
    ['/', 1],
    ['/kubepods', 0.86],
    ['/kubepods/burstable', 0.8],
    ['/system.slice/containerd.service', 0.04],
    ['/system.slice/kubelet.service', 0.03],
  ].map(([id, share]) => ({
    kind: id === '/' ? 'root' : 'slice',
    ...labels({ id: String(id) }),
    startMs: node.bootMs,
    sampleMs,
    micros: Math.floor(micros * Number(share)),
    workingSet: Math.floor(workingSet * Number(share)),
    limitMillicores: 0,
    limitBytes: 0,
    ...diskBytes(node.seed, Math.floor(micros * Number(share))),
    seed: node.seed,
  }));
}

function podGroup(pod: Pod, atMs: number): ControlGroup {
  const usage = podUsage(pod, atMs);
  const { containers, podResources, resizedBy = 1 } = pod.slot.workload.template;
  const allLimited = containers.every(({ limitMillicores }) => limitMillicores > 0);
  const sum = allLimited
    ? containers.reduce((total, { limitMillicores }) => total + limitMillicores * resizedBy, 0)
    : 0;
  const limitMillicores = podResources?.limitMillicores ?? sum;
  const curves = pod.containers.map(({ wantedCpu }) => wantedCpu);
  return {
    kind: 'pod',
    ...labels({ id: podPath(pod), namespace: pod.namespace, pod: pod.name }),
    ...usage,
    limitMillicores,
    limitBytes: 0,
    throttling: limitMillicores > 0 ? throttlingBy(limitMillicores, curves, usage.startMs, usage.sampleMs) : undefined,
    ...diskBytes(pod.seed, usage.micros),
    seed: pod.seed,
  };
}

function sandboxGroup(pod: Pod, atMs: number): ControlGroup {
  const { startMs, sampleMs } = podUsage(pod, atMs);
  const name = hex(mix(pod.seed, 89), 64);
  return {
    kind: 'sandbox',
    ...labels({ id: `${podPath(pod)}/${name}`, image: PAUSE, name, namespace: pod.namespace, pod: pod.name }),
    startMs,
    sampleMs,
    micros: SANDBOX_MICROS,
    workingSet: 200_704,
    limitMillicores: 0,
    limitBytes: 0,
    readBytes: 0,
    writtenBytes: 0,
    seed: pod.seed,
  };
}

function containerGroup(pod: Pod, container: Container, atMs: number): ControlGroup | undefined {
  const usage = containerUsage(pod, container, atMs);
  if (!usage || usage.sampleMs === usage.startMs) {
    return undefined;
  }
  const { name: containerName, image, limitMib } = container.template;
  const limitMillicores = container.template.limitMillicores * (pod.slot.workload.template.resizedBy ?? 1);
  const name = hex(mix(container.seed, Math.floor(usage.startMs / 1000)), 64);
  const { namespace, name: podName } = pod;
  const limited = limitMillicores > 0;
  return {
    kind: 'container',
    ...labels({ container: containerName, id: `${podPath(pod)}/${name}`, image, name, namespace, pod: podName }),
    ...usage,
    limitMillicores,
    limitBytes: limitMib * 1024 ** 2,
    throttling: limited
      ? throttlingBy(limitMillicores, [container.wantedCpu], usage.startMs, usage.sampleMs)
      : undefined,
    ...diskBytes(pod.seed, usage.micros),
    seed: container.seed,
  };
}

/** What the containers of a pod read and write keeps to what they compute, so that the pod's own counter is their sum. */
function diskBytes(seed: number, micros: number): { readBytes: number; writtenBytes: number } {
  return {
    readBytes: Math.floor((micros * between(seed, 91, 0.01, 0.6)) / 4096) * 4096,
    writtenBytes: Math.floor((micros * between(seed, 92, 0.02, 1.8)) / 4096) * 4096,
  };
}

function podPath(pod: Pod): string {
  const { containers } = pod.slot.workload.template;
  const asksNothing = containers.every(({ requestMillicores, requestMib }) => requestMillicores + requestMib === 0);
  return `/kubepods/${asksNothing ? 'besteffort' : 'burstable'}/pod${statsUid(pod)}`;
}

interface Named {
  container?: string;
  id: string;
  image?: string;
  name?: string;
  namespace?: string;
  pod?: string;
}

function labels({ container = '', id, image = '', name = '', namespace = '', pod = '' }: Named) {
  return {
    first: `container="${container}",`,
    middle: `id="${id}",image="${image}",`,
    last: `name="${name}",namespace="${namespace}",pod="${pod}"`,
  };
}

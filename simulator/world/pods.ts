import { between, hex, mix, suffix, uuid, wholeBetween } from './random.ts';
import { cpuCurve, limitedTo } from './curves.ts';
import type { CpuCurve, MemoryCurve } from './curves.ts';
import { endOfRun, lifeAt } from './lifecycle.ts';
import type { Life } from './lifecycle.ts';
import type { SimNode } from './nodes.ts';
import { nextBootAfter } from './nodes.ts';
import type { ContainerTemplate, WorkloadTemplate } from './templates.ts';
import { podName } from './names.ts';
import type { PlannedPod, Slot } from './workloads.ts';

const MIB = 1024 ** 2;
const BOOT_MS = 40_000;
/** Time from a pod's creation to its being bound to a node. */
export const SCHEDULED_AFTER_MS = 300;

/** A container of a pod, from which its counters follow for any moment. */
export interface Container {
  template: ContainerTemplate;
  seed: number;
  life: Life;
  /** What it uses, within its limit. */
  cpu: CpuCurve;
  /** What it would use without a limit: what lies above {@link Container.cpu} is throttled. */
  wantedCpu: CpuCurve;
  memory: MemoryCurve;
  /** Place in the order in which the pod starts its containers. */
  startOffsetMs: number;
  /** First start since the pod's creation or, if that is later, since the node's boot. */
  segmentStartMs: number;
  /** Restarts that happened before that start. */
  restartsBefore: number;
}

/** A pod of the simulated cluster. */
export interface Pod {
  slot: Slot;
  /** The moment that tells this pod from others of its slot. */
  key: number;
  name: string;
  namespace: string;
  seed: number;
  node: SimNode | undefined;
  createdMs: number;
  /** When its deletion was asked for, when its containers have stopped, and when it is gone. */
  terminatingMs: number;
  goneMs: number;
  /** Jobs: when the work is done. */
  finishedMs: number;
  containers: Container[];
  resourceVersion: number;
}

/** Where a container is at a moment. */
export interface ContainerMoment {
  running: boolean;
  startMs: number;
  restarts: number;
  /** The run before, if there was one. */
  last: { startMs: number; endMs: number; exitCode: number; reason: string } | undefined;
  nextChangeMs: number;
}

/** A pod for a plan; its names, ids and habits follow from the seed alone. */
export function createPod(slot: Slot, plan: PlannedPod, atMs: number): Pod {
  const { template } = slot.workload;
  const seed = mix(slot.seed, Math.floor(plan.key / 100));
  const startMs = plan.createdMs + wholeBetween(seed, 1, 1800, 7500);
  const ordered = [...template.containers].sort((a, b) => Number(b.sidecar) - Number(a.sidecar));
  const pod: Pod = {
    slot,
    key: plan.key,
    name: podName(slot, plan.key, seed),
    namespace: slot.workload.namespace,
    seed,
    node: template.standing === 'unschedulable' ? undefined : slot.node,
    createdMs: plan.createdMs,
    terminatingMs: plan.terminatingMs,
    goneMs: plan.goneMs,
    finishedMs: template.runSeconds ? startMs + between(seed, 2, 0.25, 1) * template.runSeconds * 1000 : Infinity,
    containers: [],
    resourceVersion: 0,
  };
  const initMs = template.initContainer ? 4000 : 0;
  pod.containers = ordered.map((each, index) => {
    const offsetMs = startMs - plan.createdMs + 700 * index + (each.sidecar ? 0 : initMs);
    return createContainer(each, mix(seed, 31 + index), offsetMs, limitOf(each, template));
  });
  settleAfterBoots(pod, atMs);
  return pod;
}

/** The CPU limit that holds for a container: its own as it was resized, or its part of that of the pod; 0 is none. */
function limitOf(container: ContainerTemplate, { resizedBy = 1, podResources, containers }: WorkloadTemplate): number {
  const own = container.limitMillicores * resizedBy;
  if (!podResources) {
    return own;
  }
  const all = containers.reduce((sum, { meanMillicores }) => sum + meanMillicores, 0);
  const part = (podResources.limitMillicores * container.meanMillicores) / all;
  return own > 0 ? Math.min(own, part) : part;
}

function createContainer(
  template: ContainerTemplate,
  seed: number,
  startOffsetMs: number,
  limitMillicores: number
): Container {
  const scale = between(seed, 1, 0.7, 1.35);
  const runMs =
    template.life === 'leak' ? wholeBetween(seed, 2, 25, 160) * 60_000 : wholeBetween(seed, 3, 25, 75) * 1000;
  const wantedCpu = cpuCurve(seed, template.meanMillicores * scale, template.spiky);
  return {
    template,
    seed,
    life: { kind: template.life, runMs: template.life === 'steady' ? 0 : runMs },
    cpu: limitedTo(wantedCpu, limitMillicores),
    wantedCpu,
    memory: {
      meanBytes: template.meanMib * MIB * between(seed, 4, 0.75, 1.2),
      limitBytes: template.limitMib * MIB,
      leakMs: template.life === 'leak' ? runMs : 0,
      seed: mix(seed, 5),
    },
    startOffsetMs,
    segmentStartMs: 0,
    restartsBefore: 0,
  };
}

/** Brings the containers' starts up to date with the boots of their node up to `atMs`. */
export function settleAfterBoots(pod: Pod, atMs: number): void {
  for (const container of pod.containers) {
    let startMs = pod.createdMs + container.startOffsetMs;
    let restarts = 0;
    if (pod.node) {
      for (let boot = nextBootAfter(pod.node, startMs); boot <= atMs; boot = nextBootAfter(pod.node, boot)) {
        restarts += lifeAt(container.life, boot - startMs).endedRuns + 1;
        startMs = boot + BOOT_MS + (container.startOffsetMs % 10_000);
      }
    }
    container.segmentStartMs = startMs;
    container.restartsBefore = restarts;
  }
}

/** When the pod's containers stop because it is deleted or done. */
export function stopMs(pod: Pod): number {
  return Math.min(pod.finishedMs, pod.terminatingMs + (pod.goneMs - pod.terminatingMs) * 0.6);
}

/** Where a container is at a moment of its pod's life. */
export function containerAt(pod: Pod, container: Container, atMs: number): ContainerMoment {
  const { standing } = pod.slot.workload.template;
  const endMs = stopMs(pod);
  const life = lifeAt(container.life, Math.min(atMs, endMs) - container.segmentStartMs);
  const startMs = container.segmentStartMs + life.runStartMs;
  const running = standing === undefined && life.running && atMs < endMs;
  const restarts = container.restartsBefore + (life.running ? life.endedRuns : Math.max(0, life.endedRuns - 1));
  const moment: ContainerMoment = {
    running,
    startMs,
    restarts,
    last: undefined,
    nextChangeMs: Math.min(
      standing ? Infinity : container.segmentStartMs + life.nextChangeMs,
      atMs < endMs ? endMs : Infinity
    ),
  };
  if (life.endedRuns > 0) {
    // Whether waiting or running again, the run that ended last is the newest one that is over.
    const lastStartMs = life.running ? previousRunStart(container, life.runStartMs) : startMs;
    moment.last = { startMs: lastStartMs, endMs: lastStartMs + container.life.runMs, ...endOfRun(container.life) };
  } else if (container.restartsBefore > 0 && pod.node) {
    moment.last = {
      startMs: pod.createdMs + container.startOffsetMs,
      endMs: pod.node.bootMs,
      exitCode: 255,
      reason: 'Unknown',
    };
  }
  return moment;
}

function previousRunStart(container: Container, runStartMs: number): number {
  return container.segmentStartMs + lifeAt(container.life, runStartMs - 1).runStartMs;
}

/** When the pod's sandbox was made: what the kubelet calls the pod's start. */
export function sandboxStartMs(pod: Pod): number {
  return pod.containers[0].segmentStartMs - 900;
}

/** The next moment after `atMs` at which the API object of the pod changes. */
export function nextPodChangeMs(pod: Pod, atMs: number): number {
  let nextMs = Infinity;
  const consider = (ms: number): void => {
    if (ms > atMs && ms < nextMs) {
      nextMs = ms;
    }
  };
  consider(pod.createdMs + SCHEDULED_AFTER_MS);
  consider(pod.terminatingMs);
  for (const container of pod.containers) {
    consider(containerAt(pod, container, atMs).nextChangeMs);
  }
  return nextMs;
}

/** The pod's UID in the API. */
export function podUid(pod: Pod): string {
  return uuid(mix(pod.seed, 71));
}

/** The UID under which the kubelet reports the pod: the config's hash for static pods. */
export function statsUid(pod: Pod): string {
  return pod.slot.workload.template.kind === 'Static' ? hex(mix(pod.seed, 73), 32) : podUid(pod);
}

/** The name of the volume that carries the pod's token. */
export function tokenVolume(pod: Pod): string {
  return `kube-api-access-${suffix(mix(pod.seed, 79), 5)}`;
}

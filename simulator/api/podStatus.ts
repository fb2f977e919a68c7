import { timeText } from '../kubelet/timeText.ts';
import { containerAt } from '../world/pods.ts';
import type { Container, ContainerMoment, Pod } from '../world/pods.ts';
import { hex, mix } from '../world/random.ts';
import type { WorkloadTemplate } from '../world/templates.ts';
import { resourcesOf } from './podSpec.ts';

type Json = Record<string, unknown>;

/** A pod's status at a moment. */
export function podStatus(pod: Pod, atMs: number, scheduled: boolean, hostIp: string): Json {
  const { template } = pod.slot.workload;
  const moments = pod.containers.map((container) => ({ container, at: containerAt(pod, container, atMs) }));
  const statuses = moments.map(({ container, at }) => ({
    sidecar: container.template.sidecar,
    json: containerStatus(pod, container, at, atMs),
  }));
  const main = statuses.filter((status) => !status.sidecar).map((status) => status.json);
  const sidecars = statuses.filter((status) => status.sidecar).map((status) => status.json);
  const init = template.initContainer ? [...sidecars, setupStatus(pod, atMs)] : sidecars;
  const phase = podPhase(pod, atMs);
  const network = pod.node && scheduled && phase !== 'Pending' ? addresses(pod, hostIp) : {};
  return {
    observedGeneration: 1,
    phase,
    conditions: conditions(
      pod,
      atMs,
      scheduled,
      phase,
      moments.every(({ at }) => at.running)
    ),
    hostIP: scheduled ? hostIp : undefined,
    hostIPs: scheduled ? [{ ip: hostIp }] : undefined,
    ...network,
    startTime: scheduled ? timeText(pod.createdMs + 300) : undefined,
    initContainerStatuses: scheduled && init.length > 0 ? init : undefined,
    containerStatuses: scheduled ? main : undefined,
    qosClass: qosClass(template),
  };
}

/** The phase that the API shows. */
export function podPhase(pod: Pod, atMs: number): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  const { standing } = pod.slot.workload.template;
  if (standing) {
    return { unschedulable: 'Pending', imagePullBackOff: 'Pending', succeeded: 'Succeeded', failed: 'Failed' }[
      standing
    ] as 'Pending';
  }
  if (atMs >= pod.finishedMs) {
    return failed(pod) ? 'Failed' : 'Succeeded';
  }
  return pod.containers.every((container) => atMs >= container.segmentStartMs) ? 'Running' : 'Pending';
}

/** One Job in ten fails. */
function failed(pod: Pod): boolean {
  return mix(pod.seed, 77) % 10 === 0;
}

function conditions(pod: Pod, atMs: number, scheduled: boolean, phase: string, allRun: boolean): Json[] {
  const done = phase === 'Succeeded' || phase === 'Failed';
  const ready = phase === 'Running' && allRun;
  const condition = (type: string, holds: boolean, more: Json = {}): Json => ({
    type,
    observedGeneration: 1,
    status: holds ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: timeText(holds || !done ? pod.createdMs + 300 : Math.min(pod.finishedMs, atMs)),
    ...more,
  });
  if (!scheduled) {
    const message = '0 nodes are available: Insufficient cpu, Insufficient memory.';
    return [condition('PodScheduled', false, { reason: 'Unschedulable', message })];
  }
  const why = ready ? {} : { reason: done ? 'PodCompleted' : 'ContainersNotReady' };
  return [
    condition('PodReadyToStartContainers', !done),
    condition('Initialized', true),
    condition('Ready', ready, why),
    condition('ContainersReady', ready, why),
    condition('PodScheduled', true),
  ];
}

function containerStatus(pod: Pod, container: Container, at: ContainerMoment, atMs: number): Json {
  const { template } = container;
  const running = at.running && atMs >= at.startMs;
  const state = containerState(pod, container, at, atMs);
  const { resizedBy } = pod.slot.workload.template;
  return {
    name: template.name,
    state,
    lastState: at.last && (running || 'waiting' in state) ? { terminated: terminated(container, at.last) } : {},
    ready: running,
    restartCount: at.restarts,
    image: template.image,
    imageID: 'waiting' in state && at.restarts === 0 ? '' : `sha256:${hex(mix(template.image.length, 7), 64)}`,
    containerID: 'waiting' in state ? undefined : containerId(container, at.startMs),
    started: running,
    resources: resourcesOf(template, resizedBy ?? 1),
  };
}

function containerState(pod: Pod, container: Container, at: ContainerMoment, atMs: number): Json {
  const { standing } = pod.slot.workload.template;
  const ended = { startMs: pod.createdMs + 3000, endMs: pod.createdMs + 33_000 };
  if (standing === 'imagePullBackOff') {
    return { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${container.template.image}"` } };
  }
  if (standing) {
    const end = standing === 'succeeded' ? { exitCode: 0, reason: 'Completed' } : { exitCode: 2, reason: 'Error' };
    return { terminated: terminated(container, { ...ended, ...end }) };
  }
  if (atMs < container.segmentStartMs) {
    return { waiting: { reason: 'ContainerCreating' } };
  }
  if (at.running) {
    return { running: { startedAt: timeText(at.startMs) } };
  }
  if (atMs >= pod.finishedMs) {
    const end = failed(pod) ? { exitCode: 1, reason: 'Error' } : { exitCode: 0, reason: 'Completed' };
    return { terminated: terminated(container, { startMs: container.segmentStartMs, endMs: pod.finishedMs, ...end }) };
  }
  if (atMs >= pod.terminatingMs) {
    return { terminated: terminated(container, { startMs: at.startMs, endMs: atMs, exitCode: 143, reason: 'Error' }) };
  }
  const message = `back-off restarting failed container=${container.template.name} pod=${pod.name}_${pod.namespace}`;
  return { waiting: { reason: 'CrashLoopBackOff', message } };
}

function terminated(
  container: Container,
  end: { startMs: number; endMs: number; exitCode: number; reason: string }
): Json {
  return {
    exitCode: end.exitCode,
    reason: end.reason,
    startedAt: timeText(end.startMs),
    finishedAt: timeText(end.endMs),
    containerID: containerId(container, end.startMs),
  };
}

function containerId(container: Container, startMs: number): string {
  return `containerd://${hex(mix(container.seed, Math.floor(startMs / 1000)), 64)}`;
}

function setupStatus(pod: Pod, atMs: number): Json {
  const finishedMs = pod.createdMs + pod.containers[0].startOffsetMs + 3500;
  const times = { startedAt: timeText(finishedMs - 3000), finishedAt: timeText(finishedMs) };
  const state =
    atMs < finishedMs
      ? { waiting: { reason: 'PodInitializing' } }
      : { terminated: { exitCode: 0, reason: 'Completed', ...times } };
  return {
    name: 'setup',
    state,
    lastState: {},
    ready: atMs >= finishedMs,
    restartCount: 0,
    image: 'busybox:1.37',
    imageID: '',
    started: false,
  };
}

function addresses(pod: Pod, hostIp: string): Json {
  const index = pod.node?.index ?? 0;
  const ip = pod.slot.workload.template.hostNetwork
    ? hostIp
    : `10.${64 + (index >> 8)}.${index & 255}.${2 + (pod.seed % 250)}`;
  return { podIP: ip, podIPs: [{ ip }] };
}

function qosClass(template: WorkloadTemplate): string {
  const wishes = template.podResources ? [template.podResources] : template.containers;
  if (wishes.every((each) => each.requestMillicores === 0 && each.limitMillicores === 0 && each.requestMib === 0)) {
    return 'BestEffort';
  }
  const equal = wishes.every(
    (each) => each.requestMillicores === each.limitMillicores && each.requestMib === each.limitMib
  );
  return equal ? 'Guaranteed' : 'Burstable';
}

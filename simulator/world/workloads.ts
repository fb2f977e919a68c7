import { between, chance, mix, mixText } from './random.ts';
import type { SimNode } from './nodes.ts';
import type { WorkloadTemplate } from './templates.ts';

const HOUR_MS = 3_600_000;
/** Time between the turns of two replicas in a rollout. */
export const ROLLOUT_STEP_MS = 12_000;
/** Finished Jobs of a CronJob that are kept, the running one among them. */
const KEPT_JOBS = 3;

/** A workload of the cluster: what is planned for it follows from its seed, but for what somebody did to it on purpose. */
export interface Workload {
  template: WorkloadTemplate;
  namespace: string;
  name: string;
  team: string;
  seed: number;
  replicas: number;
  /** Rollouts and scalings asked for while the world runs. */
  rolloutsMs: number[];
  scalings: Array<{ atMs: number; replicas: number }>;
  slots: Slot[];
  /** Names of the ReplicaSets or Jobs that exist. */
  ownerNames: Set<string>;
}

/** The place of one replica, which one pod after another fills. */
export interface Slot {
  workload: Workload;
  ordinal: number;
  node: SimNode;
  seed: number;
  /** Deletions asked for while the world runs. */
  deletionsMs: number[];
}

/** A pod that is to exist at a moment; `key` tells it from others of its slot. */
export interface PlannedPod {
  key: number;
  createdMs: number;
  terminatingMs: number;
  goneMs: number;
}

/** What is to exist at a moment, and until when that holds. */
export interface Plan<T> {
  items: T[];
  nextMs: number;
}

function rolloutPeriodMs(workload: Workload): number {
  const { template, seed } = workload;
  if (template.rolloutMinutes) {
    return Math.max(template.rolloutMinutes * 60_000, workload.replicas * ROLLOUT_STEP_MS * 4);
  }
  const days = template.kind === 'Deployment' ? between(seed, 1, 0.4, 4) : between(seed, 1, 20, 60);
  return template.kind === 'Static' || template.standing ? 200 * 24 * HOUR_MS : days * 24 * HOUR_MS;
}

/** Start of the revision in force at `atMs`, and of the one after it (infinite ones are never planned). */
export function revisionAt(workload: Workload, atMs: number): { startMs: number; nextMs: number } {
  const periodMs = Math.floor(rolloutPeriodMs(workload));
  const phaseMs = Math.floor(chance(workload.seed, 2) * periodMs);
  const turns = Math.floor((atMs - phaseMs) / periodMs);
  let startMs = turns * periodMs + phaseMs;
  let nextMs = (turns + 1) * periodMs + phaseMs;
  for (const manualMs of workload.rolloutsMs) {
    startMs = manualMs <= atMs ? Math.max(startMs, manualMs) : startMs;
    nextMs = manualMs > atMs ? Math.min(nextMs, manualMs) : nextMs;
  }
  return { startMs, nextMs };
}

/** Replicas that the workload should have at a moment. */
export function replicasAt(workload: Workload, atMs: number): number {
  let replicas = workload.replicas;
  if (workload.template.autoscaled) {
    const hour = Math.floor(atMs / HOUR_MS) % 24;
    replicas = Math.max(1, Math.round(replicas * (0.75 + 0.35 * Math.sin(((hour - 8) / 24) * 2 * Math.PI))));
  }
  for (const scaling of workload.scalings) {
    replicas = scaling.atMs <= atMs ? scaling.replicas : replicas;
  }
  return replicas;
}

/** Most replicas that the workload ever has by itself. */
export function mostReplicas(workload: Workload): number {
  return workload.template.autoscaled ? Math.max(1, Math.round(workload.replicas * 1.1)) : workload.replicas;
}

function changesReplicas(workload: Workload): boolean {
  return Boolean(workload.template.autoscaled) || workload.scalings.length > 0;
}

/** The moments within a day of `atMs` at which the number of replicas may change, in order. */
function scalingMoments(workload: Workload, atMs: number): number[] {
  const hour = Math.floor(atMs / HOUR_MS);
  const hours = workload.template.autoscaled ? Array.from({ length: 50 }, (_, i) => (hour - 24 + i) * HOUR_MS) : [];
  return [...hours, ...workload.scalings.map((scaling) => scaling.atMs)].sort((a, b) => a - b);
}

/** Since when and until when the slot has been wanted at `atMs`; undefined if it is not. */
function wantedAround(slot: Slot, atMs: number): { fromMs: number; toMs: number } | undefined {
  const wanted = (ms: number): boolean => slot.ordinal < replicasAt(slot.workload, ms);
  if (!wanted(atMs)) {
    return undefined;
  }
  if (!changesReplicas(slot.workload)) {
    return { fromMs: -Infinity, toMs: Infinity };
  }
  let fromMs = -Infinity;
  for (const ms of scalingMoments(slot.workload, atMs)) {
    if (ms <= atMs && !wanted(ms - 1)) {
      fromMs = ms;
    } else if (ms > atMs && !wanted(ms)) {
      return { fromMs, toMs: ms };
    }
  }
  return { fromMs, toMs: Infinity };
}

/** The pods that the slot holds at a moment, terminating ones included. */
export function plannedPods(slot: Slot, atMs: number): Plan<PlannedPod> {
  const { template } = slot.workload;
  if (template.kind === 'CronJob') {
    const jobs = plannedJobs(slot.workload, atMs);
    const items = jobs.items.map((tickMs) => ({
      key: tickMs,
      createdMs: tickMs + 120,
      terminatingMs: Infinity,
      goneMs: Infinity,
    }));
    return { items, nextMs: jobs.nextMs };
  }
  const items: PlannedPod[] = [];
  let nextMs = Infinity;
  // A pod outlives the end of its slot's turn by at most 45 s; so two looks see all there is.
  for (const lookMs of [atMs, atMs - 60_000]) {
    const turn = turnAround(slot, lookMs);
    if (!turn) {
      continue;
    }
    const pod = podOfTurn(slot, turn);
    if (pod.createdMs <= atMs && atMs < pod.goneMs && !items.some((item) => item.key === pod.key)) {
      items.push(pod);
    }
    nextMs = [pod.createdMs, turn.toMs, pod.goneMs].reduce((next, ms) => (ms > atMs && ms < next ? ms : next), nextMs);
  }
  if (changesReplicas(slot.workload)) {
    nextMs = Math.min(nextMs, scalingMoments(slot.workload, atMs).find((ms) => ms > atMs) ?? Infinity);
  }
  return { items, nextMs };
}

interface Turn {
  fromMs: number;
  toMs: number;
  /** Whether the next pod comes up before this one goes, as in a rolling update of a Deployment. */
  surge: boolean;
}

/** The time that one pod has in the slot, between rollouts, scalings and deletions. */
function turnAround(slot: Slot, atMs: number): Turn | undefined {
  const wanted = wantedAround(slot, atMs);
  if (!wanted) {
    return undefined;
  }
  const stepMs = slot.ordinal * ROLLOUT_STEP_MS;
  const revision = revisionAt(slot.workload, atMs - stepMs);
  let fromMs = Math.max(revision.startMs + stepMs, wanted.fromMs);
  let toMs = Math.min(revision.nextMs + stepMs, wanted.toMs);
  let surge = slot.workload.template.kind === 'Deployment' && toMs < wanted.toMs;
  for (const ms of slot.deletionsMs) {
    fromMs = ms <= atMs ? Math.max(fromMs, ms) : fromMs;
    if (ms > atMs && ms < toMs) {
      toMs = ms;
      surge = false;
    }
  }
  return { fromMs, toMs, surge };
}

function podOfTurn(slot: Slot, turn: Turn): PlannedPod {
  const inTurn = slot.workload.template.kind !== 'Deployment';
  return {
    key: turn.fromMs,
    // Ordered workloads start the next pod when the one before is gone.
    createdMs: turn.fromMs + (inTurn ? 16_000 : 0),
    terminatingMs: turn.toMs + (turn.surge ? 15_000 : 0),
    goneMs: turn.toMs + (turn.surge ? 45_000 : 15_000),
  };
}

/** Starts of the Jobs of a CronJob that exist at a moment. */
export function plannedJobs(workload: Workload, atMs: number): Plan<number> {
  const everyMs = (workload.template.everyMinutes ?? 60) * 60_000;
  const phaseMs = (mix(workload.seed, 3) % (workload.template.everyMinutes ?? 60)) * 60_000;
  const tick = Math.floor((atMs - phaseMs) / everyMs);
  const items = Array.from({ length: KEPT_JOBS }, (_, i) => (tick - i) * everyMs + phaseMs);
  return { items, nextMs: (tick + 1) * everyMs + phaseMs };
}

/** Starts of the revisions of a Deployment that have a ReplicaSet at a moment: the one in force and the one before. */
export function plannedReplicaSets(workload: Workload, atMs: number): Plan<number> {
  const current = revisionAt(workload, atMs);
  return { items: [current.startMs, revisionAt(workload, current.startMs - 1).startMs], nextMs: current.nextMs };
}

/** A slot of a workload on a node. */
export function createSlot(workload: Workload, ordinal: number, node: SimNode): Slot {
  return { workload, ordinal, node, seed: mix(mix(workload.seed, 41), ordinal), deletionsMs: [] };
}

/** A workload of a template in a namespace. */
export function createWorkload(
  worldSeed: number,
  template: WorkloadTemplate,
  place: { namespace: string; team: string },
  replicas: number
): Workload {
  const seed = mixText(worldSeed, `${template.kind}/${place.namespace}/${template.name}`);
  return {
    template,
    ...place,
    name: template.name,
    seed,
    replicas,
    rolloutsMs: [],
    scalings: [],
    slots: [],
    ownerNames: new Set(),
  };
}

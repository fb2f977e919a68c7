import { mix, suffix } from './random.ts';
import { revisionAt, ROLLOUT_STEP_MS } from './workloads.ts';
import type { Slot, Workload } from './workloads.ts';

/** The hash that a ReplicaSet and its pods carry. */
export function templateHash(workload: Workload, revisionMs: number): string {
  return suffix(mix(workload.seed, Math.floor(revisionMs / 1000)), 10);
}

/** Name of the Job that a CronJob starts at a moment: the minute stamp at its end, as Kubernetes does it. */
export function jobName(workload: Workload, tickMs: number): string {
  return `${workload.name}-${Math.floor(tickMs / 60_000)}`;
}

/** Start of the revision that a pod with this key belongs to. */
export function revisionOfPod(slot: Slot, key: number): number {
  return revisionAt(slot.workload, key - slot.ordinal * ROLLOUT_STEP_MS).startMs;
}

/** The name of a slot's pod. */
export function podName(slot: Slot, key: number, seed: number): string {
  const { workload, ordinal } = slot;
  switch (workload.template.kind) {
    case 'Deployment':
      return `${workload.name}-${templateHash(workload, revisionOfPod(slot, key))}-${suffix(seed, 5)}`;
    case 'StatefulSet':
      return `${workload.name}-${ordinal}`;
    case 'DaemonSet':
      return `${workload.name}-${suffix(seed, 5)}`;
    case 'CronJob':
      return `${jobName(workload, key)}-${suffix(seed, 5)}`;
    case 'Static':
      return `${workload.name}-${slot.node.name}`;
    case 'Bare':
      return workload.name;
  }
}

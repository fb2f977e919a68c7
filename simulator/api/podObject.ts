import { timeText } from '../kubelet/timeText.ts';
import { podOwner } from '../world/owners.ts';
import { podUid, SCHEDULED_AFTER_MS, statsUid } from '../world/pods.ts';
import type { Pod } from '../world/pods.ts';
import { revisionOfPod, templateHash } from '../world/names.ts';
import type { Workload } from '../world/workloads.ts';
import { podSpecText } from './podSpec.ts';
import { podStatus } from './podStatus.ts';
import type { ObjectText } from './resources.ts';

/** A pod's JSON at a moment. */
export function podObject(pod: Pod, resourceVersion: number, atMs: number, hostIp: string): ObjectText {
  const owner = podOwner(pod);
  const deleting = atMs >= pod.terminatingMs;
  const metadata = {
    name: pod.name,
    generateName: owner && owner.kind !== 'Node' ? `${pod.name.slice(0, pod.name.lastIndexOf('-'))}-` : undefined,
    namespace: pod.namespace,
    uid: podUid(pod),
    resourceVersion: String(resourceVersion),
    generation: 1,
    creationTimestamp: timeText(pod.createdMs),
    deletionTimestamp: deleting ? timeText(pod.goneMs) : undefined,
    deletionGracePeriodSeconds: deleting ? Math.round((pod.goneMs - pod.terminatingMs) / 1000) : undefined,
    labels: podLabels(pod),
    annotations: annotations(pod),
    ownerReferences: owner && [
      { ...owner, controller: true, blockOwnerDeletion: owner.kind === 'Node' ? undefined : true },
    ],
  };
  const scheduled = pod.node !== undefined && atMs >= pod.createdMs + SCHEDULED_AFTER_MS;
  const status = podStatus(pod, atMs, scheduled, hostIp);
  return {
    metadata: JSON.stringify(metadata),
    body: `"spec":${podSpecText(pod, scheduled)},"status":${JSON.stringify(status)}`,
  };
}

/** Labels that all pods of a workload share. */
export function workloadLabels(workload: Workload): Record<string, string> {
  return {
    'app.kubernetes.io/name': workload.name,
    'app.kubernetes.io/part-of': workload.namespace,
    tier: workload.template.tier,
    team: workload.team,
  };
}

function podLabels(pod: Pod): Record<string, string> {
  const { workload, ordinal } = pod.slot;
  const labels = workloadLabels(workload);
  const revision = templateHash(workload, revisionOfPod(pod.slot, pod.key));
  switch (workload.template.kind) {
    case 'Deployment':
      return { ...labels, 'pod-template-hash': revision };
    case 'StatefulSet':
      return {
        ...labels,
        'apps.kubernetes.io/pod-index': String(ordinal),
        'controller-revision-hash': `${workload.name}-${revision}`,
        'statefulset.kubernetes.io/pod-name': pod.name,
      };
    case 'DaemonSet':
      return { ...labels, 'controller-revision-hash': revision };
    case 'CronJob':
      return { ...labels, 'batch.kubernetes.io/job-name': pod.name.slice(0, pod.name.lastIndexOf('-')) };
    case 'Static':
    case 'Bare':
      return labels;
  }
}

function annotations(pod: Pod): Record<string, string> | undefined {
  if (pod.slot.workload.template.kind !== 'Static') {
    return undefined;
  }
  const configHash = statsUid(pod);
  return {
    'kubernetes.io/config.hash': configHash,
    'kubernetes.io/config.mirror': configHash,
    'kubernetes.io/config.seen': timeText(pod.createdMs),
    'kubernetes.io/config.source': 'file',
  };
}

import { mix, mixText, uuid } from './random.ts';
import { jobName, revisionOfPod, templateHash } from './names.ts';
import { plannedJobs, plannedReplicaSets } from './workloads.ts';
import type { Plan, Workload } from './workloads.ts';
import type { Pod } from './pods.ts';

/** A ReplicaSet or a Job: what stands between a pod and its workload. */
export interface Owner {
  kind: 'ReplicaSet' | 'Job';
  workload: Workload;
  /** Start of the revision, or of the Job. */
  key: number;
  namespace: string;
  name: string;
  resourceVersion: number;
}

/** One link of a chain of owners, as `metadata.ownerReferences` has it. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
}

/** Starts of the ReplicaSets or Jobs that a workload has at a moment. */
export function plannedOwners(workload: Workload, atMs: number): Plan<number> {
  switch (workload.template.kind) {
    case 'Deployment':
      return plannedReplicaSets(workload, atMs);
    case 'CronJob':
      return plannedJobs(workload, atMs);
    case 'StatefulSet':
    case 'DaemonSet':
    case 'Static':
    case 'Bare':
      return { items: [], nextMs: Infinity };
  }
}

/** The ReplicaSet or Job of a workload that began at `key`. */
export function createOwner(workload: Workload, key: number): Owner {
  const isJob = workload.template.kind === 'CronJob';
  return {
    kind: isJob ? 'Job' : 'ReplicaSet',
    workload,
    key,
    namespace: workload.namespace,
    name: isJob ? jobName(workload, key) : `${workload.name}-${templateHash(workload, key)}`,
    resourceVersion: 0,
  };
}

/** The UID of an owner or, without `key`, of the workload itself. */
export function ownerUid(workload: Workload, key?: number): string {
  return uuid(mix(mix(workload.seed, 97), key === undefined ? 0 : Math.floor(key / 1000)));
}

/** The reference to the workload that owns a ReplicaSet or Job. */
export function workloadReference(workload: Workload): OwnerReference {
  const apiVersion = workload.template.kind === 'CronJob' ? 'batch/v1' : 'apps/v1';
  return { apiVersion, kind: workload.template.kind, name: workload.name, uid: ownerUid(workload) };
}

/** The reference to what directly owns a pod; undefined for bare pods. */
export function podOwner(pod: Pod): OwnerReference | undefined {
  const { slot, key } = pod;
  const { workload } = slot;
  switch (workload.template.kind) {
    case 'Deployment': {
      const revisionMs = revisionOfPod(slot, key);
      const name = `${workload.name}-${templateHash(workload, revisionMs)}`;
      return { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: ownerUid(workload, revisionMs) };
    }
    case 'CronJob':
      return { apiVersion: 'batch/v1', kind: 'Job', name: jobName(workload, key), uid: ownerUid(workload, key) };
    case 'Static':
      return { apiVersion: 'v1', kind: 'Node', name: slot.node.name, uid: nodeUid(slot.node.seed) };
    case 'Bare':
      return undefined;
    case 'StatefulSet':
    case 'DaemonSet':
      return workloadReference(workload);
  }
}

/** The UID of a node. */
export function nodeUid(nodeSeed: number): string {
  return uuid(mix(nodeSeed, 89));
}

/** The UID of a namespace. */
export function namespaceUid(worldSeed: number, name: string): string {
  return uuid(mixText(worldSeed, `namespace/${name}`));
}

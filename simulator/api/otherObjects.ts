import { timeText } from '../kubelet/timeText.ts';
import { namespaceUid, ownerUid, workloadReference } from '../world/owners.ts';
import type { Owner } from '../world/owners.ts';
import { templateHash } from '../world/names.ts';
import { replicasAt, revisionAt } from '../world/workloads.ts';
import { workloadLabels } from './podObject.ts';
import type { ObjectText, SimNamespace } from './resources.ts';

/** A namespace's JSON. */
export function namespaceObject(namespace: SimNamespace, worldSeed: number): ObjectText {
  const metadata = {
    name: namespace.name,
    uid: namespaceUid(worldSeed, namespace.name),
    resourceVersion: String(namespace.resourceVersion),
    creationTimestamp: '2025-02-03T08:15:00Z',
    labels: { 'kubernetes.io/metadata.name': namespace.name },
  };
  return {
    metadata: JSON.stringify(metadata),
    body: '"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}',
  };
}

/** The JSON of a ReplicaSet or Job. */
export function ownerObject(owner: Owner, resourceVersion: number, atMs: number): ObjectText {
  const { workload, key } = owner;
  const labels: Record<string, string> = { ...workloadLabels(workload) };
  if (owner.kind === 'ReplicaSet') {
    labels['pod-template-hash'] = templateHash(workload, key);
  }
  const metadata = {
    name: owner.name,
    namespace: owner.namespace,
    uid: ownerUid(workload, key),
    resourceVersion: String(resourceVersion),
    generation: 1,
    creationTimestamp: timeText(key),
    labels,
    ownerReferences: [{ ...workloadReference(workload), controller: true, blockOwnerDeletion: true }],
  };
  const body = owner.kind === 'ReplicaSet' ? replicaSetBody(owner, labels, atMs) : jobBody(owner);
  return { metadata: JSON.stringify(metadata), body };
}

function replicaSetBody(owner: Owner, labels: Record<string, string>, atMs: number): string {
  const inForce = revisionAt(owner.workload, atMs).startMs === owner.key;
  const replicas = inForce ? replicasAt(owner.workload, atMs) : 0;
  const spec = { replicas, selector: { matchLabels: labels }, template: { metadata: { labels } } };
  const status = { replicas, readyReplicas: replicas, availableReplicas: replicas, observedGeneration: 1 };
  return `"spec":${JSON.stringify(spec)},"status":${JSON.stringify(status)}`;
}

function jobBody(owner: Owner): string {
  const spec = { parallelism: 1, completions: 1, backoffLimit: 0 };
  return `"spec":${JSON.stringify(spec)},"status":${JSON.stringify({ startTime: timeText(owner.key) })}`;
}

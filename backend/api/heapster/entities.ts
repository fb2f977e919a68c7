import { objectKey, type ObjectNames, type TableName } from '../../model/batch.ts';
import type { MetricLevel } from '../../model/catalogue.ts';

/** The levels Heapster had. */
export type HeapsterLevel = Exclude<MetricLevel, 'workload'>;

/** Whom a path is about. Only the names of its level are set; a pod is named, or known by its uid. */
export interface Entity {
  readonly level: HeapsterLevel;
  readonly node?: string;
  readonly namespace?: string;
  readonly pod?: string;
  readonly container?: string;
  readonly uid?: string;
}

/** What Heapster called the levels, in the label `type` and in its sentences. */
export const TYPE_OF: Readonly<Record<HeapsterLevel, string>> = {
  cluster: 'cluster',
  namespace: 'ns',
  node: 'node',
  sys_container: 'sys_container',
  pod: 'pod',
  container: 'pod_container',
};

/** The key of an entity in the table of its level. */
export function keyOf({ level, node = '', namespace = '', pod = '', container = '' }: Entity): string {
  switch (level) {
    case 'cluster':
      return '';
    case 'node':
      return node;
    case 'namespace':
      return namespace;
    case 'sys_container':
      return objectKey(node, container);
    case 'pod':
      return objectKey(namespace, pod);
    case 'container':
      return objectKey(namespace, pod, container);
  }
}

/** Where the rows of an entity are to be found. */
export function placeOf({ level, node, pod }: Entity): { readonly node?: string; readonly pod?: string } {
  if (level === 'cluster' || level === 'namespace') {
    return { node: '' };
  }
  return level === 'pod' || level === 'container' ? { pod } : { node };
}

/** An entity as Heapster's list of all keys has it. */
export function heapsterKey({ level, node, namespace, pod, container }: Entity): string {
  switch (level) {
    case 'cluster':
      return 'cluster';
    case 'node':
      return `node:${node}`;
    case 'namespace':
      return `namespace:${namespace}`;
    case 'sys_container':
      return `node:${node}/container:${container}`;
    case 'pod':
      return `namespace:${namespace}/pod:${pod}`;
    case 'container':
      return `namespace:${namespace}/pod:${pod}/container:${container}`;
  }
}

/** An entity as the sentences of the historical API name it. */
export function describeEntity({ level, node, namespace, pod, container, uid }: Entity): string {
  const ofPod = uid === undefined ? `ns:${namespace}/pod:${pod}` : `poduid:${uid}`;
  const path: Record<HeapsterLevel, string> = {
    cluster: '[cluster]',
    node: `node:${node}`,
    namespace: `ns:${namespace}`,
    sys_container: `node:${node}/container:${container}`,
    pod: ofPod,
    container: `${ofPod}/container:${container}`,
  };
  return `(${TYPE_OF[level]})${path[level]}`;
}

/** The entity that a stored object is. */
export function entityOf(level: HeapsterLevel, { node, namespace, pod, container }: Omit<Entity, 'level'>): Entity {
  return { level, node, namespace, pod, container };
}

/** Tables whose rows are values of an entity that need further names. */
export type PartTable = Extract<TableName, 'filesystem' | 'accelerator'>;

/** The entity a part belongs to. */
export function ownerOf(names: ObjectNames): Entity | undefined {
  return names.owner && entityOf(names.owner, names);
}

/** File systems that kubelets tell in their summary and Heapster passed over. */
const UNKNOWN_PARTS: ReadonlySet<string> = new Set(['imagefs', 'containerfs', 'ephemeral-storage']);

/** Whether Heapster knew a part: roots and logs, the volumes of pods, devices of old kubelets, and all accelerators. */
export function isKnownPart({ resourceId }: ObjectNames): boolean {
  return resourceId === undefined || !UNKNOWN_PARTS.has(resourceId);
}

/** The labels that tell the values of a part from each other. */
export function partLabels({ resourceId, make, model, acceleratorId }: ObjectNames): Record<string, string> {
  return resourceId === undefined
    ? { make: make ?? '', model: model ?? '', accelerator_id: acceleratorId ?? '' }
    : { resource_id: resourceId };
}

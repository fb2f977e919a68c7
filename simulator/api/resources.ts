import type { SimNode } from '../world/nodes.ts';
import type { Owner } from '../world/owners.ts';
import type { Pod } from '../world/pods.ts';

export type ResourceName = 'nodes' | 'pods' | 'namespaces' | 'replicasets' | 'jobs';

/** A kind of object that the API server lists and watches. */
export interface Resource {
  name: ResourceName;
  kind: string;
  apiVersion: string;
  namespaced: boolean;
  /** Where its list is: `/api/v1/pods`. */
  root: string;
}

const CORE = { apiVersion: 'v1', root: '/api/v1' };

export const RESOURCES: Record<ResourceName, Resource> = {
  nodes: { name: 'nodes', kind: 'Node', namespaced: false, ...CORE },
  pods: { name: 'pods', kind: 'Pod', namespaced: true, ...CORE },
  namespaces: { name: 'namespaces', kind: 'Namespace', namespaced: false, ...CORE },
  replicasets: {
    name: 'replicasets',
    kind: 'ReplicaSet',
    namespaced: true,
    apiVersion: 'apps/v1',
    root: '/apis/apps/v1',
  },
  jobs: { name: 'jobs', kind: 'Job', namespaced: true, apiVersion: 'batch/v1', root: '/apis/batch/v1' },
};

/** A namespace of the simulated cluster. */
export interface SimNamespace {
  name: string;
  resourceVersion: number;
}

/** An object of the world as the API server holds it. */
export type Stored = { name: string; namespace?: string; resourceVersion: number } & (
  | { resource: 'nodes'; source: SimNode }
  | { resource: 'pods'; source: Pod }
  | { resource: 'namespaces'; source: SimNamespace }
  | { resource: 'replicasets' | 'jobs'; source: Owner }
);

/** An object's JSON in two pieces, so that metadata can be sent alone. */
export interface ObjectText {
  metadata: string;
  /** `"spec":{…},"status":{…}` */
  body: string;
}

/** Whether an answer carries whole objects or their metadata only. */
export type Form = 'full' | 'metadata';

/** An object as JSON; with its type, unless it is one of a typed list. */
export function objectJson(resource: Resource, text: ObjectText, form: Form, typed: boolean): string {
  if (form === 'metadata') {
    return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${text.metadata}}`;
  }
  const type = typed ? `"kind":"${resource.kind}","apiVersion":"${resource.apiVersion}",` : '';
  return `{${type}"metadata":${text.metadata},${text.body}}`;
}

/** The beginning of a list up to its items. */
export function listHead(resource: Resource, form: Form, metadata: Record<string, unknown>): string {
  const type =
    form === 'metadata'
      ? '"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1"'
      : `"kind":"${resource.kind}List","apiVersion":"${resource.apiVersion}"`;
  return `{${type},"metadata":${JSON.stringify(metadata)},"items":[`;
}

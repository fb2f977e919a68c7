import { GROUP, GROUP_VERSION, RESOURCES, VERSION } from './group.ts';
import type { AnswerForm } from './negotiation.ts';

const VERSION_ENTRY = { groupVersion: GROUP_VERSION, version: VERSION };
const GROUP_ENTRY = { name: GROUP, versions: [VERSION_ENTRY], preferredVersion: VERSION_ENTRY };
const VERBS = ['get', 'list'];

/** `/apis` in the form of old. */
export const GROUP_LIST = { kind: 'APIGroupList', apiVersion: 'v1', groups: [GROUP_ENTRY] };

/** `/apis/metrics.k8s.io`. */
export const API_GROUP = { kind: 'APIGroup', apiVersion: 'v1', ...GROUP_ENTRY };

/** `/apis/metrics.k8s.io/v1beta1`. The singular is left to the client, which makes it of the kind. */
export const RESOURCE_LIST = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: GROUP_VERSION,
  resources: Object.entries(RESOURCES).map(([name, { kind, isNamespaced }]) => ({
    name,
    singularName: '',
    namespaced: isNamespaced,
    kind,
    verbs: VERBS,
  })),
};

/** The forms of `/apis` in which one answer holds everything. */
export const AGGREGATED_FORMS: readonly AnswerForm[] = ['v2', 'v2beta1'].map((version) => ({
  as: 'APIGroupDiscoveryList',
  group: 'apidiscovery.k8s.io',
  version,
}));

/** `/apis` with all resources in it. */
export function aggregatedDiscovery({ group, version }: AnswerForm): object {
  const resources = Object.entries(RESOURCES).map(([resource, { kind, isNamespaced }]) => ({
    resource,
    responseKind: { group: GROUP, version: VERSION, kind },
    scope: isNamespaced ? 'Namespaced' : 'Cluster',
    singularResource: '',
    verbs: VERBS,
  }));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `${group}/${version}`,
    metadata: {},
    items: [
      {
        metadata: { name: GROUP, creationTimestamp: null },
        versions: [{ version: VERSION, resources, freshness: 'Current' }],
      },
    ],
  };
}

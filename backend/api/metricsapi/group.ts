/** The API group that is served here. */
export const GROUP = 'metrics.k8s.io';
export const VERSION = 'v1beta1';
export const GROUP_VERSION = `${GROUP}/${VERSION}`;

/** The two resources, with the names Kubernetes uses for them. */
export const RESOURCES = {
  nodes: { kind: 'NodeMetrics', singular: 'nodemetrics', isNamespaced: false },
  pods: { kind: 'PodMetrics', singular: 'podmetrics', isNamespaced: true },
} as const;

export type ResourceName = keyof typeof RESOURCES;

export function isResource(name: string): name is ResourceName {
  return Object.hasOwn(RESOURCES, name);
}

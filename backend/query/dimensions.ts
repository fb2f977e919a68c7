import type { ObjectNames, TableName } from '../model/batch.ts';
import type { MetricDefinition, MetricLevel } from '../model/catalogue.ts';
import type { Dimension } from './types.ts';

/** Names the objects of a level carry, in the order a legend lists them. */
export const DIMENSIONS: Readonly<Record<MetricLevel, readonly Dimension[]>> = {
  cluster: [],
  node: ['node'],
  namespace: ['namespace'],
  workload: ['namespace', 'workload_kind', 'workload'],
  pod: ['namespace', 'pod', 'workload_kind', 'workload', 'node'],
  container: ['namespace', 'pod', 'container', 'workload_kind', 'workload', 'node'],
  sys_container: ['node', 'container'],
};

/**
 * What the objects of a level can be filtered and grouped by beside their names. Series do not carry it: in PromQL it is
 * a label of an info series that is joined, as Kubernetes labels are.
 */
export const TRAITS: Readonly<Partial<Record<MetricLevel, readonly Dimension[]>>> = {
  pod: ['host_network'],
  container: ['host_network'],
};

/** Levels whose objects carry Kubernetes labels. */
export const LABELLED: readonly MetricLevel[] = ['node', 'namespace', 'pod', 'container'];

/** Further names of the objects of a labelled metric. */
export function extraDimensions(metric: MetricDefinition): Dimension[] {
  return (metric.labels ?? []).flatMap((label): Dimension[] =>
    label === 'resource_id' ? ['resource_id', 'persistentvolumeclaim'] : [label]
  );
}

/** The table that holds a metric of a level. */
export function tableOf(metric: MetricDefinition, level: MetricLevel): TableName {
  if (metric.labels?.includes('resource_id')) {
    return 'filesystem';
  }
  if (metric.labels?.includes('accelerator_id')) {
    return 'accelerator';
  }
  return metric.labels?.includes('interface') ? 'interface' : level;
}

/** The value of a dimension; undefined if the object has no such name. */
export function nameOf(names: ObjectNames, dimension: Dimension): string | undefined {
  switch (dimension) {
    case 'node':
      return names.node;
    case 'namespace':
      return names.namespace;
    case 'workload_kind':
      return names.workloadKind;
    case 'workload':
      return names.workload;
    case 'pod':
      return names.pod;
    case 'container':
      return names.container;
    case 'resource_id':
      return names.resourceId;
    case 'persistentvolumeclaim':
      return names.persistentVolumeClaim;
    case 'interface':
      return names.interface;
    case 'make':
      return names.make;
    case 'model':
      return names.model;
    case 'accelerator_id':
      return names.acceleratorId;
    case 'host_network':
      return names.hostNetwork === undefined ? undefined : String(names.hostNetwork);
    default: {
      const key = dimension.slice('label:'.length);
      return names.labels && Object.hasOwn(names.labels, key) ? names.labels[key] : undefined;
    }
  }
}

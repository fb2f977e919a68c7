import type { ComboboxOption } from '@grafana/ui';
import type { Aggregation, Denominator, Level, NameFilter, OverTime } from '../../../backend/contract/grafana';

const option = <T extends string>(value: T, label: string, description?: string): ComboboxOption<T> =>
  description ? { value, label, description } : { value, label };

/** The levels from the whole to its parts. */
export const LEVELS: Array<ComboboxOption<Level>> = [
  option('cluster', 'Cluster'),
  option('node', 'Node'),
  option('namespace', 'Namespace'),
  option('workload', 'Workload', 'Deployment, StatefulSet, DaemonSet, Job, CronJob'),
  option('pod', 'Pod'),
  option('container', 'Container'),
  option('sys_container', 'System container', 'kubelet, container runtime and all pods of a node'),
];

export const AGGREGATIONS: Array<ComboboxOption<Aggregation>> = [
  option('sum', 'Sum'),
  option('avg', 'Average'),
  option('min', 'Minimum'),
  option('max', 'Maximum'),
  option('count', 'Count'),
];

export const OVER_TIME: Array<ComboboxOption<OverTime>> = [
  option('avg', 'Average'),
  option('min', 'Minimum'),
  option('max', 'Maximum'),
  option('sum', 'Sum'),
  option('last', 'Last'),
  option('increase', 'Increase', 'What a counter gained'),
  option('p50', 'Median'),
  option('p95', '95th percentile'),
  option('p99', '99th percentile'),
];

export const DENOMINATORS: Array<ComboboxOption<Denominator>> = [
  option('request', 'Share of request'),
  option('limit', 'Share of limit'),
  option('capacity', 'Share of capacity'),
  option('allocatable', 'Share of allocatable'),
];

export const OPERATORS: Array<ComboboxOption<NameFilter['operator']>> = [
  option('=', '=', 'is'),
  option('!=', '!=', 'is not'),
  option('in', 'in', 'is one of'),
  option('notin', 'not in', 'is none of'),
  option('=~', '=~', 'matches the pattern'),
  option('!~', '!~', 'does not match the pattern'),
];

const DIMENSION_NAMES: Record<string, string> = {
  workload_kind: 'workload kind',
  resource_id: 'volume or device',
  persistentvolumeclaim: 'volume claim',
  accelerator_id: 'accelerator',
  host_network: "on the host's network",
  label_keys: 'label keys',
};

/** Dimensions as options; labels by their key. */
export function dimensionOptions(dimensions: readonly string[]): ComboboxOption[] {
  return dimensions.map((value) => ({ value, label: DIMENSION_NAMES[value] ?? value.replace(/^label:/, 'label: ') }));
}

/** Dashboard variables as options, where any text can stand. */
export function variableOptions(names: readonly string[]): ComboboxOption[] {
  return names.map((name) => ({ value: name, label: name, description: 'Dashboard variable' }));
}

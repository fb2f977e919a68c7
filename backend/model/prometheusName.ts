import type { MetricDefinition, MetricLevel, Unit } from './catalogueTypes.ts';

/** Prometheus counts in base units: what a unit is called there, and what a value is multiplied by to be in it. */
const BASE_UNITS: Readonly<Record<Unit, { readonly word: string; readonly scale: number }>> = {
  millicores: { word: 'cores', scale: 1e-3 },
  bytes: { word: 'bytes', scale: 1 },
  'bytes/s': { word: 'bytes_per_second', scale: 1 },
  ns: { word: 'seconds', scale: 1e-9 },
  ms: { word: 'seconds', scale: 1e-3 },
  count: { word: '', scale: 1 },
  'count/s': { word: 'per_second', scale: 1 },
  share: { word: 'ratio', scale: 1 },
  percent: { word: 'ratio', scale: 1e-2 },
  boolean: { word: '', scale: 1 },
};

/** `_count` belongs to histograms in Prometheus: what is counted stands in the plural instead. */
const COUNTED: Readonly<Record<string, string>> = {
  process_count: 'processes',
  restart_count: 'restarts',
  oom_kill_count: 'oom_kills',
  nodes_count: 'nodes',
};

/** The labels of the series of a level, as the wire names them; a labelled metric has its own beside these. */
const LEVEL_LABELS: Readonly<Record<MetricLevel, readonly string[]>> = {
  cluster: [],
  node: ['node'],
  namespace: ['namespace'],
  workload: ['namespace', 'workload_kind', 'workload'],
  pod: ['namespace', 'pod', 'workload_kind', 'workload', 'node'],
  container: ['namespace', 'pod', 'container', 'workload_kind', 'workload', 'node'],
  sys_container: ['node', 'container'],
};

/**
 * The name a metric of a level has in Prometheus: `heapscope_LEVEL_NAME_UNIT`, counters with `_total`. Each level has names
 * of its own, so that a sum over one of them never counts anything twice. Examples:
 *
 *     pod        cpu/usage            heapscope_pod_cpu_usage_seconds_total
 *     pod        cpu/usage_rate       heapscope_pod_cpu_usage_rate_cores
 *     node       network/rx_rate      heapscope_node_network_rx_bytes_per_second
 *     container  restart_count        heapscope_container_restarts_total
 */
export function prometheusName(
  { name, unit, kind }: Pick<MetricDefinition, 'name' | 'unit' | 'kind'>,
  level: MetricLevel
): string {
  const { word } = BASE_UNITS[unit];
  const plain = name.replace(/[^A-Za-z0-9]+/g, '_').toLowerCase();
  const perSecond = unit.endsWith('/s') ? plain.replace(/_rate$/, '') : plain;
  const subject = COUNTED[perSecond] ?? perSecond.replace(/(^|_)node_(?=capacity|allocatable|utili|reserv)/, '$1');
  const stem = unit.startsWith('bytes') ? subject.replace(/_bytes$/, '') : subject;
  const total = kind === 'cumulative' ? 'total' : '';
  return ['heapscope', level, stem, word, total].filter((part) => part !== '').join('_');
}

/** What values of a unit are multiplied by to be in Prometheus' base unit. */
export function prometheusScale(unit: Unit): number {
  return BASE_UNITS[unit].scale;
}

/** The labels that series of a metric of a level have in Prometheus. */
export function prometheusLabels({ labels = [] }: Pick<MetricDefinition, 'labels'>, level: MetricLevel): string[] {
  const own = labels.flatMap((label) => (label === 'resource_id' ? [label, 'persistentvolumeclaim'] : [label]));
  return [...LEVEL_LABELS[level], ...own];
}

import type { MetricDefinition, MetricLevel } from './catalogueTypes.ts';

/** What Heapster summed to namespaces and to the cluster; everything else it had of nodes, pods and containers only. */
const SUMMED = new Set(['cpu/usage_rate', 'cpu/request', 'cpu/limit', 'memory/usage', 'memory/request', 'memory/limit']);

/** Counters that Heapster had the rate of beside them. */
export const HEAPSTER_COUNTERS_WITH_RATE: ReadonlySet<string> = new Set([
  'cpu/usage',
  'memory/page_faults',
  'memory/major_page_faults',
  'network/rx',
  'network/rx_errors',
  'network/tx',
  'network/tx_errors',
  'disk/io_read_bytes',
  'disk/io_write_bytes',
]);

/** Whether Heapster had a metric on a level; Heapscope has many of them on more levels. */
export function heapsterHas(
  { heapster, name, levels }: Pick<MetricDefinition, 'heapster' | 'name' | 'levels'>,
  level: MetricLevel
): boolean {
  if (!heapster || level === 'workload' || !levels.includes(level)) {
    return false;
  }
  if (level === 'namespace' || level === 'cluster') {
    return SUMMED.has(name);
  }
  return name !== 'restart_count' || level !== 'node';
}

/** Whether Heapster told a metric as a float; all others were signed integers of 64 bits, cut toward zero. */
export function heapsterFloat({ name, unit }: Pick<MetricDefinition, 'name' | 'unit'>): boolean {
  return (
    unit.endsWith('/s') || unit === 'share' || name.startsWith('custom/') || /\/node_(capacity|allocatable)$/.test(name)
  );
}

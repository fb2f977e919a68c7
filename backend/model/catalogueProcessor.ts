import type { MetricDefinition } from './catalogueTypes.ts';
import { ALL, MEASURED, SUMMED_FROM_PODS } from './catalogueLevels.ts';

const CPU_SHARES = {
  request: ['cpu/actual_request', 'cpu/request'],
  limit: ['cpu/actual_limit', 'cpu/limit'],
  capacity: ['cpu/node_capacity'],
  allocatable: ['cpu/node_allocatable'],
};

/** Uptime and CPU. */
export const processorMetrics: readonly MetricDefinition[] = [
  {
    name: 'uptime',
    levels: MEASURED,
    unit: 'ms',
    kind: 'cumulative',
    origin: 'summary',
    heapster: true,
    description: 'Time since the object started, on the clock of Heapscope.',
  },
  {
    name: 'cpu/usage',
    levels: MEASURED,
    unit: 'ns',
    kind: 'cumulative',
    origin: 'summary',
    heapster: true,
    clock: 'cpu',
    description: 'CPU time used since the start, over all cores.',
  },
  {
    name: 'cpu/usage_rate',
    levels: ALL,
    unit: 'millicores',
    kind: 'gauge',
    origin: 'derived',
    heapster: true,
    rateOf: 'cpu/usage',
    rateScale: 1e-6,
    clock: 'cpu',
    sumToPod: true,
    sumFromPods: SUMMED_FROM_PODS,
    denominators: CPU_SHARES,
    description: 'CPU in use, between two samples.',
  },
  {
    name: 'cpu/usage_rate_kubelet',
    levels: MEASURED,
    unit: 'millicores',
    kind: 'gauge',
    origin: 'summary',
    heapster: false,
    clock: 'cpu',
    denominators: CPU_SHARES,
    description:
      'CPU in use as the kubelet itself computes it (`usageNanoCores`); 0 for some 20 s after the kubelet restarts.',
  },
  {
    name: 'cpu/load',
    levels: MEASURED,
    unit: 'count',
    kind: 'gauge',
    origin: 'cadvisor',
    heapster: true,
    clock: 'cpu',
    sumToPod: true,
    description: 'Smoothed number of runnable threads, times 1000.',
  },
];

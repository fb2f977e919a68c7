import type { MetricDefinition } from './catalogueTypes.ts';
import { SUMMED_FROM_PODS } from './catalogueLevels.ts';

/** Processes and their limit. */
export const processMetrics: readonly MetricDefinition[] = [
  {
    name: 'process/count',
    levels: ['node', 'pod', 'namespace', 'workload', 'cluster'],
    unit: 'count',
    kind: 'gauge',
    origin: 'summary',
    heapster: false,
    sumFromPods: SUMMED_FROM_PODS,
    denominators: { capacity: ['process/limit'] },
    description: 'Processes of a pod; threads and processes of a node.',
  },
  {
    name: 'process/limit',
    levels: ['node'],
    unit: 'count',
    kind: 'gauge',
    origin: 'summary',
    heapster: false,
    description: 'Process ids the node has (`rlimit.maxpid`).',
  },
];

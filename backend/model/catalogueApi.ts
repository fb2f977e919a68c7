import type { MetricDefinition } from './catalogueTypes.ts';

const EVERY_SUM = ['node', 'namespace', 'workload', 'cluster'] as const;
const SPECIFIED = ['cluster', 'node', 'namespace', 'workload', 'pod', 'container'] as const;
const SCHEDULED = ['cluster', 'node', 'namespace', 'workload', 'pod'] as const;
const PODS = ['cluster', 'node', 'namespace', 'workload'] as const;

const RESOURCES = [
  { key: 'cpu', word: 'CPU', unit: 'millicores' },
  { key: 'memory', word: 'Memory', unit: 'bytes' },
  { key: 'ephemeral_storage', word: 'Ephemeral storage', unit: 'bytes' },
] as const;

const amounts: MetricDefinition[] = RESOURCES.flatMap(({ key, word, unit }) =>
  (['request', 'limit'] as const).flatMap((bound) => {
    const common = { unit, kind: 'gauge', origin: 'api', sumFromPods: EVERY_SUM } as const;
    const past = bound === 'request' ? 'requested' : 'allowed';
    return [
      {
        ...common,
        name: `${key}/${bound}`,
        levels: SPECIFIED,
        heapster: true,
        sumToPod: true,
        description: `${word} ${past} by the containers' specs; 0 where nothing is set.`,
      },
      {
        ...common,
        name: `${key}/scheduler_${bound}`,
        levels: SCHEDULED,
        heapster: false,
        description: `${word} ${past} as the scheduler counts: init containers, sidecars, overhead and pod-level resources included.`,
      },
      {
        ...common,
        name: `${key}/actual_${bound}`,
        levels: SPECIFIED,
        heapster: false,
        sumToPod: true,
        description: `${word} ${past} as it really is after an in-place resize (\`status.containerStatuses[].resources\`).`,
      },
    ] satisfies MetricDefinition[];
  })
);

const nodes: MetricDefinition[] = RESOURCES.flatMap(({ key, word, unit }) => {
  const used =
    key === 'ephemeral_storage' ? 'ephemeral_storage/usage' : key === 'cpu' ? 'cpu/usage_rate' : 'memory/usage';
  return [
    {
      name: `${key}/node_capacity`,
      levels: ['node', 'cluster'],
      unit,
      kind: 'gauge',
      origin: 'api',
      heapster: true,
      sumFromNodes: true,
      description: `${word} the node has; of the cluster, all nodes together.`,
    },
    {
      name: `${key}/node_allocatable`,
      levels: ['node', 'cluster'],
      unit,
      kind: 'gauge',
      origin: 'api',
      heapster: true,
      sumFromNodes: true,
      description: `${word} the node offers to pods; of the cluster, all nodes together.`,
    },
    {
      name: `${key}/node_utilization`,
      levels: ['node'],
      unit: 'share',
      kind: 'gauge',
      origin: 'derived',
      heapster: true,
      description: `${word} in use (\`${used}\`) as a share of allocatable.`,
    },
    {
      name: `${key}/node_reservation`,
      levels: ['node'],
      unit: 'share',
      kind: 'gauge',
      origin: 'derived',
      heapster: true,
      description: `${word} requested by pods as a share of allocatable.`,
    },
  ] satisfies MetricDefinition[];
});

const PHASES = ['running', 'pending', 'succeeded', 'failed', 'unknown'] as const;

const CONDITIONS = [
  ['ready', 'Ready'],
  ['memory_pressure', 'MemoryPressure'],
  ['disk_pressure', 'DiskPressure'],
  ['pid_pressure', 'PIDPressure'],
  ['network_unavailable', 'NetworkUnavailable'],
] as const;

const state: MetricDefinition[] = [
  {
    name: 'restart_count',
    levels: SPECIFIED,
    unit: 'count',
    kind: 'cumulative',
    origin: 'api',
    heapster: true,
    sumToPod: true,
    sumFromPods: EVERY_SUM,
    description: 'Restarts of containers.',
  },
  {
    name: 'oom_kill_count',
    levels: SPECIFIED,
    unit: 'count',
    kind: 'cumulative',
    origin: 'api',
    heapster: false,
    sumToPod: true,
    sumFromPods: EVERY_SUM,
    description: 'Containers killed for lack of memory since Heapscope watches.',
  },
  ...PHASES.map((phase): MetricDefinition => ({
    name: `pods/${phase}`,
    levels: PODS,
    unit: 'count',
    kind: 'gauge',
    origin: 'api',
    heapster: false,
    description: `Pods in phase ${phase[0].toUpperCase()}${phase.slice(1)}, whether a kubelet reports them or not.`,
  })),
  {
    name: 'pods/capacity',
    levels: ['node', 'cluster'],
    unit: 'count',
    kind: 'gauge',
    origin: 'api',
    heapster: false,
    sumFromNodes: true,
    description: 'Pods the node can hold.',
  },
  {
    name: 'pods/allocatable',
    levels: ['node', 'cluster'],
    unit: 'count',
    kind: 'gauge',
    origin: 'api',
    heapster: false,
    sumFromNodes: true,
    description: 'Pods the node offers to hold.',
  },
  ...CONDITIONS.map(([name, condition]): MetricDefinition => ({
    name: `condition/${name}`,
    levels: ['node'],
    unit: 'boolean',
    kind: 'gauge',
    origin: 'api',
    heapster: false,
    description: `1 while the node's condition ${condition} is True, else 0; absent if the node has no such condition.`,
  })),
  {
    name: 'condition/schedulable',
    levels: ['node'],
    unit: 'boolean',
    kind: 'gauge',
    origin: 'api',
    heapster: false,
    description: '0 while the node is cordoned, else 1.',
  },
  {
    name: 'kubelet/answered',
    levels: ['node'],
    unit: 'boolean',
    kind: 'gauge',
    origin: 'derived',
    heapster: false,
    description: '1 if the kubelet answered in this round, else 0.',
  },
  {
    name: 'kubelet/duration',
    levels: ['node'],
    unit: 'ms',
    kind: 'gauge',
    origin: 'derived',
    heapster: false,
    description: 'Time the kubelet took to answer.',
  },
  {
    name: 'nodes/count',
    levels: ['cluster'],
    unit: 'count',
    kind: 'gauge',
    origin: 'api',
    heapster: false,
    description: 'Nodes of the cluster.',
  },
  {
    name: 'nodes/ready',
    levels: ['cluster'],
    unit: 'count',
    kind: 'gauge',
    origin: 'api',
    heapster: false,
    description: 'Nodes whose condition Ready is True.',
  },
  {
    name: 'nodes/answered',
    levels: ['cluster'],
    unit: 'count',
    kind: 'gauge',
    origin: 'derived',
    heapster: false,
    description: 'Nodes whose kubelet answered in this round.',
  },
];

/** What the API server's objects say, and what follows from them. */
export const apiMetrics: readonly MetricDefinition[] = [...amounts, ...nodes, ...state];

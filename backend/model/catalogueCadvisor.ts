import type { MetricDefinition } from './catalogueTypes.ts';

const SUMMED_FROM_PODS = ['node', 'namespace', 'workload', 'cluster'] as const;
const ALL = ['cluster', 'node', 'namespace', 'workload', 'pod', 'container'] as const;

/** Two counters of the CPU's quota, and the time withheld. */
const throttling: MetricDefinition[] = [
  ...pair('cpu/periods', 'cpu', {
    counter: 'Periods (of 100 ms each) in which a CPU limit was enforced because there was something to run.',
    rate: 'Periods per second in which a CPU limit was enforced.',
  }),
  ...pair('cpu/throttled_periods', 'cpu', {
    counter: 'Periods in which the CPU limit was used up before their end, so that everything had to wait.',
    rate: 'Periods per second in which the CPU limit was used up before their end.',
  }),
  {
    name: 'cpu/throttled',
    levels: ['pod', 'container'],
    unit: 'ns',
    kind: 'cumulative',
    origin: 'cadvisor_metrics',
    heapster: false,
    clock: 'cpu',
    description: 'Time withheld by the CPU limit, over all CPUs that had something to run meanwhile.',
  },
  {
    name: 'cpu/throttled_rate',
    levels: ALL,
    unit: 'millicores',
    kind: 'gauge',
    origin: 'cadvisor_metrics',
    heapster: false,
    rateOf: 'cpu/throttled',
    rateScale: 1e-6,
    clock: 'cpu',
    sumFromPods: SUMMED_FROM_PODS,
    description: 'CPU withheld by the limit, between two samples; what would be used beyond it is at least this.',
  },
  {
    name: 'cpu/throttling',
    levels: ['pod', 'container'],
    unit: 'share',
    kind: 'gauge',
    origin: 'cadvisor_metrics',
    heapster: false,
    clock: 'cpu',
    description:
      'Share of periods in which the CPU limit was used up before their end; 0 where nothing ran. Of a pod: its containers together, or its own limit where that withholds more.',
  },
];

const disk: MetricDefinition[] = [
  ...pair(
    'disk/read',
    'io',
    { counter: 'Bytes read from disks since the start.', rate: 'Bytes read from disks per second.' },
    'bytes'
  ),
  ...pair(
    'disk/write',
    'io',
    { counter: 'Bytes written to disks since the start.', rate: 'Bytes written to disks per second.' },
    'bytes'
  ),
  ...pair('disk/reads', 'io', { counter: 'Reads from disks since the start.', rate: 'Reads from disks per second.' }),
  ...pair('disk/writes', 'io', { counter: 'Writes to disks since the start.', rate: 'Writes to disks per second.' }),
];

function pair(
  name: string,
  clock: 'cpu' | 'io',
  said: { readonly counter: string; readonly rate: string },
  unit: 'bytes' | 'count' = 'count'
): MetricDefinition[] {
  const common = { origin: 'cadvisor_metrics', heapster: false, clock } as const;
  return [
    { ...common, name, levels: ['pod', 'container'], unit, kind: 'cumulative', description: said.counter },
    {
      ...common,
      name: `${name}_rate`,
      levels: ALL,
      unit: `${unit}/s`,
      kind: 'gauge',
      rateOf: name,
      // The throttling of pods is put together by a step of its own.
      sumToPod: clock === 'io',
      sumFromPods: SUMMED_FROM_PODS,
      description: said.rate,
    },
  ];
}

/** What `/metrics/cadvisor` of a kubelet says beyond its summary, and the rates of it; asked for by `--cadvisor-metrics`. */
export const cadvisorMetrics: readonly MetricDefinition[] = [...throttling, ...disk];

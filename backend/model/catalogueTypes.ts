import type { Clock } from './batch.ts';

export type MetricLevel = 'cluster' | 'node' | 'namespace' | 'workload' | 'pod' | 'container' | 'sys_container';

/** Units as the catalogue names them; `count` and `share` have none. */
export type Unit =
  'millicores' | 'bytes' | 'bytes/s' | 'ns' | 'ms' | 'count' | 'count/s' | 'share' | 'percent' | 'boolean';

/** One metric: what it is, where it comes from, who has it, and how it is summed. */
export interface MetricDefinition {
  readonly name: string;
  readonly levels: readonly MetricLevel[];
  readonly unit: Unit;
  /** `cumulative`: only grows while its object lives. */
  readonly kind: 'gauge' | 'cumulative';
  /** `summary`: the kubelet's Summary API; `api`: Kubernetes objects; `derived`: computed by Heapscope; `cadvisor`: only kubelets with `/stats/container`; `cadvisor_metrics`: the kubelet's `/metrics/cadvisor`, where it is switched on. */
  readonly origin: 'summary' | 'api' | 'derived' | 'cadvisor' | 'cadvisor_metrics';
  /** Whether Heapster had it, under this name. */
  readonly heapster: boolean;
  readonly description: string;
  /** Further names a value of this metric needs (Heapster's labelled metrics). */
  readonly labels?: ReadonlyArray<'resource_id' | 'interface' | 'make' | 'model' | 'accelerator_id'>;
  /** The counter this is the rate of. */
  readonly rateOf?: string;
  /** Multiplies counter units per second into the unit of the rate. */
  readonly rateScale?: number;
  /** The clock its samples are stamped by; counters need one. */
  readonly clock?: Clock;
  /** A pod without a value of its own gets the sum of its containers. */
  readonly sumToPod?: boolean;
  /** Levels whose value is the sum over their pods. */
  readonly sumFromPods?: ReadonlyArray<'node' | 'namespace' | 'workload' | 'cluster'>;
  /** Pods on the host's network report the host's traffic: they are left out of the sums. */
  readonly skipHostNetwork?: boolean;
  /** The cluster's value is the sum over its nodes. */
  readonly sumFromNodes?: boolean;
  /** Metrics a share of request, limit, capacity or allocatable divides by, first present wins. */
  readonly denominators?: Readonly<
    Partial<Record<'request' | 'limit' | 'capacity' | 'allocatable', readonly string[]>>
  >;
}

const PRESSURE_OF: Record<'cpu' | 'memory' | 'io', string> = {
  cpu: 'a CPU',
  memory: 'memory',
  io: 'input and output',
};

/** Pressure stall information (KEP-4205), the same ten numbers for each of three resources. */
export const pressureMetrics: readonly MetricDefinition[] = (['cpu', 'memory', 'io'] as const).flatMap((resource) =>
  (['some', 'full'] as const).flatMap((extent) => {
    const who = extent === 'some' ? 'at least one task' : 'every task';
    const common = {
      levels: ['node', 'pod', 'container', 'sys_container'] as const,
      heapster: false,
      clock: resource,
    };
    const total = `${resource}/psi_${extent}_total`;
    return [
      {
        ...common,
        name: total,
        unit: 'ns',
        kind: 'cumulative',
        origin: 'summary',
        description: `Time in which ${who} waited for ${PRESSURE_OF[resource]}; absent until some pressure counter of the node has moved.`,
      },
      {
        ...common,
        name: `${resource}/psi_${extent}_rate`,
        unit: 'share',
        kind: 'gauge',
        origin: 'derived',
        rateOf: total,
        rateScale: 1e-9,
        description: `Share of time in which ${who} waited for ${PRESSURE_OF[resource]}, between two samples.`,
      },
      ...([10, 60, 300] as const).map((seconds) => ({
        ...common,
        name: `${resource}/psi_${extent}_avg${seconds}`,
        unit: 'percent' as const,
        kind: 'gauge' as const,
        origin: 'summary' as const,
        description: `Percentage of the last ${seconds} s in which ${who} waited for ${PRESSURE_OF[resource]}, as the kernel averages it.`,
      })),
    ] satisfies MetricDefinition[];
  })
);

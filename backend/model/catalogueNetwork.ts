import type { MetricDefinition } from './catalogueTypes.ts';
import { SUMMED_FROM_PODS } from './catalogueLevels.ts';

const TRAFFIC = ['cluster', 'node', 'namespace', 'workload', 'pod'] as const;

/** Traffic and its errors, on the default interface and per interface. */
export const networkMetrics: readonly MetricDefinition[] = (['rx', 'tx'] as const).flatMap((direction) => {
  const word = direction === 'rx' ? 'received' : 'sent';
  const common = {
    levels: TRAFFIC,
    kind: 'gauge',
    origin: 'derived',
    clock: 'network',
    sumFromPods: SUMMED_FROM_PODS,
    skipHostNetwork: true,
  } as const;
  const counter = { levels: ['node', 'pod'], kind: 'cumulative', origin: 'summary', clock: 'network' } as const;
  return [
    {
      ...counter,
      name: `network/${direction}`,
      unit: 'bytes',
      heapster: true,
      description: `Bytes ${word} on the default interface since the start.`,
    },
    {
      ...common,
      name: `network/${direction}_rate`,
      unit: 'bytes/s',
      heapster: true,
      rateOf: `network/${direction}`,
      description: `Bytes ${word} per second on the default interface; sums leave out pods on the host's network.`,
    },
    {
      ...counter,
      name: `network/${direction}_errors`,
      unit: 'count',
      heapster: true,
      description: `Errors while bytes were ${word}, on the default interface since the start.`,
    },
    {
      ...common,
      name: `network/${direction}_errors_rate`,
      unit: 'count/s',
      heapster: true,
      rateOf: `network/${direction}_errors`,
      description: `Errors per second while bytes were ${word}, on the default interface.`,
    },
    {
      ...counter,
      name: `network/interface_${direction}`,
      unit: 'bytes',
      heapster: false,
      labels: ['interface'],
      description: `Bytes ${word} per interface since the start.`,
    },
    {
      levels: ['node', 'pod'],
      kind: 'gauge',
      origin: 'derived',
      clock: 'network',
      name: `network/interface_${direction}_rate`,
      unit: 'bytes/s',
      heapster: false,
      labels: ['interface'],
      rateOf: `network/interface_${direction}`,
      description: `Bytes ${word} per second and interface.`,
    },
    {
      ...counter,
      name: `network/interface_${direction}_errors`,
      unit: 'count',
      heapster: false,
      labels: ['interface'],
      description: `Errors while bytes were ${word}, per interface since the start.`,
    },
  ] satisfies MetricDefinition[];
});

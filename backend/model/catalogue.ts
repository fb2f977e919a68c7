import { pressureMetrics, type MetricDefinition } from './catalogueTypes.ts';
import { apiMetrics } from './catalogueApi.ts';
import { cadvisorMetrics } from './catalogueCadvisor.ts';
import { summaryMetrics } from './catalogueSummary.ts';

export type { Clock } from './batch.ts';
export type { MetricDefinition, MetricLevel, Unit } from './catalogueTypes.ts';

/**
 * Every metric Heapscope knows, in the order the documentation prints them. Two families have names that only the
 * cluster knows and are described by {@link describeMetric}: `RESOURCE/request` (such as `nvidia.com/gpu/request`)
 * and `custom/NAME`.
 */
export const CATALOGUE: readonly MetricDefinition[] = [
  ...summaryMetrics,
  ...cadvisorMetrics,
  ...pressureMetrics,
  ...apiMetrics,
];

const BY_NAME = new Map(CATALOGUE.map((metric) => [metric.name, metric]));

/** The definition of a metric, families included; undefined if nothing of that name exists. */
export function describeMetric(name: string): MetricDefinition | undefined {
  return BY_NAME.get(name) ?? describeFamilyMember(name);
}

/** Definitions that are counters with a rate, as pairs of counter and rate. */
export const RATES: ReadonlyArray<{ counter: MetricDefinition; rate: MetricDefinition }> = CATALOGUE.flatMap((rate) => {
  const counter = rate.rateOf === undefined ? undefined : BY_NAME.get(rate.rateOf);
  return counter ? [{ counter, rate }] : [];
});

function describeFamilyMember(name: string): MetricDefinition | undefined {
  if (name.startsWith('custom/') && name.length > 'custom/'.length) {
    return {
      name,
      levels: ['container', 'pod'],
      unit: 'count',
      kind: 'gauge',
      origin: 'summary',
      heapster: true,
      sumToPod: true,
      description: 'A metric the application itself told the kubelet (`userDefinedMetrics`).',
    };
  }
  if (/^[a-z0-9.-]+\/[A-Za-z0-9._-]+\/request$/.test(name)) {
    return {
      name,
      levels: ['container', 'pod'],
      unit: 'count',
      kind: 'gauge',
      origin: 'api',
      heapster: true,
      sumToPod: true,
      description: `Requested amount of the extended resource \`${name.slice(0, -'/request'.length)}\`.`,
    };
  }
  return undefined;
}

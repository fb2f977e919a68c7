import { describeMetric, type MetricDefinition, type MetricLevel } from '../model/catalogue.ts';
import { HeapscopeError } from '../errors.ts';
import { evaluate, type Plan } from './evaluate.ts';
import type { ObjectSet } from './objectSet.ts';
import { rankObjects } from './ranking.ts';
import type { TimeSteps } from './timeSteps.ts';
import type { DenominatorName, KnownObject, Series, SeriesReader } from './types.ts';

/**
 * Divides each series by the request, limit, capacity or allocatable of the same objects, step by step. Capacity and
 * allocatable belong to nodes: pods and containers are divided by those of their node, namespaces and workloads by those
 * of the cluster. Where the denominator is 0 or absent there is no share.
 */
export function divideByDenominator(
  reader: SeriesReader,
  plan: Plan,
  steps: TimeSteps,
  series: readonly Series[],
  denominator: DenominatorName,
  only?: ObjectSet
): Series[] {
  const divisors = denominatorsOf(plan.metric, denominator).map((metric) =>
    readDivisor(reader, plan, steps, metric, only)
  );
  return series
    .map(({ names, values }) => {
      const found = divisors.map((divisor) => divisor(names));
      const shares = values.map((value, step) => value / firstPositive(found, step));
      return { names, values: shares };
    })
    .filter(({ values }) => !values.every(Number.isNaN));
}

/** The metrics that can stand below the line, first present wins. Throws `bad_request` if the metric has none. */
export function denominatorsOf(metric: MetricDefinition, denominator: DenominatorName): MetricDefinition[] {
  const names = metric.denominators?.[denominator];
  if (!names) {
    const possible = Object.keys(metric.denominators ?? {});
    const hint =
      possible.length > 0 ? `It can be divided by ${possible.join(', ')}.` : 'It cannot be divided by anything.';
    throw new HeapscopeError('bad_request', `${metric.name} has no ${denominator}. ${hint}`);
  }
  return names.flatMap((name) => describeMetric(name) ?? []);
}

/**
 * Offers the share each object of a plan has over the whole range, without reading its course. Objects are divided by
 * values of their own, or by that of their node or the cluster.
 */
export function rankShares(
  reader: SeriesReader,
  plan: Plan,
  denominator: DenominatorName,
  by: 'avg' | 'max' | 'last',
  onRank: (object: KnownObject, share: number) => void
): void {
  const how = plan.overTime === 'increase' ? 'last' : by;
  const divisors = denominatorsOf(plan.metric, denominator).map((metric) => {
    const own = metric.levels.includes(plan.level);
    const level: MetricLevel = own ? plan.level : hasNode(plan) ? 'node' : 'cluster';
    const ranks = new Map<unknown, number>();
    const keyOf = (object: KnownObject) => (own ? object : level === 'node' ? object.names.node : undefined);
    const dividing = own ? { ...plan, metric } : { ...plan, metric, level, accepts: () => true, pods: undefined };
    rankObjects(reader, dividing, how, (object, rank) => ranks.set(keyOf(object), rank));
    return (object: KnownObject) => ranks.get(keyOf(object)) ?? NaN;
  });
  rankObjects(reader, plan, plan.overTime === 'increase' ? 'increase' : by, (object, rank) => {
    const divisor = divisors.find((candidate) => candidate(object) > 0);
    if (divisor) {
      onRank(object, rank / divisor(object));
    }
  });
}

/** Whether the series of a plan are of one node each. */
function hasNode(plan: Plan): boolean {
  return plan.aggregation === undefined
    ? ['pod', 'container', 'sys_container'].includes(plan.level)
    : plan.groupBy.includes('node');
}

function firstPositive(found: ReadonlyArray<Float64Array | undefined>, step: number): number {
  for (const values of found) {
    const value = values?.[step] ?? NaN;
    if (value > 0) {
      return value;
    }
  }
  return NaN;
}

type Divisor = (names: Readonly<Record<string, string>>) => Float64Array | undefined;

function readDivisor(
  reader: SeriesReader,
  plan: Plan,
  steps: TimeSteps,
  metric: MetricDefinition,
  only: ObjectSet | undefined
): Divisor {
  const overTime = plan.overTime === 'increase' ? 'last' : plan.overTime;
  if (metric.levels.includes(plan.level)) {
    const divisors = evaluate(reader, { ...plan, metric, overTime }, steps, only);
    const byNames = new Map(divisors.map(({ names, values }) => [JSON.stringify(Object.values(names)), values]));
    return (names) => byNames.get(JSON.stringify(Object.values(names)));
  }
  const perNode = hasNode(plan);
  const level: MetricLevel = perNode ? 'node' : 'cluster';
  const divisors = evaluate(
    reader,
    { ...plan, metric, level, overTime, aggregation: undefined, accepts: () => true, pods: undefined },
    steps
  );
  const byNode = new Map(divisors.map(({ names, values }) => [names.node, values]));
  return (names) => byNode.get(perNode ? names.node : undefined!);
}

import type { MetricDefinition, MetricLevel } from '../model/catalogue.ts';
import { prometheusLabels, prometheusName } from '../model/prometheusName.ts';
import type { Aggregation, Limit, OverTime, TimeRange } from '../model/seriesQuery.ts';
import { infoName } from './exportedNames.ts';
import { selector, type Matcher } from './matchers.ts';
import { infoLabel, isInfoDimension, type RemoteFilters } from './queryFilters.ts';
import { dimensionsOf, reducesLast, type RemotePlan } from './remotePlan.ts';
import { reductionStep, wholeRange } from './remoteSteps.ts';

/** What an expression looks at: the samples of a window that ends at the time of evaluation, or at a time of its own. */
interface Window {
  readonly windowMs: number;
  /** Unix ms. */
  readonly atMs?: number;
}

/** Values of objects, or of groups of them, before anything is divided. */
interface Values {
  readonly metric: MetricDefinition;
  readonly level: MetricLevel;
  readonly filters: RemoteFilters;
  readonly overTime: OverTime;
  readonly aggregation: Aggregation | undefined;
  readonly groupBy: readonly string[];
}

const NO_FILTERS: RemoteFilters = { matchers: [], joins: [], isEmpty: false };
/** A counter's sample before may be this many rounds back. */
const ROUNDS_BACK = 10;

/** Which samples a value is made of: those of a step, or of the begun one at the end of a range. */
export interface RenderedStep {
  readonly windowMs: number;
  /** Of the other steps of the answer: a begun one has the same top N. */
  readonly stepMs: number;
}

/**
 * A plan as PromQL, to be evaluated at the end of each step. Samples lie on multiples of the resolution, so that windows
 * one millisecond short hold the same samples in engines that count the left bound in (Prometheus 2) and that do not.
 */
export function renderPromql(plan: RemotePlan, range: TimeRange, { windowMs, stepMs }: RenderedStep): string {
  const { limit } = plan.query;
  const text = reducesLast(plan) ? reduced(plan, range, plan.overTime) : shares(plan, { windowMs });
  const labels = labelsOf(plan);
  if (!limit || (labels.length === 0 && plan.aggregation !== undefined)) {
    return text;
  }
  const choose = limit.order === 'top' ? 'topk' : 'bottomk';
  return `${text} and on (${labels.join(', ')}) ${choose}(${limit.count}, ${rank(plan, range, stepMs, limit)})`;
}

/** The labels that the series of a plan carry. */
export function labelsOf(plan: RemotePlan): string[] {
  return dimensionsOf(plan).map(promqlLabel);
}

/** The label that tells a dimension. */
export function promqlLabel(dimension: string): string {
  return isInfoDimension(dimension) ? infoLabel(dimension) : dimension;
}

/** One value per series for the whole range that says which are the best: of objects by samples, of groups by steps. */
function rank(plan: RemotePlan, range: TimeRange, stepMs: number, { by = 'avg' }: Limit): string {
  if (plan.aggregation !== undefined) {
    const course = shares(plan, { windowMs: stepMs });
    return reducesLast(plan) ? reduced(plan, range, by) : courseOf(course, range, stepMs, plan, by);
  }
  const [whole] = wholeRange(range, plan.resolutionMs).evaluations;
  const window = { windowMs: whole?.windowMs ?? stepMs, atMs: whole?.timesMs[0] ?? range.toMs };
  return shares({ ...plan, overTime: plan.overTime === 'increase' ? 'increase' : by }, window);
}

/** The values of groups, round by round, as one value for the range. */
function reduced(plan: RemotePlan, range: TimeRange, overTime: OverTime): string {
  const stepMs = reductionStep(range, plan.resolutionMs);
  return courseOf(shares(plan, { windowMs: stepMs }), range, stepMs, plan, overTime);
}

function courseOf(
  text: string,
  range: TimeRange,
  stepMs: number,
  { resolutionMs }: RemotePlan,
  overTime: OverTime
): string {
  const [whole] = wholeRange(range, resolutionMs).evaluations;
  const windowMs = whole?.windowMs ?? stepMs;
  const course = `(${text})[${windowMs - 1}ms:${stepMs}ms]${atTime(whole?.timesMs[0] ?? range.toMs)}`;
  return overRange(overTime, course);
}

/** Divided by request, limit, capacity or allocatable where the plan says so. */
function shares(plan: RemotePlan, window: Window): string {
  const text = values(plan, plan, window);
  const { denominators, level } = plan;
  if (denominators.length === 0) {
    return text;
  }
  const overTime = plan.overTime === 'increase' ? 'last' : plan.overTime;
  if (denominators.every((metric) => metric.levels.includes(level))) {
    const labels = labelsOf(plan).join(', ');
    const divisors = denominators.map((metric) => `${values(plan, { ...plan, metric, overTime }, window)} > 0`);
    return `${text} / on (${labels}) (${divisors.map((divisor) => `(${divisor})`).join(` or on (${labels}) `)})`;
  }
  const perNode = labelsOf(plan).includes('node');
  const labels = perNode ? 'node' : '';
  const divisors = denominators.map((metric) => {
    const owner = { metric, level: perNode ? 'node' : 'cluster', filters: NO_FILTERS, overTime } as const;
    return `(${values(plan, { ...owner, aggregation: undefined, groupBy: [] }, window)} > 0)`;
  });
  return `${text} / on (${labels}) group_left () (${divisors.join(` or on (${labels}) `)})`;
}

function values(plan: RemotePlan, what: Values, window: Window): string {
  const objects = filtered(plan, what, window);
  if (what.aggregation === undefined) {
    return objects;
  }
  const labels = what.groupBy.map(promqlLabel);
  const told = what.groupBy.filter(isInfoDimension).map(infoLabel);
  const by = labels.length > 0 ? ` by (${labels.join(', ')})` : '';
  return `${what.aggregation}${by} (${told.length > 0 ? withInfo(plan, what, objects, told, window) : objects})`;
}

/** A value per object, under the labels of its level alone: what a receiver added is dropped. */
function filtered(plan: RemotePlan, what: Values, window: Window): string {
  const { metric, level, filters, overTime } = what;
  const series = selector(prometheusName(metric, level), [...filters.matchers, ...plan.own]);
  const text =
    overTime === 'increase'
      ? increase(series, window, plan.resolutionMs, isSum(metric, level))
      : overRange(overTime, `${series}${rangeOf(window)}`);
  const labels = prometheusLabels(metric, level);
  let joined = labels.length > 0 ? `max by (${labels.join(', ')}) (${text})` : `max(${text})`;
  for (const { operator, alternatives } of filters.joins) {
    const keys = infoKeys(level).join(', ');
    const infos = alternatives.map((matchers) => info(plan, level, matchers, window));
    joined = `(${joined} ${operator} on (${keys}) (${infos.join(' or ')}))`;
  }
  return joined;
}

/** Objects with labels of their info series beside their own; those without an info series stay as they are. */
function withInfo(plan: RemotePlan, what: Values, objects: string, told: readonly string[], window: Window): string {
  const keys = infoKeys(what.level);
  const extra = [...new Set(told)].join(', ');
  const one = `max by (${keys.join(', ')}, ${extra}) (${info(plan, what.level, [], window)})`;
  const joined = `${objects} * on (${keys.join(', ')}) group_left (${extra}) topk by (${keys.join(', ')}) (1, ${one})`;
  return `(${joined}) or on (${prometheusLabels(what.metric, what.level).join(', ')}) ${objects}`;
}

function info(plan: RemotePlan, level: MetricLevel, matchers: readonly Matcher[], window: Window): string {
  const series = selector(infoName(infoLevel(level)), [...matchers, ...plan.own]);
  return `last_over_time(${series}${rangeOf(window)})`;
}

/** Containers have the labels of their pod. */
function infoLevel(level: MetricLevel): MetricLevel {
  return level === 'container' ? 'pod' : level;
}

/** What objects are told apart by in the info series of their level. */
export function infoKeys(level: MetricLevel): readonly string[] {
  return infoLevel(level) === 'pod' ? ['namespace', 'pod'] : prometheusLabels({}, level);
}

/** Whether the counter of a level is a sum over pods: when it falls, it lost one of them and did not begin anew. */
function isSum(metric: MetricDefinition, level: MetricLevel): boolean {
  const sums: readonly string[] = metric.sumFromPods ?? [];
  return sums.includes(level);
}

/**
 * What a counter gained, round by round, so that nothing is lost or extrapolated where it begins anew or rounds are
 * missing. A first sample gained nothing.
 */
function increase(series: string, { windowMs, atMs }: Window, resolutionMs: number, isOfSum: boolean): string {
  const now = `last_over_time(${series}[${resolutionMs - 1}ms])`;
  const before = `last_over_time(${series}[${ROUNDS_BACK * resolutionMs - 1}ms] offset ${resolutionMs}ms)`;
  const gain = `clamp_min(${now} - ${before}, 0)`;
  const gained = isOfSum ? gain : `${gain} + ${now} * (${now} < bool ${before})`;
  return `sum_over_time((${gained} or ${now} * 0)[${windowMs - 1}ms:${resolutionMs}ms]${atTime(atMs)})`;
}

function rangeOf({ windowMs, atMs }: Window): string {
  return `[${windowMs - 1}ms]${atTime(atMs)}`;
}

function atTime(atMs: number | undefined): string {
  return atMs === undefined ? '' : ` @ ${(atMs / 1000).toFixed(3)}`;
}

function overRange(overTime: OverTime, range: string): string {
  switch (overTime) {
    case 'p50':
    case 'p95':
    case 'p99':
      return `quantile_over_time(${Number(overTime.slice(1)) / 100}, ${range})`;
    case 'increase':
      return `sum_over_time(${range})`;
    case 'avg':
    case 'min':
    case 'max':
    case 'sum':
    case 'last':
      return `${overTime}_over_time(${range})`;
  }
}

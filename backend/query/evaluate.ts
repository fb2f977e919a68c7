import type { MetricDefinition, MetricLevel } from '../model/catalogue.ts';
import { DIMENSIONS, extraDimensions, nameOf, tableOf } from './dimensions.ts';
import type { ObjectTest } from './filters.ts';
import { Groups } from './groups.ts';
import type { ObjectSet } from './objectSet.ts';
import { createReducer, type StepReducer } from './overTime.ts';
import type { TimeSteps } from './timeSteps.ts';
import type {
  Aggregation,
  Course,
  Dimension,
  KnownObject,
  OverTime,
  Series,
  SeriesReader,
  TimeRange,
} from './types.ts';

/** A query after its names are checked: one metric, the objects it is about, and how to put them together. */
export interface Plan {
  readonly metric: MetricDefinition;
  readonly level: MetricLevel;
  readonly range: TimeRange;
  readonly accepts: ObjectTest;
  readonly overTime: OverTime;
  /** Undefined: a series per object. */
  readonly aggregation: Aggregation | undefined;
  readonly groupBy: readonly Dimension[];
  /** The only names of pods there can be in the answer, where the filters say so. */
  readonly pods?: readonly string[];
}

/** Names a series of this plan carries. */
export function dimensionsOf(plan: Plan): readonly Dimension[] {
  return plan.aggregation === undefined ? [...DIMENSIONS[plan.level], ...extraDimensions(plan.metric)] : plan.groupBy;
}

/** The objects a plan is about, told apart from others in the same table. */
export function objectTest(plan: Plan): (object: KnownObject) => boolean {
  const isPart = tableOf(plan.metric, plan.level) !== plan.level;
  return ({ names }) => (!isPart || names.owner === plan.level) && plan.accepts(names);
}

/** Whether an object is in an answer, and in the same series of it, under its earlier names as under its later ones. */
export function samenessTest(plan: Plan): (earlier: KnownObject, later: KnownObject) => boolean {
  const accepts = objectTest(plan);
  const dimensions = dimensionsOf(plan);
  return (earlier, later) =>
    accepts(earlier) === accepts(later) &&
    dimensions.every((dimension) => nameOf(earlier.names, dimension) === nameOf(later.names, dimension));
}

/** Reads the series of a plan: samples to steps per object, then objects to groups. */
export function evaluate(
  reader: SeriesReader,
  plan: Plan,
  steps: TimeSteps,
  only?: ObjectSet,
  mostSeries?: number
): Series[] {
  const accepts = objectTest(plan);
  const groups = new Groups(dimensionsOf(plan), plan.aggregation, steps.timesMs.length, mostSeries);
  const objects: KnownObject[] = [];
  const reducer = createReducer(plan.overTime, steps.timesMs.length, fallOf(plan));
  const put = (slot: number, timestampMs: number, value: number) => {
    const step = steps.indexOf(timestampMs);
    if (step >= 0) {
      reducer.add(slot, step, value);
    }
  };
  const range = { ...plan.range, pods: only ? podsOf(only) : plan.pods };
  reader.scan(tableOf(plan.metric, plan.level), plan.metric.name, range, {
    slotFor: (object) => ((only ? only.has(object) : accepts(object)) ? objects.push(object) - 1 : -1),
    isSame: samenessTest(plan),
    column(timestampMs, values, slotOfRow, rowCount) {
      for (let row = 0; row < rowCount; row++) {
        const slot = slotOfRow[row];
        if (slot >= 0 && !Number.isNaN(values[row])) {
          put(slot, timestampMs, values[row]);
        }
      }
    },
    course: (slot, course) => reduceCourse(reducer, steps, slot, course),
    shardEnd() {
      if (objects.length > 0) {
        foldInto(groups, objects, reducer, steps.timesMs.length);
        objects.length = 0;
        reducer.clear();
      }
    },
  });
  return groups.series();
}

/** What it means for an increase when a counter falls: a sum of pods lost one. */
export function fallOf({ metric, level }: Plan): 'restart' | 'loss' {
  const sums: readonly string[] = metric.sumFromPods ?? [];
  return sums.includes(level) ? 'loss' : 'restart';
}

/** The names of the pods that objects belong to; undefined if some belong to none. */
function podsOf(objects: ObjectSet): string[] | undefined {
  const pods = new Set<string>();
  for (const { names } of objects) {
    if (names.pod === undefined) {
      return undefined;
    }
    pods.add(names.pod);
  }
  return [...pods];
}

function foldInto(groups: Groups, objects: readonly KnownObject[], reducer: StepReducer, stepCount: number): void {
  objects.forEach((object, slot) => {
    let group: ReturnType<Groups['groupOf']> | undefined;
    for (let step = 0; step < stepCount; step++) {
      const value = reducer.get(slot, step);
      if (!Number.isNaN(value)) {
        group ??= groups.groupOf(object);
        groups.add(group, step, value);
      }
    }
  });
}

function reduceCourse(reducer: StepReducer, steps: TimeSteps, slot: number, course: Course): void {
  const { timesMs, first, end, offset, samples, buckets } = course;
  const presence = samples ?? buckets?.count;
  for (let time = first; presence && time < end; time++) {
    const index = offset + time;
    const step = Number.isNaN(presence[index]) ? -1 : steps.indexOf(timesMs[time]);
    if (step >= 0 && samples) {
      reducer.add(slot, step, samples[index]);
    } else if (step >= 0 && buckets) {
      reducer.addBucket(slot, step, buckets, index);
    }
  }
}

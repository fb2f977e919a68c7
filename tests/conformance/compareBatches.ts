import type { MetricSet } from '../../backend/api/heapster/metricSets.ts';
import { describeMetric } from '../../backend/model/catalogue.ts';
import { heapsterFloat } from '../../backend/model/heapsterMetrics.ts';
import { ownDiskRate } from './diskRates.ts';
import { numberOf, withoutNegativeRates } from './expectedBatch.ts';
import type { Departure, Findings } from './findings.ts';
import type { Kit, LabelledRecord, RecordedBatch, RecordedSet, RecordedValue } from './kit.ts';
import { isValueOfNewer, type NewerSource } from './newerValues.ts';
import { isOfTwoRounds, withOrderedRates } from './orderedRates.ts';
import { PAUSE_METRICS, withPausesAdded } from './pauseSums.ts';
import { movedWithPods } from './toldTwice.ts';

/** Our batch, as {@link Replay.newestSets} tells it. */
export type OwnSets = ReadonlyMap<
  string,
  { readonly set: MetricSet; readonly labels: Readonly<Record<string, string>> }
>;

/** Values that depart by design, by time, key and metric, for the answers made of them. */
export type Accepted = Map<string, Departure>;

/** The name of a value in {@link Accepted}. */
export function valueName(timestampMs: number, key: string, metric: string): string {
  return `${timestampMs} ${key} ${metric}`;
}

/** The recorder looked at its clock once per node, right before the answer was worked through. */
const UPTIME_TOLERANCE_MS = 100;
/** Sums made anew of recorded floats are off by what printing them with six decimals left out of each. */
const SUM_TOLERANCE = 5e-6;

export interface BatchComparison {
  readonly findings: Findings;
  readonly accepted: Accepted;
  /** Heapster stored this round, or the one before it, out of order: rates are those of the order of time. */
  readonly isOutOfOrder: boolean;
  /** The recording is of a version that knew less. */
  readonly isOlder: boolean;
  /** The recording is of the source `kubernetes`. */
  readonly isOfContainers: boolean;
  /** The batch before in time, where it is the next. */
  readonly before?: RecordedBatch;
  /** What the kubelets answered, and what they had answered in the round before. */
  readonly round: Kit['rounds'][number];
  readonly roundBefore?: Kit['rounds'][number];
  /** Pods of which more than one node told in this round. */
  readonly toldTwice: ReadonlySet<string>;
}

/** A comparison with the objects that a pod which two nodes told of takes with it. */
interface Comparing extends BatchComparison {
  readonly moved: ReadonlySet<string>;
}

/** Compares every key, label and value of a batch with the recorded one. */
export function compareBatch(recorded: RecordedBatch, own: OwnSets, given: BatchComparison): void {
  const { isOfContainers, isOlder, before } = given;
  const comparison = { ...given, moved: movedWithPods(recorded, own, given.toldTwice) };
  const stored = isOfContainers ? withPausesAdded(recorded, before, isOlder) : withoutNegativeRates(recorded);
  const expected = given.isOutOfOrder ? withOrderedRates(recorded, before, stored, isOfContainers) : stored;
  const where = recorded.timestamp;
  for (const key of new Set([...Object.keys(recorded.sets), ...own.keys()])) {
    const theirs = recorded.sets[key] as RecordedSet | undefined;
    const ours = own.get(key);
    if (!theirs || !ours) {
      differ(comparison, key, `${where} ${key}: ${theirs ? 'missing' : 'should not be there'}`);
      continue;
    }
    compareLabels(where, key, theirs.labels, ours.labels, comparison);
    compareMetrics(recorded, key, expected.get(key) ?? {}, own, comparison);
    compareLabelled(recorded, key, ours.set, comparison);
  }
}

function differ({ findings, moved }: Comparing, key: string, what: string): void {
  if (moved.has(key)) {
    findings.depart('twice');
  } else {
    findings.differ(what);
  }
}

function compareLabels(
  where: string,
  key: string,
  theirs: Readonly<Record<string, string>>,
  ours: Readonly<Record<string, string>>,
  comparison: Comparing
): void {
  for (const name of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
    if (theirs[name] === ours[name]) {
      comparison.findings.agree();
    } else {
      const what = `${JSON.stringify(ours[name])} instead of ${JSON.stringify(theirs[name])}`;
      differ(comparison, key, `${where} ${key} label ${name}: ${what}`);
    }
  }
}

function compareMetrics(
  recorded: RecordedBatch,
  key: string,
  expected: Readonly<Record<string, RecordedValue>>,
  own: OwnSets,
  comparison: Comparing
): void {
  const { findings, accepted, moved } = comparison;
  const ours = own.get(key)!.set;
  const timestampMs = Date.parse(recorded.timestamp);
  const theirs = recorded.sets[key].metrics;
  for (const name of new Set([...Object.keys(theirs), ...Object.keys(expected), ...ours.values.keys()])) {
    const value = ours.values.get(name);
    const isExpected = isSame(name, expected[name], value);
    const told = valueName(timestampMs, key, name);
    if (isExpected && isSame(name, theirs[name], value)) {
      findings.agree();
    } else if (isExpected) {
      const isPause = comparison.isOfContainers && !comparison.isOlder && isOfPods(key) && PAUSE_METRICS.has(name);
      const departure = isPause ? 'pauses' : comparison.isOutOfOrder && isOfTwoRounds(name) ? 'order' : 'fallen';
      findings.depart(departure);
      accepted.set(told, departure);
    } else if (comparison.isOlder && isNewer(key, name, value, theirs, { ...comparison, recorded, own })) {
      findings.depart('version');
      accepted.set(told, 'version');
    } else if (moved.has(key)) {
      findings.depart('twice');
      accepted.set(told, 'twice');
    } else {
      findings.differ(
        `${recorded.timestamp} ${key} ${name}: ${String(value)} instead of ${JSON.stringify(expected[name])}`
      );
    }
  }
}

/** What 1.6 learned: local storage, devices requested, and CPU and memory of pods and what is summed from them. */
function isNewer(
  key: string,
  name: string,
  value: number | bigint | undefined,
  theirs: Readonly<Record<string, RecordedValue>>,
  of: NewerSource & { readonly isOfContainers: boolean }
): boolean {
  if (name.startsWith('ephemeral_storage/') || name === 'cpu/load' || name.endsWith('/request')) {
    return !(name in theirs);
  }
  return (
    !of.isOfContainers &&
    /^(cpu\/usage|memory\/)/.test(name) &&
    [...of.own].some(([pod, { set }]) => isMeasuredPod(set) && isSumOf(key, pod)) &&
    isValueOfNewer(key, name, value, of)
  );
}

/** Whether a kubelet tells CPU or memory of a pod itself: these counters are no sums of containers. */
function isMeasuredPod({ entity, values }: MetricSet): boolean {
  return entity.level === 'pod' && (values.has('cpu/usage') || values.has('memory/page_faults'));
}

/** Whether the values of an object are those of a pod, or sums that the pod is part of. */
function isSumOf(key: string, pod: string): boolean {
  return key === pod || key === 'cluster' || (key.startsWith('namespace:') && pod.startsWith(`${key}/pod:`));
}

/** Whether an object is a pod, or one whose use is summed from pods. */
function isOfPods(key: string): boolean {
  return key === 'cluster' || /^namespace:[^/]+(\/pod:[^/]+)?$/.test(key);
}

function compareLabelled(recorded: RecordedBatch, key: string, ours: MetricSet, comparison: Comparing): void {
  const { findings, accepted, before, isOlder } = comparison;
  const set = recorded.sets[key];
  const name = (value: Pick<LabelledRecord, 'name' | 'labels'>) =>
    `${value.name} ${JSON.stringify(Object.entries(value.labels).sort())}`;
  const expected = new Map(set.labeled.map((value) => [name(value), value]));
  const own = new Map(ours.labelled.map((value) => [name(value), value]));
  for (const each of new Set([...expected.keys(), ...own.keys()])) {
    const [theirs, mine] = [expected.get(each), own.get(each)];
    if (isSame(mine?.name ?? '', theirs, mine?.value)) {
      findings.agree();
      continue;
    }
    const rate = ownDiskRate(theirs ?? mine!, set, before?.sets[key]);
    const isOwn =
      rate.isDisk && (rate.value === undefined ? !mine : Math.abs(rate.value - Number(mine?.value)) <= 1e-5);
    if (isOwn) {
      const departure = isOlder ? 'disks' : 'fallen';
      findings.depart(departure);
      accepted.set(valueName(Date.parse(recorded.timestamp), key, each), departure);
    } else {
      const what = `${String(mine?.value)} instead of ${JSON.stringify(theirs)}`;
      differ(comparison, key, `${recorded.timestamp} ${key} ${each}: ${what}`);
    }
  }
}

function isSame(name: string, theirs: RecordedValue | undefined, ours: number | bigint | undefined): boolean {
  if (theirs === undefined || ours === undefined) {
    return theirs === undefined && ours === undefined;
  }
  if (name === 'uptime') {
    return Math.abs(numberOf(theirs) - Number(ours)) <= UPTIME_TOLERANCE_MS;
  }
  if (name.startsWith('custom/')) {
    // An application's metric is a whole number or not, as it says itself; the APIs tell both alike.
    return Math.abs(numberOf(theirs) - Number(ours)) <= 1e-6;
  }
  const metric = describeMetric(name);
  const isFloat = metric !== undefined && heapsterFloat(metric);
  if (isFloat !== (theirs.float !== undefined)) {
    return false;
  }
  return isFloat
    ? Math.abs(numberOf(theirs) - Number(ours)) <= SUM_TOLERANCE
    : theirs.int === BigInt.asIntN(64, typeof ours === 'bigint' ? ours : BigInt(Math.trunc(ours))).toString();
}

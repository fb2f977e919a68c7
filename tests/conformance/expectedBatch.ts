import type { RecordedBatch, RecordedSet, RecordedValue } from './kit.ts';

const SUMMED_TO_NAMESPACE = 'cpu/usage_rate';

/** Values by metric, as a batch has them. */
export type Metrics = Record<string, RecordedValue>;

/**
 * A recorded batch as it would have been had a counter that falls given no rate: negative rates are left out, and the
 * sums that hold them are made anew. The values that differ are the departure.
 */
export function withoutNegativeRates({ sets }: RecordedBatch): Map<string, Metrics> {
  const expected = new Map(Object.entries(sets).map(([key, set]) => [key, withoutNegatives(set.metrics)]));
  const negative = new Set(
    Object.entries(sets).flatMap(([key, { metrics }]) =>
      Object.keys(metrics)
        .filter((name) => isNegativeRate(name, metrics[name]))
        .map((name) => `${key} ${name}`)
    )
  );
  if (negative.size === 0) {
    return expected;
  }
  for (const [key, { metrics }] of Object.entries(sets)) {
    if (/^namespace:[^/]+\/pod:[^/]+$/.test(key)) {
      sumContainers(key, metrics, sets, expected);
    }
  }
  sumMembers(sets, expected);
  for (const [key, set] of Object.entries(sets)) {
    if (
      negative.has(`${key} ${SUMMED_TO_NAMESPACE}`) &&
      key.startsWith('node:') &&
      'cpu/node_utilization' in set.metrics
    ) {
      expected.get(key)!['cpu/node_utilization'] = { float: '0.000000' };
    }
  }
  return expected;
}

function isNegativeRate(name: string, value: RecordedValue): boolean {
  return name.endsWith('_rate') && numberOf(value) < 0;
}

function withoutNegatives(metrics: RecordedSet['metrics']): Metrics {
  return Object.fromEntries(Object.entries(metrics).filter(([name, value]) => !isNegativeRate(name, value)));
}

/** The number a recorded value is, as far as a double holds it. */
export function numberOf({ int, float }: RecordedValue): number {
  return Number(int ?? float);
}

/** Time between the samples of two sets, ms. */
export function elapsedMs(set: RecordedSet, before: RecordedSet): number {
  return Date.parse(set.scrapeTime ?? '') - Date.parse(before.scrapeTime ?? '');
}

/** Whether a later set is a later sample of the same run of an object, so that there are rates. */
export function isSameRun(set: RecordedSet, before: RecordedSet): boolean {
  return set.collectionStart === before.collectionStart && elapsedMs(set, before) > 0;
}

/** A pod's rate was the sum of its containers' unless it had one of its own. */
function sumContainers(
  key: string,
  metrics: RecordedSet['metrics'],
  sets: RecordedBatch['sets'],
  expected: Map<string, Metrics>
): void {
  const containers = Object.entries(sets).filter(([other]) => other.startsWith(`${key}/container:`));
  for (const name of Object.keys(metrics).filter((candidate) => candidate.endsWith('_rate'))) {
    const own = containers.flatMap(([, set]) => set.metrics[name] ?? []);
    const isSum = own.length > 0 && Math.abs(sumOf(own) - numberOf(metrics[name])) < 1e-5;
    const isOwnNegative = numberOf(metrics[name]) < 0 && !isSum;
    if ((isSum && own.some((value) => numberOf(value) < 0)) || isOwnNegative) {
      setSum(
        expected.get(key)!,
        name,
        own.filter((value) => numberOf(value) >= 0)
      );
    }
  }
}

function sumMembers(sets: RecordedBatch['sets'], expected: Map<string, Metrics>): void {
  for (const key of Object.keys(sets).filter((candidate) => /^namespace:[^/]+$/.test(candidate))) {
    const pods = [...expected].filter(([other]) => other.startsWith(`${key}/pod:`) && !other.includes('/container:'));
    setSum(expected.get(key)!, SUMMED_TO_NAMESPACE, rates(pods));
  }
  const cluster = expected.get('cluster');
  if (cluster) {
    setSum(cluster, SUMMED_TO_NAMESPACE, rates([...expected].filter(([key]) => /^namespace:[^/]+$/.test(key))));
  }
}

function rates(members: ReadonlyArray<readonly [string, Metrics]>): RecordedValue[] {
  return members.flatMap(([, metrics]) => metrics[SUMMED_TO_NAMESPACE] ?? []);
}

function setSum(metrics: Metrics, name: string, addends: readonly RecordedValue[]): void {
  if (addends.length === 0) {
    delete metrics[name];
  } else {
    const sum = sumOf(addends);
    metrics[name] = addends[0].int === undefined ? { float: String(sum) } : { int: String(sum) };
  }
}

function sumOf(values: readonly RecordedValue[]): number {
  return values.reduce((sum, value) => sum + numberOf(value), 0);
}

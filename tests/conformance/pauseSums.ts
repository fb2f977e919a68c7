import { isSameRun, numberOf, withoutNegativeRates, type Metrics } from './expectedBatch.ts';
import type { RecordedBatch, RecordedSet } from './kit.ts';

/** Counters a pod has of its own, by the rates that it then has. */
const COUNTERS: Readonly<Record<string, string>> = {
  'cpu/usage_rate': 'cpu/usage',
  'memory/page_faults_rate': 'memory/page_faults',
  'memory/major_page_faults_rate': 'memory/major_page_faults',
};
const GAUGES = ['cpu/load', 'memory/usage', 'memory/cache', 'memory/rss', 'memory/working_set'];
const SUMMED_TO_NAMESPACE = ['cpu/usage_rate', 'memory/usage'];

/** Metrics of pods, namespaces and the cluster that are made of pause containers and all others. */
export const PAUSE_METRICS: ReadonlySet<string> = new Set([...Object.keys(COUNTERS), ...GAUGES]);

/**
 * A batch of the source `kubernetes` as 1.5.4 made it: what a pod uses is its pause container and all others together.
 * 1.6 told the pause container alone where it was measured. Rates of counters that fell are left out of the sums.
 * `isAdded`: the recording is of a version that added them itself.
 */
export function withPausesAdded(
  recorded: RecordedBatch,
  before: RecordedBatch | undefined,
  isAdded: boolean
): Map<string, Metrics> {
  const expected = withoutNegativeRates(recorded);
  for (const [key, set] of Object.entries(recorded.sets)) {
    if (!/^namespace:[^/]+\/pod:[^/]+$/.test(key)) {
      continue;
    }
    const containers = Object.keys(recorded.sets).filter((other) => other.startsWith(`${key}/container:`));
    for (const name of PAUSE_METRICS) {
      const told = containers.flatMap((container) => recorded.sets[container].metrics[name] ?? []);
      const kept = containers.flatMap((container) => expected.get(container)?.[name] ?? []);
      const pause = isMeasured(name, set, before?.sets[key])
        ? numberOf(set.metrics[name]) - (isAdded ? sumOf(told.map(numberOf)) : 0)
        : NaN;
      // Sums of printed numbers are off by what printing left out.
      const addends = [...kept.map(numberOf), ...(pause > -1e-4 ? [pause] : [])];
      setSum(expected.get(key)!, name, addends);
    }
  }
  sumToNamespaces(recorded, expected);
  return expected;
}

/** Whether the pause container had a value of its own. */
function isMeasured(name: string, set: RecordedSet, before: RecordedSet | undefined): boolean {
  if (!(name in set.metrics)) {
    return false;
  }
  const counter = COUNTERS[name] as string | undefined;
  return counter === undefined
    ? 'uptime' in set.metrics
    : counter in set.metrics && before !== undefined && counter in before.metrics && isSameRun(set, before);
}

function sumToNamespaces({ sets }: RecordedBatch, expected: Map<string, Metrics>): void {
  const members = (pattern: RegExp, name: string) =>
    [...expected].flatMap(([key, metrics]) => (pattern.test(key) ? (metrics[name] ?? []) : [])).map(numberOf);
  for (const name of SUMMED_TO_NAMESPACE) {
    for (const key of Object.keys(sets).filter((candidate) => /^namespace:[^/]+$/.test(candidate))) {
      setSum(expected.get(key)!, name, members(new RegExp(`^${key}/pod:[^/]+$`), name));
    }
    setSum(expected.get('cluster')!, name, members(/^namespace:[^/]+$/, name));
  }
}

function setSum(metrics: Metrics, name: string, addends: readonly number[]): void {
  const isFloat = name.startsWith('memory/') && name.endsWith('_rate');
  if (addends.length === 0) {
    delete metrics[name];
  } else {
    const sum = sumOf(addends);
    metrics[name] = isFloat ? { float: String(sum) } : { int: String(Math.round(sum)) };
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

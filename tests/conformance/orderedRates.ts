import { numberOf, type Metrics } from './expectedBatch.ts';
import type { RecordedBatch, RecordedSet, RecordedValue } from './kit.ts';

/** Counters by the rates made of them. */
const COUNTERS: Readonly<Record<string, string>> = {
  'cpu/usage_rate': 'cpu/usage',
  'memory/page_faults_rate': 'memory/page_faults',
  'memory/major_page_faults_rate': 'memory/major_page_faults',
  'network/rx_rate': 'network/rx',
  'network/rx_errors_rate': 'network/rx_errors',
  'network/tx_rate': 'network/tx',
  'network/tx_errors_rate': 'network/tx_errors',
};
const CPU_RATE = 'cpu/usage_rate';
const CPU_SHARE = 'cpu/node_utilization';

/** Whether a value depends on which round came before. */
export function isOfTwoRounds(name: string): boolean {
  return name in COUNTERS || name === CPU_SHARE;
}

/**
 * A recorded batch with the rates it would have had, had it been stored right after the one before it in time: from the
 * counters and sample times of the two. A counter that falls gives none. All else is as in `others`.
 * `isOfContainers`: to what containers use comes what the pod's own counters tell, those of its pause container.
 */
export function withOrderedRates(
  { sets }: RecordedBatch,
  before: RecordedBatch | undefined,
  others: ReadonlyMap<string, Metrics>,
  isOfContainers: boolean
): Map<string, Metrics> {
  const expected = new Map(
    Object.entries(sets).map(([key, set]): [string, Metrics] => [
      key,
      { ...withoutRates(others.get(key) ?? {}), ...ownRates(set, before?.sets[key]) },
    ])
  );
  for (const key of Object.keys(sets).filter((candidate) => /^namespace:[^/]+\/pod:[^/]+$/.test(candidate))) {
    for (const name of Object.keys(COUNTERS)) {
      const own = expected.get(key)![name] as RecordedValue | undefined;
      if (own === undefined || (isOfContainers && !name.startsWith('network/'))) {
        sumInto(expected, key, name, (other) => other.startsWith(`${key}/container:`));
      }
    }
  }
  for (const key of Object.keys(sets).filter((candidate) => /^namespace:[^/]+$/.test(candidate))) {
    sumInto(expected, key, CPU_RATE, (other) => other.startsWith(`${key}/pod:`) && !other.includes('/container:'));
  }
  if (expected.has('cluster')) {
    sumInto(expected, 'cluster', CPU_RATE, (other) => /^namespace:[^/]+$/.test(other));
  }
  for (const [key, { metrics }] of Object.entries(sets)) {
    if (CPU_SHARE in metrics) {
      const own = expected.get(key)!;
      const used = CPU_RATE in own ? numberOf(own[CPU_RATE]) : 0;
      own[CPU_SHARE] = { float: String(used / numberOf(metrics['cpu/node_allocatable'])) };
    }
  }
  return expected;
}

function withoutRates(metrics: Metrics): Metrics {
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => !isOfTwoRounds(name)));
}

function ownRates(set: RecordedSet, before: RecordedSet | undefined): Metrics {
  const rates: Metrics = {};
  const elapsedNs = nanosecondsOf(set.scrapeTime) - nanosecondsOf(before?.scrapeTime);
  if (!before || set.collectionStart !== before.collectionStart || elapsedNs <= 0n) {
    return rates;
  }
  for (const [name, counter] of Object.entries(COUNTERS)) {
    const [now, then] = [set.metrics[counter]?.int, before.metrics[counter]?.int];
    const gained = now === undefined || then === undefined ? -1n : BigInt(now) - BigInt(then);
    if (gained >= 0n) {
      rates[name] =
        name === CPU_RATE
          ? { int: String((gained * 1000n) / elapsedNs) }
          : { float: String((Number(gained) * 1e9) / Number(elapsedNs)) };
    }
  }
  return rates;
}

/** A moment with all its digits, which dates would cut to milliseconds. */
export function nanosecondsOf(time: string | null | undefined): bigint {
  const [, seconds, fraction = ''] = /^(.{19})(?:\.(\d+))?/.exec(time ?? '') ?? [];
  return seconds === undefined
    ? 0n
    : BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

/** Adds what members have to what an object has itself. */
function sumInto(
  expected: ReadonlyMap<string, Metrics>,
  key: string,
  name: string,
  isMember: (other: string) => boolean
): void {
  const own = expected.get(key)!;
  const members = [...expected].filter(([other]) => isMember(other)).map(([, metrics]) => metrics);
  const addends = [own, ...members].flatMap((metrics) => metrics[name] ?? []);
  if (addends.length > 0) {
    const sum = addends.reduce((total, value) => total + numberOf(value), 0);
    own[name] = name === CPU_RATE ? { int: String(sum) } : { float: String(sum) };
  }
}

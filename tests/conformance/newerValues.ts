import type { OwnSets } from './compareBatches.ts';
import { parseExact, type ExactValue } from './exactJson.ts';
import type { Kit, RecordedBatch } from './kit.ts';
import { nanosecondsOf } from './orderedRates.ts';

type Round = Kit['rounds'][number];

/** What of a batch of 1.5.4 says what 1.6 would have made of it. */
export interface NewerSource {
  readonly recorded: RecordedBatch;
  readonly before?: RecordedBatch;
  readonly own: OwnSets;
  readonly round: Round;
  readonly roundBefore?: Round;
}

/** Where a summary tells what a pod uses by itself. */
const TOLD: Readonly<Record<string, readonly [block: string, field: string]>> = {
  'cpu/usage': ['cpu', 'usageCoreNanoSeconds'],
  'memory/usage': ['memory', 'usageBytes'],
  'memory/working_set': ['memory', 'workingSetBytes'],
  'memory/rss': ['memory', 'rssBytes'],
  'memory/page_faults': ['memory', 'pageFaults'],
  'memory/major_page_faults': ['memory', 'majorPageFaults'],
};
/** Sums of decimals that are printed with six digits. */
const TOLERANCE = 5e-6;

/**
 * Whether a value that 1.5.4 had otherwise is the one that 1.6 would have: what the kubelet told of the pod itself, a rate
 * of that, or the sum of such pods.
 */
export function isValueOfNewer(
  key: string,
  name: string,
  value: number | bigint | undefined,
  of: NewerSource
): boolean {
  const expected =
    key === 'cluster' || /^namespace:[^/]+$/.test(key) ? sumOf(key, name, of.own) : valueOf(key, name, of);
  return expected === undefined
    ? value === undefined
    : value !== undefined && Math.abs(Number(value) - Number(expected)) <= TOLERANCE;
}

function sumOf(key: string, name: string, own: OwnSets): number | undefined {
  const isMember = (other: string) =>
    key === 'cluster'
      ? /^namespace:[^/]+$/.test(other)
      : /^[^/]+\/pod:[^/]+$/.test(other) && other.startsWith(`${key}/`);
  const values = [...own].flatMap(([other, { set }]) => (isMember(other) ? [set.values.get(name)] : []));
  const present = values.filter((value) => value !== undefined);
  return present.length === 0 ? undefined : present.reduce<number>((sum, value) => sum + Number(value), 0);
}

function valueOf(key: string, name: string, source: NewerSource): number | bigint | undefined {
  const { recorded, before, round, roundBefore } = source;
  const told = toldOf(round, key, name);
  if (told !== undefined || !name.endsWith('_rate')) {
    return told ?? sumOfContainers(key, name, source.own);
  }
  const counter = name.replace(/_rate$/, '');
  const [now, then] = [toldOf(round, key, counter), roundBefore && toldOf(roundBefore, key, counter)];
  const [set, setBefore] = [recorded.sets[key], before?.sets[key]];
  const elapsedNs = nanosecondsOf(set?.scrapeTime) - nanosecondsOf(setBefore?.scrapeTime);
  const isSameRun = setBefore !== undefined && set?.collectionStart === setBefore.collectionStart && elapsedNs > 0n;
  if (now === undefined || then === undefined || !isSameRun || now < then) {
    return sumOfContainers(key, name, source.own);
  }
  const gained = BigInt(now) - BigInt(then);
  return name === 'cpu/usage_rate' ? (gained * 1000n) / elapsedNs : (Number(gained) * 1e9) / Number(elapsedNs);
}

/** What is not told of the pod is summed, counters aside. */
function sumOfContainers(key: string, name: string, own: OwnSets): number | undefined {
  const values = [...own]
    .filter(([other]) => other.startsWith(`${key}/container:`))
    .flatMap(([, { set }]) => set.values.get(name) ?? []);
  return values.length === 0 || name === 'cpu/usage' || name.endsWith('page_faults')
    ? undefined
    : values.reduce<number>((sum, value) => sum + Number(value), 0);
}

function toldOf({ answers }: Round, key: string, name: string): number | bigint | undefined {
  const [block, field] = TOLD[name] ?? [];
  const [, namespace, pod] = /^namespace:([^/]+)\/pod:([^/]+)$/.exec(key) ?? [];
  if (block === undefined || field === undefined || pod === undefined) {
    return undefined;
  }
  const pods = Object.values(answers).flatMap(
    ({ body }) => (body as { pods?: readonly SummaryPod[] } | undefined)?.pods ?? []
  );
  const own = pods.filter(({ podRef }) => podRef?.namespace === namespace && podRef?.name === pod).at(-1);
  // The digits of a recording are kept as they were.
  const values = parseExact(JSON.stringify(own?.[block] ?? {})) as { readonly [key: string]: ExactValue };
  const value = values[field];
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
}

interface SummaryPod {
  readonly podRef?: { readonly namespace?: string; readonly name?: string };
  readonly [block: string]: unknown;
}

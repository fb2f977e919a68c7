import type { RunContext } from './compareAnswers.ts';
import type { ExactValue } from './exactJson.ts';
import type { Departure } from './findings.ts';
import { difference, isSame } from './isSame.ts';
import {
  exportedNames,
  exportName,
  faultOfExport,
  faultOfResource,
  resourceName,
  type ExportedSet,
  type NewestRound,
  type ResourceItem,
} from './newestAnswers.ts';

/** How entries of a list are told from each other, and judged where they depart. */
interface Judging<Entry> {
  readonly nameOf: (entry: Entry) => string;
  /** What is wrong with our entry by the newest round. */
  readonly faultOf: (name: string, ours: Entry | undefined) => string | undefined;
  /** The departure of the values that differ. */
  readonly departureOf: (name: string, ours: Entry | undefined, theirs: Entry | undefined) => Departure | undefined;
}

/** Compares two exports, entry by entry. A departure or a sentence; undefined if they are the same. */
export function compareExports(ours: ExactValue, theirs: ExactValue, context: RunContext): string | undefined {
  const newest = newestOf(context);
  const exported = exportedNames(ours, theirs);
  return compareEntries<ExportedSet>(ours, theirs, context, {
    nameOf: exportName,
    faultOf: (name, entry) => faultOfExport(name, entry, newest, exported),
    departureOf: (_name, own, recorded) => departureOfSet(own, recorded, context),
  });
}

/** Compares two answers of the resource metrics API, item by item. */
export function compareResources(
  ours: ExactValue,
  theirs: ExactValue,
  selector: string,
  context: RunContext
): string | undefined {
  const newest = newestOf(context);
  return compareEntries<ResourceItem>(itemsOf(ours), itemsOf(theirs), context, {
    nameOf: resourceName,
    faultOf: (name, item) => faultOfResource(name, item, newest, context.facts, selector),
    departureOf: (name) => acceptedOfObject(name, context),
  });
}

/** What is wrong with an answer of the resource metrics API that nothing was recorded of; undefined if nothing is. */
export function faultOfResources(ours: ExactValue, selector: string, context: RunContext): string | undefined {
  const items = itemsOf(ours) as unknown as readonly ResourceItem[];
  const faults = items.map((item) =>
    faultOfResource(resourceName(item), item, newestOf(context), context.facts, selector)
  );
  return faults.find((fault) => fault !== undefined);
}

function newestOf({ newest, newestMs }: RunContext): NewestRound {
  return { timestampMs: newestMs, sets: newest };
}

function itemsOf(value: ExactValue): ExactValue {
  if (Array.isArray(value)) {
    return value as ExactValue;
  }
  if (typeof value === 'object' && value !== null && 'items' in value) {
    return value.items ?? [];
  }
  return [value];
}

/** Where Heapster took a late batch for the newest, all that our newest round holds may differ from it. */
function compareEntries<Entry>(
  ours: ExactValue,
  theirs: ExactValue,
  { lastIsLate }: RunContext,
  { nameOf, faultOf, departureOf }: Judging<Entry>
): string | undefined {
  if (!Array.isArray(ours) || !Array.isArray(theirs)) {
    return isSame(ours, theirs) ? undefined : difference(ours, theirs);
  }
  const [own, recorded] = [ours, theirs].map(
    (list) => new Map((list as unknown as Entry[]).map((entry) => [nameOf(entry), entry]))
  );
  if (own.size !== ours.length) {
    return 'an object is told twice';
  }
  let departure: string | undefined;
  for (const name of new Set([...own.keys(), ...recorded.keys()])) {
    const [mine, told] = [own.get(name), recorded.get(name)];
    const [shown, expected] = [mine ?? null, told ?? null] as unknown as ExactValue[];
    if (!isSame(shown, expected)) {
      const found = lastIsLate ? 'order' : departureOf(name, mine, told);
      if (!found) {
        return `${name}: ${difference(shown, expected)}`;
      }
      const fault = faultOf(name, mine);
      if (fault !== undefined) {
        return `${name}: ${fault}; ${difference(shown, expected)}`;
      }
      departure = found;
    }
  }
  return departure;
}

/** A value of an object, or of its containers, that departs in the newest round and that its usage is made of. */
function acceptedOfObject(name: string, { accepted, newestMs }: RunContext): Departure | undefined {
  const [namespace, own] = name.split('/');
  const key = namespace === '' ? `node:${own}` : `namespace:${namespace}/pod:${own}/container:`;
  return [...accepted].find(
    ([value]) => value.startsWith(`${newestMs} ${key}`) && / (cpu\/usage_rate|memory\/working_set)$/.test(value)
  )?.[1];
}

/** It was read from a clock that the recording knows so well. */
const UPTIME_TOLERANCE_MS = 100;

/** Why two exports of an entity differ: one of the departures of its values in that round; undefined if it is none of them. */
function departureOfSet(
  ours: ExportedSet | undefined,
  theirs: ExportedSet | undefined,
  context: RunContext
): Departure | undefined {
  if (ours === undefined || theirs === undefined) {
    return undefined;
  }
  const [metrics, told] = [ours.metrics, theirs.metrics] as unknown as Array<Readonly<Record<string, ExactValue>>>;
  let departure: Departure | undefined;
  for (const name of new Set([...Object.keys(metrics), ...Object.keys(told)])) {
    if (!isSame(metrics[name] ?? null, told[name] ?? null, name === 'uptime' ? UPTIME_TOLERANCE_MS : 0)) {
      departure = departureOfMetric(ours.labels, name, context);
      if (!departure) {
        return undefined;
      }
    }
  }
  return departure;
}

function departureOfMetric(
  labels: ExportedSet['labels'],
  metric: string,
  { accepted, newestMs }: RunContext
): Departure | undefined {
  const { nodename, pod_name: pod, container_name: container } = labels;
  const owner = pod === undefined ? `node:${nodename}` : `/pod:${pod}`;
  const isWhole = container === 'machine' || container === '/pod';
  const name = `${owner}${isWhole ? '' : `/container:${container}`} ${metric}`;
  // Labels of the metric itself may follow its name.
  const isIt = (value: string) => value.endsWith(name) || value.includes(`${name} `);
  return [...accepted].find(([value]) => value.startsWith(`${newestMs} `) && isIt(value))?.[1];
}

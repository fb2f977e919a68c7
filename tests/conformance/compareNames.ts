import type { RunContext } from './compareAnswers.ts';
import type { Accepted } from './compareBatches.ts';
import type { ExactValue } from './exactJson.ts';
import type { Departure } from './findings.ts';
import { difference, isSame } from './isSame.ts';
import { namesIn, valuesIn } from './ownAnswers.ts';

const WINDOW_MS = 15 * 60_000;

/**
 * Compares names of metrics. A departure or a sentence; undefined if they are the same. Where they differ, ours have to be
 * those of the rounds: of the last 15 minutes in the model, of all in the historical API.
 */
export function compareNames(
  key: string,
  ours: ExactValue,
  theirs: ExactValue,
  isHistorical: boolean,
  context: RunContext
): string | undefined {
  const [own, recorded] = [new Set(ours as string[]), new Set(theirs as string[])];
  const missing = [...recorded].filter((name) => !own.has(name));
  const further = [...own].filter((name) => !recorded.has(name));
  if (missing.length + further.length === 0) {
    return undefined;
  }
  const told = [...context.own].filter(([timeMs]) => isHistorical || timeMs > context.newestMs - WINDOW_MS);
  const expected = namesIn(
    told.flatMap(([, sets]) => sets.get(key) ?? []),
    isHistorical
  );
  if (!isSame([...own].sort(), expected)) {
    return difference(ours, expected);
  }
  const departures = new Set<string>();
  for (const name of missing) {
    const isForeign = isHistorical && isOfOthers(context, key, name);
    departures.add(departureOf(context.accepted, key, name) ?? (isForeign ? 'historical' : `${name} is missing`));
  }
  for (const name of further) {
    const isOld = !isHistorical && timesOf(context, key, name).some((timeMs) => timeMs <= context.shortSinceMs);
    departures.add(isOld ? 'kept' : (departureOf(context.accepted, key, name) ?? `${name} is told beyond`));
  }
  return [...departures].sort(
    (one, other) => Number(one in context.departures) - Number(other in context.departures)
  )[0];
}

function departureOf(accepted: Accepted, key: string, name: string): Departure | undefined {
  return [...accepted].find(([value]) => value.endsWith(` ${key} ${name}`))?.[1];
}

/**
 * InfluxDB named a metric if one object of the kind had it, and some object that carries the name: for a pod also one of
 * its containers, for a node also one of its pods.
 */
function isOfOthers({ own }: RunContext, key: string, name: string): boolean {
  const kindOf = (each: string) => each.replace(/:[^/]*/g, '');
  const having = [...own.values()].flatMap((sets) =>
    [...sets.keys()].filter((each) => valuesIn(sets, each, name).length > 0)
  );
  const isWithin = (each: string) => each.startsWith(`${key}/`) || (key.startsWith('node:') && each.includes('/pod:'));
  return !having.includes(key) && having.some((each) => kindOf(each) === kindOf(key)) && having.some(isWithin);
}

function timesOf({ own }: RunContext, key: string, name: string): number[] {
  return [...own].flatMap(([timeMs, sets]) => (valuesIn(sets, key, name).length > 0 ? [timeMs] : []));
}

import { namesAt, type HistoryObject, type Inventory } from '../../backend/history/inventory.ts';
import { CRASH_RETENTION } from './retention.ts';
import { RESOLUTION_MS, roundOf, timeOf, truthOf } from './world.ts';

const DAY_MS = 86_400_000;

/** When an object was there, and what it was called then. */
interface Presence {
  /** Rounds with which it came: the first one, and each after it was away for a time. */
  readonly arrivals: Array<{ readonly round: number; readonly awayMs: number }>;
  /** Rounds with which its names changed, and to what. */
  readonly names: Array<{ readonly round: number; readonly text: string }>;
  last: number;
}

const presences = new Map<number, { until: number; of: Map<string, Presence> }>();

/**
 * Compares who was there when. Who was not seen for as long as anything is kept may be forgotten, and be new later.
 * Throws with a sentence at the first difference, and answers with how many objects were compared.
 */
export function compareInventory(seed: number, inventory: Inventory, rounds: readonly number[]): number {
  const truth = presenceOf(seed, rounds);
  const longestMs = Math.max(...Object.values(CRASH_RETENTION.keepMs));
  const newestMs = timeOf(rounds.at(-1) ?? 0);
  const missing = new Set(
    [...truth].filter(([, { last }]) => timeOf(last) >= newestMs - longestMs).map(([name]) => name)
  );
  for (const object of inventory.all()) {
    const name = `${object.shard}|${object.table}|${object.key}`;
    const presence = truth.get(name);
    if (!presence) {
      throw new Error(`The inventory has ${name}, which was in no round that was ended`);
    }
    compareObject(object, presence, name, longestMs);
    missing.delete(name);
  }
  if (missing.size > 0) {
    throw new Error(`The inventory lacks ${missing.size} objects, such as ${[...missing][0]}`);
  }
  return inventory.size;
}

function compareObject(
  object: HistoryObject,
  { arrivals, names, last }: Presence,
  name: string,
  longestMs: number
): void {
  const first = roundOf(object.firstSeenMs);
  // The day of a segment of an hour's buckets goes as a whole.
  const isArrival = arrivals.some(({ round, awayMs }, index) => round === first && (index === 0 || awayMs > longestMs));
  if (!isArrival) {
    throw new Error(
      `${name} was first seen in round ${first} instead of ${arrivals.map(({ round }) => round).join(' or ')}`
    );
  }
  if (roundOf(object.lastSeenMs) !== last) {
    throw new Error(`${name} was last seen in round ${roundOf(object.lastSeenMs)} instead of ${last}`);
  }
  for (const { round, text } of names.filter((change) => change.round >= first).slice(-10)) {
    const found = textOf(namesAt(object, timeOf(round)));
    if (found !== text) {
      throw new Error(`${name} was called ${found} in round ${round} instead of ${text}`);
    }
  }
}

function presenceOf(seed: number, rounds: readonly number[]): Map<string, Presence> {
  const known = presences.get(seed) ?? { until: -1, of: new Map<string, Presence>() };
  presences.set(seed, known);
  for (const round of rounds) {
    if (round > known.until) {
      note(known.of, seed, round);
      known.until = round;
    }
  }
  return known.of;
}

function note(presences: Map<string, Presence>, seed: number, round: number): void {
  for (const { shard, table, key, names } of truthOf(seed, round)) {
    const name = `${shard}|${table}|${key}`;
    const text = textOf(names);
    const presence = presences.get(name) ?? { arrivals: [], names: [], last: -Infinity };
    presences.set(name, presence);
    const awayMs = (round - presence.last) * RESOLUTION_MS;
    if (awayMs > DAY_MS) {
      presence.arrivals.push({ round, awayMs });
    }
    if (presence.names.at(-1)?.text !== text) {
      presence.names.push({ round, text });
    }
    presence.last = round;
  }
}

function textOf({ uid, labels }: { readonly uid?: string; readonly labels?: unknown }): string {
  return `${uid} ${JSON.stringify(labels)}`;
}

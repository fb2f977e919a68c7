import type { HistoryObject } from '../../backend/history/inventory.ts';
import { allObjects, type KnownObjects } from '../../backend/history/knownObjects.ts';
import { namesAt } from '../../backend/history/testing/namesAt.ts';
import { CRASH_GONE_LIMITS, CRASH_RETENTION } from './retention.ts';
import { RESOLUTION_MS, roundOf, timeOf, truthOf } from './world.ts';

/** Rounds that an object was there, but for short times away. */
interface Stay {
  readonly first: number;
  last: number;
}

/** When an object was there, and what it was called then. */
interface Presence {
  readonly stays: Stay[];
  /** Rounds with which its names changed, and to what. */
  readonly names: Array<{ readonly round: number; readonly text: string }>;
}

const presences = new Map<number, { until: number; of: Map<string, Presence> }>();

/**
 * Compares who was there when, be it in memory or on disk. Who went to disk and comes back is a new object; who was not seen
 * for as long as anything is kept may be forgotten. Throws with a sentence at the first difference, and answers with how
 * many objects were compared.
 */
export function compareInventory(seed: number, known: KnownObjects, rounds: readonly number[]): number {
  const truth = presenceOf(seed, rounds);
  const longestMs = Math.max(...Object.values(CRASH_RETENTION.keepMs));
  const oldestMs = timeOf(rounds.at(-1) ?? 0) - longestMs;
  const found = Map.groupBy(allObjects(known), ({ shard, table, key }) => `${shard}|${table}|${key}`);
  for (const [name, presence] of truth) {
    let next = 0;
    for (const object of (found.get(name) ?? []).sort((one, other) => one.firstSeenMs - other.firstSeenMs)) {
      const first = presence.stays.findIndex(
        (stay, index) => index >= next && timeOf(stay.first) === object.firstSeenMs
      );
      const last = presence.stays.findIndex((stay) => timeOf(stay.last) === object.lastSeenMs);
      if (first < 0 || last < first) {
        throw new Error(`${name} was there in rounds ${text(presence)}, not from ${span(object)}`);
      }
      checkLeftOut(name, presence.stays.slice(next, first), oldestMs);
      compareNames(object, presence, name);
      next = last + 1;
    }
    checkLeftOut(name, presence.stays.slice(next), oldestMs);
    found.delete(name);
  }
  const [stranger] = found.keys();
  if (stranger !== undefined) {
    throw new Error(`The inventory has ${stranger}, which was in no round that was ended`);
  }
  return known.size;
}

function checkLeftOut(name: string, stays: readonly Stay[], oldestMs: number): void {
  const kept = stays.find(({ last }) => timeOf(last) >= oldestMs);
  if (kept) {
    throw new Error(`Nobody is known who was ${name} in rounds ${kept.first} to ${kept.last}`);
  }
}

function compareNames(object: HistoryObject, { names }: Presence, name: string): void {
  const own = names.filter(({ round }) => timeOf(round) >= object.firstSeenMs && timeOf(round) <= object.lastSeenMs);
  for (const { round, text: wanted } of own.slice(-10)) {
    const told = textOf(namesAt(object, timeOf(round)));
    if (told !== wanted) {
      throw new Error(`${name} was called ${told} in round ${round} instead of ${wanted}`);
    }
  }
}

function text({ stays }: Presence): string {
  return stays.map(({ first, last }) => `${first}-${last}`).join(', ');
}

function span({ firstSeenMs, lastSeenMs }: HistoryObject): string {
  return `${roundOf(firstSeenMs)} to ${roundOf(lastSeenMs)}`;
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
    const presence = presences.get(name) ?? { stays: [], names: [] };
    presences.set(name, presence);
    const stay = presence.stays.at(-1);
    if (!stay || (round - stay.last) * RESOLUTION_MS > CRASH_GONE_LIMITS.keptMs) {
      presence.stays.push({ first: round, last: round });
    } else {
      stay.last = round;
    }
    if (presence.names.at(-1)?.text !== text) {
      presence.names.push({ round, text });
    }
  }
}

function textOf({ uid, labels }: { readonly uid?: string; readonly labels?: unknown }): string {
  return `${uid} ${JSON.stringify(labels)}`;
}

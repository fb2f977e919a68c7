import type { DataDirectory } from './dataDirectory.ts';
import { writeGoneFile } from './goneFile.ts';
import { compareObjects } from './goneFormat.ts';
import { gonePath, type GoneName } from './goneStore.ts';
import type { Inventory } from './inventory.ts';
import { InventoryFile } from './inventoryFile.ts';

/** How many of the objects that are gone stay in memory. */
export interface GoneLimits {
  /** They stay until they are more than this, and more than half of those that are there. */
  readonly least: number;
  /** What went later than so long ago stays: it may come back, and is asked for most. */
  readonly keptMs: number;
}

export const GONE_LIMITS: GoneLimits = { least: 10_000, keptMs: 7_200_000 };

/**
 * Up to when objects that are gone have to leave memory, so that half of what may stay is left; undefined while they are
 * few. `newestMs` is the newest round.
 */
export function goneUntilMs(inventory: Inventory, newestMs: number, limits = GONE_LIMITS): number | undefined {
  const lastSeenMs: number[] = [];
  for (const object of inventory.all()) {
    if (object.lastSeenMs < newestMs) {
      lastSeenMs.push(object.lastSeenMs);
    }
  }
  const most = Math.max(limits.least, (inventory.size - lastSeenMs.length) / 2);
  if (lastSeenMs.length <= most) {
    return undefined;
  }
  const sorted = Float64Array.from(lastSeenMs).sort();
  const untilMs = Math.min(sorted[sorted.length - 1 - Math.floor(most / 2)], newestMs - limits.keptMs);
  return untilMs >= sorted[0] ? untilMs : undefined;
}

/**
 * Writes the objects that were seen last after `gone.fromMs` and up to `gone.toMs` out of the file of the inventory into one of
 * their own. The file may have those still that went before.
 */
export function writeGone(directory: DataDirectory, gone: GoneName): void {
  const objects = new InventoryFile(directory)
    .goneUntil(gone.toMs)
    .filter(({ lastSeenMs }) => lastSeenMs > gone.fromMs);
  writeGoneFile(gonePath(directory, gone), objects.sort(compareObjects));
}

/** So many objects take a few milliseconds. */
const OBJECTS_AT_ONCE = 5_000;

/** Removes from memory what is on disk now, piece by piece. */
export async function forgetGone(inventory: Inventory, untilMs: number): Promise<void> {
  let left = OBJECTS_AT_ONCE;
  for (const object of inventory.all()) {
    if (object.lastSeenMs <= untilMs) {
      inventory.forgetOne(object);
    }
    if (--left === 0) {
      left = OBJECTS_AT_ONCE;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

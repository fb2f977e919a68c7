import type { DataDirectory } from './dataDirectory.ts';
import { writeGoneFile } from './goneFile.ts';
import { compareObjects } from './goneFormat.ts';
import { gonePath, type GoneName } from './goneStore.ts';
import type { Inventory } from './inventory.ts';
import { InventoryFile } from './inventoryFile.ts';

/** Objects that are gone stay in memory until they are more than this, and more than half of those that are there. */
const LEAST_KEPT = 10_000;
/** What went later than so long ago stays: it may come back, and is asked for most. */
const KEPT_MS = 7_200_000;

/**
 * Up to when objects that are gone have to leave memory, so that half of what may stay is left; undefined while they are
 * few. `newestMs` is the newest round.
 */
export function goneUntilMs(inventory: Inventory, newestMs: number): number | undefined {
  const lastSeenMs: number[] = [];
  for (const object of inventory.all()) {
    if (object.lastSeenMs < newestMs) {
      lastSeenMs.push(object.lastSeenMs);
    }
  }
  const most = Math.max(LEAST_KEPT, (inventory.size - lastSeenMs.length) / 2);
  if (lastSeenMs.length <= most) {
    return undefined;
  }
  const sorted = Float64Array.from(lastSeenMs).sort();
  const untilMs = Math.min(sorted[sorted.length - 1 - Math.floor(most / 2)], newestMs - KEPT_MS);
  return untilMs >= sorted[0] ? untilMs : undefined;
}

/** Writes the objects that were seen last up to `gone.toMs` out of the file of the inventory into one of their own. */
export function writeGone(directory: DataDirectory, gone: GoneName): void {
  const objects = new InventoryFile(directory).goneUntil(gone.toMs);
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

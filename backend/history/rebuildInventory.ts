import { objectKey, type ObjectNames, type TableName } from '../model/batch.ts';
import { DamagedBytesError } from './byteReader.ts';
import type { GoneStore } from './goneStore.ts';
import type { HistoryObject, Inventory } from './inventory.ts';
import type { KnownObjects } from './knownObjects.ts';
import { NumberSet } from './numberSet.ts';
import type { Segment, SegmentStore } from './segmentStore.ts';
import { BUCKET_MS } from './shardBlock.ts';
import { TABLE_NAMES } from './tableNames.ts';

/**
 * Adds the objects that segments have and the inventory does not, by the keys that stand in segments. Labels, owners and
 * uids are not there, and when an object was there is known as far as the files with its values reach. Answers with how
 * many were found.
 */
export function rebuildInventory(store: SegmentStore, { inventory, gone }: KnownObjects): number {
  const isGone = numbersOf(gone);
  const found = new Map<number, HistoryObject>();
  for (const tier of ['raw', '10m', '1h'] as const) {
    for (const segment of store.ofTier(tier)) {
      try {
        takeNames(segment, inventory, isGone, found);
      } catch (error) {
        if (!(error instanceof DamagedBytesError)) {
          throw error;
        }
        store.setAside(segment, error);
      }
    }
  }
  let added = 0;
  for (const object of [...found.values()].sort((one, other) => one.number - other.number)) {
    added += inventory.add(object) ? 1 : 0;
  }
  return added;
}

function takeNames(
  { reader, tier, fromMs, toMs }: Segment,
  inventory: Inventory,
  isGone: NumberSet,
  found: Map<number, HistoryObject>
): void {
  const sinceMs = fromMs - BUCKET_MS[tier];
  for (const { shard, table, objects, keys } of reader.names()) {
    objects.forEach((number, row) => {
      const key = keys[row];
      if (key === '' && table !== 'cluster') {
        inventory.reserve(number + 1);
      } else if (isGone.has(number)) {
        inventory.reserve(number + 1);
      } else if (!inventory.object(number)) {
        const known = found.get(number);
        const firstSeenMs = Math.min(sinceMs, known?.firstSeenMs ?? Infinity);
        const lastSeenMs = Math.max(toMs, known?.lastSeenMs ?? -Infinity);
        found.set(number, { number, table, shard, key, names: namesOf(table, shard, key), firstSeenMs, lastSeenMs });
      }
    });
  }
}

/** Numbers of the objects that are gone and on disk. */
function numbersOf(gone: GoneStore): NumberSet {
  const numbers = new NumberSet();
  for (const table of TABLE_NAMES) {
    for (const { number } of gone.objects(table, { fromMs: -Infinity, toMs: Infinity })) {
      numbers.add(number);
    }
  }
  return numbers;
}

/** The names that a key is made of, and the node it is on. */
function namesOf(table: TableName, shard: string, key: string): ObjectNames {
  const parts = key.split('/');
  const named = Object.fromEntries(
    partNames(table).flatMap((name, index, { length }) => {
      // What comes last may have slashes of its own, such as a mount.
      const text = index === length - 1 ? objectKey(...parts.slice(index)) : parts[index];
      return text ? [[name, text]] : [];
    })
  );
  return shard === '' ? named : { node: shard, ...named };
}

const OWNER = ['owner', 'node', 'namespace', 'pod', 'container'] as const;

function partNames(table: TableName): ReadonlyArray<keyof ObjectNames> {
  switch (table) {
    case 'cluster':
      return [];
    case 'node':
      return ['node'];
    case 'namespace':
      return ['namespace'];
    case 'workload':
      return ['namespace', 'workloadKind', 'workload'];
    case 'pod':
      return ['namespace', 'pod'];
    case 'container':
      return ['namespace', 'pod', 'container'];
    case 'sys_container':
      return ['node', 'container'];
    case 'filesystem':
      return [...OWNER, 'resourceId'];
    case 'interface':
      return [...OWNER, 'interface'];
    case 'accelerator':
      return [...OWNER, 'make', 'model', 'acceleratorId'];
  }
}

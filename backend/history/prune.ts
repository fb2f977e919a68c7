import { DamagedBytesError } from './byteReader.ts';
import type { HistoryObject } from './inventory.ts';
import { allObjects, type KnownObjects } from './knownObjects.ts';
import type { Segment, SegmentStore } from './segmentStore.ts';
import { SegmentWriter } from './segmentWriter.ts';
import type { ShardBlock, TableBlock } from './shardBlock.ts';
import { selectRows } from './selectRows.ts';

/** Segments that have nothing from `beforeMs` on. */
export function segmentsBefore(store: SegmentStore, beforeMs: number): Segment[] {
  return (['raw', '10m', '1h'] as const).flatMap((tier) => store.ofTier(tier).filter(({ toMs }) => toMs < beforeMs));
}

/** The objects of a namespace, and the namespace itself. */
export function objectsOfNamespace(known: KnownObjects, namespace: string): Set<HistoryObject> {
  const objects = new Set<HistoryObject>();
  for (const object of allObjects(known)) {
    if (object.names.namespace === namespace) {
      objects.add(object);
    }
  }
  return objects;
}

/** Whether a segment has any of some objects. */
export function hasAny({ reader }: Segment, numbers: ReadonlySet<number>): boolean {
  for (const { objects } of reader.names()) {
    if (objects.some((number) => numbers.has(number))) {
      return true;
    }
  }
  return false;
}

/**
 * Writes a segment again without some objects; it takes the place of the old one when it is complete. A damaged segment is
 * set aside.
 */
export function withoutObjects(store: SegmentStore, segment: Segment, numbers: ReadonlySet<number>): void {
  const { reader } = segment;
  const writer = new SegmentWriter(reader.path, reader.tier, reader.timesMs);
  try {
    for (const { shard, block } of reader.blocks()) {
      writer.add(shard, blockWithout(block, numbers));
    }
    writer.finish();
  } catch (error) {
    writer.abandon();
    if (!(error instanceof DamagedBytesError)) {
      throw error;
    }
    store.setAside(segment, error);
    return;
  }
  store.reopen(segment);
}

function blockWithout(block: ShardBlock, numbers: ReadonlySet<number>): ShardBlock {
  return new Map([...block].map(([table, content]) => [table, tableWithout(content, numbers)]));
}

function tableWithout(content: TableBlock, numbers: ReadonlySet<number>): TableBlock {
  const { objects, keys, metrics } = content;
  const rows = Array.from(objects.keys()).filter((row) => !numbers.has(objects[row]));
  if (rows.length === objects.length) {
    return content;
  }
  return {
    objects: objects.filter((number) => !numbers.has(number)),
    keys: rows.map((row) => keys[row]),
    metrics: new Map(Array.from(metrics, ([metric, stored]) => [metric, () => selectRows(stored(), rows)])),
  };
}

import type { ObjectNames } from '../model/batch.ts';
import type { Labels } from '../model/facts.ts';
import { DamagedBytesError } from './byteReader.ts';
import type { HistoryObject } from './inventory.ts';
import { packEntries, unpackEntries, type Entry, type PackedEntries } from './inventoryPage.ts';
import { TABLE_NAMES } from './tableNames.ts';

/** Objects as the bytes of a page. */
export function packObjects(objects: readonly HistoryObject[]): Buffer {
  const shared = new SharedLabels();
  const entries = objects.map((object): Entry => {
    const { number, table, shard, key, names, firstSeenMs, lastSeenMs, formerNames } = object;
    const former = formerNames?.map((one) => ({ untilMs: one.untilMs, names: shared.in(one.names) }));
    return [number, TABLE_NAMES.indexOf(table), shard, key, shared.in(names), firstSeenMs, lastSeenMs, former];
  });
  return Buffer.from(JSON.stringify(packEntries(entries)));
}

/** Objects out of the bytes of a page. Throws `DamagedBytesError` if they are not such. */
export function unpackObjects(bytes: Uint8Array): HistoryObject[] {
  const entries = unpackEntries(parsePage<PackedEntries>(bytes), new Map());
  return entries.map(([number, table, shard, key, names, firstSeenMs, lastSeenMs, formerNames]) => {
    const seen = { firstSeenMs, lastSeenMs: lastSeenMs ?? firstSeenMs };
    const former = formerNames ? { formerNames } : {};
    return { number, table: TABLE_NAMES[table], shard, key, names, ...seen, ...former };
  });
}

/** What a page that is whole says. Throws `DamagedBytesError` if it is not of this kind at all. */
export function parsePage<Content>(bytes: Uint8Array): Content {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    return JSON.parse(text) as Content;
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new DamagedBytesError('A page that says nothing');
    }
    throw error;
  }
}

/** Equal labels of a page are one: what comes out of several files has them several times. */
class SharedLabels {
  private readonly byObject = new Map<Labels, Labels>();
  private readonly byContent = new Map<string, Labels>();

  in(names: ObjectNames): ObjectNames {
    const { labels } = names;
    const shared = labels && this.of(labels);
    return shared === labels ? names : { ...names, labels: shared };
  }

  private of(labels: Labels): Labels {
    let shared = this.byObject.get(labels);
    if (!shared) {
      const content = JSON.stringify(labels);
      shared = this.byContent.get(content) ?? labels;
      this.byContent.set(content, shared);
      this.byObject.set(labels, shared);
    }
    return shared;
  }
}

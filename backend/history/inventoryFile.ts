import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ObjectNames } from '../model/batch.ts';
import { DamagedBytesError } from './byteReader.ts';
import type { DataDirectory } from './dataDirectory.ts';
import type { HistoryObject, Inventory } from './inventory.ts';
import { framePage, openPage } from './pageFrame.ts';
import { syncFolder } from './segmentWriter.ts';
import { TABLE_NAMES } from './tableNames.ts';

/** number, table, shard, key, names, first seen, last seen (null: was there at the end of the page's round), former names */
type Entry = [
  number: number,
  table: number,
  shard: string,
  key: string,
  names: ObjectNames,
  firstSeenMs: number,
  lastSeenMs: number | null,
  formerNames?: HistoryObject['formerNames'] | null,
];

interface Page {
  readonly untilMs: number;
  readonly entries: readonly Entry[];
}

const MAGIC = Buffer.from('HEAPIN01', 'latin1');
const LENGTH_BYTES = 4;
/** A torn page loses no more than these, and the text of a page takes little memory. */
const ENTRIES_PER_PAGE = 5_000;
/** The file is written anew when it has so many times more entries than there are objects. */
const MOST_ENTRIES_PER_OBJECT = 2;

/** What was read of the file. */
export interface LoadedInventory {
  readonly entries: number;
  /** Bytes at the end that were torn or damaged, and cut off. */
  readonly lostBytes: number;
}

/**
 * The inventory on disk: pages of objects with checksums, added to after each block; what comes later in the file is newer.
 * Objects are written when they come, change, or go.
 */
export class InventoryFile {
  private readonly directory: DataDirectory;
  private readonly path: string;
  /** Numbers of the objects that the file says are there still. */
  private readonly there = new Set<number>();
  private entries = 0;

  constructor(directory: DataDirectory) {
    this.directory = directory;
    this.path = join(directory.inventory, 'objects.inv');
  }

  /** Reads all objects into an inventory. */
  load(inventory: Inventory): LoadedInventory {
    rmSync(`${this.path}.part`, { force: true });
    const bytes = existsSync(this.path) ? readFileSync(this.path) : Buffer.alloc(0);
    const newest = new Map<number, Entry>();
    let untilMs = -Infinity;
    const end = readPages(bytes, (page) => {
      page.entries.forEach((entry) => newest.set(entry[0], entry));
      this.entries += page.entries.length;
      untilMs = page.untilMs;
    });
    for (const [number, table, shard, key, names, firstSeenMs, lastSeenMs, formerNames] of newest.values()) {
      const seen = { firstSeenMs, lastSeenMs: lastSeenMs ?? Math.max(untilMs, firstSeenMs) };
      const former = formerNames ? { formerNames } : {};
      inventory.add({ number, table: TABLE_NAMES[table], shard, key, names, ...seen, ...former });
      if (lastSeenMs === null) {
        this.there.add(number);
      }
    }
    if (end < bytes.length) {
      this.cutOff(end);
    }
    return { entries: this.entries, lostBytes: bytes.length - end };
  }

  /** Adds what changed since the last time. `untilMs` is the newest round, `changed` what is new or has other names. */
  save(inventory: Inventory, untilMs: number, changed: ReadonlySet<HistoryObject>): void {
    const news = [...inventory.all()].filter(
      (object) => changed.has(object) || object.lastSeenMs >= untilMs !== this.there.has(object.number)
    );
    const isNew = !existsSync(this.path);
    if (isNew || this.entries + news.length > inventory.size * MOST_ENTRIES_PER_OBJECT) {
      this.rewrite(inventory, untilMs);
      return;
    }
    const descriptor = openSync(this.path, 'a');
    this.writeAndClose(descriptor, news, untilMs);
  }

  /** Writes the whole inventory into a new file, which takes the place of the old one. */
  rewrite(inventory: Inventory, untilMs: number): void {
    const descriptor = openSync(`${this.path}.part`, 'w');
    this.entries = 0;
    this.there.clear();
    writeSync(descriptor, MAGIC);
    this.writeAndClose(descriptor, inventory.all(), untilMs);
    renameSync(`${this.path}.part`, this.path);
    syncFolder(this.directory.inventory);
  }

  private writeAndClose(descriptor: number, objects: Iterable<HistoryObject>, untilMs: number): void {
    try {
      let entries: Entry[] = [];
      for (const object of objects) {
        entries.push(this.entryOf(object, untilMs));
        if (entries.length === ENTRIES_PER_PAGE) {
          writePage(descriptor, { untilMs, entries });
          entries = [];
        }
      }
      // An empty page says how far the inventory is known.
      writePage(descriptor, { untilMs, entries });
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  private entryOf(object: HistoryObject, untilMs: number): Entry {
    const { number, table, shard, key, names, firstSeenMs, lastSeenMs, formerNames } = object;
    const isThere = lastSeenMs >= untilMs;
    if (isThere) {
      this.there.add(number);
    } else {
      this.there.delete(number);
    }
    this.entries++;
    const seen = isThere ? null : lastSeenMs;
    return [number, TABLE_NAMES.indexOf(table), shard, key, names, firstSeenMs, seen, formerNames];
  }

  private cutOff(end: number): void {
    const descriptor = openSync(this.path, 'r+');
    try {
      ftruncateSync(descriptor, end);
      if (end === 0) {
        writeSync(descriptor, MAGIC, 0, MAGIC.length, 0);
      }
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

function writePage(descriptor: number, page: Page): void {
  const framed = framePage(Buffer.from(JSON.stringify(page)));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(framed.length);
  writeSync(descriptor, Buffer.concat([length, framed]));
}

/** Reads pages up to the first that is torn or damaged, and answers with where that is. */
function readPages(bytes: Buffer, take: (page: Page) => void): number {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    return 0;
  }
  let offset = MAGIC.length;
  while (offset + LENGTH_BYTES <= bytes.length) {
    const end = offset + LENGTH_BYTES + bytes.readUInt32LE(offset);
    const page = end <= bytes.length ? openedPage(bytes.subarray(offset + LENGTH_BYTES, end)) : undefined;
    if (!page) {
      return offset;
    }
    take(page);
    offset = end;
  }
  return offset;
}

function openedPage(framed: Buffer): Page | undefined {
  try {
    return JSON.parse(Buffer.from(openPage(framed)).toString('utf8')) as Page;
  } catch (error) {
    if (error instanceof DamagedBytesError) {
      return undefined;
    }
    throw error;
  }
}

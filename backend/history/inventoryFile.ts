import {
  closeSync,
  existsSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DamagedBytesError } from './byteReader.ts';
import { setAside, type DataDirectory } from './dataDirectory.ts';
import type { HistoryObject, Inventory } from './inventory.ts';
import { packEntries, unpackEntries, type Entry, type PackedEntries } from './inventoryPage.ts';
import { framePage, openPage } from './pageFrame.ts';
import { syncFolder } from './segmentWriter.ts';
import { TABLE_NAMES } from './tableNames.ts';
import { beginFile, writeFully } from './writeFully.ts';

interface Page {
  readonly untilMs: number;
  readonly entries: readonly Entry[];
  /** Numbers below this were given away. */
  readonly next: number;
  /** The last page of those that were written together: all of them hold until `untilMs`. */
  readonly isEnd: boolean;
}

const MAGIC = Buffer.from('HEAPIN01', 'latin1');
const LENGTH_BYTES = 4;
/** A torn page loses no more than these, and the text of a page takes little memory. */
const ENTRIES_PER_PAGE = 1_000;
/** The file is written anew when it has so many times more entries than there are objects. */
const MOST_ENTRIES_PER_OBJECT = 2;

/** What was read of the file. */
export interface LoadedInventory {
  readonly entries: number;
  /** Bytes that were torn or damaged, and left out. */
  readonly lostBytes: number;
  /** More than the end was lost, which a crash may tear. */
  readonly isDamaged: boolean;
  /** There was no file. */
  readonly isMissing: boolean;
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
  private savedMs = -Infinity;
  /** Whether a save was begun and not ended: the file may have part of it, and only a new one is certain. */
  private isInDoubt = false;

  constructor(directory: DataDirectory) {
    this.directory = directory;
    this.path = join(directory.inventory, 'objects.inv');
  }

  /** The newest round when the file was saved last. */
  get savedUntilMs(): number {
    return this.savedMs;
  }

  /** Reads all objects into an inventory. Read only, the file is left as it is. */
  load(inventory: Inventory, { isReadOnly = false } = {}): LoadedInventory {
    if (!isReadOnly) {
      rmSync(this.partPath, { force: true });
    }
    const isMissing = !existsSync(this.path);
    const bytes = isMissing ? Buffer.alloc(0) : readFileSync(this.path);
    const newest = new Map<number, Entry>();
    const { end, skippedBytes } = readPages(bytes, (page) => {
      page.entries.forEach((entry) => newest.set(entry[0], entry));
      this.entries += page.entries.length;
      this.savedMs = page.isEnd ? page.untilMs : this.savedMs;
      inventory.reserve(page.next);
    });
    for (const entry of newest.values()) {
      inventory.add(objectOf(entry, this.savedMs));
      if (entry[LAST_SEEN] === null) {
        this.there.add(entry[0]);
      }
    }
    const isDamaged = skippedBytes > 0 || (end === 0 && bytes.length >= MAGIC.length);
    if (isReadOnly) {
      return { entries: this.entries, lostBytes: bytes.length - end + skippedBytes, isDamaged, isMissing };
    }
    if (isDamaged) {
      // Whoever opens it writes it anew; until then nothing may be added behind what cannot be read.
      setAside(this.directory, this.path);
    } else if (end < bytes.length) {
      this.cutOff(end);
    }
    return { entries: this.entries, lostBytes: bytes.length - end + skippedBytes, isDamaged, isMissing };
  }

  /** Objects of the file that were seen last at a time or before, in no order. */
  goneUntil(untilMs: number): HistoryObject[] {
    const gone = new Map<number, HistoryObject>();
    readPages(readFileSync(this.path), ({ entries }) => {
      for (const entry of entries) {
        const lastSeenMs = entry[LAST_SEEN];
        if (lastSeenMs !== null && lastSeenMs <= untilMs) {
          gone.set(entry[0], objectOf(entry, lastSeenMs));
        } else {
          gone.delete(entry[0]);
        }
      }
    });
    return [...gone.values()];
  }

  /**
   * Adds what changed since the last time, page by page, so that nobody waits for all of it. `untilMs` is the newest round,
   * `changed` what is new or has other names. What a round brings that is not ended yet is left to the next time.
   */
  async save(inventory: Inventory, untilMs: number, changed: ReadonlySet<HistoryObject>): Promise<void> {
    const news = this.newsOf(inventory, untilMs, changed);
    const isNew = !existsSync(this.path);
    const isAnew = isNew || this.isInDoubt || this.entries + news.length > inventory.size * MOST_ENTRIES_PER_OBJECT;
    this.isInDoubt = true;
    const descriptor = isAnew ? this.beginAnew() : openSync(this.path, 'a');
    try {
      const head = { untilMs, next: inventory.next };
      for (const _page of this.writePages(descriptor, isAnew ? inventory.all() : news, head)) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await new Promise<void>((resolve, reject) => fsync(descriptor, (error) => (error ? reject(error) : resolve())));
    } catch (error) {
      rmSync(this.partPath, { force: true });
      throw error;
    } finally {
      closeSync(descriptor);
    }
    if (isAnew) {
      this.endAnew();
    }
    this.endSave(untilMs);
  }

  /** Writes the whole inventory into a new file, which takes the place of the old one. */
  rewrite(inventory: Inventory, untilMs: number): void {
    this.isInDoubt = true;
    const descriptor = this.beginAnew();
    try {
      const writing = this.writePages(descriptor, inventory.all(), { untilMs, next: inventory.next });
      while (!writing.next().done) {
        // All of it at once.
      }
      fsyncSync(descriptor);
    } catch (error) {
      rmSync(this.partPath, { force: true });
      throw error;
    } finally {
      closeSync(descriptor);
    }
    this.endAnew();
    this.endSave(untilMs);
  }

  /** Where it is written anew. What of it cannot be ended goes, to leave others its room. */
  private get partPath(): string {
    return `${this.path}.part`;
  }

  private endSave(untilMs: number): void {
    this.savedMs = untilMs;
    this.isInDoubt = false;
  }

  private newsOf(inventory: Inventory, untilMs: number, changed: ReadonlySet<HistoryObject>): HistoryObject[] {
    const news: HistoryObject[] = [];
    for (const object of inventory.all()) {
      const { number, lastSeenMs } = object;
      const isThere = lastSeenMs >= untilMs;
      if (changed.has(object) || isThere !== this.there.has(number) || (!isThere && lastSeenMs > this.savedMs)) {
        news.push(object);
      }
    }
    return news;
  }

  private beginAnew(): number {
    const descriptor = beginFile(this.partPath, 'w', MAGIC);
    this.entries = 0;
    this.there.clear();
    return descriptor;
  }

  private endAnew(): void {
    renameSync(this.partPath, this.path);
    syncFolder(this.directory.inventory);
  }

  /** Writes objects, and rests after each page. */
  private *writePages(
    descriptor: number,
    objects: Iterable<HistoryObject>,
    head: Pick<Page, 'untilMs' | 'next'>
  ): Generator<void> {
    let entries: Entry[] = [];
    for (const object of objects) {
      if (object.firstSeenMs > head.untilMs) {
        continue;
      }
      entries.push(this.entryOf(object, head.untilMs));
      if (entries.length === ENTRIES_PER_PAGE) {
        writePage(descriptor, { ...head, entries, isEnd: false });
        entries = [];
        yield;
      }
    }
    // An empty page says how far the inventory is known.
    writePage(descriptor, { ...head, entries, isEnd: true });
  }

  private entryOf(object: HistoryObject, untilMs: number): Entry {
    const { number, table, shard, key, firstSeenMs, lastSeenMs } = object;
    const { names, formerNames } = namesUntil(object, untilMs);
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

/** Where an entry says when its object was seen last. */
const LAST_SEEN = 6;

/** The object of an entry; one that is there is so at least until `savedUntilMs`. */
function objectOf(entry: Entry, savedUntilMs: number): HistoryObject {
  const [number, table, shard, key, names, firstSeenMs, lastSeenMs, formerNames] = entry;
  const seen = { firstSeenMs, lastSeenMs: lastSeenMs ?? Math.max(savedUntilMs, firstSeenMs) };
  return { number, table: TABLE_NAMES[table], shard, key, names, ...seen, ...(formerNames ? { formerNames } : {}) };
}

/** Whether a round that is not ended yet brought an object or other names of it. */
export function isAhead(object: HistoryObject, untilMs: number): boolean {
  return object.firstSeenMs > untilMs || namesUntil(object, untilMs).names !== object.names;
}

/** The names of an object as they were at the end of a round. */
function namesUntil(
  { names, formerNames }: HistoryObject,
  untilMs: number
): Pick<HistoryObject, 'names' | 'formerNames'> {
  const last = formerNames?.at(-1);
  return last && last.untilMs > untilMs
    ? { names: last.names, formerNames: formerNames!.slice(0, -1) }
    : { names, formerNames };
}

function writePage(descriptor: number, page: Page): void {
  const framed = framePage(Buffer.from(JSON.stringify({ ...page, ...packEntries(page.entries) })));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(framed.length);
  writeFully(descriptor, Buffer.concat([length, framed]));
}

/** Reads the pages that are whole. Answers with where the last of them ends, and how much was skipped before that. */
function readPages(bytes: Buffer, take: (page: Page) => void): { end: number; skippedBytes: number } {
  const texts = new Map<string, string>();
  let end = 0;
  let skippedBytes = 0;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    return { end, skippedBytes };
  }
  end = MAGIC.length;
  for (let offset = end; offset + LENGTH_BYTES <= bytes.length;) {
    const next = offset + LENGTH_BYTES + bytes.readUInt32LE(offset);
    const page = next <= bytes.length ? openedPage(bytes.subarray(offset + LENGTH_BYTES, next), texts) : undefined;
    if (page) {
      take(page);
      skippedBytes += offset - end;
      end = next;
    }
    offset = next;
  }
  return { end, skippedBytes };
}

function openedPage(framed: Buffer, texts: Map<string, string>): Page | undefined {
  try {
    const page = JSON.parse(Buffer.from(openPage(framed)).toString('utf8')) as Omit<Page, 'entries'> & PackedEntries;
    return { ...page, entries: unpackEntries(page, texts) };
  } catch (error) {
    if (error instanceof DamagedBytesError) {
      return undefined;
    }
    throw error;
  }
}

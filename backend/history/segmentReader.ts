import { closeSync, fstatSync, openSync } from 'node:fs';
import type { TableName } from '../model/batch.ts';
import { readAggregates } from './aggregatesCodec.ts';
import { BunchPages, samplesIn } from './bunchPages.ts';
import { ByteReader, DamagedBytesError } from './byteReader.ts';
import { readFully } from './readFully.ts';
import { PageCache } from './pageCache.ts';
import { openPage } from './pageFrame.ts';
import {
  readFooter,
  readStripIndex,
  SEGMENT_MAGIC,
  TRAILER_BYTES,
  type PageList,
  type SegmentFooter,
  type StripIndex,
} from './segmentFormat.ts';
import { sharedBytes } from './sharedBytes.ts';
import type { ShardBlock, Stored, TableBlock, Tier } from './shardBlock.ts';

/** What a shard has of one metric in one segment. */
export interface ShardMetric {
  readonly shard: string;
  /** Numbers of the objects; row i of each matrix is about `objects[i]`. */
  readonly objects: Uint32Array;
  /** Reads the values. */
  stored(): Stored;
}

/** Strips whose index is kept; an index takes some 20 KB. */
const KEPT_INDEXES = 4;

/** Pages that questions about few nodes opened: the next question is mostly about the same node, or another of its metrics. */
const cache = new PageCache(32 * 2 ** 20);
let readers = 0;

/** Reads one segment file. What is damaged throws `DamagedBytesError`, in `open` or in the read that meets it. */
export class SegmentReader {
  readonly path: string;
  readonly bytes: number;
  private readonly descriptor: number;
  private readonly footer: SegmentFooter;
  private readonly indexes = new Map<number, StripIndex>();
  private readonly number = readers++;
  /** Reads pages for questions about few nodes. */
  private readonly kept = { readPage: (list: PageList, bunch: number) => this.keptPage(list, bunch) };
  private isClosed = false;

  /** Opens a complete segment. */
  static open(path: string): SegmentReader {
    const descriptor = openSync(path, 'r');
    try {
      return new SegmentReader(path, descriptor);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  private constructor(path: string, descriptor: number) {
    this.path = path;
    this.descriptor = descriptor;
    this.bytes = fstatSync(descriptor).size;
    const trailer = this.read(this.bytes - TRAILER_BYTES, TRAILER_BYTES);
    if (!trailer.subarray(12).equals(SEGMENT_MAGIC)) {
      throw new DamagedBytesError('The file does not end as a segment does');
    }
    const offset = Number(trailer.readBigUInt64LE(0));
    this.footer = readFooter(new ByteReader(openPage(this.read(offset, trailer.readUInt32LE(8)))));
  }

  get tier(): Tier {
    return this.footer.tier;
  }

  /** Times of the rounds, or ends of the buckets, ascending. */
  get timesMs(): readonly number[] {
    return this.footer.timesMs;
  }

  /** Values that are present, a bucket counted once. */
  get samples(): number {
    return this.footer.samples;
  }

  close(): void {
    this.isClosed = true;
    closeSync(this.descriptor);
  }

  /** Names of all shards, sorted. */
  *shards(): Generator<string> {
    for (let strip = 0; strip < this.footer.strips.length; strip++) {
      for (const shards of this.indexOf(strip).bunches) {
        yield* shards;
      }
    }
  }

  /** What the shards have of a metric, in order of their names; of all shards, or of those named. */
  *metric(table: TableName, metric: string, shards?: ReadonlySet<string>): Generator<ShardMetric> {
    for (const strip of this.stripsOf(shards)) {
      const { bunches, tables } = this.indexOf(strip);
      const index = tables.get(table);
      const wanted = bunches.map((names) => !shards || names.some((name) => shards.has(name)));
      const pagesOf = (list: PageList | undefined) =>
        shards ? this.keptPages(list, wanted) : this.readPages(list, wanted);
      const pages = index && pagesOf(index.metrics.get(metric));
      const objectPages = pages && pagesOf(index.objects);
      for (let bunch = 0; pages && bunch < bunches.length; bunch++) {
        if (pages[bunch]) {
          const reader = shards ? this.kept : this;
          const open = new BunchPages(reader, index, bunch, bunches[bunch].length, objectPages![bunch]!);
          open.keep(metric, pages[bunch]!);
          yield* this.members(open, bunches[bunch], metric, shards);
        }
      }
    }
  }

  /** Everything of all shards, in order of their names; metrics can be read as long as the file is open. */
  *blocks(): Generator<{ readonly shard: string; readonly block: ShardBlock }> {
    for (let strip = 0; strip < this.footer.strips.length; strip++) {
      const { bunches, tables } = this.indexOf(strip);
      for (let bunch = 0; bunch < bunches.length; bunch++) {
        const blocks = bunches[bunch].map(() => new Map<TableName, TableBlock>());
        for (const [table, index] of tables) {
          if (index.objects.lengths[bunch] > 0) {
            const objects = this.readPage(index.objects, bunch);
            this.addTables(blocks, table, new BunchPages(this, index, bunch, blocks.length, objects));
          }
        }
        yield* bunches[bunch].map((shard, member) => ({ shard, block: blocks[member] }));
      }
    }
  }

  /** Names of the metrics of each table. */
  metrics(): Map<TableName, Set<string>> {
    const names = new Map<TableName, Set<string>>();
    for (let strip = 0; strip < this.footer.strips.length; strip++) {
      for (const [table, index] of this.indexOf(strip).tables) {
        const known = names.get(table) ?? new Set();
        names.set(table, known);
        [...index.metrics.keys()].forEach((metric) => known.add(metric));
      }
    }
    return names;
  }

  /** The objects of all tables of all shards, without reading any of their values. */
  *names(): Generator<{
    readonly shard: string;
    readonly table: TableName;
    readonly objects: Uint32Array;
    readonly keys: readonly string[];
  }> {
    for (let strip = 0; strip < this.footer.strips.length; strip++) {
      const { bunches, tables } = this.indexOf(strip);
      for (const [table, index] of tables) {
        for (let bunch = 0; bunch < bunches.length; bunch++) {
          if (index.objects.lengths[bunch] > 0) {
            const pages = new BunchPages(
              this,
              index,
              bunch,
              bunches[bunch].length,
              this.readPage(index.objects, bunch)
            );
            const keys = pages.keys();
            yield* bunches[bunch].map((shard, member) => ({
              shard,
              table,
              objects: pages.objectsOf(member),
              keys: keys[member],
            }));
          }
        }
      }
    }
  }

  /** One page of a list, checked. */
  readPage({ offset, lengths }: PageList, bunch: number): Uint8Array {
    let from = offset;
    for (let before = 0; before < bunch; before++) {
      from += lengths[before];
    }
    return openPage(this.read(from, lengths[bunch]));
  }

  private addTables(blocks: Array<Map<TableName, TableBlock>>, table: TableName, pages: BunchPages): void {
    const keys = pages.keys();
    blocks.forEach((block, member) => {
      const objects = pages.objectsOf(member);
      if (objects.length > 0) {
        const metrics = new Map<string, () => Stored>();
        for (const metric of pages.metricNames()) {
          if (pages.section(metric, member)) {
            metrics.set(metric, () => this.storedOf(pages, member, metric)!);
          }
        }
        block.set(table, { objects, keys: keys[member], metrics });
      }
    });
  }

  private *members(
    pages: BunchPages,
    names: readonly string[],
    metric: string,
    shards: ReadonlySet<string> | undefined
  ): Generator<ShardMetric> {
    for (let member = 0; member < names.length; member++) {
      if ((!shards || shards.has(names[member])) && pages.section(metric, member)) {
        const objects = pages.objectsOf(member);
        yield { shard: names[member], objects, stored: () => this.storedOf(pages, member, metric)! };
      }
    }
  }

  private storedOf(pages: BunchPages, member: number, metric: string): Stored | undefined {
    const section = pages.section(metric, member);
    const rows = pages.objectsOf(member).length;
    const rounds = this.timesMs.length;
    if (section === undefined) {
      return undefined;
    }
    return this.tier === 'raw'
      ? { samples: samplesIn(pages, member, section, rounds) }
      : readAggregates(new ByteReader(section), rows, rounds);
  }

  private stripsOf(shards: ReadonlySet<string> | undefined): number[] {
    const { strips } = this.footer;
    const all = strips.map((_, strip) => strip);
    return shards === undefined
      ? all
      : all.filter((strip) => {
          const next = strips[strip + 1]?.firstShard;
          return [...shards].some((name) => name >= strips[strip].firstShard && (next === undefined || name < next));
        });
  }

  private indexOf(strip: number): StripIndex {
    let index = this.indexes.get(strip);
    if (!index) {
      const { offset, length } = this.footer.strips[strip].index;
      index = readStripIndex(new ByteReader(openPage(this.read(offset, length))));
      this.indexes.set(strip, index);
      if (this.indexes.size > KEPT_INDEXES) {
        this.indexes.delete(this.indexes.keys().next().value!);
      }
    }
    return index;
  }

  private keptPage(list: PageList, bunch: number): Uint8Array {
    return cache.page(`${this.number} ${list.offset} ${bunch}`, () => this.readPage(list, bunch));
  }

  /** Pages of the few bunches that are wanted. */
  private keptPages(list: PageList | undefined, wanted: readonly boolean[]): Array<Uint8Array | undefined> | undefined {
    return (
      list &&
      wanted.map((isWanted, bunch) => (isWanted && list.lengths[bunch] > 0 ? this.keptPage(list, bunch) : undefined))
    );
  }

  /** Pages of the bunches that are wanted; they lie side by side, so that one read gets all. */
  private readPages(list: PageList | undefined, wanted: readonly boolean[]): Array<Uint8Array | undefined> | undefined {
    const first = wanted.indexOf(true);
    if (!list || first < 0) {
      return undefined;
    }
    const ends = endsOf(list);
    const start = ends[first] - list.lengths[first];
    const bytes = this.read(start, ends[wanted.lastIndexOf(true)] - start);
    return wanted.map((isWanted, bunch) => {
      const length = list.lengths[bunch];
      const from = ends[bunch] - length - start;
      return isWanted && length > 0 ? openPage(bytes.subarray(from, from + length)) : undefined;
    });
  }

  /** Some bytes of the file, until the next read of any file. */
  private read(offset: number, length: number): Buffer {
    if (this.isClosed) {
      throw new Error(`${this.path} was closed while it was read`);
    }
    if (offset < 0 || offset + length > this.bytes) {
      throw new DamagedBytesError(`${length} bytes at ${offset} are beyond the end of the file`);
    }
    return readFully(this.descriptor, sharedBytes(length), offset);
  }
}

function endsOf({ offset, lengths }: PageList): number[] {
  let end = offset;
  return Array.from(lengths, (length) => (end += length));
}

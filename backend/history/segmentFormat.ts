import { TABLE_NAMES } from './tableNames.ts';
import type { TableName } from '../model/batch.ts';
import { DamagedBytesError, type ByteReader } from './byteReader.ts';
import type { ByteWriter } from './byteWriter.ts';
import type { Tier } from './shardBlock.ts';

/** First bytes of every segment file; the last two digits are the version of the format. */
export const SEGMENT_MAGIC = Buffer.from('HEAPSG01', 'latin1');
/** offset of the footer (u64), length of the footer (u32), magic */
export const TRAILER_BYTES = 8 + 4 + 8;

/** Shards whose pages lie side by side, metric by metric. */
export const SHARDS_PER_STRIP = 64;

/**
 * Shards that share pages: enough for the compression to see what is alike, few enough for reading one pod. Many rounds
 * make large pages of few shards; few rounds are merged soon and rather have few pages.
 */
export function shardsPerBunch(tier: Tier, rounds: number): number {
  return tier === 'raw' && rounds > MANY_ROUNDS ? 4 : 8;
}

const MANY_ROUNDS = 40;

const TIERS: readonly Tier[] = ['raw', '10m', '1h'];

/** Where a page lies in its file. */
export interface PageRef {
  readonly offset: number;
  readonly length: number;
}

/** What is known of a segment as soon as it is open. */
export interface SegmentFooter {
  readonly tier: Tier;
  /** Times of the rounds, or ends of the buckets, ascending. */
  readonly timesMs: readonly number[];
  readonly samples: number;
  readonly strips: ReadonlyArray<{ readonly firstShard: string; readonly index: PageRef }>;
}

/** A page per bunch, one behind the other; of length 0 where a bunch has none. */
export interface PageList {
  readonly offset: number;
  readonly lengths: Uint32Array;
}

/** Where the pages of one table in one strip are. */
export interface TableIndex {
  readonly objects: PageList;
  readonly keys: PageList;
  readonly metrics: ReadonlyMap<string, PageList>;
}

/** Where the pages of one strip are. */
export interface StripIndex {
  /** Shards of each bunch, sorted. */
  readonly bunches: ReadonlyArray<readonly string[]>;
  readonly tables: ReadonlyMap<TableName, TableIndex>;
}

export function writeFooter(out: ByteWriter, footer: SegmentFooter): void {
  out.uint8(TIERS.indexOf(footer.tier));
  out.varint(footer.timesMs.length);
  footer.timesMs.forEach((timeMs, index) => out.varint(index === 0 ? timeMs : timeMs - footer.timesMs[index - 1]));
  out.varint(footer.samples);
  out.varint(footer.strips.length);
  for (const { firstShard, index } of footer.strips) {
    out.text(firstShard);
    out.varint(index.offset);
    out.varint(index.length);
  }
}

export function readFooter(reader: ByteReader): SegmentFooter {
  const tier = TIERS[reader.uint8()];
  if (tier === undefined) {
    throw new DamagedBytesError('An unknown tier');
  }
  let timeMs = 0;
  const timesMs = Array.from({ length: reader.count(1) }, () => (timeMs += reader.varint()));
  const samples = reader.varint();
  const strips = Array.from({ length: reader.count(3) }, () => ({
    firstShard: reader.text(),
    index: { offset: reader.varint(), length: reader.varint() },
  }));
  return { tier, timesMs, samples, strips };
}

/** Writes the index of a strip. */
export function writeStripIndex(out: ByteWriter, { bunches, tables }: StripIndex): void {
  out.varint(bunches.length);
  for (const shards of bunches) {
    out.varint(shards.length);
    shards.forEach((shard) => out.text(shard));
  }
  const writePages = ({ offset, lengths }: PageList) => {
    out.varint(offset);
    lengths.forEach((length) => out.varint(length));
  };
  out.varint(tables.size);
  for (const [table, { objects, keys, metrics }] of tables) {
    out.uint8(TABLE_NAMES.indexOf(table));
    writePages(objects);
    writePages(keys);
    out.varint(metrics.size);
    for (const [metric, pages] of metrics) {
      out.text(metric);
      writePages(pages);
    }
  }
}

export function readStripIndex(reader: ByteReader): StripIndex {
  const bunches = Array.from({ length: reader.count(1) }, () =>
    Array.from({ length: reader.count(1) }, () => reader.text())
  );
  const readPages = (): PageList => ({
    offset: reader.varint(),
    lengths: Uint32Array.from(bunches, () => reader.varint()),
  });
  const tables = new Map<TableName, TableIndex>();
  for (let count = reader.count(1); count > 0; count--) {
    const table = TABLE_NAMES[reader.uint8()];
    if (table === undefined) {
      throw new DamagedBytesError('An unknown table');
    }
    const objects = readPages();
    const keys = readPages();
    const metrics = new Map<string, PageList>();
    for (let left = reader.count(1); left > 0; left--) {
      metrics.set(reader.text(), readPages());
    }
    tables.set(table, { objects, keys, metrics });
  }
  return { bunches, tables };
}

import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TableName } from '../model/batch.ts';
import { ByteWriter } from './byteWriter.ts';
import { withLentValues } from './matrix.ts';
import { framePage } from './pageFrame.ts';
import {
  SEGMENT_MAGIC,
  SHARDS_PER_STRIP,
  shardsPerBunch,
  TRAILER_BYTES,
  writeFooter,
  writeStripIndex,
  type PageList,
  type SegmentFooter,
  type TableIndex,
} from './segmentFormat.ts';
import type { ShardBlock, TableBlock, Tier } from './shardBlock.ts';
import { writeStored } from './storedCodec.ts';
import { writeIntegers } from './numberStream.ts';
import { beginFile, writeFully } from './writeFully.ts';

interface Member {
  readonly shard: string;
  readonly block: ShardBlock;
}

/** Pages of one table in a strip, a list entry per bunch. */
interface TablePages {
  readonly objects: Buffer[];
  readonly keys: Buffer[];
  readonly metrics: Map<string, Buffer[]>;
}

const NO_PAGE = Buffer.alloc(0);

/**
 * Writes a segment: the rounds of a span of time of all shards. Shards come sorted by name. The file has another name until
 * it is complete and on the disk, so that a segment is there as a whole or not at all.
 */
export class SegmentWriter {
  private readonly path: string;
  private readonly descriptor: number;
  private readonly out = new ByteWriter();
  private readonly tier: Tier;
  private readonly timesMs: readonly number[];
  private readonly shardsPerBunch: number;
  private readonly strips: Array<SegmentFooter['strips'][number]> = [];
  private bunch: Member[] = [];
  private bunches: string[][] = [];
  private tables = new Map<TableName, TablePages>();
  private offset = 0;
  private samples = 0;

  constructor(path: string, tier: Tier, timesMs: readonly number[]) {
    this.path = path;
    this.tier = tier;
    this.timesMs = timesMs;
    this.shardsPerBunch = shardsPerBunch(tier, timesMs.length);
    this.descriptor = beginFile(`${path}.part`, 'w', SEGMENT_MAGIC);
    this.offset = SEGMENT_MAGIC.length;
  }

  /** Takes the next shard; every matrix has as many rounds as the segment has times. */
  add(shard: string, block: ShardBlock): void {
    this.bunch.push({ shard, block });
    if (this.bunch.length === this.shardsPerBunch) {
      this.closeBunch();
    }
  }

  /** Ends the file and gives it its name. Answers with its length in bytes. */
  finish(): number {
    this.closeBunch();
    this.closeStrip();
    const { tier, timesMs, samples, strips } = this;
    const footer = this.page((out) => writeFooter(out, { tier, timesMs, samples, strips }));
    const trailer = Buffer.alloc(TRAILER_BYTES);
    trailer.writeBigUInt64LE(BigInt(this.offset), 0);
    trailer.writeUInt32LE(footer.length, 8);
    trailer.set(SEGMENT_MAGIC, 12);
    this.write(footer);
    this.write(trailer);
    fsyncSync(this.descriptor);
    closeSync(this.descriptor);
    renameSync(`${this.path}.part`, this.path);
    syncFolder(dirname(this.path));
    return this.offset;
  }

  /** Gives up and removes what was written. */
  abandon(): void {
    closeSync(this.descriptor);
    rmSync(`${this.path}.part`, { force: true });
  }

  private closeBunch(): void {
    if (this.bunch.length === 0) {
      return;
    }
    const position = this.bunches.length;
    this.bunches.push(this.bunch.map(({ shard }) => shard));
    for (const table of new Set(this.bunch.flatMap(({ block }) => [...block.keys()]))) {
      this.closeTable(table, position);
    }
    this.bunch = [];
    if (this.bunches.length * this.shardsPerBunch >= SHARDS_PER_STRIP) {
      this.closeStrip();
    }
  }

  private closeTable(table: TableName, position: number): void {
    let pages = this.tables.get(table);
    if (!pages) {
      this.tables.set(table, (pages = { objects: [], keys: [], metrics: new Map() }));
    }
    const blocks = this.bunch.map(({ block }) => block.get(table));
    pages.objects[position] = this.page((out) => blocks.forEach((block) => writeObjects(out, block)));
    pages.keys[position] = this.page((out) => blocks.forEach((block) => block?.keys.forEach((key) => out.text(key))));
    const metrics = new Set(blocks.flatMap((block) => (block ? [...block.metrics.keys()] : [])));
    for (const metric of metrics) {
      let list = pages.metrics.get(metric);
      if (!list) {
        pages.metrics.set(metric, (list = []));
      }
      list[position] = this.page((out) => blocks.forEach((block) => this.writeMetric(out, metric, block)));
    }
  }

  /** The length of what the shard has of the metric, 0 if nothing, then that. */
  private writeMetric(out: ByteWriter, metric: string, block: TableBlock | undefined): void {
    const at = out.length;
    out.uint32(0);
    if (block?.metrics.has(metric)) {
      this.samples += withLentValues(() => writeStored(out, metric, block));
      out.uint32At(at, out.length - at - 4);
    }
  }

  /** Writes the pages metric by metric, then their index. */
  private closeStrip(): void {
    const { bunches, tables } = this;
    if (bunches.length === 0) {
      return;
    }
    const write = (list: readonly Buffer[]): PageList => {
      const { offset } = this;
      const pages = bunches.map((_, position) => list[position] ?? NO_PAGE);
      pages.forEach((page) => this.write(page));
      return { offset, lengths: Uint32Array.from(pages, ({ length }) => length) };
    };
    const written = new Map<TableName, TableIndex>();
    for (const [table, { objects, keys, metrics }] of tables) {
      const pages = { objects: write(objects), keys: write(keys) };
      const ofMetrics = new Map([...metrics].map(([metric, list]) => [metric, write(list)]));
      written.set(table, { ...pages, metrics: ofMetrics });
    }
    const index = this.page((out) => writeStripIndex(out, { bunches, tables: written }));
    this.strips.push({ firstShard: bunches[0][0], index: { offset: this.offset, length: index.length } });
    this.write(index);
    this.bunches = [];
    this.tables = new Map();
  }

  private page(fill: (out: ByteWriter) => void): Buffer {
    this.out.reset();
    fill(this.out);
    return framePage(this.out.written());
  }

  private write(bytes: Uint8Array): void {
    writeFully(this.descriptor, bytes);
    this.offset += bytes.length;
  }
}

/** The length of what follows, 0 if the shard has no such table; how many objects, and their numbers as differences. */
function writeObjects(out: ByteWriter, block: TableBlock | undefined): void {
  const at = out.length;
  out.uint32(0);
  if (block && block.objects.length > 0) {
    out.varint(block.objects.length);
    const steps = new Float64Array(block.objects);
    for (let row = steps.length - 1; row > 0; row--) {
      steps[row] -= steps[row - 1];
    }
    writeIntegers(out, steps, steps.length);
    out.uint32At(at, out.length - at - 4);
  }
}

/** Makes the names of a folder's files safe from a power failure. */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

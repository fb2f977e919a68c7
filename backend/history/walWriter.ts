import { closeSync, fdatasync, ftruncateSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Column, ObjectNames, TableName } from '../model/batch.ts';
import { ByteWriter } from './byteWriter.ts';
import { syncFolder } from './segmentWriter.ts';
import { TABLE_NAMES } from './tableNames.ts';
import { beginRecord, COMMIT, endRecord, KEYS, METRIC, OBJECTS, PART, WAL_MAGIC, writeColumn } from './walFormat.ts';
import { beginFile } from './writeFully.ts';

/** What an object is called, noted in a log before its values. */
export interface ObjectDefinition {
  readonly number: number;
  readonly key: string;
  readonly names: ObjectNames;
}

/** The key of an object by its number. */
export type ObjectKey = readonly [number: number, key: string];

/** One table of a shard's part of a round. */
export interface TablePart {
  readonly table: TableName;
  /** Number of the object of each row. */
  readonly objects: Uint32Array;
  /** Objects that are new, or whose names have changed. */
  readonly definitions: readonly ObjectDefinition[];
  /** Objects that this log speaks of for the first time. */
  readonly keys: readonly ObjectKey[];
  readonly columns: ReadonlyMap<string, Column>;
}

/** Handed to the operating system in pieces of this size. */
const PIECE_BYTES = 1 << 20;

/**
 * The log of the rounds of one block. A round is in it as soon as `commit` returns: it survives the end of this process.
 * That it survives a power failure is asked of the disk right after, without waiting for it.
 */
export class WalWriter {
  private readonly descriptor: number;
  private readonly out = new ByteWriter(PIECE_BYTES + (PIECE_BYTES >> 2));
  private readonly metrics = new Map<string, number>();
  private length = 0;
  /** Length at the end of the newest whole round. */
  private committedLength = 0;
  private committedMetrics = 0;
  /** The newest request to the disk, and the one that has not begun yet. */
  private syncing: Promise<void> = Promise.resolve();
  private waiting: Promise<void> | undefined;

  constructor(path: string) {
    this.descriptor = beginFile(path, 'wx', WAL_MAGIC);
    this.length = WAL_MAGIC.length;
    this.committedLength = this.length;
    syncFolder(dirname(path));
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.length;
  }

  /** Adds a shard's part to the round that is being written. */
  append(shard: string, timestampMs: number, tables: readonly TablePart[]): void {
    const { out } = this;
    for (const { table, definitions, keys, columns } of tables) {
      if (definitions.length > 0) {
        this.define(shard, table, definitions);
      }
      if (keys.length > 0) {
        this.nameKeys(shard, keys);
      }
      for (const metric of columns.keys()) {
        this.nameMetric(metric);
      }
    }
    const start = beginRecord(out, PART);
    out.text(shard);
    out.float64(timestampMs);
    out.varint(tables.length);
    for (const { table, objects, columns } of tables) {
      out.uint8(TABLE_NAMES.indexOf(table));
      out.varint(objects.length);
      out.uint32s(objects);
      out.varint(columns.size);
    }
    for (const { columns } of tables) {
      for (const [metric, column] of columns) {
        out.varint(this.metrics.get(metric)!);
        writeColumn(out, column);
      }
    }
    endRecord(out, start);
    if (out.length >= PIECE_BYTES) {
      this.flush();
    }
  }

  /** Ends a round. What was written is then in the hands of the operating system. */
  commit(timestampMs: number): void {
    const start = beginRecord(this.out, COMMIT);
    this.out.float64(timestampMs);
    endRecord(this.out, start);
    this.flush();
    this.committedLength = this.length;
    this.committedMetrics = this.metrics.size;
  }

  /** Takes back what was written of a round that cannot be ended, such as on a full disk. */
  rollBack(): void {
    this.out.reset();
    // What the round was the first to name has to be named again.
    for (const [metric, number] of this.metrics) {
      if (number >= this.committedMetrics) {
        this.metrics.delete(metric);
      }
    }
    ftruncateSync(this.descriptor, this.committedLength);
    this.length = this.committedLength;
  }

  /** Resolves when all that was committed is on the disk. One request at a time, the last of which stands for all that wait. */
  sync(): Promise<void> {
    if (!this.waiting) {
      const after = this.syncing.catch(() => undefined);
      this.waiting = after.then(() => {
        this.waiting = undefined;
        return new Promise((resolve, reject) => {
          fdatasync(this.descriptor, (error) => (error ? reject(error) : resolve()));
        });
      });
      this.syncing = this.waiting;
    }
    return this.waiting;
  }

  async close(): Promise<void> {
    await this.sync();
    closeSync(this.descriptor);
  }

  private define(shard: string, table: TableName, definitions: readonly ObjectDefinition[]): void {
    const { out } = this;
    const start = beginRecord(out, OBJECTS);
    out.text(shard);
    out.uint8(TABLE_NAMES.indexOf(table));
    out.text(JSON.stringify(definitions));
    endRecord(out, start);
  }

  private nameKeys(shard: string, keys: readonly ObjectKey[]): void {
    const { out } = this;
    const start = beginRecord(out, KEYS);
    out.text(shard);
    out.varint(keys.length);
    for (const [number, key] of keys) {
      out.varint(number);
      out.text(key);
    }
    endRecord(out, start);
  }

  /** Metrics have numbers in the order in which this log names them. */
  private nameMetric(metric: string): void {
    if (!this.metrics.has(metric)) {
      this.metrics.set(metric, this.metrics.size);
      const start = beginRecord(this.out, METRIC);
      this.out.text(metric);
      endRecord(this.out, start);
    }
  }

  private flush(): void {
    const bytes = this.out.written();
    for (let from = 0; from < bytes.length;) {
      const count = writeSync(this.descriptor, bytes, from, bytes.length - from, this.length);
      from += count;
      this.length += count;
    }
    this.out.reset();
  }
}

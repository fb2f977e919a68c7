import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Column, TableName } from '../model/batch.ts';
import { ByteReader, DamagedBytesError } from './byteReader.ts';
import { newValues } from './matrix.ts';
import type { ShardBlock, Stored, TableBlock } from './shardBlock.ts';
import { TABLE_NAMES } from './tableNames.ts';
import {
  COMMIT,
  MAX_RECORD_BYTES,
  METRIC,
  OBJECTS,
  PART,
  readColumn,
  RECORD_HEADER_BYTES,
  WAL_MAGIC,
} from './walFormat.ts';
import type { ObjectDefinition, TablePart } from './walWriter.ts';

interface PartRef {
  readonly timestampMs: number;
  readonly offset: number;
  readonly length: number;
}

/** Where a log stopped making sense. */
export interface LogDamage {
  readonly offset: number;
  readonly reason: string;
  readonly lostBytes: number;
}

/** An object as a log names it. */
export interface LoggedObject extends ObjectDefinition {
  readonly shard: string;
  readonly table: TableName;
  /** Time of the round that named it so. */
  readonly timestampMs: number;
}

/**
 * Reads a log. Opening goes through it once, checks every record and notes where the parts of whole rounds are; everything
 * behind the last whole round is left out, be it torn or damaged.
 */
export class WalReader {
  /** Times of the whole rounds, ascending. */
  readonly timesMs: number[] = [];
  /** Undefined if the log ends with a whole round. */
  readonly damage: LogDamage | undefined;
  readonly objects: LoggedObject[] = [];
  private readonly parts = new Map<string, PartRef[]>();
  private readonly metrics: string[] = [];
  private readonly descriptor: number;

  constructor(path: string) {
    this.descriptor = openSync(path, 'r');
    try {
      this.damage = this.index();
    } catch (error) {
      closeSync(this.descriptor);
      throw error;
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Names of all shards, sorted. */
  shards(): string[] {
    return [...this.parts.keys()].sort();
  }

  /** All rounds of one shard, over the times of the whole log. `keyOf` gives the key of an object by its number. */
  block(shard: string, keyOf: (object: number) => string): ShardBlock {
    const rounds = new Map(this.timesMs.map((timeMs, round) => [timeMs, round]));
    const tables = new Map<TableName, Array<{ round: number; part: TablePart }>>();
    for (const { timestampMs, offset, length } of this.parts.get(shard) ?? []) {
      for (const part of this.readPart(this.read(offset, length))) {
        const list = tables.get(part.table) ?? [];
        list.push({ round: rounds.get(timestampMs)!, part });
        tables.set(part.table, list);
      }
    }
    return new Map([...tables].map(([table, parts]) => [table, this.transpose(parts, keyOf)]));
  }

  private transpose(
    parts: ReadonlyArray<{ round: number; part: TablePart }>,
    keyOf: (object: number) => string
  ): TableBlock {
    const rounds = this.timesMs.length;
    const { objects, rowOf } = rowsOf(parts.map(({ part }) => part.objects));
    const matrices = new Map<string, { values: Float64Array; wide?: Map<number, bigint> }>();
    parts.forEach(({ round, part }, index) => {
      for (const [metric, column] of part.columns) {
        let matrix = matrices.get(metric);
        if (!matrix) {
          matrix = { values: newValues(objects.length * rounds).fill(NaN) };
          matrices.set(metric, matrix);
        }
        place(matrix.values, column.values, rowOf[index], rounds, round);
        for (const [row, value] of column.wide ?? []) {
          (matrix.wide ??= new Map()).set(rowOf[index][row] * rounds + round, value);
        }
      }
    });
    const metrics = new Map<string, Stored>();
    for (const [metric, { values, wide }] of matrices) {
      metrics.set(metric, { samples: { rows: objects.length, rounds, values, wide } });
    }
    return { objects, keys: Array.from(objects, keyOf), metrics };
  }

  private readPart(body: Buffer): TablePart[] {
    const reader = new ByteReader(body, 1);
    reader.text();
    reader.float64();
    return Array.from({ length: reader.count(3) }, (): TablePart => {
      const table = TABLE_NAMES[reader.uint8()];
      const objects = reader.uint32s(reader.count(4));
      const columns = new Map<string, Column>();
      for (let left = reader.count(3); left > 0; left--) {
        const metric = this.metrics[reader.varint()];
        columns.set(metric, readColumn(reader, objects.length));
      }
      return { table, objects, definitions: [], columns };
    });
  }

  /** Goes through all records. What is read of a round counts when its end is found. */
  private index(): LogDamage | undefined {
    const size = fstatSync(this.descriptor).size;
    const magic = this.read(0, Math.min(size, WAL_MAGIC.length));
    if (!magic.equals(WAL_MAGIC)) {
      throw new DamagedBytesError('The file does not begin as a log does');
    }
    let offset = WAL_MAGIC.length;
    let wholeUntil = offset;
    let parts: Array<{ shard: string; ref: PartRef }> = [];
    let objects: Array<Omit<LoggedObject, 'timestampMs'>> = [];
    while (offset < size) {
      const body = this.readRecord(offset, size);
      if (typeof body === 'string') {
        return { offset, reason: body, lostBytes: size - wholeUntil };
      }
      const reader = new ByteReader(body, 1);
      if (body[0] === OBJECTS) {
        objects.push(...readDefinitions(reader));
      } else if (body[0] === METRIC) {
        this.metrics.push(reader.text());
      } else if (body[0] === PART) {
        const ref = { offset: offset + RECORD_HEADER_BYTES, length: body.length };
        parts.push({ shard: reader.text(), ref: { ...ref, timestampMs: reader.float64() } });
      } else if (body[0] === COMMIT) {
        this.accept(reader.float64(), parts, objects);
        [parts, objects] = [[], []];
        wholeUntil = offset + RECORD_HEADER_BYTES + body.length;
      }
      offset += RECORD_HEADER_BYTES + body.length;
    }
    return wholeUntil < size
      ? { offset: wholeUntil, reason: 'the last round was not ended', lostBytes: size - wholeUntil }
      : undefined;
  }

  private accept(
    timestampMs: number,
    parts: ReadonlyArray<{ shard: string; ref: PartRef }>,
    objects: ReadonlyArray<Omit<LoggedObject, 'timestampMs'>>
  ): void {
    this.timesMs.push(timestampMs);
    for (const object of objects) {
      this.objects.push({ ...object, timestampMs });
    }
    for (const { shard, ref } of parts) {
      if (ref.timestampMs === timestampMs) {
        const list = this.parts.get(shard) ?? [];
        list.push(ref);
        this.parts.set(shard, list);
      }
    }
  }

  /** The body of a record, or what is wrong with it. */
  private readRecord(offset: number, size: number): Buffer | string {
    if (size - offset < RECORD_HEADER_BYTES) {
      return 'a record is torn';
    }
    const header = this.read(offset, RECORD_HEADER_BYTES);
    const length = header.readUInt32LE(0);
    if (length === 0 || length > MAX_RECORD_BYTES) {
      return 'a record has an impossible length';
    }
    if (offset + RECORD_HEADER_BYTES + length > size) {
      return 'a record is torn';
    }
    const body = this.read(offset + RECORD_HEADER_BYTES, length);
    return crc32(body) === header.readUInt32LE(4) ? body : 'a checksum does not fit its record';
  }

  private read(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let read = 0; read < length;) {
      const count = readSync(this.descriptor, bytes, read, length - read, offset + read);
      if (count === 0) {
        throw new DamagedBytesError('The file has become shorter');
      }
      read += count;
    }
    return bytes;
  }
}

function readDefinitions(reader: ByteReader): Array<Omit<LoggedObject, 'timestampMs'>> {
  const shard = reader.text();
  const table = TABLE_NAMES[reader.uint8()];
  const definitions = JSON.parse(reader.text()) as ObjectDefinition[];
  return definitions.map((definition) => ({ ...definition, shard, table }));
}

/** All objects of several lists, ascending, and which row of theirs each place of each list is. */
function rowsOf(lists: readonly Uint32Array[]): { objects: Uint32Array; rowOf: Uint32Array[] } {
  const rows = new Map<number, number>();
  for (const list of lists) {
    for (let index = 0; index < list.length; index++) {
      rows.set(list[index], 0);
    }
  }
  const objects = Uint32Array.from(rows.keys()).sort();
  for (let row = 0; row < objects.length; row++) {
    rows.set(objects[row], row);
  }
  const rowOf = lists.map((list) => {
    const found = new Uint32Array(list.length);
    for (let index = 0; index < list.length; index++) {
      found[index] = rows.get(list[index])!;
    }
    return found;
  });
  return { objects, rowOf };
}

function place(target: Float64Array, values: Float64Array, rowOf: Uint32Array, rounds: number, round: number): void {
  for (let row = 0; row < values.length; row++) {
    target[rowOf[row] * rounds + round] = values[row];
  }
}

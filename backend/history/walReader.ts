import { closeSync, fstatSync, openSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { TableName } from '../model/batch.ts';
import { ByteReader, DamagedBytesError } from './byteReader.ts';
import { readFully } from './readFully.ts';
import type { ShardBlock } from './shardBlock.ts';
import { TABLE_NAMES } from './tableNames.ts';
import { TableRows } from './tableRows.ts';
import {
  COMMIT,
  KEYS,
  MAX_RECORD_BYTES,
  METRIC,
  OBJECTS,
  PART,
  readColumn,
  RECORD_HEADER_BYTES,
  WAL_MAGIC,
} from './walFormat.ts';
import type { ObjectDefinition } from './walWriter.ts';

/** Where a record is. */
interface RecordRef {
  readonly offset: number;
  readonly length: number;
}

interface PartRef extends RecordRef {
  readonly timestampMs: number;
}

/** Where a log stopped making sense. */
export interface LogDamage {
  readonly offset: number;
  readonly reason: string;
  readonly lostBytes: number;
  /** Nothing follows that was ended: this is what a crash leaves, and no damage. */
  readonly isTorn: boolean;
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
  private readonly keys = new Map<string, RecordRef[]>();
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

  /** All rounds of one shard, over the times of the whole log. */
  block(shard: string): ShardBlock {
    const keys = this.keysOf(shard);
    const rounds = new Map(this.timesMs.map((timeMs, round) => [timeMs, round]));
    const parts = (this.parts.get(shard) ?? []).map(({ timestampMs, offset, length }) => {
      const reader = new ByteReader(this.read(offset, length), 1);
      return { round: rounds.get(timestampMs)!, reader, tables: readTables(reader) };
    });
    const tables = new Map<TableName, TableRows>();
    for (const table of new Set(parts.flatMap((part) => part.tables.map((each) => each.table)))) {
      const lists = parts.map((part) => part.tables.find((each) => each.table === table)?.objects ?? NO_OBJECTS);
      tables.set(table, new TableRows(lists, this.timesMs.length));
    }
    parts.forEach((part, index) => {
      for (const { table, objects, columns } of part.tables) {
        for (let left = columns; left > 0; left--) {
          const metric = this.metrics[part.reader.varint()];
          tables.get(table)!.take(metric, readColumn(part.reader, objects.length), index, part.round);
        }
      }
    });
    return new Map([...tables].map(([table, rows]) => [table, rows.block((object) => keys.get(object) ?? '')]));
  }

  /** Keys of the objects of a shard; one is missing where its record was damaged. */
  private keysOf(shard: string): Map<number, string> {
    const keys = new Map<number, string>();
    for (const { offset, length } of this.keys.get(shard) ?? []) {
      const reader = new ByteReader(this.read(offset, length), 1);
      reader.text();
      for (let left = reader.count(2); left > 0; left--) {
        keys.set(reader.varint(), reader.text());
      }
    }
    return keys;
  }

  /** Calls `note` for every object of every round, in order of time per shard. */
  sightings(note: (object: number, timestampMs: number) => void): void {
    for (const refs of this.parts.values()) {
      for (const { timestampMs, offset, length } of refs) {
        for (const { objects } of readTables(new ByteReader(this.read(offset, length), 1))) {
          objects.forEach((object) => note(object, timestampMs));
        }
      }
    }
  }

  /**
   * Goes through all records. What is read of a round counts when its end is found; a round with a damaged record, and what
   * cannot be understood without that record, does not.
   */
  private index(): LogDamage | undefined {
    const size = fstatSync(this.descriptor).size;
    const magic = this.read(0, Math.min(size, WAL_MAGIC.length));
    if (magic.length < WAL_MAGIC.length && magic.equals(WAL_MAGIC.subarray(0, magic.length))) {
      return undefined;
    }
    if (!magic.equals(WAL_MAGIC)) {
      throw new DamagedBytesError('The file does not begin as a log does');
    }
    const round = new RoundInLog();
    let offset = WAL_MAGIC.length;
    let goodBytes = offset;
    let hole: { offset: number; reason: string } | undefined;
    let isTorn = true;
    while (offset < size) {
      const body = this.readRecord(offset, size);
      const next = typeof body === 'string' ? this.behind(offset, size) : offset + RECORD_HEADER_BYTES + body.length;
      if (next === undefined || (typeof body !== 'string' && body[0] === METRIC && !round.numbersMetrics)) {
        hole ??= { offset, reason: String(body) };
        break;
      }
      if (typeof body === 'string') {
        hole ??= { offset, reason: body };
        isTorn = false;
        round.noteDamage(next - offset);
      } else if (this.take(body, offset, round)) {
        goodBytes += next - round.startOffset;
        round.begin(next);
      }
      offset = next;
    }
    hole ??= { offset: round.startOffset, reason: 'the last round was not ended' };
    return goodBytes < size ? { ...hole, lostBytes: size - goodBytes, isTorn } : undefined;
  }

  /** Takes a record. Answers whether a whole round ends with it. */
  private take(body: Buffer, offset: number, round: RoundInLog): boolean {
    const reader = new ByteReader(body, 1);
    const ref = { offset: offset + RECORD_HEADER_BYTES, length: body.length };
    if (body[0] === OBJECTS) {
      round.objects.push(...readDefinitions(reader));
    } else if (body[0] === KEYS) {
      // Later rounds speak of them, whatever becomes of this one.
      push(this.keys, reader.text(), ref);
    } else if (body[0] === METRIC) {
      this.metrics.push(reader.text());
    } else if (body[0] === PART) {
      const part = { shard: reader.text(), ref: { ...ref, timestampMs: reader.float64() } };
      round.parts.push(part);
      round.isDamaged ||= round.isBehindDamage && !hasKnownMetrics(body, this.metrics.length);
    } else if (body[0] === COMMIT) {
      if (!round.isDamaged) {
        this.accept(reader.float64(), round.parts, round.objects);
        return true;
      }
      round.skip(offset + RECORD_HEADER_BYTES + body.length);
    }
    return false;
  }

  /** Where the record behind a damaged one begins, if that can be told. */
  private behind(offset: number, size: number): number | undefined {
    if (size - offset < RECORD_HEADER_BYTES) {
      return undefined;
    }
    const next = offset + RECORD_HEADER_BYTES + this.read(offset, 4).readUInt32LE(0);
    return next < size && typeof this.readRecord(next, size) !== 'string' ? next : undefined;
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
        push(this.parts, shard, ref);
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
    return readFully(this.descriptor, Buffer.allocUnsafeSlow(length), offset);
  }
}

function push<Ref>(refs: Map<string, Ref[]>, shard: string, ref: Ref): void {
  const known = refs.get(shard);
  if (known) {
    known.push(ref);
  } else {
    refs.set(shard, [ref]);
  }
}

/** Longer records name no metric. */
const LONGEST_METRIC_RECORD = 1024;

/** What was read of a round whose end was not found yet. */
class RoundInLog {
  parts: Array<{ shard: string; ref: PartRef }> = [];
  /** Those of damaged rounds stay: later rounds speak of them. */
  objects: Array<Omit<LoggedObject, 'timestampMs'>> = [];
  startOffset = WAL_MAGIC.length;
  isDamaged = false;
  isBehindDamage = false;
  /** Whether it is certain that no name of a metric was lost: they are numbered in their order. */
  numbersMetrics = true;

  noteDamage(length: number): void {
    this.isDamaged = true;
    this.isBehindDamage = true;
    this.numbersMetrics &&= length > LONGEST_METRIC_RECORD;
  }

  /** The round was taken; the next one begins. */
  begin(offset: number): void {
    this.objects = [];
    this.skip(offset);
  }

  /** Leaves out a round. */
  skip(offset: number): void {
    this.parts = [];
    this.startOffset = offset;
    this.isDamaged = false;
  }
}

/** Whether all metrics of a part were named. */
function hasKnownMetrics(body: Buffer, known: number): boolean {
  try {
    const reader = new ByteReader(body, 1);
    for (const { objects, columns } of readTables(reader)) {
      for (let left = columns; left > 0; left--) {
        if (reader.varint() >= known) {
          return false;
        }
        readColumn(reader, objects.length);
      }
    }
    return true;
  } catch (error) {
    if (!(error instanceof DamagedBytesError)) {
      throw error;
    }
    return false;
  }
}

function readDefinitions(reader: ByteReader): Array<Omit<LoggedObject, 'timestampMs'>> {
  const shard = reader.text();
  const table = TABLE_NAMES[reader.uint8()];
  const definitions = JSON.parse(reader.text()) as ObjectDefinition[];
  return definitions.map((definition) => ({ ...definition, shard, table }));
}

const NO_OBJECTS = new Uint32Array(0);

interface TableHead {
  readonly table: TableName;
  readonly objects: Uint32Array;
  /** How many columns it has; they follow behind the heads of all tables. */
  readonly columns: number;
}

/** Reads the heads of the tables of a part. */
function readTables(reader: ByteReader): TableHead[] {
  reader.text();
  reader.float64();
  return Array.from({ length: reader.count(3) }, () => ({
    table: TABLE_NAMES[reader.uint8()],
    objects: reader.uint32s(reader.count(4)),
    columns: reader.count(3),
  }));
}

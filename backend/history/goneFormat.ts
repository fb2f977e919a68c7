import type { TableName } from '../model/batch.ts';
import { DamagedBytesError, type ByteReader } from './byteReader.ts';
import type { ByteWriter } from './byteWriter.ts';
import type { HistoryObject } from './inventory.ts';
import { TABLE_NAMES } from './tableNames.ts';

/** First and last bytes of every file of gone objects; the last two digits are the version of the format. */
export const GONE_MAGIC = Buffer.from('HEAPGN01', 'latin1');
/** offset of the root (u64), length of the root (u32), magic */
export const GONE_TRAILER_BYTES = 8 + 4 + 8;

/** A page that has so many objects ends with its shard, so that a shard mostly lies in one page. */
export const ENOUGH_OBJECTS_PER_PAGE = 250;
export const MOST_OBJECTS_PER_PAGE = 1_000;
export const NAMES_PER_PAGE = 256;
/** Pages that one node of an index tells of. */
export const PAGES_PER_NODE = 256;

const DAY_MS = 86_400_000;

/**
 * Objects lie apart by how long they were there. A question about a time long before a file reads the few of it that
 * lived long, and none of the many that came after that time and went again.
 */
const LIFETIMES_MS = [DAY_MS, 8 * DAY_MS, Infinity] as const;
export const LIFETIMES = LIFETIMES_MS.length;

/** Which of the lifetimes an object had. */
export function lifetimeOf({ firstSeenMs, lastSeenMs }: HistoryObject): number {
  return LIFETIMES_MS.findIndex((longestMs) => !(lastSeenMs - firstSeenMs > longestMs));
}

/** Both inclusive. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where bytes lie in their file. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** What is known of a page of objects, or of a node that tells of such pages, before it is read. */
export interface ObjectsPlace extends Place, TimeRange {
  readonly table: TableName;
  readonly lifetime: number;
  readonly firstShard: string;
  readonly lastShard: string;
  /** The earliest of the times at which objects were first seen. */
  readonly fromMs: number;
  /** The latest of the times at which objects were last seen. */
  readonly toMs: number;
  /** Objects in it. */
  readonly count: number;
}

/** What is known of a page of pod names, or of a node that tells of such pages, before it is read. */
export interface NamesPlace extends Place {
  readonly firstName: string;
}

/** What is known of a file as soon as it is open. */
export interface GoneRoot {
  readonly count: number;
  readonly objects: readonly ObjectsPlace[];
  readonly names: readonly NamesPlace[];
}

/** The order of objects in a file: by table, shard and number. */
export function compareObjects(one: HistoryObject, other: HistoryObject): number {
  return (
    (one.table === other.table ? 0 : TABLE_NAMES.indexOf(one.table) - TABLE_NAMES.indexOf(other.table)) ||
    (one.shard === other.shard ? 0 : one.shard < other.shard ? -1 : 1) ||
    one.number - other.number
  );
}

export function writeRoot(out: ByteWriter, { count, objects, names }: GoneRoot): void {
  out.varint(count);
  writeObjectsPlaces(out, objects);
  writeNamesPlaces(out, names);
}

export function readRoot(reader: ByteReader): GoneRoot {
  return { count: reader.varint(), objects: readObjectsPlaces(reader), names: readNamesPlaces(reader) };
}

export function writeObjectsPlaces(out: ByteWriter, places: readonly ObjectsPlace[]): void {
  out.varint(places.length);
  for (const place of places) {
    out.uint8(TABLE_NAMES.indexOf(place.table));
    out.uint8(place.lifetime);
    out.text(place.firstShard);
    out.text(place.lastShard);
    out.float64(place.fromMs);
    out.float64(place.toMs);
    out.varint(place.offset);
    out.varint(place.length);
    out.varint(place.count);
  }
}

/** The least bytes of a place of objects: two of one byte, two texts, two times, three numbers. */
const LEAST_PLACE_BYTES = 2 + 2 + 16 + 3;

export function readObjectsPlaces(reader: ByteReader): ObjectsPlace[] {
  return Array.from({ length: reader.count(LEAST_PLACE_BYTES) }, () => {
    const table = TABLE_NAMES[reader.uint8()];
    const lifetime = reader.uint8();
    if (table === undefined || lifetime >= LIFETIMES) {
      throw new DamagedBytesError('An unknown table or lifetime');
    }
    const shards = { firstShard: reader.text(), lastShard: reader.text() };
    const range = { fromMs: reader.float64(), toMs: reader.float64() };
    const place = { offset: reader.varint(), length: reader.varint() };
    return { table, lifetime, ...shards, ...range, ...place, count: reader.varint() };
  });
}

export function writeNamesPlaces(out: ByteWriter, places: readonly NamesPlace[]): void {
  out.varint(places.length);
  for (const { firstName, offset, length } of places) {
    out.text(firstName);
    out.varint(offset);
    out.varint(length);
  }
}

export function readNamesPlaces(reader: ByteReader): NamesPlace[] {
  return Array.from({ length: reader.count(3) }, () => ({
    firstName: reader.text(),
    offset: reader.varint(),
    length: reader.varint(),
  }));
}

import type { TableName } from '../model/batch.ts';
import { ByteReader, DamagedBytesError } from './byteReader.ts';
import {
  compareObjects,
  LIFETIMES,
  readObjectsPlaces,
  readRoot,
  type GoneRoot,
  type ObjectsPlace,
  type Place,
  type TimeRange,
} from './goneFormat.ts';
import { unpackObjects } from './gonePage.ts';
import { GonePodNames } from './gonePodNames.ts';
import { GoneWriter } from './goneWriter.ts';
import type { HistoryObject } from './inventory.ts';
import { KeptValues } from './keptValues.ts';
import { mergeSorted } from './mergeSorted.ts';
import { PageFile, type PageDamageListener } from './pageFile.ts';
import { TABLE_NAMES } from './tableNames.ts';

/** Objects of pages that were read last, of all files: some 25 MB. The next question is mostly about the same ones. */
const keptObjects = new KeptValues<readonly HistoryObject[]>(50_000);
/** Where the pages of all files are, by the bytes that takes on disk; in memory it is some ten times as much. */
const keptPlaces = new KeptValues<readonly ObjectsPlace[]>(2 ** 19);

const ALWAYS: TimeRange = { fromMs: -Infinity, toMs: Infinity };

/** Which objects are read. */
interface Selection extends TimeRange {
  readonly table: TableName;
  readonly shards?: ReadonlySet<string>;
  /** The same in order. */
  readonly sortedShards?: readonly string[];
}

type OpenPage = (place: ObjectsPlace) => readonly HistoryObject[];

/** Objects that {@link GoneFile.check} reads at a time. */
export const OBJECTS_PER_STEP = 1_000;

/** Writes objects, given in order of table, shard and number. Answers with the length of the file in bytes. */
export function writeGoneFile(path: string, objects: Iterable<HistoryObject>): number {
  const writer = new GoneWriter(path);
  try {
    for (const object of objects) {
      writer.add(object);
    }
    return writer.finish();
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/**
 * Reads a file of objects that are gone, page by page. A damaged page throws `DamagedBytesError`, or is left out where a
 * listener is told of it. Objects are lent: nobody may change them.
 */
export class GoneFile {
  private readonly file: PageFile;
  private readonly root: GoneRoot;
  private readonly podNames: GonePodNames;

  /** Opens a complete file, reading no more than what tells of its pages. Throws `DamagedBytesError` if it is none. */
  static open(path: string, onDamage?: PageDamageListener): GoneFile {
    const file = new PageFile(path, onDamage);
    try {
      return new GoneFile(file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  private constructor(file: PageFile) {
    this.file = file;
    this.root = readRoot(new ByteReader(file.root));
    this.podNames = new GonePodNames(file, this.root.names);
  }

  get path(): string {
    return this.file.path;
  }

  get bytes(): number {
    return this.file.bytes;
  }

  /** Objects in the file. */
  get count(): number {
    return this.root.count;
  }

  /** Whether a read met a damaged page. */
  get isDamaged(): boolean {
    return this.file.isDamaged;
  }

  /** Takes note of a damaged page that was met elsewhere, unless that is known. */
  noteDamage(error: DamagedBytesError, place: Place): void {
    this.file.noteDamage(error, place);
  }

  close(): void {
    keptObjects.forget(this.file.number);
    keptPlaces.forget(this.file.number);
    this.podNames.forget();
    this.file.close();
  }

  /** Whether there may be objects that were there within a range. */
  hasAnyIn({ fromMs, toMs }: TimeRange): boolean {
    return this.root.objects.some((node) => node.toMs >= fromMs && node.fromMs <= toMs);
  }

  /** Objects of a table that were there within a range, of all shards or of those named, in order of shard and number. */
  objects(table: TableName, { fromMs, toMs }: TimeRange, shards?: ReadonlySet<string>): Generator<HistoryObject> {
    const sortedShards = shards && [...shards].sort();
    return this.select({ table, fromMs, toMs, shards, sortedShards }, (place) =>
      keptObjects.value(this.file.number, place.offset, place.count, () => this.openPage(place))
    );
  }

  /** All objects in order of table, shard and number. */
  *all(): Generator<HistoryObject> {
    for (const table of TABLE_NAMES) {
      yield* this.select({ table, ...ALWAYS }, (place) => this.openPage(place));
    }
  }

  /** The shards that pods of these names were on. */
  shardsOfPods(names: readonly string[]): Set<string> {
    const { shards, unknown } = this.podNames.shardsOf(names);
    for (const object of unknown.size > 0 ? this.objects('pod', ALWAYS) : []) {
      if (object.names.pod !== undefined && unknown.has(object.names.pod)) {
        shards.add(object.shard);
      }
    }
    return shards;
  }

  /** Reads everything there is, so that damage is found. Rests now and then. */
  *check(): Generator<void, void> {
    let count = 0;
    for (const _object of this.all()) {
      if (++count % OBJECTS_PER_STEP === 0) {
        yield;
      }
    }
    yield* this.podNames.check();
  }

  private *select(selection: Selection, open: OpenPage): Generator<HistoryObject> {
    const streams: Array<Generator<HistoryObject>> = [];
    for (let lifetime = 0; lifetime < LIFETIMES; lifetime++) {
      const nodes = this.root.objects.filter((node) => node.lifetime === lifetime && isWanted(node, selection));
      if (nodes.length > 0) {
        streams.push(this.stream(nodes, selection, open));
      }
    }
    yield* streams.length === 1 ? streams[0] : mergeSorted(streams, compareObjects);
  }

  /** The objects of one lifetime that are wanted. */
  private *stream(nodes: readonly ObjectsPlace[], selection: Selection, open: OpenPage): Generator<HistoryObject> {
    const { fromMs, toMs, shards } = selection;
    for (const node of nodes) {
      for (const place of this.placesIn(node)) {
        const objects = isWanted(place, selection) ? this.file.unlessDamaged(place, () => open(place)) : undefined;
        for (const object of objects ?? []) {
          if (object.lastSeenMs >= fromMs && object.firstSeenMs <= toMs && (!shards || shards.has(object.shard))) {
            yield object;
          }
        }
      }
    }
  }

  private placesIn(node: ObjectsPlace): readonly ObjectsPlace[] {
    const { number } = this.file;
    const open = () => readObjectsPlaces(new ByteReader(this.file.page(node)));
    return this.file.unlessDamaged(node, () => keptPlaces.value(number, node.offset, node.length, open)) ?? [];
  }

  private openPage(place: ObjectsPlace): HistoryObject[] {
    const objects = unpackObjects(this.file.page(place));
    if (objects.length !== place.count) {
      throw new DamagedBytesError(`A page of ${objects.length} objects where ${place.count} were announced`);
    }
    return objects;
  }
}

function isWanted(place: ObjectsPlace, { table, fromMs, toMs, sortedShards }: Selection): boolean {
  const isThere = place.table === table && place.toMs >= fromMs && place.fromMs <= toMs;
  return isThere && (!sortedShards || hasWithin(sortedShards, place.firstShard, place.lastShard));
}

/** Whether any of sorted texts is from `first` to `last`. */
function hasWithin(sorted: readonly string[], first: string, last: string): boolean {
  let from = 0;
  for (let end = sorted.length; from < end;) {
    const middle = (from + end) >> 1;
    if (sorted[middle] < first) {
      from = middle + 1;
    } else {
      end = middle;
    }
  }
  return from < sorted.length && sorted[from] <= last;
}

import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TableName } from '../model/batch.ts';
import { DamagedBytesError } from './byteReader.ts';
import { setAside, type DataDirectory } from './dataDirectory.ts';
import { GoneCursor } from './goneCursor.ts';
import { GoneFile } from './goneFile.ts';
import type { Place, TimeRange } from './goneFormat.ts';
import type { HistoryObject } from './inventory.ts';
import { DAY_MS, spanEnd } from './sealing.ts';
import type { DamageListener } from './segmentStore.ts';
import { syncFolder } from './segmentWriter.ts';

/** What the name of a file of gone objects tells. */
export interface GoneName {
  /** 0: written when the objects had gone; a higher one stands for the lower ones of its time. */
  readonly level: number;
  /** The file has all objects that were seen last after this, 0 for the first file, … */
  readonly fromMs: number;
  /** … and up to and with this. */
  readonly toMs: number;
}

/** Something damaged that was met while files were written as one. */
export interface GoneDamage {
  readonly name: GoneName;
  readonly reason: string;
  /** The page; missing if all of the file is damaged. */
  readonly place?: Place;
}

interface OpenFile extends GoneName {
  readonly file: GoneFile;
}

const NAME = /^gone\.(\d+)\.(\d+)\.(\d+)\.inv$/;
const UNFINISHED = /^gone\..*\.inv\.part$/;

/** The path of a file of gone objects. */
export function gonePath(directory: DataDirectory, { level, fromMs, toMs }: GoneName): string {
  return join(directory.inventory, `gone.${level}.${Math.max(0, fromMs)}.${toMs}.inv`);
}

/**
 * The objects that are gone, on disk: all that were seen last at {@link GoneStore.untilMs} or before. A damaged file is
 * set aside when it is opened. A damaged page is left out; its file is set aside as soon as the rest was written anew.
 */
export class GoneStore {
  private readonly directory: DataDirectory;
  private readonly onDamage: DamageListener;
  private readonly isReadOnly: boolean;
  private files: OpenFile[] = [];

  /**
   * Opens all files; unfinished ones and such as another stands for are removed. Read only, files are left as they are, and
   * what would be removed or set aside is left out.
   */
  constructor(directory: DataDirectory, onDamage: DamageListener, { isReadOnly = false } = {}) {
    this.directory = directory;
    this.onDamage = onDamage;
    this.isReadOnly = isReadOnly;
    for (const file of readdirSync(directory.inventory)) {
      const match = NAME.exec(file);
      if (match) {
        const [level, fromMs, toMs] = match.slice(1).map(Number);
        this.open({ level, fromMs, toMs });
      } else if (UNFINISHED.test(file) && !isReadOnly) {
        rmSync(join(directory.inventory, file));
      }
    }
    this.removeReplaced();
  }

  /** All objects that were seen last up to this time are here, and no others; -Infinity if there are no files. */
  get untilMs(): number {
    return this.files.reduce((latest, { toMs }) => Math.max(latest, toMs), -Infinity);
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.files.reduce((sum, { file }) => sum + file.bytes, 0);
  }

  /** Objects in all files. */
  get count(): number {
    return this.files.reduce((sum, { file }) => sum + file.count, 0);
  }

  /** Files in order of time. */
  get names(): GoneName[] {
    return this.files.map(nameOf);
  }

  /** Objects of a table that were there within a range, from the newest file to the oldest. They are lent: nobody may change them. */
  *objects(table: TableName, range: TimeRange, shards?: ReadonlySet<string>): Generator<HistoryObject> {
    for (const { file } of this.within(range).reverse()) {
      yield* file.objects(table, range, shards);
    }
  }

  /** For going through the shards in order of their names, of all or of those named. */
  cursor(table: TableName, range: TimeRange, shards?: ReadonlySet<string>): GoneCursor {
    return new GoneCursor(this.within(range).map(({ file }) => file.objects(table, range, shards)));
  }

  /** Objects of a table of one shard that were there within a range. */
  ofShard(table: TableName, shard: string, range: TimeRange): HistoryObject[] {
    return [...this.objects(table, range, new Set([shard]))];
  }

  /** Shards on which pods of these names were, at least all of those within a range. */
  shardsOfPods(names: readonly string[], range: TimeRange): Set<string> {
    return new Set(this.within(range).flatMap(({ file }) => [...file.shardsOfPods(names)]));
  }

  /**
   * Takes a file that was written, in place of one of the same name, and removes those it stands for. `damages` are what
   * was met meanwhile: their files are kept aside.
   */
  add(name: GoneName, damages: readonly GoneDamage[] = []): void {
    const path = gonePath(this.directory, name);
    damages.forEach((damage) => this.takeDamage(damage));
    const before = this.files.filter(({ file }) => file.path === path);
    before.forEach(({ file }) => file.close());
    this.files = this.files.filter((one) => !before.includes(one));
    this.open({ ...name, fromMs: Math.max(0, name.fromMs) });
    this.removeReplaced();
  }

  /** Files that are to become one of a higher level: those of a day that is over, and each that has damaged pages. */
  groupsToMerge(): GoneName[][] {
    const days = Map.groupBy(
      this.files.filter(({ level }) => level === 0),
      ({ toMs }) => spanEnd(toMs, DAY_MS)
    );
    const groups = [...days].filter(([endMs, files]) => endMs <= this.untilMs && files.length > 1);
    const merged = groups.map(([, files]) => files);
    const damaged = this.files.filter((one) => one.file.isDamaged && !merged.some((files) => files.includes(one)));
    return [...merged, ...damaged.map((one) => [one])].map((files) => files.map(nameOf));
  }

  /** Removes the files of which all objects were seen last before a time. Answers with what went. */
  expire(oldestMs: number): GoneName[] {
    const old = this.files.filter(({ toMs }) => toMs < oldestMs);
    this.remove(old);
    return old.map(nameOf);
  }

  /** Reads all of a file, so that its damage is told. Answers with whether it is whole. */
  *check(name: GoneName): Generator<void, boolean> {
    const [file] = this.filesOf([name]);
    yield* file.check();
    return !file.isDamaged;
  }

  /** The open files of these names. */
  filesOf(names: readonly GoneName[]): GoneFile[] {
    const paths = new Set(names.map((name) => gonePath(this.directory, name)));
    return this.files.filter(({ file }) => paths.has(file.path)).map(({ file }) => file);
  }

  close(): void {
    this.files.splice(0).forEach(({ file }) => file.close());
  }

  private within(range: TimeRange): OpenFile[] {
    return this.files.filter(({ file }) => file.hasAnyIn(range));
  }

  private open(name: GoneName): void {
    const path = gonePath(this.directory, name);
    try {
      const file = GoneFile.open(path, (error, place) => this.tellPage(path, error, place));
      this.files.push({ ...name, file });
      this.files.sort((one, other) => one.fromMs - other.fromMs || one.toMs - other.toMs);
    } catch (error) {
      if (!(error instanceof DamagedBytesError)) {
        throw error;
      }
      this.tellFile(name, path, error);
    }
  }

  private takeDamage({ name, reason, place }: GoneDamage): void {
    const [file] = this.filesOf([name]);
    file?.noteDamage(new DamagedBytesError(reason), place ?? { offset: 0, length: file.bytes });
  }

  private removeReplaced(): void {
    this.remove(this.files.filter((one) => this.files.some((other) => standsFor(other, one))));
  }

  /** Removes files; one with damaged pages is kept aside. */
  private remove(files: readonly OpenFile[]): void {
    this.files = this.files.filter((one) => !files.includes(one));
    for (const { file } of files) {
      file.close();
      if (!this.isReadOnly && file.isDamaged) {
        const moved = setAside(this.directory, file.path);
        this.onDamage(
          `${file.path} has damaged pages. It was moved to ${moved}; what is whole of it was written anew.`
        );
      } else if (!this.isReadOnly) {
        rmSync(file.path, { force: true });
      }
    }
    if (files.length > 0 && !this.isReadOnly) {
      syncFolder(this.directory.inventory);
    }
  }

  private tellFile(name: GoneName, path: string, error: DamagedBytesError): void {
    const { size } = statSync(path);
    const moved = this.isReadOnly ? 'It is left out' : `It was moved to ${setAside(this.directory, path)}`;
    const span = `${new Date(name.fromMs).toISOString()} to ${new Date(name.toMs).toISOString()}`;
    this.onDamage(
      `The list ${path} (${size} bytes) of objects that went from ${span} is damaged: ${error.message}. ${moved}; all else is served.`
    );
  }

  private tellPage(path: string, error: DamagedBytesError, { offset, length }: Place): void {
    this.onDamage(
      `The list ${path} of objects that are gone is damaged in the ${length} bytes at ${offset}: ${error.message}. These are left out; all else is served.`
    );
  }
}

function nameOf({ level, fromMs, toMs }: GoneName): GoneName {
  return { level, fromMs, toMs };
}

/** Whether one file has all that the other has, made from it. */
function standsFor(one: GoneName, other: GoneName): boolean {
  return one.level > other.level && one.fromMs <= other.fromMs && one.toMs >= other.toMs;
}

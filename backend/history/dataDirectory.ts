import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
  closeSync,
  fsyncSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { HeapscopeError, sentenceOf } from '../errors.ts';
import { SEGMENT_MAGIC } from './segmentFormat.ts';
import { syncFolder } from './segmentWriter.ts';
import { WAL_MAGIC } from './walFormat.ts';

/** The format this program writes; it reads this one and older ones. */
export const FORMAT_VERSION = 1;

const MARK = 'heapscope-history.json';

/** The folders of a history. */
export interface DataDirectory {
  readonly path: string;
  readonly wal: string;
  readonly segments: string;
  readonly inventory: string;
  /** Files that were found damaged are kept here, so that nothing is lost that a person could still read. */
  readonly damaged: string;
}

/**
 * Opens a data directory, making it if there is none. Throws `history_format` for one that a newer program wrote, and
 * `history_unusable` for one that cannot be read or written. A mark that is damaged or lost is made again if the files
 * beside it are of a format this program reads; `onDamage` is told.
 */
export function openDataDirectory(path: string, onDamage: (sentence: string) => void = () => undefined): DataDirectory {
  const directory = foldersOf(path);
  try {
    mkdirSync(path, { recursive: true });
    refuseForeign(directory, onDamage);
    for (const name of [directory.wal, directory.segments, directory.inventory, directory.damaged]) {
      mkdirSync(name, { recursive: true });
    }
    syncFolder(path);
  } catch (error) {
    if (error instanceof HeapscopeError) {
      throw error;
    }
    const sentence = `The history in ${path} cannot be opened: ${sentenceOf(error)}. Give a folder that this user may write to.`;
    throw new HeapscopeError('history_unusable', sentence, { cause: error });
  }
  return directory;
}

/** A data directory that is only read: it is left as it is. Throws `history_format` if there is none that this program reads. */
export function readDataDirectory(path: string): DataDirectory {
  const directory = foldersOf(path);
  const mark = join(path, MARK);
  const version = existsSync(mark) ? versionIn(readFileSync(mark, 'utf8')) : undefined;
  if (version === undefined && !isOurs(directory)) {
    throw new HeapscopeError('history_format', `${path} is not a history: it has no ${MARK} that says so.`);
  }
  refuseNewer(path, version ?? FORMAT_VERSION);
  return directory;
}

function foldersOf(path: string): DataDirectory {
  const folder = (name: string) => join(path, name);
  return {
    path,
    wal: folder('wal'),
    segments: folder('segments'),
    inventory: folder('inventory'),
    damaged: folder('damaged'),
  };
}

/** Moves a damaged file out of the way, under a name that no other has. Answers with where it is now. */
export function setAside(directory: DataDirectory, path: string): string {
  let target = join(directory.damaged, basename(path));
  for (let copy = 2; existsSync(target); copy++) {
    target = join(directory.damaged, `${basename(path)}.${copy}`);
  }
  renameSync(path, target);
  return target;
}

/** Reads the mark of the format, or makes it where the folder is empty. */
function refuseForeign(directory: DataDirectory, onDamage: (sentence: string) => void): void {
  const { path } = directory;
  const mark = join(path, MARK);
  if (!existsSync(mark)) {
    if (readdirSync(path).every((name) => OTHER_FILES.test(name))) {
      writeMark(path, mark);
    } else if (isOurs(directory)) {
      writeMark(path, mark);
      onDamage(`${mark} was missing; the files beside it are of a history, and it was made again.`);
    } else {
      throw new HeapscopeError(
        'history_format',
        `${path} has files but no ${MARK}: it is not a history. Give an empty folder or the one a history is in.`
      );
    }
    return;
  }
  const version = versionIn(readFileSync(mark, 'utf8'));
  if (version === undefined) {
    if (!isOurs(directory)) {
      throw new HeapscopeError(
        'history_format',
        `${mark} does not say which format the history has. Restore the file or move the folder away.`
      );
    }
    const target = setAside(directory, mark);
    writeMark(path, mark);
    onDamage(`${mark} was damaged. It was moved to ${target} and made again, by the files beside it.`);
  } else {
    refuseNewer(path, version);
  }
}

function refuseNewer(path: string, version: number): void {
  if (version > FORMAT_VERSION) {
    throw new HeapscopeError(
      'history_format',
      `The history in ${path} has format ${version}; this Heapscope reads up to ${FORMAT_VERSION}. Start the newer version again, or give another folder.`
    );
  }
}

/** Files of a folder that is new to a history. */
const OTHER_FILES = /^(heapscope-history\.json\.part|heapscope-history\.lock.*|lost\+found)$/;

/** Whether a folder has what a history of this format has, and nothing that another one would have. */
function isOurs({ path, wal, segments, inventory, damaged }: DataDirectory): boolean {
  const folders = [wal, segments, inventory, damaged];
  if (!folders.every((folder) => existsSync(folder))) {
    return false;
  }
  const others = readdirSync(path).filter((name) => name !== MARK && !OTHER_FILES.test(name));
  return (
    others.every((name) => folders.includes(join(path, name))) &&
    filesOf(segments, '.seg').every((file) => beginsWith(file, SEGMENT_MAGIC)) &&
    filesOf(wal, '.wal').every((file) => beginsWith(file, WAL_MAGIC))
  );
}

function filesOf(folder: string, ending: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.map((name) => join(folder, name));
}

/** Whether a file has the sign of its format, as far as it got. */
function beginsWith(path: string, magic: Buffer): boolean {
  const descriptor = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(magic.length);
    const length = readSync(descriptor, bytes, 0, bytes.length, 0);
    return bytes.subarray(0, length).equals(magic.subarray(0, length));
  } finally {
    closeSync(descriptor);
  }
}

interface Mark {
  readonly product: string;
  readonly formatVersion: number;
  /** Of the version: a flipped bit must not make it another one. */
  readonly checksum?: number;
}

function versionIn(text: string): number | undefined {
  try {
    const mark = JSON.parse(text) as Partial<Mark> | null;
    const version = mark?.formatVersion;
    const isWhole = mark?.checksum === undefined || mark.checksum === checksumOf(version);
    return typeof version === 'number' && Number.isInteger(version) && version > 0 && isWhole ? version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

function checksumOf(version: number | undefined): number {
  return crc32(`format ${version}`);
}

function writeMark(path: string, mark: string): void {
  const content: Mark = {
    product: 'heapscope',
    formatVersion: FORMAT_VERSION,
    checksum: checksumOf(FORMAT_VERSION),
  };
  const text = `${JSON.stringify(content, undefined, 2)}\n`;
  writeFileSync(`${mark}.part`, text);
  const descriptor = openSync(`${mark}.part`, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(`${mark}.part`, mark);
  syncFolder(path);
}

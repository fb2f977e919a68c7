import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
  closeSync,
  fsyncSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { HeapscopeError, sentenceOf } from '../errors.ts';
import { syncFolder } from './segmentWriter.ts';

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
 * `history_unusable` for one that cannot be read or written.
 */
export function openDataDirectory(path: string): DataDirectory {
  const folder = (name: string) => join(path, name);
  const directory = {
    path,
    wal: folder('wal'),
    segments: folder('segments'),
    inventory: folder('inventory'),
    damaged: folder('damaged'),
  };
  try {
    mkdirSync(path, { recursive: true });
    refuseForeign(path);
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
function refuseForeign(path: string): void {
  const mark = join(path, MARK);
  if (!existsSync(mark)) {
    if (readdirSync(path).some((name) => name !== `${MARK}.part` && name !== 'lost+found')) {
      throw new HeapscopeError(
        'history_format',
        `${path} has files but no ${MARK}: it is not a history. Give an empty folder or the one a history is in.`
      );
    }
    writeMark(path, mark);
    return;
  }
  const version = versionIn(readFileSync(mark, 'utf8'));
  if (version === undefined) {
    throw new HeapscopeError(
      'history_format',
      `${mark} does not say which format the history has. Restore the file or move the folder away.`
    );
  }
  if (version > FORMAT_VERSION) {
    throw new HeapscopeError(
      'history_format',
      `The history in ${path} has format ${version}; this Heapscope reads up to ${FORMAT_VERSION}. Start the newer version again, or give another folder.`
    );
  }
}

function versionIn(text: string): number | undefined {
  try {
    const mark: unknown = JSON.parse(text);
    const version =
      typeof mark === 'object' && mark !== null && 'formatVersion' in mark ? mark.formatVersion : undefined;
    return typeof version === 'number' && Number.isInteger(version) && version > 0 ? version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

function writeMark(path: string, mark: string): void {
  const text = `${JSON.stringify({ product: 'heapscope', formatVersion: FORMAT_VERSION }, undefined, 2)}\n`;
  writeFileSync(`${mark}.part`, text);
  const descriptor = openSync(`${mark}.part`, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(`${mark}.part`, mark);
  syncFolder(path);
}

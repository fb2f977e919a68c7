import { DamagedBytesError } from './byteReader.ts';
import type { DataDirectory } from './dataDirectory.ts';
import { GoneFile, writeGoneFile } from './goneFile.ts';
import { compareObjects, type Place } from './goneFormat.ts';
import { gonePath, type GoneDamage, type GoneName } from './goneStore.ts';
import type { HistoryObject } from './inventory.ts';
import { mergeSorted } from './mergeSorted.ts';

/** A file that was made of others, and what of those was damaged and left out: both are for the store to take. */
export interface MergedGone {
  readonly made: GoneName;
  readonly damages: readonly GoneDamage[];
}

/** The objects of several files in order of table, shard and number; each once, as it was seen last. */
export function* mergedGone(files: readonly GoneFile[]): Generator<HistoryObject> {
  const all = files.map((file) => file.all());
  let last: HistoryObject | undefined;
  for (const object of mergeSorted(all, compareObjects)) {
    if (last && compareObjects(last, object) === 0) {
      last = object.lastSeenMs >= last.lastSeenMs ? object : last;
    } else {
      if (last) {
        yield last;
      }
      last = object;
    }
  }
  if (last) {
    yield last;
  }
}

/**
 * Writes files as one of the next level, with all objects or those that are to stay. Needs nothing but the files, so that
 * any thread can do it.
 */
export function mergeGone(
  directory: DataDirectory,
  group: readonly GoneName[],
  isToStay: (object: HistoryObject) => boolean = () => true
): MergedGone {
  const made = {
    level: Math.max(...group.map(({ level }) => level)) + 1,
    fromMs: Math.min(...group.map(({ fromMs }) => fromMs)),
    toMs: Math.max(...group.map(({ toMs }) => toMs)),
  };
  const files: GoneFile[] = [];
  const damages: GoneDamage[] = [];
  try {
    for (const name of group) {
      const note = ({ message: reason }: DamagedBytesError, place?: Place) => damages.push({ name, reason, place });
      const file = openUnlessDamaged(gonePath(directory, name), note);
      files.push(...(file ? [file] : []));
    }
    writeGoneFile(gonePath(directory, made), kept(mergedGone(files), isToStay));
  } finally {
    files.forEach((file) => file.close());
  }
  return { made, damages };
}

function openUnlessDamaged(
  path: string,
  note: (error: DamagedBytesError, place?: Place) => void
): GoneFile | undefined {
  try {
    return GoneFile.open(path, note);
  } catch (error) {
    if (!(error instanceof DamagedBytesError)) {
      throw error;
    }
    note(error);
    return undefined;
  }
}

function* kept(
  objects: Iterable<HistoryObject>,
  isToStay: (object: HistoryObject) => boolean
): Generator<HistoryObject> {
  for (const object of objects) {
    if (isToStay(object)) {
      yield object;
    }
  }
}

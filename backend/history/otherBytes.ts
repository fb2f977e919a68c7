import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../errors.ts';
import type { DataDirectory } from './dataDirectory.ts';

/** Bytes of all that is in a data directory beside the segments: logs, lists of objects, what was set aside, the mark. */
export function otherBytesOf({ path, wal, inventory, damaged }: DataDirectory): number {
  const files = [path, wal, inventory, damaged].flatMap(filesIn);
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Counts {@link otherBytesOf} once for each round; while the disk refuses that, the last count stays. */
export class OtherBytes {
  private readonly directory: DataDirectory;
  private countedMs = NaN;
  private bytes = 0;

  constructor(directory: DataDirectory) {
    this.directory = directory;
  }

  at(roundMs: number): number {
    if (!Object.is(this.countedMs, roundMs)) {
      this.countedMs = roundMs;
      try {
        this.bytes = otherBytesOf(this.directory);
      } catch (error) {
        if (codeOf(error) === '') {
          throw error;
        }
      }
    }
    return this.bytes;
  }
}

/**
 * Removes what was set aside as damaged first, as long as all of it is more than `maxBytes`; what was set aside last stays.
 * Answers with the names of what went.
 */
export function boundDamaged({ damaged }: DataDirectory, maxBytes: number): string[] {
  // Moving a file changes no more than when its entry changed.
  const files = filesIn(damaged).sort((one, other) => one.movedMs - other.movedMs || (one.name < other.name ? -1 : 1));
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const gone: string[] = [];
  for (const file of files.slice(0, -1)) {
    if (bytes > maxBytes) {
      rmSync(join(damaged, file.name), { force: true });
      bytes -= file.bytes;
      gone.push(file.name);
    }
  }
  return gone;
}

function filesIn(folder: string): Array<{ readonly name: string; readonly bytes: number; readonly movedMs: number }> {
  return (existsSync(folder) ? readdirSync(folder) : []).flatMap((name) => {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    return found?.isFile() ? [{ name, bytes: found.size, movedMs: found.ctimeMs }] : [];
  });
}

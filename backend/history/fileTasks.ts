import type { DataDirectory } from './dataDirectory.ts';
import { compactRounds, compactTier, sealLog } from './sealing.ts';
import { SegmentReader } from './segmentReader.ts';
import { segmentPath, type SegmentName } from './segmentStore.ts';
import { WalReader, type LogDamage } from './walReader.ts';

/** Work on files that takes its time: it needs nothing but the files, so that any thread can do it. */
export type FileTask =
  /** Writes the rounds of a log as a segment. */
  | { readonly kind: 'seal'; readonly log: string }
  /** Writes segments of one tier as one; rounds become buckets as well. */
  | { readonly kind: 'merge'; readonly segments: readonly SegmentName[] }
  /** Reads all of a segment. */
  | { readonly kind: 'check'; readonly segment: SegmentName };

export interface FileTaskDone {
  /** Segments that were written. */
  readonly made: readonly SegmentName[];
  /** Where a log that was read stopped making sense. */
  readonly damage?: LogDamage;
}

/** Does the work on the files of a history. */
export interface FileWorker {
  /** Rejects with `DamagedBytesError` where a file that is read is damaged. */
  run(task: FileTask): Promise<FileTaskDone>;
}

/** Does a task. Throws `DamagedBytesError` where a file that is read is damaged. */
export function doFileTask(directory: DataDirectory, task: FileTask): FileTaskDone {
  switch (task.kind) {
    case 'seal':
      return seal(directory, task.log);
    case 'merge':
      return { made: merge(directory, task.segments) };
    case 'check':
      check(segmentPath(directory, task.segment));
      return { made: [] };
  }
}

function seal(directory: DataDirectory, path: string): FileTaskDone {
  const log = new WalReader(path);
  try {
    const name = sealLog(directory, log);
    return { made: name ? [name] : [], damage: log.damage };
  } finally {
    log.close();
  }
}

function merge(directory: DataDirectory, names: readonly SegmentName[]): SegmentName[] {
  const readers: SegmentReader[] = [];
  try {
    names.forEach((name) => readers.push(SegmentReader.open(segmentPath(directory, name))));
    const segments = names.map((name, index) => ({ ...name, reader: readers[index] }));
    return names[0].tier === 'raw' ? compactRounds(directory, segments) : compactTier(directory, segments);
  } finally {
    readers.forEach((reader) => reader.close());
  }
}

function check(path: string): void {
  const reader = SegmentReader.open(path);
  try {
    const blocks = reader.blocks();
    while (!blocks.next().done) {
      // Each is checked as it is read.
    }
  } finally {
    reader.close();
  }
}

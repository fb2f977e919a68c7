import type { DataDirectory } from './dataDirectory.ts';
import { writeGone } from './goneObjects.ts';
import type { GoneName } from './goneStore.ts';
import { withLentValues } from './matrix.ts';
import { mergeGone, type MergedGone } from './mergeGone.ts';
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
  | { readonly kind: 'check'; readonly segment: SegmentName }
  /** Writes a file of the objects of the inventory's file that are gone. */
  | { readonly kind: 'write gone'; readonly gone: GoneName }
  /** Writes files of gone objects as one. */
  | { readonly kind: 'merge gone'; readonly files: readonly GoneName[] };

export interface FileTaskDone {
  /** Segments that were written. */
  readonly made: readonly SegmentName[];
  /** Where a log that was read stopped making sense. */
  readonly damage?: LogDamage;
  /** The file of gone objects that was written, and what was damaged of those it was made of. */
  readonly gone?: MergedGone;
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
    case 'write gone':
      writeGone(directory, task.gone);
      return { made: [], gone: { made: task.gone, damages: [] } };
    case 'merge gone':
      return { made: [], gone: mergeGone(directory, task.files) };
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
    for (const { block } of reader.blocks()) {
      for (const { metrics } of block.values()) {
        metrics.forEach((read) => withLentValues(read));
      }
    }
  } finally {
    reader.close();
  }
}

import { DamagedBytesError } from '../history/byteReader.ts';
import type { Inventory } from '../history/inventory.ts';
import type { Segment } from '../history/segmentStore.ts';
import type { Stored } from '../history/shardBlock.ts';
import { HistorySnapshot } from '../history/snapshot.ts';
import { sentenceOf } from '../errors.ts';
import type { HistoryCommand } from './main.ts';
import { Progress, readableBytes, type Terminal } from './terminal.ts';

export const verifyCommand: HistoryCommand = {
  summary: 'Reads everything and checks it; exit code 1 if anything is damaged.',
  details:
    'Every checksum, every number and every name is looked at. Nothing is changed: a running backend sets aside what it finds damaged.',
  flags: {},
  async run(folder, _given, terminal) {
    const snapshot = HistorySnapshot.open(folder);
    try {
      return await verify(snapshot, terminal);
    } finally {
      snapshot.close();
    }
  },
};

async function verify({ store, inventory, damages, directory }: HistorySnapshot, terminal: Terminal): Promise<number> {
  const segments = (['raw', '10m', '1h'] as const).flatMap((tier) => store.ofTier(tier));
  const progress = new Progress(terminal, 'Verifying', store.bytes);
  const problems = [...damages];
  let samples = 0;
  for (const segment of segments) {
    try {
      samples += checkSegment(segment, inventory);
    } catch (error) {
      if (!(error instanceof DamagedBytesError)) {
        throw error;
      }
      problems.push(`${segment.reader.path} is damaged: ${sentenceOf(error)}.`);
    }
    progress.add(segment.reader.bytes);
    await new Promise((resolve) => setImmediate(resolve));
  }
  progress.end();
  problems.forEach((sentence) => terminal.err.write(`${sentence}\n`));
  terminal.out.write(
    `${directory.path}: ${segments.length} files, ${readableBytes(store.bytes)}, ${samples} samples and buckets, ${inventory.size} objects; ${problems.length === 0 ? 'all whole' : `${problems.length} damaged`}.\n`
  );
  return problems.length === 0 ? 0 : 1;
}

/** Reads all of a segment. Answers with how many values it has. */
function checkSegment({ reader }: Segment, inventory: Inventory): number {
  let values = 0;
  for (const { shard, block } of reader.blocks()) {
    for (const [table, { objects, keys, metrics }] of block) {
      objects.forEach((number, row) => {
        const object = inventory.object(number);
        const isRight = object?.shard === shard && object.table === table && object.key === keys[row];
        // Who was forgotten has no name any more; nothing else may stand for its number.
        if (object && !isRight) {
          throw new DamagedBytesError(
            `Number ${number} stands for ${keys[row]} there and for ${object.key} in the list of objects`
          );
        }
      });
      for (const stored of metrics.values()) {
        values += countOf(stored);
      }
    }
  }
  if (values !== reader.samples) {
    throw new DamagedBytesError(`It has ${values} values instead of ${reader.samples}`);
  }
  return values;
}

function countOf(stored: Stored): number {
  const { values } = 'samples' in stored ? stored.samples : stored.count;
  let count = 0;
  for (let index = 0; index < values.length; index++) {
    count += values[index] === values[index] ? 1 : 0;
  }
  return count;
}

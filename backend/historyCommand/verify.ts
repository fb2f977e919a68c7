import type { TableName } from '../model/batch.ts';
import { DamagedBytesError } from '../history/byteReader.ts';
import type { KnownObjects, ObjectLookup } from '../history/knownObjects.ts';
import { withLentValues } from '../history/matrix.ts';
import type { Segment } from '../history/segmentStore.ts';
import { OBJECTS_PER_STEP } from '../history/goneFile.ts';
import { BUCKET_MS, type Stored } from '../history/shardBlock.ts';
import type { HistorySnapshot } from '../history/snapshot.ts';
import { sentenceOf } from '../errors.ts';
import type { HistoryCommand } from './main.ts';
import { openSnapshot, Progress, readableBytes, type Terminal } from './terminal.ts';

export const verifyCommand: HistoryCommand = {
  summary: 'Reads everything and checks it; exit code 1 if anything is damaged.',
  details:
    'Every checksum, every number and every name is looked at. Nothing is changed: a running backend sets aside what it finds damaged.',
  flags: {},
  async run(folder, _given, terminal) {
    const snapshot = openSnapshot(folder, terminal);
    try {
      return await verify(snapshot, terminal);
    } finally {
      snapshot.close();
    }
  },
};

async function verify({ store, known, damages, directory }: HistorySnapshot, terminal: Terminal): Promise<number> {
  const { gone } = known;
  const segments = (['raw', '10m', '1h'] as const).flatMap((tier) => store.ofTier(tier));
  const progress = new Progress(terminal, 'Verifying', store.bytes + gone.bytes);
  const problems: string[] = [];
  let samples = 0;
  for (const segment of segments) {
    const portion = progress.portion(segment.reader.bytes, [...segment.reader.shards()].length);
    try {
      samples += checkSegment(segment, known, portion.next);
    } catch (error) {
      if (!(error instanceof DamagedBytesError)) {
        throw error;
      }
      problems.push(`${segment.reader.path} is damaged: ${sentenceOf(error)}.`);
    }
    portion.end();
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const name of gone.names) {
    const [{ bytes, count }] = gone.filesOf([name]);
    const portion = progress.portion(bytes, count / OBJECTS_PER_STEP);
    for (const _step of gone.check(name)) {
      portion.next();
      await new Promise((resolve) => setImmediate(resolve));
    }
    portion.end();
  }
  progress.end();
  // What is damaged of the lists of objects was told as it was met.
  problems.unshift(...damages);
  problems.forEach((sentence) => terminal.err.write(`${sentence}\n`));
  terminal.out.write(
    `${directory.path}: ${segments.length + gone.names.length} files, ${readableBytes(store.bytes + gone.bytes)}, ${samples} samples and buckets, ${known.size} objects; ${problems.length === 0 ? 'all whole' : `${problems.length} damaged`}.\n`
  );
  return problems.length === 0 ? 0 : 1;
}

/** Reads all of a segment. Answers with how many values it has. */
function checkSegment({ reader, tier, fromMs, toMs }: Segment, known: KnownObjects, onShard: () => void): number {
  let values = 0;
  const lookups = new Map<TableName, ObjectLookup>();
  const range = { fromMs: fromMs - BUCKET_MS[tier], toMs };
  for (const { shard, block } of reader.blocks()) {
    for (const [table, { objects, keys, metrics }] of block) {
      const find = lookups.get(table) ?? known.lookup(table, range);
      lookups.set(table, find);
      objects.forEach((number, row) => {
        const object = find(shard, number);
        const isRight = object?.shard === shard && object.table === table && object.key === keys[row];
        // Who was forgotten has no name any more; nothing else may stand for its number.
        if (object && !isRight) {
          throw new DamagedBytesError(
            `Number ${number} stands for ${keys[row]} there and for ${object.key} in the list of objects`
          );
        }
      });
      for (const stored of metrics.values()) {
        values += withLentValues(() => countOf(stored()));
      }
    }
    onShard();
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

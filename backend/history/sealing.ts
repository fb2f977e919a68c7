import { correctsSamples } from '../model/heapsterValues.ts';
import { aggregate, aggregateBuckets, bucketsOf, fallOf, type Buckets } from './aggregate.ts';
import type { DataDirectory } from './dataDirectory.ts';
import { mergeSegments, type MergedSegments } from './mergeSegments.ts';
import { segmentPath, type Segment, type SegmentName } from './segmentStore.ts';
import { SegmentWriter } from './segmentWriter.ts';
import { BUCKET_MS, type Aggregates, type ShardBlock, type Stored, type Tier } from './shardBlock.ts';
import type { WalReader } from './walReader.ts';

/** Blocks of this span become one segment, and the tiers are made of them. */
export const COMPACTED_MS = 7_200_000;
/** Segments of the tiers of this span become one. */
export const DAY_MS = 86_400_000;

/** The end of the span that a time falls into; a span is open at its beginning, as a round's window is. */
export function spanEnd(timeMs: number, spanMs: number): number {
  return Math.ceil(timeMs / spanMs) * spanMs;
}

/** Writes the rounds of a log as a segment, and tells of each shard that is done. Undefined if the log has no whole round. */
export function sealLog(
  directory: DataDirectory,
  log: WalReader,
  onShard: () => void = () => undefined
): SegmentName | undefined {
  const { timesMs } = log;
  if (timesMs.length === 0) {
    return undefined;
  }
  const name = nameOf('raw', 0, timesMs);
  const blocks = function* () {
    for (const shard of log.shards()) {
      yield { shard, blocks: [log.block(shard)] };
      onShard();
    }
  };
  writeAll(directory, [{ name, timesMs }], blocks());
  return name;
}

/**
 * Writes segments of rounds as one, with the tiers that are made of it. The rounds come last: until they are there, the
 * same work can be done again, and makes the same files.
 */
export function compactRounds(directory: DataDirectory, segments: readonly Segment[]): SegmentName[] {
  const merged = mergeSegments(segments.map(({ reader }) => reader));
  const tenMinutes = bucketsOf(merged.timesMs, BUCKET_MS['10m']);
  const hours = bucketsOf(tenMinutes.endsMs, BUCKET_MS['1h']);
  const outputs: Output[] = [
    { name: nameOf('10m', 1, tenMinutes.endsMs), timesMs: tenMinutes.endsMs },
    { name: nameOf('1h', 1, hours.endsMs), timesMs: hours.endsMs },
    { name: nameOf('raw', 1, merged.timesMs), timesMs: merged.timesMs },
  ];
  const blocks = function* () {
    for (const { shard, block } of merged.blocks()) {
      const ofTenMinutes = mapMetrics(block, (stored, fall) => aggregated(stored, tenMinutes, fall));
      const ofHours = mapMetrics(ofTenMinutes, (stored, fall) => aggregated(stored, hours, fall));
      yield { shard, blocks: [ofTenMinutes, ofHours, block] };
    }
  };
  writeAll(directory, outputs, blocks());
  return outputs.map(({ name }) => name);
}

/** Writes segments of one tier as one of the next level. */
export function compactTier(directory: DataDirectory, segments: readonly Segment[]): SegmentName[] {
  const merged: MergedSegments = mergeSegments(segments.map(({ reader }) => reader));
  const level = Math.max(...segments.map((segment) => segment.level)) + 1;
  const name = nameOf(segments[0].tier, level, merged.timesMs);
  const blocks = function* () {
    for (const { shard, block } of merged.blocks()) {
      yield { shard, blocks: [block] };
    }
  };
  writeAll(directory, [{ name, timesMs: merged.timesMs }], blocks());
  return [name];
}

interface Output {
  readonly name: SegmentName;
  readonly timesMs: readonly number[];
}

function nameOf(tier: Tier, level: number, timesMs: readonly number[]): SegmentName {
  return { tier, level, fromMs: timesMs[0], toMs: timesMs.at(-1)! };
}

/** Writes files side by side; each shard has a block for each of them. */
function writeAll(
  directory: DataDirectory,
  outputs: readonly Output[],
  shards: Iterable<{ readonly shard: string; readonly blocks: readonly ShardBlock[] }>
): void {
  const writers: SegmentWriter[] = [];
  try {
    for (const { name, timesMs } of outputs) {
      writers.push(new SegmentWriter(segmentPath(directory, name), name.tier, timesMs));
    }
    for (const { shard, blocks } of shards) {
      blocks.forEach((block, index) => writers[index].add(shard, block));
    }
    while (writers.length > 0) {
      writers[0].finish();
      writers.shift();
    }
  } catch (error) {
    writers.forEach((writer) => writer.abandon());
    throw error;
  }
}

function aggregated(stored: Stored, buckets: Buckets, fall: ReturnType<typeof fallOf>): Aggregates {
  return 'samples' in stored ? aggregate(stored.samples, buckets, fall) : aggregateBuckets(stored, buckets, fall);
}

function mapMetrics(
  block: ShardBlock,
  change: (stored: Stored, fall: ReturnType<typeof fallOf>) => Aggregates
): ShardBlock {
  return new Map(
    Array.from(block, ([table, content]) => {
      const metrics = new Map<string, () => Stored>();
      for (const [metric, stored] of content.metrics) {
        if (!correctsSamples(metric)) {
          metrics.set(metric, () => change(stored(), fallOf(table, metric)));
        }
      }
      return [table, { ...content, metrics }];
    })
  );
}

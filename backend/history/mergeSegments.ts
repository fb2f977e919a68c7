import type { TableName } from '../model/batch.ts';
import { fallOf, MergedBuckets } from './aggregate.ts';
import { newValues, type Matrix } from './matrix.ts';
import type { SegmentReader } from './segmentReader.ts';
import type { Aggregates, ShardBlock, Stored, TableBlock } from './shardBlock.ts';

/** Blocks of one shard from several segments, each with where its times stand among the times of all. */
interface Part {
  readonly block: ShardBlock;
  readonly roundOf: Uint32Array;
}

/** Several segments of one tier as one: every shard with its rounds put together, in order of the shards' names. */
export interface MergedSegments {
  readonly timesMs: readonly number[];
  blocks(): Generator<{ readonly shard: string; readonly block: ShardBlock }>;
}

/** Puts segments of one tier together, given in order of time. Buckets that two of them share become one. */
export function mergeSegments(segments: readonly SegmentReader[]): MergedSegments {
  const timesMs = [...new Set(segments.flatMap((segment) => segment.timesMs))].sort((one, other) => one - other);
  const position = new Map(timesMs.map((timeMs, index) => [timeMs, index]));
  const roundsOf = segments.map((segment) => Uint32Array.from(segment.timesMs, (timeMs) => position.get(timeMs)!));
  return { timesMs, blocks: () => mergedBlocks(segments, roundsOf, timesMs.length) };
}

function* mergedBlocks(segments: readonly SegmentReader[], roundsOf: readonly Uint32Array[], rounds: number) {
  const sources = segments.map((segment) => segment.blocks());
  const heads = sources.map((source) => source.next());
  for (;;) {
    const names = heads.flatMap((head) => (head.done ? [] : [head.value.shard]));
    if (names.length === 0) {
      return;
    }
    const shard = names.reduce((least, name) => (name < least ? name : least));
    const parts: Part[] = [];
    heads.forEach((head, index) => {
      if (!head.done && head.value.shard === shard) {
        parts.push({ block: head.value.block, roundOf: roundsOf[index] });
        heads[index] = sources[index].next();
      }
    });
    yield { shard, block: mergeShard(parts, rounds) };
  }
}

function mergeShard(parts: readonly Part[], rounds: number): ShardBlock {
  const tables = new Set(parts.flatMap(({ block }) => [...block.keys()]));
  return new Map([...tables].map((table) => [table, mergeTable(table, parts, rounds)]));
}

function mergeTable(table: TableName, parts: readonly Part[], rounds: number): TableBlock {
  const blocks = parts.flatMap(({ block, roundOf }) => {
    const found = block.get(table);
    return found ? [{ found, roundOf }] : [];
  });
  const keyOf = new Map<number, string>();
  for (const { found } of blocks) {
    found.objects.forEach((object, row) => keyOf.set(object, found.keys[row]));
  }
  const objects = Uint32Array.from(keyOf.keys()).sort();
  const rowOf = new Map(Array.from(objects, (object, row) => [object, row]));
  const placed = blocks.map(({ found, roundOf }) => ({
    found,
    roundOf,
    rowOf: Uint32Array.from(found.objects, (object) => rowOf.get(object)!),
  }));
  const names = new Set(blocks.flatMap(({ found }) => [...found.metrics.keys()]));
  const metrics = new Map<string, () => Stored>();
  for (const metric of names) {
    const members = placed.flatMap(({ found, ...place }) => {
      const stored = found.metrics.get(metric);
      return stored ? [{ stored, ...place }] : [];
    });
    metrics.set(metric, () => mergeMetric(members, objects.length, rounds, () => fallOf(table, metric)));
  }
  return { objects, keys: Array.from(objects, (object) => keyOf.get(object)!), metrics };
}

interface Place {
  readonly rowOf: Uint32Array;
  readonly roundOf: Uint32Array;
}

interface Member extends Place {
  readonly stored: Stored;
}

function mergeMetric(
  unread: ReadonlyArray<Place & { readonly stored: () => Stored }>,
  rows: number,
  rounds: number,
  fall: () => ReturnType<typeof fallOf>
): Stored {
  const members: Member[] = unread.map(({ stored, ...place }) => ({ stored: stored(), ...place }));
  if (members.some(({ stored }) => 'samples' in stored)) {
    return { samples: mergeSamples(members, rows, rounds) };
  }
  const merged = new MergedBuckets(rows, rounds, fall());
  for (const { stored, rowOf, roundOf } of members) {
    addBuckets(merged, stored as Aggregates, rowOf, roundOf);
  }
  return merged.aggregates();
}

function addBuckets(merged: MergedBuckets, stored: Aggregates, rowOf: Uint32Array, roundOf: Uint32Array): void {
  for (let row = 0; row < rowOf.length; row++) {
    for (let round = 0; round < roundOf.length; round++) {
      merged.add(rowOf[row], roundOf[round], stored, row * roundOf.length + round);
    }
  }
}

function mergeSamples(members: readonly Member[], rows: number, rounds: number): Matrix {
  const values = newValues(rows * rounds).fill(NaN);
  const wide = new Map<number, bigint>();
  for (const { stored, rowOf, roundOf } of members) {
    const { samples } = stored as { samples: Matrix };
    for (let row = 0; row < rowOf.length; row++) {
      const to = rowOf[row] * rounds;
      for (let round = 0; round < roundOf.length; round++) {
        values[to + roundOf[round]] = samples.values[row * roundOf.length + round];
      }
    }
    for (const [index, value] of samples.wide ?? []) {
      const row = Math.floor(index / roundOf.length);
      wide.set(rowOf[row] * rounds + roundOf[index % roundOf.length], value);
    }
  }
  return { rows, rounds, values, wide: wide.size > 0 ? wide : undefined };
}

import type { TableName } from '../../model/batch.ts';
import type { Matrix } from '../matrix.ts';
import type { SegmentReader } from '../segmentReader.ts';
import { SegmentWriter } from '../segmentWriter.ts';
import type { ShardBlock, Stored, TableBlock, Tier } from '../shardBlock.ts';

/** A matrix with a row per list of values. */
export function matrixOf(...rows: ReadonlyArray<readonly number[]>): Matrix {
  return { rows: rows.length, rounds: rows[0]?.length ?? 0, values: Float64Array.from(rows.flat()) };
}

/** A table of objects `1`, `2`… called `key-1`, `key-2`…, unless other numbers are given. */
export function tableBlock(metrics: Readonly<Record<string, Matrix>>, numbers?: readonly number[]): TableBlock {
  const rows = Object.values(metrics)[0].rows;
  const objects = Uint32Array.from(numbers ?? Array.from({ length: rows }, (_, row) => row + 1));
  return {
    objects,
    keys: Array.from(objects, (number) => `key-${number}`),
    metrics: new Map(Object.entries(metrics).map(([metric, samples]) => [metric, () => ({ samples })])),
  };
}

export function shardBlock(tables: Partial<Record<TableName, TableBlock>>): ShardBlock {
  return new Map(Object.entries(tables) as Array<[TableName, TableBlock]>);
}

/** Writes shards into a segment, sorted by name. */
export function writeSegment(
  path: string,
  tier: Tier,
  timesMs: readonly number[],
  shards: ReadonlyMap<string, ShardBlock>
): void {
  const writer = new SegmentWriter(path, tier, timesMs);
  [...shards.keys()].sort().forEach((shard) => writer.add(shard, shards.get(shard)!));
  writer.finish();
}

/** Everything a segment holds, as plain values that can be compared. */
export function contentOf(blocks: Iterable<{ shard: string; block: ShardBlock }>): Record<string, unknown> {
  const content: Record<string, unknown> = {};
  for (const { shard, block } of blocks) {
    for (const [table, { objects, keys, metrics }] of block) {
      content[`${shard} ${table}`] = { objects: [...objects], keys };
      for (const [metric, stored] of metrics) {
        content[`${shard} ${table} ${metric}`] = plain(stored());
      }
    }
  }
  return content;
}

function plain(stored: Stored): unknown {
  if ('samples' in stored) {
    const { values, wide } = stored.samples;
    return { values: [...values], wide: [...(wide ?? [])] };
  }
  const { min, max, sum, count, course } = stored;
  const values = { min: [...min.values], max: [...max.values], sum: [...sum.values], count: [...count.values] };
  return course
    ? { ...values, first: [...course.first.values], last: [...course.last.values], gain: [...course.gain.values] }
    : values;
}

/** The content of a segment that is read. */
export function segmentContent(segment: SegmentReader): Record<string, unknown> {
  return contentOf(segment.blocks());
}

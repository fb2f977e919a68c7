import fc from 'fast-check';
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aggregate, bucketsOf } from './aggregate.ts';
import { SegmentReader } from './segmentReader.ts';
import { SegmentWriter } from './segmentWriter.ts';
import type { ShardBlock } from './shardBlock.ts';
import { TABLE_NAMES } from './tableNames.ts';
import { contentOf, matrixOf, segmentContent, shardBlock, tableBlock, writeSegment } from './testing/blocks.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';

afterAll(removeTemporaryFolders);

const MINUTE = 60_000;
const timesOf = (rounds: number) => Array.from({ length: rounds }, (_, round) => (round + 1) * MINUTE);

const cell = fc.oneof(fc.constant(NaN), fc.nat(5), fc.nat(), fc.double({ noNaN: true }));
const shards = fc.integer({ min: 1, max: 5 }).chain((rounds) =>
  fc.record({
    rounds: fc.constant(rounds),
    shards: fc.dictionary(
      fc.stringMatching(/^[a-z]{0,3}$/),
      fc.array(fc.array(cell, { minLength: rounds, maxLength: rounds }), { minLength: 1, maxLength: 4 }),
      { maxKeys: 40 }
    ),
  })
);

function podsOf(rows: number[][]): ShardBlock {
  const counter = rows.map((row) => row.map(Math.abs));
  const metrics = {
    'memory/usage': matrixOf(...rows),
    'cpu/usage': matrixOf(...counter),
    'cpu/usage_rate': matrixOf(...rows),
  };
  return shardBlock({ pod: tableBlock(metrics), node: tableBlock({ uptime: matrixOf(rows[0]) }) });
}

test('tables of all kinds come back, also those that few clusters have', () => {
  const path = join(temporaryFolder(), 'all.seg');
  const block = shardBlock(
    Object.fromEntries(TABLE_NAMES.map((table) => [table, tableBlock({ m: matrixOf([1, 2]) })]))
  );
  writeSegment(path, 'raw', timesOf(2), new Map([['a', block]]));
  const reader = SegmentReader.open(path);
  expect([...reader.blocks()].flatMap((each) => [...each.block.keys()]).sort()).toEqual([...TABLE_NAMES].sort());
  reader.close();
});

test('a segment gives back what was put in, however many shards there are', () => {
  const folder = temporaryFolder();
  let count = 0;
  fc.assert(
    fc.property(shards, ({ rounds, shards: rowsOf }) => {
      const path = join(folder, `${count++}.seg`);
      const blocks = new Map(Object.entries(rowsOf).map(([shard, rows]) => [shard, podsOf(rows)]));
      writeSegment(path, 'raw', timesOf(rounds), blocks);
      const segment = SegmentReader.open(path);
      expect(segment.timesMs).toEqual(timesOf(rounds));
      expect([...segment.shards()]).toEqual([...blocks.keys()].sort());
      expect(segmentContent(segment)).toEqual(contentOf([...blocks].map(([shard, block]) => ({ shard, block }))));
      segment.close();
    }),
    { numRuns: 60 }
  );
});

function hundredShards(path: string): void {
  const blocks = new Map(
    Array.from({ length: 100 }, (_, index) => {
      const node = `node-${String(index).padStart(3, '0')}`;
      const metrics = { 'cpu/usage': matrixOf([index, index + 60]), 'cpu/usage_rate': matrixOf([NaN, 1]) };
      return [node, shardBlock({ pod: tableBlock(metrics, [1000 + index]) })];
    })
  );
  writeSegment(path, 'raw', timesOf(2), blocks);
}

test('one metric of one shard is read without the others', () => {
  const path = join(temporaryFolder(), 'a.seg');
  hundredShards(path);
  const segment = SegmentReader.open(path);
  const found = [...segment.metric('pod', 'cpu/usage', new Set(['node-042', 'nobody']))];
  expect(found.map(({ shard, objects }) => ({ shard, objects: [...objects] }))).toEqual([
    { shard: 'node-042', objects: [1042] },
  ]);
  expect(found[0].stored()).toMatchObject({ samples: { values: Float64Array.of(42, 102) } });
  expect([...segment.metric('pod', 'cpu/usage')]).toHaveLength(100);
  expect([...segment.metric('pod', 'no/such')]).toEqual([]);
  expect([...segment.metric('container', 'cpu/usage')]).toEqual([]);
  segment.close();
});

test('values that are present are counted', () => {
  const path = join(temporaryFolder(), 'a.seg');
  hundredShards(path);
  const segment = SegmentReader.open(path);
  expect(segment.samples).toBe(300);
  segment.close();
});

test('aggregates come back with the course of counters', () => {
  const path = join(temporaryFolder(), 'a.seg');
  const buckets = bucketsOf(timesOf(20), 10 * MINUTE);
  const ramp = matrixOf(
    timesOf(20).map((timeMs) => timeMs / 1000),
    new Array<number>(20).fill(7)
  );
  const restarted = matrixOf(
    timesOf(20).map((_, round) => (round < 15 ? round : round - 15)),
    new Array<number>(20).fill(1.1)
  );
  const table = tableBlock({ a: ramp });
  const metrics = new Map([
    ['cpu/usage', () => aggregate(ramp, buckets, 'restart')],
    ['memory/page_faults', () => aggregate(restarted, buckets, 'restart')],
    ['memory/usage', () => aggregate(restarted, buckets, undefined)],
  ]);
  const blocks = new Map([['node', shardBlock({ pod: { ...table, metrics } })]]);
  writeSegment(path, '10m', buckets.endsMs, blocks);
  const segment = SegmentReader.open(path);
  expect(segment.tier).toBe('10m');
  expect(segmentContent(segment)).toEqual(contentOf([{ shard: 'node', block: blocks.get('node')! }]));
  segment.close();
});

test('a segment that was given up leaves nothing behind, and one that is not finished has no name', () => {
  const path = join(temporaryFolder(), 'a.seg');
  const writer = new SegmentWriter(path, 'raw', timesOf(1));
  writer.add('node', shardBlock({ pod: tableBlock({ a: matrixOf([1]) }) }));
  expect(existsSync(path)).toBe(false);
  writer.abandon();
  expect(existsSync(`${path}.part`)).toBe(false);
});

test('no flipped bit goes unnoticed, wherever it is', () => {
  const path = join(temporaryFolder(), 'a.seg');
  hundredShards(path);
  const whole = readFileSync(path);
  const reference = SegmentReader.open(path);
  const content = segmentContent(reference);
  reference.close();
  fc.assert(
    fc.property(fc.nat(whole.length * 8 - 1), (bit) => {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, bytes);
      const read = readAll(path);
      expect(read === 'damaged' || JSON.stringify(read) === JSON.stringify(content)).toBe(true);
    }),
    { numRuns: 300 }
  );
});

test('a file that was cut off is refused', () => {
  const path = join(temporaryFolder(), 'a.seg');
  hundredShards(path);
  const { length } = readFileSync(path);
  for (const shorter of [length - 1, length - 20, length >> 1, 8, 1, 0]) {
    truncateSync(path, shorter);
    expect(readAll(path)).toBe('damaged');
  }
});

function readAll(path: string): Record<string, unknown> | 'damaged' {
  let segment: SegmentReader | undefined;
  try {
    segment = SegmentReader.open(path);
    return segmentContent(segment);
  } catch (error) {
    expect(error).toMatchObject({ name: 'DamagedBytesError' });
    return 'damaged';
  } finally {
    segment?.close();
  }
}

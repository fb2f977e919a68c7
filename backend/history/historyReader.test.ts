import fc from 'fast-check';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPoints, scanHistory } from './historyReader.ts';
import { compactRounds, compactTier } from './sealing.ts';
import { SegmentStore } from './segmentStore.ts';
import type { Tier } from './shardBlock.ts';
import { batchTable, nodeBatch, TestHistory } from './testing/history.ts';
import { removeTemporaryFolders } from './testing/temporaryFolder.ts';

afterAll(removeTemporaryFolders);

const MINUTE = 60_000;
const HOUR = 3_600_000;
const START = Date.parse('2026-11-21T12:00:00Z');

/** Rounds of two nodes with a pod each, at the given minutes after the start; the counter grows by 7 a minute. */
const roundsAt = (minutes: readonly number[]) =>
  minutes.map((minute) =>
    ['a', 'b'].map((node) =>
      nodeBatch(node, START + minute * MINUTE, {
        pod: batchTable({
          [`shop/on-${node}`]: { 'memory/usage': minute * (node === 'a' ? 1 : 10), 'cpu/usage': 7 * minute },
        }),
      })
    )
  );

const minutes = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Two hours in six blocks. */
async function twoHours(): Promise<TestHistory> {
  const history = new TestHistory();
  for (let block = 0; block < 6; block++) {
    await history.writeBlock(roundsAt(minutes(block * 20 + 1, block * 20 + 20)));
  }
  return history;
}

const request = (tier: Tier, metric: string, from: number, to: number) =>
  ({ tier, table: 'pod', metric, fromMs: START + from * MINUTE, toMs: START + to * MINUTE }) as const;

test('points come in order of time across blocks, within the bounds, both of which belong to the range', async () => {
  const history = await twoHours();
  const pod = history.number('pod', 'b', 'shop/on-b');
  const points = readPoints(history.store, request('raw', 'memory/usage', 19, 22), new Set([pod]));
  expect([...points.keys()]).toEqual([pod]);
  expect([...points.get(pod)!.timesMs]).toEqual([19, 20, 21, 22].map((minute) => START + minute * MINUTE));
  expect([...points.get(pod)!.values]).toEqual([190, 200, 210, 220]);
});

test('all objects are visited shard by shard', async () => {
  const history = await twoHours();
  const seen: string[] = [];
  scanHistory(
    history.store,
    request('raw', 'memory/usage', 15, 45),
    ({ shard, timesMs, first, end }) => seen.push(`${shard} ${(timesMs[first] - START) / MINUTE}-${end - first}`),
    () => seen.push('end')
  );
  expect(seen).toEqual(['a 15-6', 'a 21-20', 'a 41-5', 'end', 'b 15-6', 'b 21-20', 'b 41-5', 'end']);
  const only: string[] = [];
  const shards = new Set(['b']);
  scanHistory(history.store, { ...request('raw', 'memory/usage', 1, 120), shards }, ({ shard }) => only.push(shard));
  expect(only).toEqual(['b', 'b', 'b', 'b', 'b', 'b']);
});

test('compacted rounds read the same, and the tiers are there', async () => {
  const history = await twoHours();
  const pod = history.number('pod', 'a', 'shop/on-a');
  const read = () => readPoints(history.store, request('raw', 'memory/usage', 0, 200), new Set([pod])).get(pod);
  const before = read();
  history.store.add(compactRounds(history.directory, history.store.ofTier('raw')));
  expect(readdirSync(history.directory.segments)).toHaveLength(3);
  expect(read()).toEqual(before);
  const tens = readPoints(history.store, request('10m', 'memory/usage', 0, 200), new Set([pod])).get(pod)!;
  expect([...tens.timesMs].map((timeMs) => (timeMs - START) / MINUTE)).toEqual(
    minutes(1, 12).map((index) => index * 10)
  );
  expect(tens.min).toEqual(Float64Array.from(minutes(0, 11), (index) => index * 10 + 1));
  expect(tens.max).toEqual(Float64Array.from(minutes(0, 11), (index) => index * 10 + 10));
  expect(tens.count).toEqual(new Float64Array(12).fill(10));
  expect(tens.values).toEqual(Float64Array.from(minutes(0, 11), (index) => index * 10 + 5.5));
  const hours = readPoints(history.store, request('1h', 'cpu/usage', 0, 200), new Set([pod])).get(pod)!;
  expect(hours.gain).toEqual(Float64Array.of(59 * 7, 59 * 7));
  expect(hours.first).toEqual(Float64Array.of(7, 61 * 7));
  expect(hours.last).toEqual(Float64Array.of(60 * 7, 120 * 7));
});

test('a bucket that two segments share becomes one when they are put together', async () => {
  const history = new TestHistory();
  await history.writeBlock(roundsAt(minutes(1, 14)));
  history.store.add(compactRounds(history.directory, history.store.ofTier('raw')));
  await history.writeBlock(roundsAt(minutes(15, 20)));
  history.store.add(
    compactRounds(
      history.directory,
      history.store.ofTier('raw').filter(({ level }) => level === 0)
    )
  );
  history.store.add(compactTier(history.directory, history.store.ofTier('10m')));
  const pod = history.number('pod', 'a', 'shop/on-a');
  const points = readPoints(history.store, request('10m', 'cpu/usage', 0, 60), new Set([pod])).get(pod)!;
  expect(points).toMatchObject({
    count: Float64Array.of(10, 10),
    min: Float64Array.of(7, 77),
    max: Float64Array.of(70, 140),
    gain: Float64Array.of(63, 63),
  });
});

test('tiers are the aggregates of their samples, restarts of counters included', async () => {
  const values = fc.array(fc.oneof(fc.constant(NaN), fc.nat(1000)), { minLength: 20, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(values, async (samples) => {
      const history = new TestHistory();
      const table = (index: number) =>
        batchTable({ x: { 'cpu/usage': samples[index], 'memory/usage': samples[index], uptime: 1 } });
      await history.writeBlock(
        samples.map((_, index) => [nodeBatch('a', START + (index + 1) * MINUTE, { pod: table(index) })])
      );
      history.store.add(compactRounds(history.directory, history.store.ofTier('raw')));
      const pod = history.number('pod', 'a', 'x');
      const points = readPoints(history.store, request('10m', 'cpu/usage', 0, 60), new Set([pod])).get(pod);
      const buckets = [samples.slice(0, 10), samples.slice(10)]
        .map((bucket) => bucket.filter((value) => !Number.isNaN(value)))
        .filter((bucket) => bucket.length > 0);
      const gainOf = (bucket: number[]) =>
        bucket.reduce(
          (sum, value, index) =>
            sum + (index === 0 ? 0 : value >= bucket[index - 1] ? value - bucket[index - 1] : value),
          0
        );
      expect([...(points?.min ?? [])]).toEqual(buckets.map((bucket) => Math.min(...bucket)));
      expect([...(points?.max ?? [])]).toEqual(buckets.map((bucket) => Math.max(...bucket)));
      expect([...(points?.sum ?? [])]).toEqual(buckets.map((bucket) => bucket.reduce((sum, value) => sum + value)));
      expect([...(points?.count ?? [])]).toEqual(buckets.map((bucket) => bucket.length));
      expect([...(points?.gain ?? [])]).toEqual(buckets.map(gainOf));
    }),
    { numRuns: 40 }
  );
});

test('a segment that is damaged is set aside with a sentence, and the others are read', async () => {
  const history = await twoHours();
  const [, damaged] = history.store.ofTier('raw');
  const bytes = readFileSync(damaged.reader.path);
  // All but the footer, which was read already.
  bytes.fill(0x55, 8, bytes.length - 200);
  writeFileSync(damaged.reader.path, bytes);
  const pod = history.number('pod', 'a', 'shop/on-a');
  const read = () => readPoints(history.store, request('raw', 'memory/usage', 1, 120), new Set([pod])).get(pod)!;
  const others = [...minutes(1, 20), ...minutes(41, 120)];
  expect([...read().values]).toEqual(others);
  expect([...read().values]).toEqual(others);
  expect(history.damages).toEqual([expect.stringContaining('tier raw, 2026-11-21T12:21:00.000Z')]);
  expect(readdirSync(history.directory.damaged)).toHaveLength(1);
});

test('what was not finished is removed at the start, and so is what a larger segment stands for', async () => {
  const history = await twoHours();
  const small = history.store.ofTier('raw')[2].reader.path;
  const kept = readFileSync(small);
  history.store.add(compactRounds(history.directory, history.store.ofTier('raw')));
  history.store.close();
  writeFileSync(small, kept);
  writeFileSync(join(history.directory.segments, 'raw.0.1.2.seg.part'), 'half');
  writeFileSync(join(history.directory.segments, 'raw.0.1.2.seg'), 'no segment');
  const damages: string[] = [];
  const store = new SegmentStore(history.directory, (sentence) => damages.push(sentence));
  expect(store.ofTier('raw').map(({ level }) => level)).toEqual([1]);
  expect(existsSync(small)).toBe(false);
  expect(damages).toHaveLength(1);
  expect(damages[0]).toContain('is damaged');
  expect(readdirSync(history.directory.segments)).toHaveLength(3);
  expect(readdirSync(history.directory.damaged)).toEqual(['raw.0.1.2.seg']);
  store.close();
});

test('what is too old goes by tier, as soon as its buckets are made', async () => {
  const history = await twoHours();
  const keepMs = { raw: HOUR, '10m': 10 * HOUR, '1h': 100 * HOUR };
  const expire = (hours: number) =>
    history.store.expire(START + hours * HOUR, { keepMs, maxBytes: Infinity }).map(({ tier }) => tier);
  expect(expire(9)).toEqual([]);
  history.store.add(compactRounds(history.directory, history.store.ofTier('raw')));
  expect(expire(3)).toEqual([]);
  expect(expire(4)).toEqual(['raw']);
  expect(expire(13)).toEqual(['10m']);
});

test('the oldest goes until the rest fits', async () => {
  const history = await twoHours();
  const keepMs = { raw: HOUR, '10m': HOUR, '1h': HOUR };
  const nowMs = START + 2 * HOUR;
  const { bytes } = history.store;
  expect(history.store.expire(nowMs, { keepMs, maxBytes: bytes - 1 })).toHaveLength(1);
  expect(history.store.expire(nowMs, { keepMs, maxBytes: 0 })).toHaveLength(4);
  expect(history.store.ofTier('raw').map(({ toMs }) => (toMs - START) / MINUTE)).toEqual([120]);
  expect(history.store.newestMs('raw')).toBe(nowMs);
  expect(history.store.newestMs('1h')).toBe(-Infinity);
});

test('what is too much goes from all tiers alike, by how long each is to be kept', async () => {
  const history = new TestHistory();
  for (let hour = 0; hour < 12; hour += 2) {
    await history.writeBlock(roundsAt(minutes(hour * 60 + 1, hour * 60 + 120)));
    const blocks = history.store.ofTier('raw').filter(({ level }) => level === 0);
    history.store.add(compactRounds(history.directory, blocks));
  }
  const keepMs = { raw: 10 * HOUR, '10m': 20 * HOUR, '1h': 40 * HOUR };
  const gone = history.store.beyond(START + 12 * HOUR, { keepMs, maxBytes: history.store.bytes / 2 });
  const count = (tier: string) => gone.filter((segment) => segment.tier === tier).length;
  expect(count('raw')).toBeGreaterThan(count('10m'));
  expect(count('10m')).toBeGreaterThan(0);
  expect(count('1h')).toBeLessThan(count('10m'));
  expect(history.store.beyond(0, { keepMs, maxBytes: 0 })).toHaveLength(15);
});

test('a file that vanished under a running history does not take the others with it', async () => {
  const history = await twoHours();
  const [first] = history.store.ofTier('raw');
  renameSync(first.reader.path, `${first.reader.path}.gone`);
  const pod = history.number('pod', 'a', 'shop/on-a');
  const points = readPoints(history.store, request('raw', 'memory/usage', 1, 120), new Set([pod]));
  expect(points.get(pod)!.values).toHaveLength(120);
});

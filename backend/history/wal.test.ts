import fc from 'fast-check';
import fs, { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Column } from '../model/batch.ts';
import { contentOf } from './testing/blocks.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';
import { WalReader } from './walReader.ts';
import { WalWriter, type TablePart } from './walWriter.ts';

afterAll(removeTemporaryFolders);

function part(
  values: Readonly<Record<string, readonly number[]>>,
  objects: readonly number[],
  defined = objects
): TablePart {
  return {
    table: 'pod',
    objects: Uint32Array.from(objects),
    definitions: defined.map((number) => ({ number, key: `key-${number}`, names: { pod: `pod-${number}`, uid: 'u' } })),
    keys: defined.map((number) => [number, `key-${number}`]),
    columns: new Map(
      Object.entries(values).map(([metric, list]): [string, Column] => [metric, { values: Float64Array.from(list) }])
    ),
  };
}

function contentAt(path: string): Record<string, unknown> {
  const reader = new WalReader(path);
  try {
    return contentOf(reader.shards().map((shard) => ({ shard, block: reader.block(shard) })));
  } finally {
    reader.close();
  }
}

/** Two whole rounds of two nodes, in which rows change places and one object goes. */
async function twoRounds(path: string): Promise<WalWriter> {
  const writer = new WalWriter(path);
  writer.append('b', 1000, [part({ m: [5, 6] }, [7, 8])]);
  writer.append('a', 1000, [part({ m: [1, 2], n: [0.5, NaN] }, [3, 4])]);
  writer.commit(1000);
  writer.append('a', 2000, [part({ m: [20] }, [4], [])]);
  writer.append('b', 2000, [part({ m: [60, 50] }, [8, 7], [])]);
  writer.commit(2000);
  return writer;
}

const TWO_ROUNDS = {
  'a pod': { objects: [3, 4], keys: ['key-3', 'key-4'] },
  'a pod m': { values: [1, NaN, 2, 20], wide: [] },
  'a pod n': { values: [0.5, NaN, NaN, NaN], wide: [] },
  'b pod': { objects: [7, 8], keys: ['key-7', 'key-8'] },
  'b pod m': { values: [5, 50, 6, 60], wide: [] },
};

test('rounds come back shard by shard, a row per object', async () => {
  const path = join(temporaryFolder(), 'a.wal');
  await (await twoRounds(path)).close();
  const reader = new WalReader(path);
  expect(reader.timesMs).toEqual([1000, 2000]);
  expect(reader.damage).toBeUndefined();
  expect(reader.objects).toHaveLength(4);
  expect(reader.objects[0]).toEqual({
    number: 7,
    key: 'key-7',
    names: { pod: 'pod-7', uid: 'u' },
    shard: 'b',
    table: 'pod',
    timestampMs: 1000,
  });
  reader.close();
  expect(contentAt(path)).toEqual(TWO_ROUNDS);
});

test('a round that was not ended does not count', async () => {
  const path = join(temporaryFolder(), 'a.wal');
  const writer = await twoRounds(path);
  writer.append('a', 3000, [part({ m: [9] }, [3], [])]);
  await writer.close();
  expect(contentAt(path)).toEqual(TWO_ROUNDS);
});

test('a round can be taken back, and the next one follows the one before', async () => {
  const path = join(temporaryFolder(), 'a.wal');
  const writer = await twoRounds(path);
  writer.append('a', 3000, [part({ m: new Array<number>(300_000).fill(0.1) }, [...new Array(300_000).keys()], [])]);
  writer.rollBack();
  writer.append('a', 4000, [part({ m: [9] }, [3], [])]);
  writer.commit(4000);
  await writer.close();
  const reader = new WalReader(path);
  expect(reader.timesMs).toEqual([1000, 2000, 4000]);
  expect(reader.damage).toBeUndefined();
  reader.close();
});

test('wherever the log is cut off, all rounds ended before are there and nothing else', async () => {
  const path = join(temporaryFolder(), 'a.wal');
  const writer = await twoRounds(path);
  await writer.close();
  const whole = readFileSync(path);
  const firstRound = lengthOfFirstRound(whole);
  for (let length = 8; length < whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    const reader = new WalReader(path);
    expect(reader.timesMs).toEqual(length >= firstRound ? [1000] : []);
    expect(reader.damage?.lostBytes ?? 0).toBe(length >= firstRound ? length - firstRound : length - 8);
    reader.close();
  }
});

test('a flipped bit costs its round, and what cannot be understood without it', async () => {
  const path = join(temporaryFolder(), 'a.wal');
  await (await twoRounds(path)).close();
  const whole = readFileSync(path);
  const firstRound = lengthOfFirstRound(whole);
  fc.assert(
    fc.property(fc.integer({ min: 64, max: whole.length * 8 - 1 }), (bit) => {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, bytes);
      const reader = new WalReader(path);
      expect(bit >> 3 >= firstRound ? [[1000]] : [[], [2000]]).toContainEqual(reader.timesMs);
      expect(reader.damage).toBeDefined();
      reader.close();
    }),
    { numRuns: 300 }
  );
});

test('rounds behind a damaged one are there, exactly', async () => {
  const path = join(temporaryFolder(), 'a.wal');
  const writer = new WalWriter(path);
  const ends: number[] = [];
  for (let round = 1; round <= 5; round++) {
    const definitions = round === 1 ? [1] : [];
    writer.append('a', round * 1000, [part({ m: [round], n: [round / 7] }, [1], definitions)]);
    writer.commit(round * 1000);
    ends.push(writer.bytes);
  }
  await writer.close();
  const whole = readFileSync(path);
  for (let byte = ends[1]; byte < ends[2]; byte++) {
    const bytes = Buffer.from(whole);
    bytes[byte] ^= 0x10;
    writeFileSync(path, bytes);
    const reader = new WalReader(path);
    // A damaged length hides all that follows; the end of a round that is damaged takes the next one with it.
    expect([
      [1000, 2000, 4000, 5000],
      [1000, 2000, 5000],
      [1000, 2000],
    ]).toContainEqual(reader.timesMs);
    expect(reader.damage?.lostBytes).toBeGreaterThan(0);
    const { samples } = reader.block('a').get('pod')!.metrics.get('n')!() as { samples: { values: Float64Array } };
    expect([...samples.values]).toEqual(reader.timesMs.map((timeMs) => timeMs / 7000));
    reader.close();
  }
});

test('a file that is no log is refused', () => {
  const path = join(temporaryFolder(), 'a.wal');
  for (const text of ['HEAT', 'something else altogether']) {
    writeFileSync(path, text);
    expect(() => new WalReader(path)).toThrow(expect.objectContaining({ name: 'DamagedBytesError' }));
  }
});

test('any column comes back exactly, counters beyond 2^53 too', async () => {
  const folder = temporaryFolder();
  let count = 0;
  const values = fc.oneof(fc.constantFrom(NaN, -0, 0, 0xffffffff, Infinity), fc.nat(), fc.double());
  await fc.assert(
    fc.asyncProperty(fc.array(values, { maxLength: 6 }), fc.bigInt(2n ** 53n, 2n ** 64n - 1n), async (list, wide) => {
      const path = join(folder, `${count++}.wal`);
      const writer = new WalWriter(path);
      const objects = Uint32Array.from([...list, 0].keys());
      const column = { values: Float64Array.from([...list, Number(wide)]), wide: new Map([[list.length, wide]]) };
      const columns = new Map<string, Column>([
        ['wide', column],
        ['plain', { values: Float64Array.from([...list, 1]) }],
      ]);
      writer.append('', 5, [{ table: 'cluster', objects, definitions: [], keys: [], columns }]);
      writer.commit(5);
      await writer.close();
      const content = contentAt(path);
      expect(content[' cluster wide']).toEqual({ values: [...column.values], wide: [[list.length, wide]] });
      expect(content[' cluster plain']).toEqual({ values: [...list, 1], wide: [] });
    }),
    { numRuns: 100 }
  );
});

test('a log that lost its tail to a power failure is read up to there', async () => {
  const path = join(temporaryFolder(), 'a.wal');
  await (await twoRounds(path)).close();
  appendFileSync(path, Buffer.alloc(4096));
  const reader = new WalReader(path);
  expect(reader.timesMs).toEqual([1000, 2000]);
  expect(reader.damage).toMatchObject({ reason: 'a record has an impossible length', lostBytes: 4096 });
  reader.close();
});

/** The commit record of the first round ends where its 17 bytes do. */
function lengthOfFirstRound(whole: Buffer): number {
  let offset = 8;
  for (;;) {
    const length = whole.readUInt32LE(offset);
    const kind = whole[offset + 8];
    offset += 8 + length;
    if (kind === 4) {
      return offset;
    }
  }
}

test('a log for which there is no room leaves no file, and none open', () => {
  const path = join(temporaryFolder(), 'full.wal');
  const opened = jest.spyOn(fs, 'openSync');
  const closed = jest.spyOn(fs, 'closeSync');
  const noRoom = jest.spyOn(fs, 'writeSync').mockImplementation(() => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  });
  try {
    expect(() => new WalWriter(path)).toThrow('no space left');
    expect(closed.mock.calls).toEqual(opened.mock.results.map(({ value }) => [value]));
    expect(existsSync(path)).toBe(false);
  } finally {
    [opened, closed, noRoom].forEach((spy) => spy.mockRestore());
  }
});

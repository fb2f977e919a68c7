import fc from 'fast-check';
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GoneFile, writeGoneFile } from './goneFile.ts';
import type { HistoryObject } from './inventory.ts';
import { churnOfDay, goneObjects, ranges, wasThere } from './testing/goneObjects.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 5, 1, 12);
const ALWAYS = { fromMs: -Infinity, toMs: Infinity };

afterAll(removeTemporaryFolders);

const folder = temporaryFolder();
let written = 0;

/** Writes objects and reads what is asked of them. */
function withFile<Result>(objects: readonly HistoryObject[], read: (file: GoneFile) => Result): Result {
  const path = join(folder, `${written++}.inv`);
  expect(writeGoneFile(path, objects)).toBe(statSync(path).size);
  const file = GoneFile.open(path);
  try {
    return read(file);
  } finally {
    file.close();
  }
}

function podShards(objects: readonly HistoryObject[], wanted: readonly string[]): Set<string> {
  const pods = objects.filter(({ table, names }) => table === 'pod' && names.pod !== undefined);
  return new Set(pods.filter(({ names }) => wanted.includes(names.pod!)).map(({ shard }) => shard));
}

/** Everything that can be read of a file. */
function readAll(path: string): void {
  const file = GoneFile.open(path);
  try {
    expect([...file.check()].length).toBeGreaterThanOrEqual(0);
  } finally {
    file.close();
  }
}

describe('a file of objects that are gone', () => {
  test('gives back what was written, in order', () => {
    fc.assert(
      fc.property(goneObjects, (objects) => {
        const read = withFile(objects, (file) => ({ all: [...file.all()], count: file.count }));
        expect(read).toEqual({ all: objects, count: objects.length });
      }),
      { numRuns: 60 }
    );
  });

  test('answers what was there within a range, on some nodes or all, as a search through all of it does', () => {
    const shards = fc.option(fc.uniqueArray(fc.constantFrom<string>('', 'node-1', 'node-10', 'node-3')), {
      nil: undefined,
    });
    fc.assert(
      fc.property(goneObjects, ranges, shards, (objects, range, some) => {
        const wanted = objects.filter(
          (object) => object.table === 'pod' && wasThere(object, range) && (!some || some.includes(object.shard))
        );
        const read = () => withFile(objects, (file) => [...file.objects('pod', range, some && new Set(some))]);
        expect(read()).toEqual(wanted);
      }),
      { numRuns: 60 }
    );
  });

  test('knows the nodes of pods by their names', () => {
    fc.assert(
      fc.property(goneObjects, fc.array(fc.constantFrom('a', 'b', 'db-0', '', 'none', 'zz')), (objects, wanted) => {
        expect(withFile(objects, (file) => file.shardsOfPods(wanted))).toEqual(podShards(objects, wanted));
      }),
      { numRuns: 60 }
    );
  });

  test('has its name only when it is complete', () => {
    const path = join(folder, 'failed.inv');
    const objects = churnOfDay(NOON, 1, 3);
    function* failing(): Generator<HistoryObject> {
      yield objects[0];
      expect(existsSync(`${path}.part`)).toBe(true);
      throw new Error('no more');
    }
    expect(() => writeGoneFile(path, failing())).toThrow('no more');
    expect(() => writeGoneFile(path, objects.toReversed())).toThrow('out of order');
    expect([path, `${path}.part`].map((one) => existsSync(one))).toEqual([false, false]);
  });

  test('of equal labels makes one', () => {
    const [one, other] = churnOfDay(NOON, 1, 2).filter(({ table }) => table === 'container');
    const same = [one, { ...other, names: { ...other.names, labels: { ...one.names.labels } } }];
    const [first, second] = withFile(same, (file) => [...file.all()]);
    expect(second.names.labels).toBe(first.names.labels);
  });
});

describe('damage', () => {
  const path = join(folder, 'damaged.inv');
  const objects = churnOfDay(NOON, 2, 6);
  writeGoneFile(path, objects);
  const bytes = readFileSync(path);

  test('of any bit is found', () => {
    readAll(path);
    const copy = join(folder, 'flipped.inv');
    for (let at = 0; at < bytes.length; at += at < 200 || at > bytes.length - 200 ? 1 : 17) {
      const flipped = Buffer.from(bytes);
      flipped[at] ^= 1 << (at % 8);
      writeFileSync(copy, flipped);
      expect(() => readAll(copy)).toThrow(expect.objectContaining({ name: 'DamagedBytesError' }));
    }
  });

  test('by cutting off is found when it is opened', () => {
    const copy = join(folder, 'cut.inv');
    for (const length of [0, 1, 7, 8, 19, 27, 28, 29, 500, bytes.length - 21, bytes.length - 20, bytes.length - 1]) {
      writeFileSync(copy, bytes);
      truncateSync(copy, length);
      expect(() => GoneFile.open(copy)).toThrow(expect.objectContaining({ name: 'DamagedBytesError' }));
    }
  });

  test('of a page leaves all others, where a listener is told of it, once', () => {
    const copy = join(folder, 'page.inv');
    const flipped = Buffer.from(bytes);
    flipped[40] ^= 1;
    writeFileSync(copy, flipped);
    const told: string[] = [];
    const file = GoneFile.open(copy, ({ message }, { offset }) => told.push(`${offset}: ${message}`));
    const left = [...file.all()];
    expect([...file.objects('pod', ALWAYS)]).toEqual(left.filter(({ table }) => table === 'pod'));
    expect(left.length).toBeLessThan(objects.length);
    expect(left).toEqual(objects.filter(({ number }) => left.some((one) => one.number === number)));
    expect(told).toEqual(['8: The checksum does not fit the bytes']);
    expect(file.isDamaged).toBe(true);
    file.close();
  });

  test('of the names of pods makes it look through the pods', () => {
    const told: string[] = [];
    const wanted = [objects[0], objects.find(({ shard }) => shard !== objects[0].shard)!].map(
      ({ names }) => names.pod!
    );
    // The names come behind all objects, before the places of the names and the root.
    for (let at = bytes.length - 30; told.length === 0 && at > 0; at -= 25) {
      const copy = join(folder, 'names.inv');
      const flipped = Buffer.from(bytes);
      flipped[at] ^= 1;
      writeFileSync(copy, flipped);
      try {
        const file = GoneFile.open(copy, ({ message }) => told.push(message));
        expect(file.shardsOfPods(wanted)).toEqual(podShards(objects, wanted));
        file.close();
      } catch (error) {
        expect(error).toMatchObject({ name: 'DamagedBytesError' });
      }
    }
    expect(told).toHaveLength(1);
  });
});

describe('100,000 objects', () => {
  const path = join(folder, 'large.inv');
  // Some 75,000 of them pods, so that one table needs several nodes of its index.
  const parts = churnOfDay(NOON, 40, 75);
  const pods = churnOfDay(NOON, 1_250, 60)
    .filter(({ table }) => table === 'pod')
    .map((object, index) => ({ ...object, number: 1_000_000 + index, shard: `${object.shard}.${index % 3}` }));
  const objects = [...parts, ...pods].sort(
    (one, other) =>
      ['pod', 'container', 'filesystem', 'interface'].indexOf(one.table) -
        ['pod', 'container', 'filesystem', 'interface'].indexOf(other.table) ||
      (one.shard < other.shard ? -1 : one.shard > other.shard ? 1 : one.number - other.number)
  );
  writeGoneFile(path, objects);

  test('take less than 90 bytes each, and come back', () => {
    expect(objects.length).toBeGreaterThan(100_000);
    expect(statSync(path).size / objects.length).toBeLessThan(90);
    const file = GoneFile.open(path);
    let at = 0;
    for (const object of file.all()) {
      if (at % 997 === 0 || object.number !== objects[at].number) {
        expect(object).toEqual(objects[at]);
      }
      at++;
    }
    expect(at).toBe(objects.length);
    file.close();
  });

  test('are found by table, range, node and pod name', () => {
    const file = GoneFile.open(path);
    const range = { fromMs: NOON - 12 * DAY, toMs: NOON - 9 * DAY };
    const some = new Set([parts[0].shard, pods[1_000].shard, 'none']);
    const wanted = objects.filter((object) => object.table === 'pod' && wasThere(object, range));
    expect([...file.objects('pod', range)]).toEqual(wanted);
    expect([...file.objects('pod', range, some)]).toEqual(wanted.filter(({ shard }) => some.has(shard)));
    const names = [0, 1, 40_000, 70_000].map((index) => pods[index].names.pod!);
    expect(file.shardsOfPods(['a', ...names, 'zzz'])).toEqual(podShards(objects, names));
    file.close();
  });

  test('are opened by reading what tells of their pages alone', () => {
    const bytes = readFileSync(path);
    const end = Number(bytes.readBigUInt64LE(bytes.length - 20));
    expect(bytes.length - end).toBeLessThan(4_000);
    const copy = join(folder, 'hollow.inv');
    writeFileSync(copy, bytes.fill(0, 8, end));
    const file = GoneFile.open(copy);
    expect(file.count).toBe(objects.length);
    file.close();
  });
});

import fs, { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ObjectNames } from '../model/batch.ts';
import { openDataDirectory } from './dataDirectory.ts';
import { Inventory, type HistoryObject } from './inventory.ts';
import { InventoryFile } from './inventoryFile.ts';
import { namesAt } from './testing/namesAt.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';

afterAll(removeTemporaryFolders);

function see(inventory: Inventory, key: string, names: ObjectNames, timestampMs: number, shard = 'node') {
  const { object, isChanged } = inventory.sightings('pod', shard, timestampMs)(key, names);
  return { object, changed: isChanged };
}

const byNumber = (inventory: Inventory) => [...inventory.all()].sort((one, other) => one.number - other.number);

test('an object keeps its number, and knows when it was first and last seen', () => {
  const inventory = new Inventory();
  const { object, changed } = see(inventory, 'shop/a', { pod: 'a' }, 1000);
  expect(changed).toBe(true);
  expect(see(inventory, 'shop/a', { pod: 'a' }, 3000)).toEqual({ object, changed: false });
  expect(object).toMatchObject({ number: 1, firstSeenMs: 1000, lastSeenMs: 3000 });
  expect(inventory.object(1)).toBe(object);
  expect([...inventory.objects('pod')]).toEqual([object]);
});

test('a pod that moved is another object on its new node', () => {
  const inventory = new Inventory();
  see(inventory, 'shop/db-0', {}, 1000, 'one');
  expect(see(inventory, 'shop/db-0', {}, 2000, 'other').object.number).toBe(2);
});

test('old labels and uids are kept with the time until which they held', () => {
  const inventory = new Inventory();
  const labels = (version: string): ObjectNames => ({ uid: version, labels: { version } });
  see(inventory, 'shop/db-0', labels('1'), 1000);
  expect(see(inventory, 'shop/db-0', labels('1'), 2000).changed).toBe(false);
  expect(see(inventory, 'shop/db-0', labels('2'), 3000).changed).toBe(true);
  const { object } = see(inventory, 'shop/db-0', labels('3'), 4000);
  expect([0, 2999, 3000, 3999, 4000, 9000].map((timeMs) => namesAt(object, timeMs).uid)).toEqual([
    '1',
    '1',
    '2',
    '2',
    '3',
    '3',
  ]);
});

test('an object that a kubelet tells of later is one it told of, from then on', () => {
  const inventory = new Inventory();
  const unreported = { pod: 'a', reported: false } as const;
  see(inventory, 'shop/a', unreported, 1000);
  const { object, changed } = see(inventory, 'shop/a', { pod: 'a' }, 2000);
  expect([changed, object.names.reported, object.formerNames]).toEqual([true, undefined, undefined]);
  // A crash loop has it told of by the API server alone now and then.
  expect(see(inventory, 'shop/a', unreported, 3000).changed).toBe(false);
  expect(object.names.reported).toBeUndefined();
});

test('names that change again and again do not fill the memory', () => {
  const inventory = new Inventory();
  for (let round = 0; round < 100; round++) {
    see(inventory, 'shop/a', { labels: { round: String(round) } }, round);
  }
  expect(inventory.object(1)?.formerNames).toHaveLength(16);
});

test('what is forgotten gives its number to nobody else', () => {
  const inventory = new Inventory();
  see(inventory, 'old', {}, 1000);
  see(inventory, 'new', {}, 2000);
  const version = inventory.version('pod');
  expect(inventory.forgetBefore(2000)).toBe(1);
  expect(inventory.version('pod')).not.toBe(version);
  expect(inventory.find('pod', 'node', 'old')).toBeUndefined();
  expect(see(inventory, 'old', {}, 3000).object.number).toBe(3);
});

interface Saved {
  readonly inventory: Inventory;
  readonly file: InventoryFile;
  readonly path: string;
  load(): { inventory: Inventory; lostBytes: number };
}

/** Two objects, of which one goes and one gets another label, saved after each of three rounds. */
async function saved(): Promise<Saved> {
  const directory = openDataDirectory(temporaryFolder());
  const inventory = new Inventory();
  const file = new InventoryFile(directory);
  file.load(inventory);
  const round = async (timestampMs: number, sightings: Array<[string, ObjectNames]>) => {
    const changed = new Set<HistoryObject>();
    for (const [key, names] of sightings) {
      const sighting = see(inventory, key, names, timestampMs);
      if (sighting.changed) {
        changed.add(sighting.object);
      }
    }
    await file.save(inventory, timestampMs, changed);
  };
  await round(1000, [
    ['a', { uid: '1' }],
    ['b', { uid: '2', labels: { tier: 'web' } }],
  ]);
  await round(2000, [['a', { uid: '1' }]]);
  await round(3000, [['a', { uid: '3' }]]);
  const load = () => {
    const again = new Inventory();
    const { lostBytes } = new InventoryFile(directory).load(again);
    return { inventory: again, lostBytes };
  };
  return { inventory, file, path: join(directory.inventory, 'objects.inv'), load };
}

test('a saved inventory is the same after a restart', async () => {
  const { inventory, load } = await saved();
  const again = load();
  expect(again.lostBytes).toBe(0);
  expect(byNumber(again.inventory)).toEqual(byNumber(inventory));
  expect(see(again.inventory, 'c', {}, 4000).object.number).toBe(3);
});

test('an object that was there at the last save was there until then', async () => {
  const { load } = await saved();
  const { inventory } = load();
  expect(inventory.find('pod', 'node', 'a')?.lastSeenMs).toBe(3000);
  expect(inventory.find('pod', 'node', 'b')?.lastSeenMs).toBe(1000);
});

test('a torn or damaged end is cut off, and what comes after it can be saved', async () => {
  const { path, load, inventory } = await saved();
  appendFileSync(path, 'torn');
  expect(load().lostBytes).toBe(4);
  expect(load().lostBytes).toBe(0);
  const bytes = readFileSync(path);
  bytes[bytes.length - 3] ^= 4;
  writeFileSync(path, bytes);
  const again = load();
  expect(again.lostBytes).toBeGreaterThan(0);
  expect(again.inventory.size).toBe(inventory.size);
  truncateSync(path, 3);
  expect(load()).toMatchObject({ lostBytes: 3 });
  expect(load()).toMatchObject({ lostBytes: 0 });
});

test('the file does not grow with every change', async () => {
  const { inventory, file, path, load } = await saved();
  for (let round = 0; round < 200; round++) {
    const { object } = see(inventory, 'a', { uid: String(round) }, 4000 + round);
    await file.save(inventory, 4000 + round, new Set([object]));
  }
  expect(readFileSync(path).length).toBeLessThan(20_000);
  expect(byNumber(load().inventory)).toEqual(byNumber(inventory));
});

describe('a disk that was full while the list was saved', () => {
  const noSpace = () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  const { writeSync } = fs;
  /** Writes so many bytes of what comes next, as a disk that is nearly full does, and then refuses. */
  const withRoomFor = (bytes: number) =>
    jest
      .spyOn(fs, 'writeSync')
      .mockImplementation(() => {
        throw noSpace();
      })
      .mockImplementationOnce((descriptor, page) => {
        if (bytes === 0) {
          throw noSpace();
        }
        return writeSync(descriptor, page as unknown as Buffer, 0, bytes);
      });

  afterEach(() => jest.restoreAllMocks());

  test.each([0, 20])('is known whole when there is room again, whatever it had room for (%d bytes)', async (bytes) => {
    const directory = openDataDirectory(temporaryFolder());
    const [inventory, file] = [new Inventory(), new InventoryFile(directory)];
    see(inventory, 'shop/gone', {}, 1000);
    see(inventory, 'shop/stays', {}, 1000);
    await file.save(inventory, 1000, new Set(inventory.all()));
    see(inventory, 'shop/stays', {}, 2000);
    const { object } = see(inventory, 'shop/new', {}, 2000);
    const full = withRoomFor(bytes);
    await expect(file.save(inventory, 2000, new Set([object]))).rejects.toThrow('no space left');
    full.mockRestore();
    see(inventory, 'shop/stays', {}, 3000);
    await file.save(inventory, 3000, new Set([object]));
    see(inventory, 'shop/stays', {}, 4000);
    await file.save(inventory, 4000, new Set());
    expect(file.goneUntil(1999).map(({ key }) => key)).toEqual(['shop/gone']);
    const again = new Inventory();
    expect(new InventoryFile(directory).load(again)).toMatchObject({ lostBytes: 0 });
    expect(byNumber(again).map(({ key, lastSeenMs }) => [key, lastSeenMs])).toEqual([
      ['shop/gone', 1000],
      ['shop/stays', 4000],
      ['shop/new', 2000],
    ]);
  });
});

import fs, { appendFileSync, copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { History, type HistoryOptions } from './history.ts';
import { InventoryFile } from './inventoryFile.ts';
import { openDataDirectory } from './dataDirectory.ts';
import { Inventory } from './inventory.ts';
import { readPoints } from './historyReader.ts';
import { spanEnd } from './sealing.ts';
import { batchTable, here, nodeBatch } from './testing/history.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 21);
const MEMORY = 'memory/usage';

afterEach(removeTemporaryFolders);

interface Opened {
  readonly history: History;
  readonly told: string[];
}

async function open(path: string, options: Partial<HistoryOptions> = {}): Promise<Opened> {
  const told: string[] = [];
  const tell = (sentence: string) => told.push(sentence);
  const retention = { keepMs: { raw: 14 * DAY, '10m': 60 * DAY, '1h': 400 * DAY }, maxBytes: 1e9 };
  const log = { info: tell, warn: tell };
  const history = History.open({ path, retention, resolutionMs: MINUTE, log, files: here, ...options });
  await history.settled();
  return { history, told };
}

async function write(history: History, minute: number, ...pods: string[]): Promise<void> {
  const timestampMs = START + minute * MINUTE;
  const rows = Object.fromEntries(pods.map((pod) => [pod, { [MEMORY]: minute }]));
  history.append(nodeBatch('a', timestampMs, { pod: batchTable(rows) }));
  history.commit(timestampMs);
  await history.settled();
}

async function writeAll(history: History, from: number, to: number, ...pods: string[]): Promise<void> {
  for (let minute = from; minute <= to; minute++) {
    await write(history, minute, ...pods);
  }
}

/** Values of a pod that are in files, as they are read. */
function valuesOf({ store, inventory }: History, pod: string): number[] {
  const { number } = inventory.find('pod', 'a', pod)!;
  const request = { tier: 'raw', table: 'pod', metric: MEMORY, fromMs: 0, toMs: Infinity } as const;
  return [...(readPoints(store, request, new Set([number])).get(number)?.values ?? [])];
}

function upTo(last: number, from = 1): number[] {
  return Array.from({ length: last - from + 1 }, (_, index) => from + index);
}

test('a log whose segment was made already, but that a kill left, is not read twice', async () => {
  const path = temporaryFolder();
  const { history } = await open(path);
  await writeAll(history, 1, 9, 'shop/web');
  const [log] = readdirSync(join(path, 'wal'));
  const timestampMs = START + 10 * MINUTE;
  history.append(nodeBatch('a', timestampMs, { pod: batchTable({ 'shop/web': { [MEMORY]: 10 } }) }));
  history.commit(timestampMs);
  copyFileSync(join(path, 'wal', log), join(path, 'copy'));
  await history.settled();
  copyFileSync(join(path, 'copy'), join(path, 'wal', log));
  const again = (await open(path)).history;
  expect(valuesOf(again, 'shop/web')).toEqual(upTo(10));
  expect(again.store.count).toBe(1);
  expect(readdirSync(join(path, 'wal'))).toEqual([]);
});

test('who came and went between two saves of the inventory was there until then', async () => {
  const path = temporaryFolder();
  const { history } = await open(path);
  await writeAll(history, 1, 3, 'shop/web', 'shop/guest');
  await writeAll(history, 4, 12, 'shop/web');
  await writeAll(history, 13, 15, 'shop/web', 'shop/guest');
  await writeAll(history, 16, 20, 'shop/web');
  await history.close();
  const { lastSeenMs } = (await open(path)).history.inventory.find('pod', 'a', 'shop/guest')!;
  expect((lastSeenMs - START) / MINUTE).toBe(15);
});

test('who comes back after all of it was let go is readable after a restart', async () => {
  const path = temporaryFolder();
  const retention = { keepMs: { raw: HOUR, '10m': HOUR, '1h': HOUR }, maxBytes: 1e9 };
  const { history } = await open(path, { retention });
  await writeAll(history, 1, 2, 'shop/web', 'shop/old');
  await writeAll(history, 3, 400, 'shop/web', 'shop/other');
  expect(history.inventory.find('pod', 'a', 'shop/old')).toBeUndefined();
  await writeAll(history, 401, 415, 'shop/web', 'shop/old');
  const again = (await open(path, { retention })).history;
  expect(valuesOf(again, 'shop/old')).toEqual(upTo(415, 401));
});

test('numbers of objects that were forgotten are not given away again after a restart', () => {
  const directory = openDataDirectory(temporaryFolder());
  const inventory = new Inventory();
  const file = new InventoryFile(directory);
  inventory.sightings('pod', 'a', 1000)('one', {});
  inventory.sightings('pod', 'a', 500)('two', {});
  inventory.forgetBefore(1000);
  file.rewrite(inventory, 1000);
  const again = new Inventory();
  new InventoryFile(directory).load(again);
  expect(again.sightings('pod', 'a', 2000)('three', {}).object.number).toBe(3);
});

test('what only a round brought that was never ended is in no inventory', async () => {
  const path = temporaryFolder();
  const { history } = await open(path);
  await writeAll(history, 1, 9, 'shop/web');
  const batch = (minute: number, pod: string) =>
    nodeBatch('a', START + minute * MINUTE, { pod: batchTable({ [pod]: { [MEMORY]: minute } }) });
  history.append(batch(10, 'shop/web'));
  history.commit(START + 10 * MINUTE);
  history.append(batch(11, 'shop/phantom'));
  await history.settled();
  expect([...(await open(path)).history.inventory.objects('pod')].map(({ key }) => key)).toEqual(['shop/web']);
});

test('a clock that was set back is a state; rounds are written again from where they ended', async () => {
  const path = temporaryFolder();
  const { history, told } = await open(path);
  await writeAll(history, 1, 5, 'shop/web');
  await writeAll(history, 3, 5, 'shop/web');
  expect(history.state()).toMatchObject({ writtenRounds: 5, lostRounds: 3 });
  expect(history.state().problem).toMatch(/The clock stands at .* Correct the clock/);
  await write(history, 6, 'shop/web');
  expect(history.state().problem).toBeUndefined();
  expect(told.at(-1)).toMatch(/is written again/);
  expect(valuesOf((await open(path)).history, 'shop/web')).toEqual(upTo(6));
});

test('no file reaches over the end of what is merged, at any resolution', async () => {
  const path = temporaryFolder();
  const { history } = await open(path, { resolutionMs: 7 * MINUTE });
  for (let minute = 7; minute <= 600; minute += 7) {
    await write(history, minute, 'shop/web');
  }
  const spans = history.store
    .ofTier('raw')
    .map(({ fromMs, toMs }) => spanEnd(toMs, 2 * HOUR) - spanEnd(fromMs, 2 * HOUR));
  expect(new Set(spans)).toEqual(new Set([0]));
  const hours = history.store.ofTier('1h').flatMap(({ reader }) => reader.timesMs);
  expect(new Set(hours).size).toBe(hours.length);
});

test('rounds become buckets however long nobody was there to merge them', async () => {
  const path = temporaryFolder();
  const retention = { keepMs: { raw: HOUR, '10m': DAY, '1h': DAY }, maxBytes: 1e9 };
  await writeAll((await open(path, { retention })).history, 1, 50, 'shop/web');
  await write((await open(path, { retention })).history, 600, 'shop/web');
  const { history } = await open(path, { retention });
  await writeAll(history, 601, 610, 'shop/web');
  const [first] = history.store.ofTier('10m');
  expect(first.reader.timesMs.map((timeMs) => (timeMs - START) / MINUTE)).toEqual([10, 20, 30, 40, 50]);
});

test('logs that cannot be sealed at the start wait, and are sealed as soon as that is possible', async () => {
  const path = temporaryFolder();
  await writeAll((await open(path)).history, 1, 5, 'shop/web');
  const noRoom = jest.spyOn(fs, 'writeSync').mockImplementation(() => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  });
  const again = await open(path);
  noRoom.mockRestore();
  expect(again.history.state().problem).toMatch(/cannot be kept in order: no space left .* Free space on its disk/);
  expect(valuesOf(again.history, 'shop/web')).toEqual([]);
  await writeAll(again.history, 6, 12, 'shop/web');
  expect(again.history.state().problem).toBeUndefined();
  await again.history.close();
  expect(valuesOf((await open(path)).history, 'shop/web')).toEqual(upTo(12));
});

test('a log that was killed before its first byte is no damage', async () => {
  const path = temporaryFolder();
  await writeAll((await open(path)).history, 1, 3, 'shop/web');
  writeFileSync(join(path, 'wal', `${START + 4 * MINUTE}.wal`), '');
  const { history, told } = await open(path);
  expect(valuesOf(history, 'shop/web')).toEqual(upTo(3));
  expect(told).toEqual([]);
  expect(existsSync(join(path, 'wal', `${START + 4 * MINUTE}.wal`))).toBe(false);
});

describe('a kill on a full disk, when a segment was made and the list of objects was cut short', () => {
  /** Twenty minutes, of which the list on disk knows the first ten and half a page; the log of the others is there still. */
  async function leave(path: string): Promise<void> {
    const [list, kept] = [join(path, 'inventory', 'objects.inv'), temporaryFolder()];
    const { history } = await open(path);
    await writeAll(history, 1, 10, 'shop/web');
    copyFileSync(list, join(kept, 'list'));
    await writeAll(history, 11, 19, 'shop/web', 'shop/new');
    const timestampMs = START + 20 * MINUTE;
    const rows = { 'shop/web': { [MEMORY]: 20 }, 'shop/new': { [MEMORY]: 20 } };
    history.append(nodeBatch('a', timestampMs, { pod: batchTable(rows) }));
    history.commit(timestampMs);
    const [log] = readdirSync(join(path, 'wal'));
    copyFileSync(join(path, 'wal', log), join(kept, 'log'));
    await history.settled();
    await history.close();
    copyFileSync(join(kept, 'log'), join(path, 'wal', log));
    copyFileSync(join(kept, 'list'), list);
    appendFileSync(list, Buffer.alloc(20, 1));
  }

  test('what a later log names is not lost', async () => {
    const path = temporaryFolder();
    await leave(path);
    writeFileSync(join(path, 'wal', `${START + MINUTE}.wal`), '');
    const { history, told } = await open(path);
    expect(told).toEqual([expect.stringMatching(/was not written to its end; 20 bytes were left out/)]);
    expect(history.inventory.find('pod', 'a', 'shop/new')).toMatchObject({ firstSeenMs: START + 11 * MINUTE });
    expect(valuesOf(history, 'shop/new')).toEqual(upTo(20, 11));
  });

  test('what is lost is found again, and the history is open although that cannot be written yet', async () => {
    const path = temporaryFolder();
    await leave(path);
    readdirSync(join(path, 'wal')).forEach((log) => writeFileSync(join(path, 'wal', log), ''));
    const noRoom = jest.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    });
    const { history, told } = await open(path);
    noRoom.mockRestore();
    expect(told[0]).toMatch(/was damaged \(20 bytes\); 1 objects were found again by their names/);
    expect(told[1]).toMatch(/cannot be kept in order: no space left on device. Free space on its disk/);
    expect(valuesOf(history, 'shop/new')).toEqual(upTo(20, 11));
    await writeAll(history, 21, 30, 'shop/web');
    await history.close();
    const again = await open(path);
    expect(again.told).toEqual([]);
    expect(valuesOf(again.history, 'shop/new')).toEqual(upTo(20, 11));
  });
});

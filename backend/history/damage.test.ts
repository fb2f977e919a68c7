import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { History } from './history.ts';
import { readPoints } from './historyReader.ts';
import type { Tier } from './shardBlock.ts';
import { batchTable, here, nodeBatch } from './testing/history.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 21);

afterEach(removeTemporaryFolders);

async function open(path: string): Promise<{ history: History; told: string[] }> {
  const told: string[] = [];
  const tell = (sentence: string) => told.push(sentence);
  const retention = { keepMs: { raw: 14 * DAY, '10m': 60 * DAY, '1h': 400 * DAY }, maxBytes: 1e9 };
  const log = { info: tell, warn: tell };
  const history = History.open({ path, retention, resolutionMs: MINUTE, log, files: here });
  await history.settled();
  return { history, told };
}

/** A history of so many minutes, as a kill leaves it. */
async function written(minutes: number): Promise<string> {
  const path = temporaryFolder();
  const { history } = await open(path);
  for (let minute = 1; minute <= minutes; minute++) {
    const timestampMs = START + minute * MINUTE;
    const rows = { 'shop/web': { 'memory/usage': minute }, [`shop/job-${minute >> 5}`]: { 'memory/usage': minute } };
    history.append(nodeBatch('a', timestampMs, { pod: batchTable(rows) }));
    history.commit(timestampMs);
    await history.settled();
  }
  return path;
}

function flip(file: string, part = 0.5): void {
  const bytes = readFileSync(file);
  bytes[Math.floor(bytes.length * part)] ^= 0x10;
  writeFileSync(file, bytes);
}

/** Times of a pod in a tier, as minutes. */
function minutesOf({ store, inventory }: History, pod: string, tier: Tier = 'raw'): number[] {
  const object = inventory.find('pod', 'a', pod);
  const request = { tier, table: 'pod', metric: 'memory/usage', fromMs: 0, toMs: Infinity } as const;
  const points = object && readPoints(store, request, new Set([object.number])).get(object.number);
  return [...(points?.timesMs ?? [])].map((timeMs) => (timeMs - START) / MINUTE);
}

function fileOf(path: string, kind: RegExp): string {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => kind.test(name));
  return join(path, names.sort()[0]);
}

const WHOLE = Array.from({ length: 125 }, (_, index) => index + 1);

describe('a flipped bit', () => {
  test.each([0.3, 0.6, 0.9])('in a log costs no more than the log, and is told (%d)', async (part) => {
    const path = await written(125);
    flip(fileOf(path, /\.wal$/), part);
    const { history, told } = await open(path);
    const found = minutesOf(history, 'shop/web');
    expect(found.slice(0, 120)).toEqual(WHOLE.slice(0, 120));
    expect(found.length).toBeLessThan(125);
    expect(told.join()).toMatch(/The log .* is damaged|The last round in .* was not written to its end/);
  });

  test.each([
    ['raw', /raw\.1\./],
    ['10m', /10m\.1\./],
    ['1h', /1h\.1\./],
  ] as const)('in a segment of the tier %s sets it aside; the other tiers are served', async (tier, kind) => {
    const path = await written(125);
    flip(fileOf(path, kind));
    const { history, told } = await open(path);
    const served = { raw: WHOLE, '10m': WHOLE.filter((minute) => minute % 10 === 0 && minute <= 120), '1h': [60, 120] };
    for (const each of ['raw', '10m', '1h'] as const) {
      const lost = tier === 'raw' ? [121, 122, 123, 124, 125] : [];
      expect(minutesOf(history, 'shop/web', each)).toEqual(each === tier ? lost : served[each]);
    }
    expect(told.join()).toMatch(/is damaged: .*all else is served/);
    expect(readdirSync(join(path, 'damaged'))).toHaveLength(1);
  });

  test.each(Array.from({ length: 10 }, (_, index) => index / 10))(
    'in the list of objects keeps no point from being read (%d)',
    async (part) => {
      const path = await written(125);
      flip(fileOf(path, /objects\.inv$/), part);
      const { history, told } = await open(path);
      expect(minutesOf(history, 'shop/web')).toEqual(WHOLE);
      expect(minutesOf(history, 'shop/job-1')).toEqual(WHOLE.slice(31, 63));
      expect(told.join()).toMatch(/The list of objects in .* (was damaged|was not written to its end)/);
      await history.close();
      const again = await open(path);
      expect(again.told).toEqual([]);
      expect(minutesOf(again.history, 'shop/job-1')).toEqual(WHOLE.slice(31, 63));
    }
  );

  it('in the mark of the format is mended by the files beside it', async () => {
    const path = await written(3);
    const mark = join(path, 'heapscope-history.json');
    const whole = readFileSync(mark);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(mark, bytes);
      const { history } = await open(path);
      expect(minutesOf(history, 'shop/web')).toEqual([1, 2, 3]);
      await history.close();
    }
  });
});

describe('a lost file', () => {
  it('of the objects is made again from the names in segments', async () => {
    const path = await written(125);
    rmSync(fileOf(path, /objects\.inv$/));
    const { history, told } = await open(path);
    expect(minutesOf(history, 'shop/web')).toEqual(WHOLE);
    expect(minutesOf(history, 'shop/job-1')).toEqual(WHOLE.slice(31, 63));
    const { names } = history.inventory.find('pod', 'a', 'shop/job-1')!;
    expect(names).toMatchObject({ namespace: 'shop', pod: 'job-1', node: 'a' });
    expect(told.join()).toMatch(/was missing; 5 objects were found again by their names/);
    await history.close();
    expect((await open(path)).told).toEqual([]);
  });

  it('of the mark is made again; a newer mark beside it is not taken for damage', async () => {
    const path = await written(3);
    const mark = join(path, 'heapscope-history.json');
    rmSync(mark);
    const { history, told } = await open(path);
    expect(minutesOf(history, 'shop/web')).toEqual([1, 2, 3]);
    expect(told.join()).toMatch(/was missing; .* it was made again/);
    await history.close();
    writeFileSync(mark, JSON.stringify({ product: 'heapscope', formatVersion: 2 }));
    await expect(open(path)).rejects.toThrow(/has format 2/);
  });
});

test.each([/raw\.1\./, /1h\.1\./, /objects\.inv$/, /\.wal$/])(
  'a truncated file %s is no end of the rest',
  async (kind) => {
    const path = await written(125);
    const file = fileOf(path, kind);
    truncateSync(file, readFileSync(file).length >> 1);
    const { history, told } = await open(path);
    expect(minutesOf(history, 'shop/web', '10m')).toHaveLength(12);
    expect(minutesOf(history, 'shop/job-1', '10m')).toHaveLength(4);
    expect(told.length).toBeGreaterThan(0);
  }
);

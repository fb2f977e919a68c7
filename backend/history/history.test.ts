import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { History, type HistoryOptions } from './history.ts';
import { JoinedReader } from './joinedReader.ts';
import { batchTable, here, NOTHING_RECENT, nodeBatch } from './testing/history.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 21);
const CPU = 'cpu/usage';
const MEMORY = 'memory/usage';
const KEEP = { raw: 14 * DAY, '10m': 60 * DAY, '1h': 400 * DAY };

afterEach(removeTemporaryFolders);

/** What a history said to the log. */
function quiet() {
  const told: string[] = [];
  const tell = (sentence: string) => told.push(sentence);
  return { told, log: { info: tell, warn: tell } };
}

async function openHistory(path: string, options: Partial<HistoryOptions> = {}): Promise<History> {
  const history = History.open({
    path,
    retention: { keepMs: KEEP, maxBytes: 1e9 },
    resolutionMs: MINUTE,
    log: quiet().log,
    files: here,
    ...options,
  });
  await history.settled();
  return history;
}

/** Minute m of a node: one pod whose memory is the minute, and whose CPU counter grows by 60 a minute. */
function writeMinute(history: History, minute: number, pod = 'shop/web'): void {
  const timestampMs = START + minute * MINUTE;
  history.append(nodeBatch('a', timestampMs, { pod: batchTable({ [pod]: { [MEMORY]: minute, [CPU]: minute * 60 } }) }));
  history.commit(timestampMs);
}

async function writeMinutes(history: History, from: number, to: number): Promise<void> {
  for (let minute = from; minute <= to; minute++) {
    writeMinute(history, minute);
    await history.settled();
  }
}

/** Minute → value, as far as files tell, at a resolution. */
function readMinutes(history: History, metric: string, stepMs = MINUTE, fromMinute = 0, toMinute = 1e6) {
  const all = new JoinedReader(NOTHING_RECENT, history.store, history.known, MINUTE);
  const range = { fromMs: START + fromMinute * MINUTE, toMs: START + toMinute * MINUTE };
  const { reader } = all.forRange(range, { stepMs, samples: false });
  const found: Record<number, number> = {};
  reader.scan('pod', metric, range, {
    slotFor: () => 0,
    column: () => undefined,
    course(
      _slot: number,
      { timesMs, first, end, offset, samples, buckets }: Parameters<Parameters<JoinedReader['scan']>[3]['course']>[1]
    ) {
      for (let time = first; time < end; time++) {
        const value = samples ? samples[offset + time] : buckets!.max[offset + time];
        if (!Number.isNaN(value)) {
          found[(timesMs[time] - START) / MINUTE] = value;
        }
      }
    },
  });
  return found;
}

/** Cuts the one file of segments whose name begins so in half. */
function damage(path: string, name: string): void {
  const [file, ...others] = readdirSync(join(path, 'segments')).filter((one) => one.startsWith(name));
  expect(others).toEqual([]);
  const segment = join(path, 'segments', file);
  truncateSync(segment, statSync(segment).size >> 1);
}

function minutes(from: number, to: number): Record<number, number> {
  return Object.fromEntries(Array.from({ length: to - from + 1 }, (_, index) => [from + index, from + index]));
}

describe('what was committed', () => {
  it('is there again after the process was killed, sealed or not', async () => {
    const path = temporaryFolder();
    await writeMinutes(await openHistory(path), 1, 27);
    // Nothing is closed: this is what a kill leaves.
    const again = await openHistory(path);
    expect(readMinutes(again, MEMORY)).toEqual(minutes(1, 27));
    await writeMinutes(again, 28, 33);
    expect(readMinutes(await openHistory(path), MEMORY)).toEqual(minutes(1, 33));
  });

  it('is told by its buckets where the file of its samples is damaged', async () => {
    const path = temporaryFolder();
    await writeMinutes(await openHistory(path), 1, 245);
    const files = readdirSync(join(path, 'segments')).filter((file) => file.startsWith('raw.1.'));
    const second = join(path, 'segments', files.sort()[1]);
    truncateSync(second, statSync(second).size >> 1);
    const { told, log } = quiet();
    const again = await openHistory(path, { log });
    expect(told.join()).toMatch(/tier raw, .*is damaged/);
    const buckets = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [130 + index * 10, 130 + index * 10]));
    expect(readMinutes(again, MEMORY)).toEqual({ ...minutes(1, 120), ...buckets, ...minutes(241, 245) });
    expect(Object.keys(readMinutes(again, MEMORY, MINUTE, 125, 155))).toEqual(['130', '140', '150']);
    expect(Object.keys(readMinutes(again, MEMORY, MINUTE, 175, 242)).slice(-3)).toEqual(['240', '241', '242']);
  });

  it('is told by finer buckets, or else by samples, where the file of buckets is damaged', async () => {
    const path = temporaryFolder();
    await writeMinutes(await openHistory(path), 1, 26 * 60 + 5);
    const expected = (from: number, to: number, every: number) =>
      Object.fromEntries(
        Array.from({ length: (to - from) / every }, (_, index) => from + (index + 1) * every).map((one) => [one, one])
      );
    const latest = { ...expected(24 * 60, 26 * 60, 60), ...minutes(1561, 1565) };
    damage(path, '1h.2.');
    const withTens = await openHistory(path);
    expect(readMinutes(withTens, MEMORY, HOUR)).toEqual({ ...expected(0, 24 * 60, 10), ...latest });
    expect(Object.keys(readMinutes(withTens, MEMORY, HOUR, 205, 235))).toEqual(['210', '220', '230']);
    await withTens.close();
    damage(path, '10m.2.');
    const withSamples = await openHistory(path);
    expect(readMinutes(withSamples, MEMORY, HOUR)).toEqual({ ...minutes(1, 24 * 60), ...latest });
    expect(readMinutes(withSamples, MEMORY, 10 * MINUTE)).toEqual({
      ...minutes(1, 24 * 60),
      ...expected(24 * 60, 26 * 60, 10),
      ...minutes(1561, 1565),
    });
    await withSamples.close();
  });

  it('is told by its buckets, too, where the newest file of its samples is damaged', async () => {
    const path = temporaryFolder();
    await writeMinutes(await openHistory(path), 1, 240);
    damage(path, `raw.1.${START + 121 * MINUTE}`);
    const again = await openHistory(path);
    const buckets = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [130 + index * 10, 130 + index * 10]));
    expect(readMinutes(again, MEMORY)).toEqual({ ...minutes(1, 120), ...buckets });
    expect(readMinutes(again, MEMORY, HOUR)).toEqual({ 60: 60, 120: 120, 180: 180, 240: 240 });
    await again.close();
  });

  it('stays when the round after it is torn', async () => {
    const path = temporaryFolder();
    await writeMinutes(await openHistory(path), 1, 5);
    const [log] = readdirSync(join(path, 'wal'));
    const bytes = readFileSync(join(path, 'wal', log));
    truncateSync(join(path, 'wal', log), bytes.length - 3);
    const { told, log: sayings } = quiet();
    expect(readMinutes(await openHistory(path, { log: sayings }), MEMORY)).toEqual(minutes(1, 4));
    expect(told.join()).toMatch(/The last round in .* was not written to its end/);
  });

  it('keeps who was there: names, first and last sight', async () => {
    const path = temporaryFolder();
    const history = await openHistory(path);
    await writeMinutes(history, 1, 12);
    for (const minute of [13, 14]) {
      writeMinute(history, minute, 'shop/other');
    }
    const objects = [...(await openHistory(path)).inventory.objects('pod')];
    const seen = objects.map(({ key, firstSeenMs, lastSeenMs }) => [
      key,
      (firstSeenMs - START) / MINUTE,
      (lastSeenMs - START) / MINUTE,
    ]);
    expect(seen).toEqual([
      ['shop/web', 1, 12],
      ['shop/other', 13, 14],
    ]);
  });
});

it('keeps all digits of a counter beyond 2^53, for whom it may concern', async () => {
  const history = await openHistory(temporaryFolder());
  const table = batchTable({ 'shop/web': { [CPU]: 2 ** 53 } });
  for (let minute = 1; minute <= 10; minute++) {
    const wide = new Map([[0, 9_007_199_254_740_993n + BigInt(minute)]]);
    const columns = new Map([[CPU, { ...table.columns.get(CPU)!, wide }]]);
    history.append(nodeBatch('a', START + minute * MINUTE, { pod: { ...table, columns } }));
    history.commit(START + minute * MINUTE);
  }
  await history.settled();
  const joined = new JoinedReader(NOTHING_RECENT, history.store, history.known, MINUTE);
  const request = { table: 'pod', key: 'shop/web', metric: CPU, fromMs: START, toMs: START + 2 * MINUTE } as const;
  expect(joined.sealedPoints(request)).toEqual({
    untilMs: START + 10 * MINUTE,
    points: [1, 2].map((minute) => ({
      timestampMs: START + minute * MINUTE,
      value: 9_007_199_254_740_993n + BigInt(minute),
    })),
  });
});

describe('tiers', () => {
  it('answer long steps with buckets, keep peaks, and go over into samples where there are no buckets yet', async () => {
    const history = await openHistory(temporaryFolder());
    await writeMinutes(history, 1, 150);
    expect(readMinutes(history, MEMORY, 10 * MINUTE)).toEqual({
      ...Object.fromEntries(Array.from({ length: 12 }, (_, index) => [(index + 1) * 10, (index + 1) * 10])),
      ...minutes(121, 150),
    });
    expect(readMinutes(history, MEMORY, HOUR)).toEqual({ 60: 60, 120: 120, ...minutes(121, 150) });
  });

  it('of a day become one file each', async () => {
    const history = await openHistory(temporaryFolder());
    await writeMinutes(history, 1, 26 * 60);
    const names = history.store.ofTier('1h').map(({ level }) => level);
    expect(names).toEqual([2, 1]);
    expect(Object.keys(readMinutes(history, MEMORY, HOUR))).toHaveLength(26);
  });
});

describe('retention', () => {
  it('lets samples go before buckets, and answers from these what samples do not reach', async () => {
    const retention = { keepMs: { raw: 3 * HOUR, '10m': DAY, '1h': DAY }, maxBytes: 1e9 };
    const history = await openHistory(temporaryFolder(), { retention });
    await writeMinutes(history, 1, 10 * 60);
    const found = readMinutes(history, MEMORY);
    expect(found[60 * 6]).toBe(360);
    expect(Object.keys(found).filter((minute) => Number(minute) <= 360 && Number(minute) % 10 !== 0)).toEqual([]);
    expect(found[10 * 60 - 1]).toBe(599);
  });

  it('of hours may be shorter than that of samples, which then answer what is older', async () => {
    const retention = { keepMs: { raw: DAY, '10m': 5 * HOUR, '1h': 3 * HOUR }, maxBytes: 1e9 };
    const history = await openHistory(temporaryFolder(), { retention });
    await writeMinutes(history, 1, 10 * 60);
    const found = Object.keys(readMinutes(history, MEMORY, HOUR)).map(Number);
    const [tens, hours] = [history.store.ofTier('10m')[0].fromMs, history.store.ofTier('1h')[0].fromMs];
    const [firstTen, firstHour] = [tens - 10 * MINUTE, hours - HOUR].map((timeMs) => (timeMs - START) / MINUTE);
    expect(firstTen).toBeGreaterThan(60);
    expect(firstHour).toBeGreaterThan(firstTen);
    const every = (from: number, to: number, step: number) =>
      Array.from({ length: (to - from) / step }, (_, index) => from + (index + 1) * step);
    const expected = [...every(0, firstTen, 1), ...every(firstTen, firstHour, 10), ...every(firstHour, 600, 60)];
    expect(found).toEqual(expected);
  });

  it('leaves points that know the extremes of the samples they stand for', async () => {
    const retention = { keepMs: { raw: 3 * HOUR, '10m': DAY, '1h': DAY }, maxBytes: 1e9 };
    const history = await openHistory(temporaryFolder(), { retention });
    await writeMinutes(history, 1, 8 * 60);
    const joined = new JoinedReader(NOTHING_RECENT, history.store, history.known, MINUTE);
    const request = {
      table: 'pod',
      key: 'shop/web',
      metric: MEMORY,
      fromMs: START,
      toMs: START + 10 * MINUTE,
    } as const;
    expect(joined.sealedPoints(request).points).toEqual([
      { timestampMs: START + 10 * MINUTE, value: 5.5, of: { min: 1, max: 10, sum: 55, count: 10 } },
    ]);
  });

  it('by size removes the oldest while it runs', async () => {
    const retention = { keepMs: KEEP, maxBytes: 20_000 };
    const history = await openHistory(temporaryFolder(), { retention });
    await writeMinutes(history, 1, 12 * 60);
    expect(history.store.bytes).toBeLessThanOrEqual(20_000);
    expect(readMinutes(history, MEMORY)[720]).toBe(720);
  });

  it('by size counts all that is in the folder, and tells the same sum', async () => {
    const path = temporaryFolder();
    const retention = { keepMs: KEEP, maxBytes: 30_000 };
    const history = await openHistory(path, { retention });
    writeFileSync(join(path, 'damaged', 'raw.1.1.2.seg'), Buffer.alloc(15_000));
    await writeMinutes(history, 1, 12 * 60);
    const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(path, name)));
    const bytes = files.filter((file) => file.isFile()).reduce((sum, { size }) => sum + size, 0);
    expect(bytes).toBeLessThanOrEqual(30_000);
    expect(history.state()).toMatchObject({ bytes, maxBytes: 30_000 });
    expect(readMinutes(history, MEMORY)[720]).toBe(720);
  });

  it('by size leaves a tenth of it to what was set aside, the newest file at least', async () => {
    const path = temporaryFolder();
    const { told, log } = quiet();
    const history = await openHistory(path, { retention: { keepMs: KEEP, maxBytes: 50_000 }, log });
    for (const name of ['b', 'a', 'c']) {
      writeFileSync(join(path, 'damaged', name), Buffer.alloc(name === 'c' ? 6_000 : 2_500));
      await writeMinutes(history, 1 + history.state().writtenRounds, 10 + history.state().writtenRounds);
    }
    expect(readdirSync(join(path, 'damaged'))).toEqual(['c']);
    expect(told).toEqual([
      expect.stringMatching(/^2 files that were set aside as damaged were removed from .*damaged: b, a\. /),
    ]);
  });

  it('forgets objects of which nothing is kept', async () => {
    const retention = { keepMs: { raw: HOUR, '10m': HOUR, '1h': HOUR }, maxBytes: 1e9 };
    const history = await openHistory(temporaryFolder(), { retention });
    writeMinute(history, 1, 'shop/old');
    await writeMinutes(history, 2, 8 * 60);
    expect([...history.inventory.objects('pod')].map(({ key }) => key)).toEqual(['shop/web']);
  });
});

describe('a disk that refuses', () => {
  it('is a state with advice: rounds are left out, and written again when there is room', async () => {
    let free = 1e9;
    const { told, log } = quiet();
    const history = await openHistory(temporaryFolder(), { freeBytes: () => free, log });
    await writeMinutes(history, 1, 10);
    free = 1e6;
    await writeMinutes(history, 11, 13);
    expect(history.state()).toMatchObject({ lostRounds: 3, writtenRounds: 10 });
    expect(history.state().problem).toMatch(
      /cannot be written: only 0 MiB are free on its disk\. Free space on its disk/
    );
    free = 1e9;
    await writeMinutes(history, 14, 20);
    expect(history.state()).toMatchObject({ problem: undefined, lostRounds: 3 });
    expect(readMinutes(history, MEMORY)).toEqual({ ...minutes(1, 10), ...minutes(14, 20) });
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(/is written again\.$/);
  });
});

describe('a damaged file', () => {
  it('is set aside with a message, and the rest is served', async () => {
    const path = temporaryFolder();
    await writeMinutes(await openHistory(path), 1, 40);
    const segments = join(path, 'segments');
    const [first] = readdirSync(segments).sort();
    const bytes = readFileSync(join(segments, first));
    bytes[bytes.length >> 1] ^= 0x10;
    writeFileSync(join(segments, first), bytes);
    const history = await openHistory(path);
    expect(readMinutes(history, MEMORY)).toEqual(minutes(11, 40));
    expect(readdirSync(join(path, 'damaged'))).toEqual([first]);
    expect(history.state().damages.join()).toMatch(/is damaged: .* It was moved to .*; all else is served\./);
  });

  it('does not keep the others from being merged', async () => {
    const path = temporaryFolder();
    const before = await openHistory(path);
    await writeMinutes(before, 1, 110);
    const segments = join(path, 'segments');
    const [first] = readdirSync(segments).sort();
    const bytes = readFileSync(join(segments, first));
    bytes[bytes.length >> 1] ^= 0x10;
    writeFileSync(join(segments, first), bytes);
    const history = await openHistory(path);
    await writeMinutes(history, 111, 140);
    expect(readMinutes(history, MEMORY)).toEqual(minutes(11, 140));
    expect(history.store.ofTier('raw').map(({ level }) => level)[0]).toBe(1);
  });
});

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createQueryEngine } from '../query/queryEngine.ts';
import { goneUntilMs } from './goneObjects.ts';
import { History } from './history.ts';
import { Inventory } from './inventory.ts';
import { JoinedReader } from './joinedReader.ts';
import { batchTable, here, NOTHING_RECENT, nodeBatch } from './testing/history.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 21);
const MEMORY = 'memory/usage';

afterAll(removeTemporaryFolders);

async function open(path: string): Promise<{ history: History; told: string[] }> {
  const told: string[] = [];
  const retention = { keepMs: { raw: 14 * DAY, '10m': 60 * DAY, '1h': 400 * DAY }, maxBytes: 1e9 };
  const tell = (sentence: string) => told.push(sentence);
  const history = History.open({ path, retention, resolutionMs: MINUTE, log: { info: tell, warn: tell }, files: here });
  await history.settled();
  return { history, told };
}

async function write(history: History, minute: number, pods: readonly string[]): Promise<void> {
  const table = batchTable(Object.fromEntries(pods.map((pod) => [`shop/${pod}`, { [MEMORY]: minute }])));
  const names = pods.map((pod) => ({ node: 'a', namespace: 'shop', pod, uid: `uid-of-${pod}`, labels: { pod } }));
  history.append(nodeBatch('a', START + minute * MINUTE, { pod: { ...table, names } }));
  history.commit(START + minute * MINUTE);
  await history.settled();
}

/** A history with four times 3,000 jobs of a minute each, and then hours of one pod. */
async function withJobs(path: string): Promise<History> {
  const { history } = await open(path);
  for (let minute = 1; minute <= 4; minute++) {
    await write(history, minute, ['web', ...Array.from({ length: 3000 }, (_, job) => `job-${minute}-${job}`)]);
  }
  for (let minute = 5; minute <= 4 * 60; minute++) {
    await write(history, minute, ['web']);
  }
  return history;
}

function engineOf({ store, known }: History) {
  const reader = new JoinedReader(NOTHING_RECENT, store, known, MINUTE);
  return createQueryEngine(reader, MINUTE, { maxSeries: 1000, maxPoints: 100_000 });
}

const range = (from: number, to: number) => ({ fromMs: START + from * MINUTE, toMs: START + to * MINUTE });

describe('pods that went long ago', () => {
  const path = temporaryFolder();
  let history: History;
  beforeAll(async () => {
    history = await withJobs(path);
  });

  it('take no memory: half of what may stay is left, the rest is on disk', () => {
    expect(history.inventory.size).toBeLessThan(7000);
    expect(history.known.size).toBe(12_001);
    expect(readdirSync(join(path, 'inventory')).filter((name) => name.startsWith('gone.0.'))).toHaveLength(1);
  });

  it('are listed in the ranges in which they were there, and in no other', () => {
    const engine = engineOf(history);
    const jobs = (from: number, to: number, match = '^job-') =>
      engine.names({ dimension: 'pod', match, limit: 20_000 }, range(from, to)).total;
    expect(jobs(1, 1)).toBe(3000);
    expect(jobs(1, 240)).toBe(12_000);
    expect(jobs(1, 240, '^job-1-17$')).toBe(1);
    expect(jobs(5, 240)).toBe(0);
    expect(engine.names({ dimension: 'pod', match: 'web' }, range(1, 240)).names).toEqual(['web']);
    expect(engine.names({ dimension: 'label_keys', level: 'pod' }, range(1, 1)).names).toEqual(['pod']);
  });

  it('answer by name, and in top lists', () => {
    const engine = engineOf(history);
    const is = (pod: string) => [{ dimension: 'pod', operator: '=', values: [pod] }] as const;
    const query = { level: 'pod', metric: MEMORY } as const;
    const one = engine.series({ ...query, filters: is('job-1-17') }, range(0, 5));
    expect(one.series.map(({ values }) => [...values].filter((value) => !Number.isNaN(value)))).toEqual([[1]]);
    const top = { count: 3, order: 'top', by: 'max' } as const;
    const best = engine.series({ ...query, limit: top }, range(1, 2));
    expect(best.series).toHaveLength(3);
    expect(best.series.flatMap(({ values }) => [...values]).filter((value) => value === 2)).toHaveLength(3);
  });

  it('are there after a restart, under their names and labels, and not in memory', async () => {
    await history.close();
    const again = await open(path);
    history = again.history;
    expect(again.told.filter((sentence) => sentence.includes('damaged'))).toEqual([]);
    expect(history.inventory.size).toBeLessThan(7000);
    expect(history.known.size).toBe(12_001);
    const [job] = history.known.gone.ofShard('pod', 'a', range(1, 1)).filter(({ key }) => key === 'shop/job-1-17');
    expect(job).toMatchObject({
      names: { uid: 'uid-of-job-1-17', labels: { pod: 'job-1-17' } },
      firstSeenMs: START + MINUTE,
      lastSeenMs: START + MINUTE,
    });
  });

  it('come back as new ones', async () => {
    await write(history, 241, ['web', 'job-1-17']);
    const engine = engineOf(history);
    expect(engine.names({ dimension: 'pod', match: '^job-1-17$' }, range(1, 241)).names).toEqual(['job-1-17']);
    expect(history.known.size).toBe(12_002);
    await history.close();
  });
});

test('what stays is half of the objects that are there, and at least half of ten thousand; never what went just now', () => {
  const inventory = new Inventory();
  const see = (count: number, name: string, timestampMs: number) => {
    const sees = inventory.sightings('pod', 'a', timestampMs);
    for (let index = 0; index < count; index++) {
      sees(`${name}-${index}`, {});
    }
  };
  see(10_000, 'early', HOUR);
  expect(goneUntilMs(inventory, 10 * HOUR)).toBeUndefined();
  see(1, 'later', 2 * HOUR);
  expect(goneUntilMs(inventory, 10 * HOUR)).toBe(HOUR);
  expect(goneUntilMs(inventory, 2.5 * HOUR)).toBeUndefined();
  see(30_000, 'there', 10 * HOUR);
  expect(goneUntilMs(inventory, 10 * HOUR)).toBeUndefined();
});

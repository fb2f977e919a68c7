import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { doFileTask } from '../history/fileTasks.ts';
import { LOCK_FILE } from '../history/folderLock.ts';
import { History } from '../history/history.ts';
import { batchTable, nodeBatch } from '../history/testing/history.ts';
import { removeTemporaryFolders, temporaryFolder } from '../history/testing/temporaryFolder.ts';
import type { Table } from '../model/batch.ts';
import { HEAPSTER_CPU, HEAPSTER_HAD_NONE, heapsterColumn } from '../model/heapsterValues.ts';
import { runHistoryCommand } from './main.ts';
import { Progress, shownWhile } from './terminal.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 21);
const LAST = 135;

afterAll(removeTemporaryFolders);

/** Pods of namespaces, with the names a kubelet would give. */
function pods(rows: Readonly<Record<string, Record<string, number>>>): Table {
  const table = batchTable(rows);
  const names = table.keys.map((key) => {
    const [namespace, pod] = key.split('/');
    return { node: 'a', namespace, pod };
  });
  return { ...table, names };
}

/** A history of 135 minutes, which goes on being open. */
async function written(): Promise<{ path: string; history: History }> {
  const path = temporaryFolder();
  const retention = { keepMs: { raw: 14 * DAY, '10m': 60 * DAY, '1h': 400 * DAY }, maxBytes: 1e9 };
  const log = { info: () => undefined, warn: () => undefined };
  const history = History.open({ path, retention, resolutionMs: MINUTE, log });
  for (let minute = 1; minute <= LAST; minute++) {
    const timestampMs = START + minute * MINUTE;
    const values = { 'memory/usage': minute, 'cpu/usage': minute * 3 };
    const pod = pods({ 'shop/web,"1"': values, 'bank/vault': values });
    const wide = new Map([[0, 2n ** 60n + BigInt(minute)]]);
    const columns = new Map([...pod.columns, ['network/rx', { values: Float64Array.of(2 ** 60, 1), wide }] as const]);
    history.append(nodeBatch('a', timestampMs, { pod: { ...pod, columns } }));
    history.commit(timestampMs);
    await history.settled();
  }
  return { path, history };
}

async function run(path: string, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  return runAt(() => START + DAY, path, ...argv);
}

/** Runs a command each step of which takes six seconds: every one is told. */
async function runSlowly(path: string, ...argv: string[]): Promise<string[]> {
  let nowMs = START + DAY;
  const { err } = await runAt(() => (nowMs += 6_000), path, ...argv);
  return err.split('\n').filter((line) => line.endsWith(' %'));
}

async function runAt(nowMs: () => number, path: string, ...argv: string[]) {
  const texts = { out: '', err: '' };
  const into = (name: 'out' | 'err') => ({
    write: (text: string | Uint8Array) => {
      texts[name] += String(text);
      return true;
    },
  });
  const terminal = { out: into('out'), err: into('err'), nowMs };
  const code = await runHistoryCommand(argv, { HEAPSCOPE_DATA_DIR: path }, terminal);
  return { code, ...texts };
}

const filesIn = (path: string) =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name !== LOCK_FILE)
    .sort();

describe('beside a running backend', () => {
  let path: string;
  let history: History;
  let before: string[];

  beforeAll(async () => {
    ({ path, history } = await written());
    before = filesIn(path);
  });

  afterEach(() => {
    expect(filesIn(path)).toEqual(before);
  });

  afterAll(() => history.close());

  it('inspect tells tiers, logs and objects', async () => {
    const { code, out } = await run(path, 'inspect', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      format: 1,
      tiers: [
        { tier: 'raw', files: 2, samples: 130 * 6, fromMs: START + MINUTE, toMs: START + 130 * MINUTE },
        { tier: '10m', files: 1, samples: 12 * 6 },
        { tier: '1h', files: 1, samples: 2 * 6 },
      ],
      logs: { files: 1, rounds: 5 },
      objects: { pod: 2 },
      setAside: [],
      damages: [],
    });
    expect((await run(path, 'inspect')).out).toMatch(/^raw +2 +2026-11-21T00:01:00Z +2026-11-21T02:10:00Z/m);
  });

  it('verify reads everything, the log too', async () => {
    const { code, out } = await run(path, 'verify');
    expect(code).toBe(0);
    expect(out).toMatch(/5 files, .* 894 samples and buckets, 2 objects; all whole/);
  });

  it('export writes exact samples as CSV, with those of the log', async () => {
    const argv = ['--metric=network/rx', '--namespace=shop', '--from=2026-11-21T02:14:00Z'];
    const { code, out } = await run(path, 'export', ...argv);
    expect(code).toBe(0);
    expect(out.split('\r\n')).toEqual([
      'time,level,metric,node,namespace,workload_kind,workload,pod,container,resource_id,interface,accelerator_id,uid,value',
      '2026-11-21T02:14:00.000Z,pod,network/rx,a,shop,,,"web,""1""",,,,,,1152921504606847110',
      '2026-11-21T02:15:00.000Z,pod,network/rx,a,shop,,,"web,""1""",,,,,,1152921504606847111',
      '',
    ]);
  });

  it('export writes buckets', async () => {
    const { out } = await run(path, 'export', '--metric=memory/usage', '--pod=vault', '--tier=1h');
    expect(out.split('\r\n').slice(1, 3)).toEqual([
      '2026-11-21T01:00:00.000Z,pod,memory/usage,a,bank,,,vault,,,,,,30.5,1,60,1830,60',
      '2026-11-21T02:00:00.000Z,pod,memory/usage,a,bank,,,vault,,,,,,90.5,61,120,5430,60',
    ]);
  });

  it('export writes OpenMetrics with the names of remote write, counters as such', async () => {
    const { out } = await run(
      path,
      'export',
      '--format=openmetrics',
      '--metric=cpu/usage',
      '--from=2026-11-21T02:15:00Z'
    );
    expect(out.split('\n')).toEqual([
      '# TYPE heapscope_pod_cpu_usage_seconds counter',
      expect.stringMatching(/^# HELP heapscope_pod_cpu_usage_seconds CPU time/),
      'heapscope_pod_cpu_usage_seconds_total{node="a",namespace="shop",pod="web,\\"1\\""} 4.05e-7 1795227300',
      'heapscope_pod_cpu_usage_seconds_total{node="a",namespace="bank",pod="vault"} 4.05e-7 1795227300',
      '# EOF',
      '',
    ]);
  });

  it('export writes all that is known of buckets as OpenMetrics', async () => {
    const argv = ['--tier=1h', '--metric=cpu/usage', '--pod=vault', '--to=2026-11-21T01:00:00Z'];
    const { out } = await run(path, 'export', '--format=openmetrics', ...argv);
    const series = (aggregation: string, value: string) =>
      `heapscope_pod_cpu_usage_seconds{node="a",namespace="bank",pod="vault",aggregation="${aggregation}"} ${value} 1795222800`;
    expect(out.split('\n').slice(2, -2)).toEqual([
      series('mean', '9.15e-8'),
      series('min', '3e-9'),
      series('max', '1.8e-7'),
      series('sum', '0.00000549'),
      series('count', '60'),
    ]);
  });

  it('export of a metric that is in no catalogue and not there tells which are', async () => {
    const file = join(temporaryFolder(), 'values.csv');
    const { code, out, err } = await run(path, 'export', '--metric=memory/usgae', `--output=${file}`);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(
      '--metric=memory/usgae is no metric, and not in this history; it has cpu/usage, memory/usage, network/rx.\n'
    );
    expect(existsSync(file)).toBe(false);
    const none = await run(path, 'export', '--metric=memory/rss');
    expect([none.code, none.err]).toEqual([0, '0 samples of 0 metrics.\n']);
  });

  it.each(['csv', 'parquet', 'openmetrics'])('export as %s into a folder that is missing says so', async (format) => {
    const file = join(temporaryFolder(), 'missing', 'values');
    const { code, err } = await run(path, 'export', `--format=${format}`, `--output=${file}`);
    expect(code).toBe(2);
    expect(err).toMatch(/^--output=\S+ cannot be written: .*no such file or directory/);
  });

  it.each(['csv', 'parquet', 'openmetrics'])('export as %s onto a full disk says so', async (format) => {
    const { code, err } = await run(path, 'export', `--format=${format}`, '--output=/dev/full');
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^--output=\/dev\/full cannot be written: .*ENOSPC.*Free space/),
    ]);
  });

  it('export writes Parquet that others read', async () => {
    const file = join(temporaryFolder(), 'values.parquet');
    const { code, err } = await run(path, 'export', '--format=parquet', `--output=${file}`, '--metric=memory/usage');
    expect({ code, err }).toEqual({ code: 0, err: `${2 * LAST} samples of 1 metrics.\n` });
    const bytes = readFileSync(file);
    const rows = await parquetReadObjects({
      file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    });
    expect(rows).toHaveLength(2 * LAST);
    expect(rows[LAST]).toMatchObject({ time: new Date(START + MINUTE), namespace: 'bank', pod: 'vault', value: 1 });
  });

  it('each step of opening, verifying and exporting one metric is seen, up to the end', async () => {
    const opening = await runSlowly(path, 'inspect');
    expect(opening).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/^Opening: \d+ %$/)));
    expect(opening[2]).toBe('Opening: 100 %');
    const exporting = ['Exporting: 33 %', 'Exporting: 66 %', 'Exporting: 100 %'];
    expect((await runSlowly(path, 'export', '--metric=cpu/usage')).slice(-3)).toEqual(exporting);
    expect((await runSlowly(path, 'verify')).at(-1)).toBe('Verifying: 100 %');
  });

  it('prune only tells what it would do', async () => {
    const { code, out } = await run(path, 'prune', '--before=2026-11-21T02:05:00Z', '--namespace=shop', '--dry-run');
    expect(code).toBe(0);
    expect(out).toMatch(/Would remove .*raw\.1\..*\n.*Would remove .*10m\.1\./);
    expect(out).toMatch(/3 files with .* would be removed\.\n1 objects of the namespace shop would be removed\./);
  });
});

test('prune is refused while another process writes the history', async () => {
  const { path, history } = await written();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
  const lock = join(path, LOCK_FILE);
  const holder = JSON.parse(readFileSync(lock, 'utf8')) as object;
  const began = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ')[19];
  writeFileSync(lock, JSON.stringify({ ...holder, pid: child.pid, began, token: 'other' }));
  const { code, err } = await run(path, 'prune', '--before=2026-11-22');
  child.kill('SIGKILL');
  expect(code).toBe(1);
  expect(err).toMatch(/is being written by process \d+ on .*\. Stop that Heapscope first, or try --dry-run\./);
  await history.close();
});

test('prune takes a namespace out of everything, and files before a time away', async () => {
  const { path, history } = await written();
  await history.close();
  expect((await run(path, 'prune', '--namespace=shop')).out).toMatch(/1 objects of the namespace shop were removed/);
  expect((await run(path, 'export')).out).not.toContain('shop');
  expect((await run(path, 'export', '--metric=memory/usage')).out.split('\r\n')).toHaveLength(LAST + 2);
  expect((await run(path, 'verify')).code).toBe(0);
  expect((await run(path, 'prune', '--before=2026-11-21T02:05:00Z')).out).toMatch(/^3 files with .* were removed/);
  const left = (await run(path, 'export', '--metric=memory/usage')).out.split('\r\n');
  expect(left[1]).toMatch(/^2026-11-21T02:01/);
  expect(left).toHaveLength(LAST - 120 + 2);
});

test('pods that went so long ago that only a file of their own knows them are verified, exported and pruned', async () => {
  const path = temporaryFolder();
  const retention = { keepMs: { raw: 14 * DAY, '10m': 60 * DAY, '1h': 400 * DAY }, maxBytes: 1e9 };
  const log = { info: () => undefined, warn: () => undefined };
  const history = History.open({ path, retention, resolutionMs: MINUTE, log });
  for (let minute = 1; minute <= 20; minute++) {
    const names = minute < 5 ? ['bank/vault', 'shop/job'] : ['bank/vault'];
    const pod = pods(Object.fromEntries(names.map((name) => [name, { 'memory/usage': minute }])));
    history.append(nodeBatch('a', START + minute * MINUTE, { pod }));
    history.commit(START + minute * MINUTE);
    await history.settled();
  }
  await history.close();
  const gone = { level: 0, fromMs: 0, toMs: START + 10 * MINUTE };
  doFileTask(history.directory, { kind: 'write gone', gone });
  expect((await run(path, 'verify')).out).toMatch(/2 objects; all whole/);
  expect((await runSlowly(path, 'verify')).at(-1)).toBe('Verifying: 100 %');
  expect(JSON.parse((await run(path, 'inspect', '--json')).out)).toMatchObject({ objects: { pod: 2 } });
  expect((await run(path, 'export')).out.match(/job/g)).toHaveLength(4);
  expect((await run(path, 'prune', '--namespace=shop')).out).toMatch(/1 objects of the namespace shop were removed/);
  expect((await run(path, 'export')).out).not.toContain('job');
  expect((await run(path, 'verify')).out).toMatch(/1 objects; all whole/);
});

/** A history of one pod on a node, with these names and values each minute. */
async function writtenBy(minutes: number, row: (minute: number) => { names: object; values: Record<string, number> }) {
  const path = temporaryFolder();
  const retention = { keepMs: { raw: 14 * DAY, '10m': 60 * DAY, '1h': 400 * DAY }, maxBytes: 1e9 };
  const log = { info: () => undefined, warn: () => undefined };
  const history = History.open({ path, retention, resolutionMs: MINUTE, log });
  for (let minute = 1; minute <= minutes; minute++) {
    const { names, values } = row(minute);
    const table = { ...batchTable({ 'shop/db-0': values }), names: [{ namespace: 'shop', pod: 'db-0', ...names }] };
    history.append(nodeBatch('a', START + minute * MINUTE, { pod: table }));
    history.commit(START + minute * MINUTE);
    await history.settled();
  }
  await history.close();
  return path;
}

test("export leaves out what only Heapster's own face reads", async () => {
  const values = { 'memory/usage': 1, [heapsterColumn('memory/usage')]: HEAPSTER_HAD_NONE, [HEAPSTER_CPU]: 2 };
  const path = await writtenBy(120, () => ({ names: {}, values }));
  for (const tier of ['raw', '10m', '1h']) {
    const { out, err } = await run(path, 'export', `--tier=${tier}`);
    expect(out).not.toContain('heapster');
    expect(err).toMatch(/ of 1 metrics\.\n$/);
  }
  expect((await run(path, 'export', `--metric=${HEAPSTER_CPU}`)).code).toBe(2);
});

test('export writes values under the names an object had at their time', async () => {
  const path = await writtenBy(4, (minute) => ({
    names: { uid: minute < 3 ? 'one' : 'two', labels: { color: minute < 4 ? 'blue' : 'green' } },
    values: { 'memory/usage': minute },
  }));
  const rows = (await run(path, 'export')).out.split('\r\n').slice(1, -1);
  expect(rows.map((row) => row.split(',').slice(-2))).toEqual([
    ['one', '1'],
    ['one', '2'],
    ['two', '3'],
    ['two', '4'],
  ]);
});

test('verify finds a flipped bit, and leaves the file where it is', async () => {
  const { path, history } = await written();
  await history.close();
  const name = readdirSync(join(path, 'segments')).find((each) => each.startsWith('raw.1'))!;
  const file = join(path, 'segments', name);
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(file, bytes);
  const { code, out, err } = await run(path, 'verify');
  expect(code).toBe(1);
  expect(out).toMatch(/1 damaged/);
  expect(err).toContain(`${file} is damaged`);
  expect(readdirSync(join(path, 'segments'))).toContain(name);
});

test.each([
  [['bogus'], 2, /"bogus" is no command/],
  [['export', '--levle=x'], 2, /--levle/],
  [['export', '--level=house'], 2, /--level=house is not one of/],
  [['export', '--from=yesterday'], 2, /--from=yesterday is no time/],
  [['export', '--format=parquet'], 2, /name one by --output/],
  [['prune'], 2, /Say what to remove/],
  [['prune', '--max-size=big'], 2, /is no size/],
  [['inspect', '--data-dir=/nowhere'], 1, /\/nowhere is not a history/],
])('%j is answered with a sentence', async (argv, code, sentence) => {
  const answer = await run('/nowhere', ...argv);
  expect(answer.code).toBe(code);
  expect(answer.err).toMatch(sentence);
});

test.each(['inspect', 'verify', 'export', 'prune'])('%s tells its flags', async (name) => {
  const { code, out } = await run('/nowhere', name, '--help');
  expect(code).toBe(0);
  expect(out).toContain(`Usage: heapscope history ${name} `);
  expect(out).toContain('--data-dir=FOLDER');
});

describe('progress', () => {
  function shown(isTTY: boolean, seconds: number): string {
    let text = '';
    let nowMs = 0;
    const write = (more: string) => {
      text += more;
      return true;
    };
    const progress = new Progress(
      { out: { write: () => true }, err: { write, isTTY }, nowMs: () => nowMs },
      'Verifying',
      seconds * 10
    );
    for (let step = 0; step < seconds * 10; step++) {
      nowMs += 100;
      progress.add(1);
    }
    progress.end();
    return text;
  }

  it.each([
    [true, '\rSealing, 1 s so far\x1b[K\rSealing, 2 s so far\x1b[K\r\x1b[K'],
    [false, 'Sealing …\n'],
  ])('of what nobody counts is that it goes on (on a terminal: %j)', async (isTTY, expected) => {
    let text = '';
    let nowMs = 0;
    const write = (more: string) => {
      text += more;
      return true;
    };
    const ticks: Array<() => void> = [];
    const every = (_ms: number, action: () => void) => {
      ticks.push(action);
      return () => void ticks.pop();
    };
    const terminal = { out: { write: () => true }, err: { write, isTTY }, nowMs: () => nowMs, every };
    const work = Promise.withResolvers<string>();
    const shownUntil = shownWhile(terminal, 'Sealing', work.promise);
    for (nowMs = 1000; nowMs <= 2000; nowMs += 1000) {
      ticks.forEach((tick) => tick());
    }
    work.resolve('sealed');
    expect(await shownUntil).toBe('sealed');
    expect(text).toBe(expected);
    expect(ticks).toEqual([]);
  });

  it('is nothing for what is done within a second', () => {
    expect([shown(true, 0.9), shown(false, 0.9)]).toEqual(['', '']);
  });

  it('is a bar on a terminal, and lines elsewhere', () => {
    expect(shown(true, 2)).toContain('\rVerifying [###############---------------] 50 %, 1 s left');
    expect(shown(true, 2).endsWith('\r\x1b[K')).toBe(true);
    expect(shown(false, 12)).toBe('Verifying: 8 %\nVerifying: 50 %\nVerifying: 91 %\n');
  });
});

import type { TableName } from '../model/batch.ts';
import { HeadStore } from './headStore.ts';
import { nodeBatch, totalsBatch, type Row } from './testing/batches.ts';

const MINUTE_MS = 60_000;
const CPU = 'cpu/usage_rate';
const NOTHING_OLD = { windowMs: 0, maxBytes: 0 };
const EVERYTHING = { windowMs: Number.MAX_SAFE_INTEGER, maxBytes: 0 };

describe('what can be read from the head', () => {
  it('is the values of all nodes between two times, both included', () => {
    const head = new HeadStore(EVERYTHING);
    for (const minute of [1, 2, 3, 4]) {
      head.append(nodeBatch('a', minute * MINUTE_MS, { pod: [pod('web', minute)] }));
      head.append(nodeBatch('b', minute * MINUTE_MS, { pod: [pod('db', minute * 10)] }));
      head.commit(minute * MINUTE_MS);
    }
    expect(values(head, 2, 3)).toEqual({ web: { 2: 2, 3: 3 }, db: { 2: 20, 3: 30 } });
    expect(values(head, 4, 4)).toEqual({ web: { 4: 4 }, db: { 4: 40 } });
    expect(values(head, 5, 9)).toEqual({});
    expect(head.rounds()).toEqual([1, 2, 3, 4].map((minute) => minute * MINUTE_MS));
  });

  it('does not hold a round that is still being written', () => {
    const head = new HeadStore(EVERYTHING);
    write(head, 1, [pod('web', 1)]);
    head.append(nodeBatch('a', 2 * MINUTE_MS, { pod: [pod('web', 2), pod('new', 2)] }));
    expect(head.rounds()).toEqual([MINUTE_MS]);
    expect(values(head, 0, 9)).toEqual({ web: { 1: 1 } });
    expect(inventory(head)).toEqual(['web']);
    head.commit(2 * MINUTE_MS);
    expect(values(head, 0, 9)).toEqual({ web: { 1: 1, 2: 2 }, new: { 2: 2 } });
    expect(inventory(head)).toEqual(['new', 'web']);
  });

  it('never holds a round that was begun and not committed', () => {
    const head = new HeadStore(EVERYTHING);
    write(head, 1, [pod('web', 1)]);
    head.append(nodeBatch('a', 2 * MINUTE_MS, { pod: [pod('web', 2)] }));
    write(head, 3, [pod('web', 3)]);
    expect(values(head, 0, 9)).toEqual({ web: { 1: 1, 3: 3 } });
    expect(head.exactPoints('pod', 'web', CPU, 0, 9 * MINUTE_MS).map(({ value }) => value)).toEqual([1, 3]);
  });

  it('asks once per object where its values belong, and not for objects that did not exist then', () => {
    const head = new HeadStore(EVERYTHING);
    write(head, 1, [pod('old', 1), pod('web', 1)]);
    write(head, 2, [pod('web', 2)]);
    write(head, 3, [pod('web', 3), pod('young', 3)]);
    const asked: string[] = [];
    const slotFor = (object: { key: string }) => asked.push(object.key);
    head.scan('pod', CPU, { fromMs: 2 * MINUTE_MS, toMs: 2 * MINUTE_MS }, { slotFor, column: () => undefined });
    expect(asked).toEqual(['web']);
  });

  it('keeps objects apart that bear the same name on two nodes', () => {
    const head = new HeadStore(EVERYTHING);
    head.append(nodeBatch('a', MINUTE_MS, { pod: [pod('web', 1)] }));
    head.commit(MINUTE_MS);
    head.append(nodeBatch('b', 2 * MINUTE_MS, { pod: [pod('web', 2)] }));
    head.commit(2 * MINUTE_MS);
    expect([...head.objects('pod')].map(({ firstSeenMs, lastSeenMs }) => [firstSeenMs, lastSeenMs])).toEqual([
      [MINUTE_MS, MINUTE_MS],
      [2 * MINUTE_MS, 2 * MINUTE_MS],
    ]);
    expect(head.exactPoints('pod', 'web', CPU, 0, 9 * MINUTE_MS)).toEqual([
      { timestampMs: MINUTE_MS, value: 1 },
      { timestampMs: 2 * MINUTE_MS, value: 2 },
    ]);
  });

  it('is looked for only where pods of the names asked for are', () => {
    const head = new HeadStore({ windowMs: MINUTE_MS, maxBytes: 0 });
    const visited = (...pods: string[]) => {
      const seen: string[] = [];
      const slotFor = ({ names }: { names: { node?: string; pod?: string } }) =>
        seen.push(`${names.node}/${names.pod}`);
      head.scan('pod', CPU, { fromMs: 0, toMs: 99 * MINUTE_MS, pods }, { slotFor, column: () => undefined });
      return seen.sort();
    };
    const onNode = (node: string, name: string): Row => ({
      key: name,
      names: { node, pod: name },
      values: { [CPU]: 1 },
    });
    for (const minute of [1, 2, 3, 4, 5, 6]) {
      const home = minute < 3 ? 'a' : 'b';
      head.append(nodeBatch(home, minute * MINUTE_MS, { pod: [onNode(home, 'moving')] }));
      head.append(nodeBatch('c', minute * MINUTE_MS, { pod: [onNode('c', 'staying'), onNode('c', 'other')] }));
      head.commit(minute * MINUTE_MS);
      const homes = minute < 3 ? ['a'] : minute === 3 ? ['a', 'b'] : ['b'];
      expect(visited('moving')).toEqual(homes.map((node) => `${node}/moving`));
    }
    expect(visited('staying', 'moving')).toEqual(['b/moving', 'c/other', 'c/staying']);
    expect(visited('nobody')).toEqual([]);
    expect(visited()).toEqual([]);
  });

  it('tells the end of each node, and only of those that have the table', () => {
    const head = new HeadStore(EVERYTHING);
    head.append(nodeBatch('a', MINUTE_MS, { pod: [pod('web', 1)] }));
    head.append(nodeBatch('b', MINUTE_MS, { pod: [pod('db', 1)] }));
    head.append(totalsBatch(MINUTE_MS, { cluster: [{ key: '', names: {}, values: { [CPU]: 2 } }] }));
    head.commit(MINUTE_MS);
    const heard: string[] = [];
    head.scan(
      'pod',
      CPU,
      { fromMs: 0, toMs: MINUTE_MS },
      {
        slotFor: () => 0,
        column: (_, column) => heard.push(`value ${column[0]}`),
        shardEnd: () => heard.push('end'),
      }
    );
    expect(heard).toEqual(['value 1', 'end', 'value 1', 'end']);
  });

  it('names the metrics of the newest round, also while the next one is written', () => {
    const head = new HeadStore(EVERYTHING);
    expect([...head.metricsOfNewestRound()]).toEqual([]);
    for (let minute = 1; minute <= 5; minute++) {
      write(head, minute, [{ key: 'web', values: { [CPU]: 1, 'memory/usage': minute < 5 ? 1 : NaN } }]);
    }
    head.append(nodeBatch('a', 6 * MINUTE_MS, { pod: [{ key: 'web', values: { uptime: 1 } }] }));
    expect([...head.metricsOfNewestRound()]).toEqual([CPU]);
    head.commit(6 * MINUTE_MS);
    expect([...head.metricsOfNewestRound()]).toEqual(['uptime']);
  });

  it('keeps every digit of a counter beyond 2^53', () => {
    const head = new HeadStore(EVERYTHING);
    write(head, 1, [pod('idle', 1), { key: 'web', values: { 'cpu/usage': 9_007_199_254_740_993n } }]);
    write(head, 2, [{ key: 'web', values: { 'cpu/usage': 2n ** 64n - 1n } }]);
    write(head, 3, [{ key: 'web', values: { 'cpu/usage': 5 } }]);
    write(head, 4, [pod('web', 1)]);
    expect(head.exactPoints('pod', 'web', 'cpu/usage', MINUTE_MS, 4 * MINUTE_MS)).toEqual([
      { timestampMs: MINUTE_MS, value: 9_007_199_254_740_993n },
      { timestampMs: 2 * MINUTE_MS, value: 18_446_744_073_709_551_615n },
      { timestampMs: 3 * MINUTE_MS, value: 5 },
    ]);
    expect(head.exactPoints('pod', 'web', 'cpu/usage', 2 * MINUTE_MS, 2 * MINUTE_MS)).toHaveLength(1);
    expect(head.exactPoints('pod', 'nobody', 'cpu/usage', 0, 9 * MINUTE_MS)).toEqual([]);
    expect(head.exactPoints('pod', 'web', 'no/metric', 0, 9 * MINUTE_MS)).toEqual([]);
    expect(head.exactPoints('pod', 'web', 'cpu/usage', 0, 9 * MINUTE_MS, { shard: 'elsewhere' })).toEqual([]);
    expect(head.exactPoints('pod', 'web', 'cpu/usage', 0, 9 * MINUTE_MS, { pods: ['web'] })).toHaveLength(3);
  });

  it('tells everything that one round has of a table on one node', () => {
    const head = new HeadStore(EVERYTHING);
    write(head, 1, [pod('web', 1), { key: 'api', values: { 'cpu/usage': 2n ** 64n - 1n } }]);
    write(head, 2, [pod('web', 2), pod('late', 3)]);
    const round = (minute: number, metrics?: ReadonlySet<string>) =>
      head
        .roundOf('a', 'pod', minute * MINUTE_MS, metrics)
        .map(({ names, values }) => [names.pod, Object.fromEntries(values)]);
    expect(Object.fromEntries(round(1))).toEqual({
      web: { [CPU]: 1 },
      api: { 'cpu/usage': 18_446_744_073_709_551_615n },
    });
    expect(Object.fromEntries(round(2))).toEqual({ web: { [CPU]: 2 }, late: { [CPU]: 3 } });
    expect(round(1, new Set(['memory/usage']))).toEqual([]);
    head.append(nodeBatch('a', 3 * MINUTE_MS, { pod: [pod('web', 4)] }));
    expect(round(3)).toEqual([]);
    expect(head.roundOf('elsewhere', 'pod', MINUTE_MS)).toEqual([]);
  });
});

describe('the inventory', () => {
  it('tells when each object was first and last seen, with its newest names', () => {
    const head = new HeadStore(EVERYTHING);
    write(head, 1, [pod('gone', 1), { key: 'web', names: { pod: 'web' } }]);
    write(head, 2, [{ key: 'web', names: { pod: 'web', workload: 'web' } }, pod('young', 2)]);
    write(head, 3, [{ key: 'web', names: { pod: 'web', workload: 'web', labels: { app: 'shop' } } }, pod('young', 3)]);
    const seen = [...head.objects('pod')].map(({ key, firstSeenMs, lastSeenMs, names }) => [
      `${key} ${firstSeenMs / MINUTE_MS}-${lastSeenMs / MINUTE_MS}`,
      names.workload,
      names.labels?.app,
    ]);
    expect(seen.sort()).toEqual([
      ['gone 1-1', undefined, undefined],
      ['web 1-3', 'web', 'shop'],
      ['young 2-3', undefined, undefined],
    ]);
    expect(head.objectCount).toBe(3);
  });

  it('has a new version when objects come, are told apart anew or go, and only then', () => {
    const head = new HeadStore({ windowMs: 0, maxBytes: 0 });
    const versions: number[] = [];
    const steps: Row[][] = [
      [pod('web', 1)],
      [pod('web', 2)],
      [pod('web', 3), pod('new', 3)],
      [{ key: 'web', names: { pod: 'web', workload: 'shop' } }, pod('new', 4)],
      [{ key: 'web', names: { pod: 'web', workload: 'shop' } }, pod('new', 5)],
      [pod('new', 6)],
    ];
    steps.forEach((rows, index) => {
      write(head, index + 1, rows);
      versions.push(head.inventoryVersion('pod'));
    });
    const changed = versions.map((version, index) => index === 0 || version !== versions[index - 1]);
    expect(changed).toEqual([true, false, true, true, false, true]);
    expect(head.inventoryVersion('node')).toBe(0);
  });

  it('changes its version with the commit, not before', () => {
    const head = new HeadStore(EVERYTHING);
    write(head, 1, [pod('web', 1)]);
    const before = head.inventoryVersion('pod');
    head.append(nodeBatch('a', 2 * MINUTE_MS, { pod: [pod('new', 2)] }));
    expect(head.inventoryVersion('pod')).toBe(before);
    head.commit(2 * MINUTE_MS);
    expect(head.inventoryVersion('pod')).not.toBe(before);
  });
});

describe('retention', () => {
  it('keeps all rounds of the window however many bytes they take', () => {
    const head = new HeadStore({ windowMs: 15 * MINUTE_MS, maxBytes: 1 });
    for (let minute = 1; minute <= 40; minute++) {
      write(head, minute, [pod('web', minute)]);
      expect(head.rounds()[0]).toBe(Math.max(1, minute - 15) * MINUTE_MS);
      expect(Object.keys(values(head, 0, minute).web)).toHaveLength(Math.min(minute, 16));
    }
  });

  it('keeps older rounds while there is room, and lets them go as the room ends', () => {
    const head = new HeadStore({ windowMs: 5 * MINUTE_MS, maxBytes: 60_000 });
    let largest = 0;
    for (let minute = 1; minute <= 100; minute++) {
      write(head, minute, [{ key: 'web', values: { [CPU]: Math.sqrt(minute) } }, ...many(100, minute)]);
      largest = Math.max(largest, head.bytes);
    }
    expect(largest).toBeLessThanOrEqual(60_000 + 5 * 2_000);
    expect(head.bytes).toBeGreaterThan(40_000);
    expect(head.rounds().length).toBeGreaterThan(20);
    expect(head.rounds().length).toBeLessThan(70);
    expect(Object.keys(values(head, 0, 100).web)).toHaveLength(head.rounds().length);
  });

  it('forgets objects with the rounds they were in', () => {
    const head = new HeadStore({ windowMs: 2 * MINUTE_MS, maxBytes: 0 });
    write(head, 1, [pod('web', 1), pod('gone', 1)]);
    for (let minute = 2; minute <= 3; minute++) {
      write(head, minute, [pod('web', minute)]);
    }
    expect(inventory(head)).toEqual(['gone', 'web']);
    write(head, 4, [pod('web', 4)]);
    expect(inventory(head)).toEqual(['web']);
    expect(head.exactPoints('pod', 'gone', CPU, 0, 9 * MINUTE_MS)).toEqual([]);
  });

  it('frees what nodes took that are no longer there', () => {
    const head = new HeadStore({ windowMs: 5 * MINUTE_MS, maxBytes: 0 });
    for (let minute = 1; minute <= 60; minute++) {
      head.append(nodeBatch(`node-${minute}`, minute * MINUTE_MS, { pod: many(200, minute) }));
      head.commit(minute * MINUTE_MS);
    }
    const oneRound = 200 * 8 + 500;
    expect(head.bytes).toBeLessThan(11 * oneRound);
    expect(head.objectCount).toBe(6 * 200);
  });

  it('does not grow with objects that come and go', () => {
    const head = new HeadStore({ windowMs: 5 * MINUTE_MS, maxBytes: 0 });
    for (let minute = 1; minute <= 200; minute++) {
      const rows = Array.from({ length: 20 }, (_, index) => pod(`job-${minute}-${index}`, Math.sqrt(index)));
      write(head, minute, [pod('web', minute), ...rows]);
    }
    expect(head.objectCount).toBe(1 + 6 * 20);
    expect(head.bytes).toBeLessThan(11 * (400 + 100 * 8));
  });

  it('tells an object from the one that had its place before', () => {
    const head = new HeadStore(NOTHING_OLD);
    write(head, 1, [pod('web', 1), pod('old', 100)]);
    write(head, 2, [pod('web', 2)]);
    write(head, 3, [pod('web', 3), pod('young', 300)]);
    expect(values(head, 0, 9)).toEqual({ web: { 3: 3 }, young: { 3: 300 } });
    expect(head.exactPoints('pod', 'young', CPU, 0, 9 * MINUTE_MS)).toEqual([
      { timestampMs: 3 * MINUTE_MS, value: 300 },
    ]);
  });

  it('knows an object that returns after it was forgotten as a new one', () => {
    const head = new HeadStore(NOTHING_OLD);
    write(head, 1, [pod('web', 1), pod('job', 1)]);
    write(head, 2, [pod('web', 2)]);
    write(head, 3, [pod('web', 3), pod('job', 3)]);
    const job = [...head.objects('pod')].find(({ key }) => key === 'job');
    expect(job).toMatchObject({ firstSeenMs: 3 * MINUTE_MS, lastSeenMs: 3 * MINUTE_MS });
  });
});

describe('names of metrics that only a cluster knows', () => {
  it('cannot fill the head: beyond what can be numbered, further metrics are left out', () => {
    const head = new HeadStore(EVERYTHING);
    const names = Array.from({ length: 5_000 }, (_, index) => index);
    for (let minute = 1; minute <= 15; minute++) {
      const custom = Object.fromEntries(names.map((index) => [`custom/${minute}-${index}`, minute]));
      write(head, minute, [{ key: 'web', values: { [CPU]: minute, ...custom } }]);
    }
    expect(values(head, 15, 15)).toEqual({ web: { 15: 15 } });
    expect(head.exactPoints('pod', 'web', 'custom/1-0', 0, MINUTE_MS)).toHaveLength(1);
    expect(head.exactPoints('pod', 'web', 'custom/15-4999', 0, 15 * MINUTE_MS)).toEqual([]);
  });
});

function pod(key: string, cpu: number): Row {
  return { key, names: { pod: key }, values: { [CPU]: cpu } };
}

function many(count: number, minute: number): Row[] {
  return Array.from({ length: count }, (_, index) => pod(`pod-${index}`, Math.sqrt(minute * 1000 + index)));
}

function write(head: HeadStore, minute: number, rows: readonly Row[]): void {
  head.append(nodeBatch('a', minute * MINUTE_MS, { pod: rows }));
  head.commit(minute * MINUTE_MS);
}

/** Value per object and minute. */
function values(head: HeadStore, fromMinute: number, toMinute: number, table: TableName = 'pod') {
  const found: Record<string, Record<number, number>> = {};
  const keys: string[] = [];
  const slotFor = ({ key }: { key: string }) => keys.push(key) - 1;
  const range = { fromMs: fromMinute * MINUTE_MS, toMs: toMinute * MINUTE_MS };
  head.scan(table, CPU, range, {
    slotFor,
    column(timestampMs, column, slots, rows) {
      for (let row = 0; row < rows; row++) {
        if (slots[row] >= 0 && !Number.isNaN(column[row])) {
          (found[keys[slots[row]]] ??= {})[timestampMs / MINUTE_MS] = column[row];
        }
      }
    },
  });
  return found;
}

function inventory(head: HeadStore): string[] {
  return [...head.objects('pod')].map(({ key }) => key).sort();
}

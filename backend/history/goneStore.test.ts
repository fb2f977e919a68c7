import fc from 'fast-check';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataDirectory, type DataDirectory } from './dataDirectory.ts';
import { writeGoneFile } from './goneFile.ts';
import { gonePath, GoneStore, type GoneName } from './goneStore.ts';
import type { HistoryObject } from './inventory.ts';
import { mergeGone } from './mergeGone.ts';
import { churnOfDay, goneObjects, ranges, wasThere } from './testing/goneObjects.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 5, 1);
const ALWAYS = { fromMs: -Infinity, toMs: Infinity };

afterAll(removeTemporaryFolders);

const byNumber = (objects: Iterable<HistoryObject>) => [...objects].sort((one, other) => one.number - other.number);

/** A store in a folder of its own, with what it told. */
class TestStore {
  readonly directory: DataDirectory = openDataDirectory(temporaryFolder());
  readonly told: string[] = [];
  store = this.opened();

  opened(options?: { isReadOnly: boolean }): GoneStore {
    return new GoneStore(this.directory, (sentence) => this.told.push(sentence), options);
  }

  reopen(): void {
    this.store.close();
    this.store = this.opened();
  }

  /** Writes objects that were seen last after `fromMs`, up to `toMs`. */
  write(objects: readonly HistoryObject[], fromMs: number, toMs: number): GoneName {
    const name = { level: 0, fromMs, toMs };
    const gone = objects.filter(({ lastSeenMs }) => lastSeenMs > fromMs && lastSeenMs <= toMs);
    writeGoneFile(gonePath(this.directory, name), gone);
    this.store.add(name);
    return name;
  }

  /** Changes a bit of a file. */
  flip(name: GoneName, at: number): void {
    const path = gonePath(this.directory, name);
    const bytes = readFileSync(path);
    bytes[at] ^= 4;
    writeFileSync(path, bytes);
  }

  get files(): string[] {
    return readdirSync(this.directory.inventory).sort();
  }

  get damaged(): string[] {
    return readdirSync(this.directory.damaged);
  }
}

/** Whether all of a file can be read. */
function isWhole(store: GoneStore, name: GoneName): boolean {
  const check = store.check(name);
  for (;;) {
    const { done, value } = check.next();
    if (done) {
      return value;
    }
  }
}

/** A day that ended, in files of six hours, and the first hours of the next one. */
function withDays(): { test: TestStore; objects: HistoryObject[]; names: GoneName[] } {
  const test = new TestStore();
  const objects = [...churnOfDay(START, 3, 20)];
  objects.push(...churnOfDay(START + DAY, 1, 20).map((one) => ({ ...one, number: one.number + 10_000 })));
  const names = Array.from({ length: 6 }, (_, part) =>
    test.write(objects, part === 0 ? 0 : START + part * 6 * HOUR, START + (part + 1) * 6 * HOUR)
  );
  return { test, objects: objects.filter(({ lastSeenMs }) => lastSeenMs <= START + 36 * HOUR), names };
}

test('all files together answer as a search through all objects does', () => {
  const wantedPods = ['a', 'db-0', 'none'];
  fc.assert(
    fc.property(goneObjects, ranges, (objects, range) => {
      const test = new TestStore();
      [-Infinity, 10, 20, 45].forEach((day, index, days) =>
        test.write(objects, day * DAY, (days[index + 1] ?? 90) * DAY)
      );
      const { store } = test;
      const wanted = objects.filter((object) => object.table === 'pod' && wasThere(object, range));
      expect(byNumber(store.objects('pod', range))).toEqual(byNumber(wanted));
      const cursor = store.cursor('pod', range);
      for (const shard of ['', 'node-1', 'node-2', 'none', 'é']) {
        const ofShard = wanted.filter((object) => object.shard === shard);
        expect(byNumber(cursor.at(shard).values())).toEqual(byNumber(ofShard));
        expect(byNumber(store.ofShard('pod', shard, range))).toEqual(byNumber(ofShard));
      }
      const shards = store.shardsOfPods(wantedPods, range);
      const found = wanted.filter(({ names }) => wantedPods.includes(names.pod!));
      expect(found.every(({ shard }) => shards.has(shard))).toBe(true);
      expect([store.count, store.untilMs]).toEqual([objects.length, 90 * DAY]);
      store.close();
    }),
    { numRuns: 25 }
  );
});

test('without files nothing is gone', () => {
  const { store } = new TestStore();
  expect([store.untilMs, store.bytes, store.count]).toEqual([-Infinity, 0, 0]);
  expect([...store.objects('pod', ALWAYS), ...store.shardsOfPods(['a'], ALWAYS), ...store.groupsToMerge()]).toEqual([]);
});

describe('files of a day that is over', () => {
  test('become one, which answers the same and takes their place', () => {
    const { test, objects, names } = withDays();
    expect(test.store.groupsToMerge()).toEqual([names.slice(0, 4)]);
    const { made, damages } = mergeGone(test.directory, names.slice(0, 4));
    test.store.add(made, damages);
    expect(made).toEqual({ level: 1, fromMs: 0, toMs: START + DAY });
    expect(test.store.names).toEqual([made, ...names.slice(4)]);
    expect(test.files).toHaveLength(3);
    expect(test.store.groupsToMerge()).toEqual([]);
    expect(byNumber(test.store.objects('container', ALWAYS))).toEqual(
      byNumber(objects.filter(({ table }) => table === 'container'))
    );
    test.reopen();
    expect(test.store.names).toEqual([made, ...names.slice(4)]);
    expect(test.told).toEqual([]);
  });

  test('that a crash left beside what was made of them are removed, and so is what was not complete', () => {
    const { test, names } = withDays();
    const { made } = mergeGone(test.directory, names.slice(0, 4));
    writeFileSync(join(test.directory.inventory, 'gone.1.5.6.inv.part'), 'half');
    writeFileSync(join(test.directory.inventory, 'objects.inv.part'), 'of the others');
    const readOnly = test.opened({ isReadOnly: true });
    expect(readOnly.names).toEqual([made, ...names.slice(4)]);
    readOnly.close();
    expect(test.files).toHaveLength(9);
    test.reopen();
    expect(test.store.names).toEqual([made, ...names.slice(4)]);
    expect(test.files).toHaveLength(4);
    expect(existsSync(join(test.directory.inventory, 'objects.inv.part'))).toBe(true);
  });

  test('can be written without some objects', () => {
    const { test, objects, names } = withDays();
    const { made } = mergeGone(test.directory, names, ({ names: its }) => its.namespace !== 'team-3');
    test.store.add(made);
    const left = objects.filter(({ names: its }) => its.namespace !== 'team-3');
    expect(left.length).toBeLessThan(objects.length);
    expect([test.store.count, test.store.untilMs]).toEqual([left.length, names.at(-1)!.toMs]);
  });
});

test('a file that is written again under its name is read anew', () => {
  const { test, objects, names } = withDays();
  expect([...test.store.objects('pod', ALWAYS)].length).toBeGreaterThan(0);
  writeGoneFile(gonePath(test.directory, names[1]), objects.slice(0, 1));
  test.store.add(names[1]);
  expect(test.store.names).toEqual(names);
  expect(test.store.filesOf([names[1]])[0].count).toBe(1);
});

test('files of which all is older than anything that is kept go', () => {
  const { test, names } = withDays();
  expect(test.store.expire(START + 12 * HOUR)).toEqual(names.slice(0, 1));
  expect(test.store.expire(START + 12 * HOUR)).toEqual([]);
  expect(test.files).toHaveLength(5);
});

describe('a damaged', () => {
  test('file is set aside when it is opened, and all else is served', () => {
    const { test, names } = withDays();
    const { count } = test.store;
    const [{ count: lost }] = test.store.filesOf([names[2]]);
    test.flip(names[2], test.store.filesOf([names[2]])[0].bytes - 3);
    const readOnly = test.opened({ isReadOnly: true });
    expect([readOnly.count, test.damaged]).toEqual([count - lost, []]);
    expect(test.told.pop()).toMatch(/^The list .* is damaged: .* It is left out; all else is served\.$/);
    test.reopen();
    expect(test.store.count).toBe(count - lost);
    expect(test.damaged).toEqual([`gone.0.${names[2].fromMs}.${names[2].toMs}.inv`]);
    expect(test.told).toEqual([
      expect.stringMatching(/ from 2026-06-01T12:00.* to 2026-06-01T18:00.* It was moved to .*; all else is served\.$/),
    ]);
  });

  test('page is left out of answers and told once; its file is set aside when the rest is written anew', () => {
    const { test, objects, names } = withDays();
    test.flip(names[4], 40);
    test.reopen();
    const read = () =>
      (['pod', 'container', 'filesystem', 'interface'] as const).flatMap((table) => [
        ...test.store.objects(table, ALWAYS),
      ]);
    const left = byNumber(read());
    expect(byNumber(read())).toEqual(left);
    expect(left.length).toBeLessThan(objects.length);
    expect(test.told).toEqual([
      expect.stringMatching(/damaged in the \d+ bytes at 8: .*left out; all else is served\.$/),
    ]);
    expect([names[3], names[4]].map((name) => isWhole(test.store, name))).toEqual([true, false]);
    expect(test.store.groupsToMerge()).toEqual([names.slice(0, 4), [names[4]]]);
    const merged = mergeGone(test.directory, [names[4]]);
    test.store.add(merged.made, structuredClone(merged.damages));
    expect(test.store.groupsToMerge()).toEqual([names.slice(0, 4)]);
    expect(byNumber(read())).toEqual(left);
    expect(test.damaged).toHaveLength(1);
    expect(test.told.slice(1)).toEqual([
      expect.stringMatching(/has damaged pages\. It was moved to .*written anew\.$/),
    ]);
  });

  test('page or file that only merging meets is told, and its file is set aside', () => {
    const { test, objects, names } = withDays();
    test.flip(names[1], 40);
    test.flip(names[2], test.store.filesOf([names[2]])[0].bytes - 3);
    const [{ count: lost }] = test.store.filesOf([names[2]]);
    const { made, damages } = mergeGone(test.directory, names.slice(0, 4));
    expect(damages.map(({ name }) => name)).toEqual([names[2], names[1]]);
    test.store.add(made, damages);
    expect(test.damaged).toHaveLength(2);
    expect(test.told).toHaveLength(4);
    expect(test.store.count).toBeLessThan(objects.length - lost);
    expect(test.store.count).toBeGreaterThan(0);
  });

  test('file does not push another out of the folder for damaged ones', () => {
    const { test, names } = withDays();
    copyFileSync(gonePath(test.directory, names[0]), join(test.directory.damaged, `gone.0.0.${names[0].toMs}.inv`));
    test.flip(names[0], 2);
    test.reopen();
    expect(test.damaged).toHaveLength(2);
  });
});

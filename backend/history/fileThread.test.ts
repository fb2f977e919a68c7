import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DamagedBytesError } from './byteReader.ts';
import { openDataDirectory } from './dataDirectory.ts';
import { doFileTask } from './fileTasks.ts';
import { FileThread } from './fileThread.ts';
import { Inventory } from './inventory.ts';
import { RoundLog } from './roundLog.ts';
import { SegmentReader } from './segmentReader.ts';
import { segmentPath } from './segmentStore.ts';
import { batchTable, nodeBatch } from './testing/history.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';
import { WalWriter } from './walWriter.ts';

const MINUTE = 60_000;

afterEach(removeTemporaryFolders);

/** A data directory with a log of ten rounds. */
async function withLog() {
  const directory = openDataDirectory(temporaryFolder());
  const log = join(directory.wal, '1.wal');
  const writer = new WalWriter(log);
  const rounds = new RoundLog(new Inventory(), writer);
  for (let minute = 1; minute <= 10; minute++) {
    const pod = batchTable({ 'shop/web': { 'memory/usage': minute } });
    rounds.append(nodeBatch('a', minute * MINUTE, { pod }));
    rounds.commit(minute * MINUTE);
  }
  await writer.close();
  const stopping = new AbortController();
  return { directory, log, stopping, thread: new FileThread(directory, stopping.signal) };
}

test('a thread seals a log, and knows the keys of its objects from the log alone', async () => {
  const { directory, log, thread } = await withLog();
  const { made, damage } = await thread.run({ kind: 'seal', log });
  expect(damage).toBeUndefined();
  expect(made).toEqual([{ tier: 'raw', level: 0, fromMs: MINUTE, toMs: 10 * MINUTE }]);
  const reader = SegmentReader.open(segmentPath(directory, made[0]));
  expect([...reader.names()]).toMatchObject([{ shard: 'a', table: 'pod', keys: ['shop/web'] }]);
  reader.close();
  const merged = await thread.run({ kind: 'merge', segments: made });
  expect(merged.made.map(({ tier, level }) => [tier, level])).toEqual([
    ['10m', 1],
    ['1h', 1],
    ['raw', 1],
  ]);
});

test('damage that a thread meets is told as damage, what else fails with its code', async () => {
  const { directory, log, thread } = await withLog();
  writeFileSync(log, 'this is no log of rounds');
  await expect(thread.run({ kind: 'seal', log })).rejects.toThrow(DamagedBytesError);
  const gone = join(directory.wal, 'gone.wal');
  await expect(thread.run({ kind: 'seal', log: gone })).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a thread that is stopped leaves nothing that counts', async () => {
  const { directory, log, stopping, thread } = await withLog();
  const task = thread.run({ kind: 'seal', log });
  stopping.abort(new Error('The history is closed.'));
  await expect(task).rejects.toThrow('The history is closed.');
  await expect(thread.run({ kind: 'seal', log })).rejects.toThrow('The history is closed.');
  expect(existsSync(log)).toBe(true);
  expect(readdirSync(directory.segments).filter((name) => name.endsWith('.seg'))).toEqual([]);
  expect(doFileTask(directory, { kind: 'seal', log }).made).toHaveLength(1);
});

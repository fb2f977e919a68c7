import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderLock, LOCK_FILE } from './folderLock.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';

afterEach(removeTemporaryFolders);

const holderIn = (folder: string) =>
  JSON.parse(readFileSync(join(folder, LOCK_FILE), 'utf8')) as Record<string, unknown>;

function leave(folder: string, holder: Record<string, unknown>): void {
  writeFileSync(join(folder, LOCK_FILE), JSON.stringify(holder));
}

function ownHolder(folder: string): Record<string, unknown> {
  const lock = FolderLock.take(folder);
  const holder = holderIn(folder);
  lock.release();
  return holder;
}

test('a lock is a file with the pid, and is gone when it is released', () => {
  const folder = temporaryFolder();
  const lock = FolderLock.take(folder);
  expect(holderIn(folder)).toMatchObject({ pid: process.pid });
  expect(lock.isHeld).toBe(true);
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that a living process writes is refused, with its pid', async () => {
  const folder = temporaryFolder();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
  const began = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ')[19];
  leave(folder, { ...ownHolder(folder), pid: child.pid, began, token: 'other' });
  expect(() => FolderLock.take(folder)).toThrow(`is being written by another Heapscope (process ${child.pid} on `);
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  FolderLock.take(folder).release();
});

test('a lock of a process that is gone is taken over, also if another one has its pid now', () => {
  const folder = temporaryFolder();
  const holder = ownHolder(folder);
  for (const stale of [{ pid: 2 ** 22 + 1 }, { pid: process.ppid, began: '1' }]) {
    leave(folder, { ...holder, token: 'other', ...stale });
    const lock = FolderLock.take(folder);
    expect(holderIn(folder)).toMatchObject({ pid: process.pid });
    lock.release();
  }
});

test('a holder in another container counts as alive for as long as it gives signs', () => {
  const folder = temporaryFolder();
  leave(folder, { ...ownHolder(folder), host: 'elsewhere', token: 'other' });
  const path = join(folder, LOCK_FILE);
  const child = spawn(process.execPath, [
    '-e',
    `setInterval(() => require('fs').utimesSync(${JSON.stringify(path)}, new Date(), new Date()), 200)`,
  ]);
  try {
    expect(() => FolderLock.take(folder)).toThrow(/by another Heapscope \(process \d+ on elsewhere\)/);
  } finally {
    child.kill('SIGKILL');
  }
});

test('a holder in another container that gives no sign is gone', () => {
  const folder = temporaryFolder();
  leave(folder, { ...ownHolder(folder), pids: 'pid:[1]', token: 'other' });
  utimesSync(join(folder, LOCK_FILE), 1, 1);
  FolderLock.take(folder).release();
}, 20_000);

test('who lost the lock to another one knows', () => {
  const folder = temporaryFolder();
  const lock = FolderLock.take(folder);
  leave(folder, { ...holderIn(folder), token: 'other' });
  expect(lock.isHeld).toBe(false);
  lock.release();
  expect(readdirSync(folder)).toEqual([LOCK_FILE]);
});

import {
  closeSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { codeOf, HeapscopeError } from '../errors.ts';

/** The file in a data directory that says who writes there. */
export const LOCK_FILE = 'heapscope-history.lock';

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  /** When the process began, in the machine's own count: a later process may have the same pid. */
  readonly began: string;
  readonly host: string;
  /** Processes of different containers have the same pids. */
  readonly pids: string;
  readonly token: string;
}

const HEARTBEAT_MS = 2_000;
/** A holder that cannot be looked at is gone if it gives no sign for so long. */
const SILENCE_MS = 7_000;
const LOOK_AGAIN_MS = 250;

/** Keeps a folder for one writer at a time. The lock of a process that is gone is taken over. */
export class FolderLock {
  private readonly path: string;
  private readonly token: string;
  private readonly heartbeat: NodeJS.Timeout;

  /** Takes the lock of a folder. Throws `history_locked` if another process holds it. */
  static take(folder: string): FolderLock {
    const path = join(folder, LOCK_FILE);
    const token = randomUUID();
    for (;;) {
      if (write(path, token)) {
        return new FolderLock(path, token);
      }
      const holder = readHolder(path);
      if (isAlive(path, holder)) {
        throw new HeapscopeError(
          'history_locked',
          `The history in ${folder} is being written by another Heapscope${holder ? ` (process ${holder.pid} on ${holder.host})` : ''}. Stop that one, or give another folder.`
        );
      }
      removeStale(path, token);
    }
  }

  /** Who writes a folder at present, in a few words; undefined if nobody does. */
  static holderOf(folder: string): string | undefined {
    const path = join(folder, LOCK_FILE);
    const holder = readHolder(path);
    return holder && isAlive(path, holder) ? `process ${holder.pid} on ${holder.host}` : undefined;
  }

  private constructor(path: string, token: string) {
    this.path = path;
    this.token = token;
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS).unref();
  }

  /** Whether nobody else took the lock, such as after this machine slept. */
  get isHeld(): boolean {
    const holder = readHolder(this.path);
    // Without one it was written on a full disk.
    return holder === undefined || holder.token === this.token;
  }

  release(): void {
    clearInterval(this.heartbeat);
    if (this.isHeld) {
      rmSync(this.path, { force: true });
    }
  }

  private beat(): void {
    try {
      const now = new Date();
      utimesSync(this.path, now, now);
    } catch (error) {
      // The folder went away, or the disk takes no writing: whoever asks next is told by the history itself.
      clearInterval(this.heartbeat);
      if (codeOf(error) === '') {
        throw error;
      }
    }
  }
}

/** Makes the file, unless it is there. */
function write(path: string, token: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx');
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      return false;
    }
    throw error;
  }
  try {
    const { pid } = process;
    const holder: Holder = { pid, began: beginOf(pid), host: hostname(), pids: pidNamespace(), token };
    writeSync(descriptor, `${JSON.stringify(holder)}\n`);
  } catch (error) {
    // A full disk must not keep a backend from starting; its heartbeat says that it is there.
    if (codeOf(error) !== 'ENOSPC' && codeOf(error) !== 'EDQUOT') {
      throw error;
    }
  } finally {
    closeSync(descriptor);
  }
  return true;
}

/** Moves a stale lock away; only one of several that try has it then. */
function removeStale(path: string, token: string): void {
  try {
    renameSync(path, `${path}.${token}`);
    rmSync(`${path}.${token}`, { force: true });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') {
      throw error;
    }
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const isHolder = typeof holder === 'object' && holder !== null && 'pid' in holder && 'token' in holder;
    return isHolder ? (holder as Holder) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

function isAlive(path: string, holder: Holder | undefined): boolean {
  if (!holder || holder.host !== hostname() || holder.pids !== pidNamespace()) {
    return givesSigns(path);
  }
  // A lock of this very process is one that it did not release, such as after an error.
  return holder.pid !== process.pid && isRunning(holder.pid) && beginOf(holder.pid) === holder.began;
}

/** Watches for a sign of a holder that is in another container or on another machine. */
function givesSigns(path: string): boolean {
  const before = lastSign(path);
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs < SILENCE_MS; waitedMs += LOOK_AGAIN_MS) {
    Atomics.wait(sleeper, 0, 0, LOOK_AGAIN_MS);
    const now = lastSign(path);
    if (now !== before) {
      return now !== undefined;
    }
  }
  return false;
}

function lastSign(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** The field of Linux that says when a process began; empty elsewhere. */
function beginOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch (error) {
    if (codeOf(error) === '') {
      throw error;
    }
    return '';
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch (error) {
    if (codeOf(error) === '') {
      throw error;
    }
    return '';
  }
}

// Writes rounds of the world onto a disk of its own, which is filled and freed again and again, and compares what is there in the end
// with what was told to be written. Runs in a mount namespace (`unshare --mount`), where nobody else sees the disk.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { doFileTask } from '../../backend/history/fileTasks.ts';
import { History } from '../../backend/history/history.ts';
import { CRASH_GONE_LIMITS, CRASH_RETENTION } from './retention.ts';
import { Verifier } from './verify.ts';
import { batchesOf, mixed, RESOLUTION_MS, timeOf } from './world.ts';

/** What came of one time that the disk was full. */
export interface FullTime {
  readonly lostRounds: number;
  /** What the state said while the disk was full, and what it said once there was room again. */
  readonly problem: string | undefined;
  readonly problemAfter: string | undefined;
}

export interface FilledDisk {
  readonly times: readonly FullTime[];
  readonly damages: readonly string[];
  readonly points: number;
}

const ROUNDS_WITH_ROOM = 40;
const LOST_ROUNDS = 15;
const MOST_ROUNDS = 1_000;
const DISK = '16m';
const PAGE_BYTES = 4096;

const [folder, seedText, timesText] = process.argv.slice(2);
const seed = Number(seedText);
const filler = join(folder, 'filler');

/** Takes all room but for so many bytes, and answers with how to give it back. */
function fill(butBytes: number): () => void {
  const spare = join(folder, 'spare');
  writeUntilFull(spare, butBytes);
  writeUntilFull(filler, Infinity);
  rmSync(spare);
  return () => rmSync(filler);
}

function writeUntilFull(path: string, bytes: number): void {
  const file = openSync(path, 'w');
  const page = Buffer.alloc(PAGE_BYTES);
  try {
    for (let written = 0; written < bytes;) {
      written += writeSync(file, page);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') {
      throw error;
    }
  } finally {
    closeSync(file);
  }
}

function open(log: (sentence: string) => void): History {
  return History.open({
    path: join(folder, 'history'),
    retention: CRASH_RETENTION,
    goneLimits: CRASH_GONE_LIMITS,
    resolutionMs: RESOLUTION_MS,
    log: { info: () => undefined, warn: log },
    // There seems to be room, as when another program takes it a moment later.
    freeBytes: () => Infinity,
    // The disk is as full for this thread as for one that has to be started first.
    files: (directory) => ({ run: async (task) => doFileTask(directory, task) }),
  });
}

async function run(): Promise<FilledDisk> {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', folder]);
  const written = new Set<number>();
  const times: FullTime[] = [];
  const damages: string[] = [];
  const noteDamage = (sentence: string) => /damage/.test(sentence) && damages.push(sentence);
  let history = open(noteDamage);
  let round = 0;
  const write = async () => {
    const { lostRounds } = history.state();
    batchesOf(seed, round).forEach((batch) => history.append(batch));
    history.commit(timeOf(round));
    if (history.state().lostRounds === lostRounds) {
      written.add(round);
    }
    round++;
    await history.settled();
  };
  const writeMany = async (rounds: number, isEnough = () => false) => {
    for (let left = rounds; left > 0 && !isEnough(); left--) {
      await write();
    }
  };
  await writeMany(ROUNDS_WITH_ROOM);
  for (let time = 0; time < Number(timesText); time++) {
    const before = history.state().lostRounds;
    // Enough for part of a round, for some rounds, or for a log that cannot be sealed.
    const free = fill(mixed(seed, time) % (1 << (12 + (time % 6))));
    await writeMany(MOST_ROUNDS, () => history.state().lostRounds >= before + LOST_ROUNDS);
    const { problem, lostRounds } = history.state();
    if (time % 2 === 1) {
      // Whoever finds that nothing is written may start the program again.
      await history.close();
      history = open(noteDamage);
    }
    free();
    await writeMany(ROUNDS_WITH_ROOM);
    times.push({ lostRounds: lostRounds - before, problem, problemAfter: history.state().problem });
  }
  await history.close();
  history = open(noteDamage);
  await history.settled();
  const verifier = new Verifier(seed, written);
  verifier.verify(history, { anew: true, seenInLost: true });
  await history.close();
  return { times, damages, points: verifier.compared.points };
}

console.log(JSON.stringify(await run()));

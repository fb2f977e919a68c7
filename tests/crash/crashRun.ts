import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { History } from '../../backend/history/history.ts';
import { CRASH_RETENTION } from './retention.ts';
import { Verifier, type Compared } from './verify.ts';
import { mixed, RESOLUTION_MS, roundOf } from './world.ts';

export interface CrashOptions {
  readonly seed: number;
  readonly kills: number;
  /** Told after each kill. */
  readonly onKill?: (report: KillReport) => void;
  /** Where to write; a new folder that is removed afterwards if it is not given. */
  readonly path?: string;
}

/** How it stood after one kill. */
export interface KillReport {
  readonly kill: number;
  readonly rounds: number;
  readonly duringStart: boolean;
  readonly verified: boolean;
}

export interface CrashSummary extends Compared {
  readonly kills: number;
  readonly killsDuringStart: number;
  readonly rounds: number;
  /** Rounds that were being written at a kill, and are there nevertheless, or not. */
  readonly keptLastRounds: number;
  readonly lostLastRounds: number;
  readonly damages: readonly string[];
}

const WRITER = fileURLToPath(new URL('./writer.ts', import.meta.url));

/**
 * Lets a process write a history, kills it at some moment, and compares what is there then with what was written; and so
 * on with the same folder. Throws with a sentence at the first difference.
 */
export async function runCrashes(options: CrashOptions): Promise<CrashSummary> {
  const folder = options.path ?? mkdtempSync(join(tmpdir(), 'heapscope-crash-'));
  try {
    mkdirSync(folder, { recursive: true });
    return await new CrashRun(folder, options).run();
  } finally {
    if (options.path === undefined) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

class CrashRun {
  private readonly folder: string;
  private readonly options: CrashOptions;
  private readonly written = new Set<number>();
  private readonly verifier: Verifier;
  /** The round that was being written when its writer was killed. */
  private unended: number | undefined;
  private keptLastRounds = 0;
  private lostLastRounds = 0;
  private killsDuringStart = 0;
  private readonly damages: string[] = [];

  constructor(folder: string, options: CrashOptions) {
    this.folder = folder;
    this.options = options;
    this.verifier = new Verifier(options.seed, this.written);
  }

  async run(): Promise<CrashSummary> {
    const { kills, seed, onKill } = this.options;
    for (let kill = 1; kill <= kills; kill++) {
      const duringStart = await this.writeAndKill(kill);
      this.killsDuringStart += duringStart ? 1 : 0;
      // At times the next writer finds what the kill left, at times it is opened and compared here.
      const verified = kill === kills || mixed(seed, kill, 7) % 3 > 0;
      if (verified) {
        await this.verify(kill === kills);
      }
      onKill?.({ kill, rounds: this.written.size, duringStart, verified });
    }
    const { keptLastRounds, lostLastRounds, killsDuringStart, damages } = this;
    const { compared } = this.verifier;
    return { ...compared, kills, killsDuringStart, rounds: this.written.size, keptLastRounds, lostLastRounds, damages };
  }

  /** Answers with whether the writer was killed before its history was open. */
  private async writeAndKill(kill: number): Promise<boolean> {
    const { seed } = this.options;
    const [told, said] = [join(this.folder, 'told'), join(this.folder, 'said')];
    const stdio = [openSync(told, 'w'), openSync(said, 'w')];
    const newest = Math.max(-1, ...this.written);
    // Nobody wrote for a while, at times.
    const start = newest + 1 + (mixed(seed, kill, 8) % 4 === 0 ? mixed(seed, kill, 9) % 200 : 0);
    const child = spawn(process.execPath, [WRITER, this.path, String(seed), String(start)], {
      stdio: ['ignore', stdio[0], stdio[1]],
    });
    stdio.forEach(closeSync);
    const ended = new Promise<{ code: number | null }>((resolve) => child.on('exit', (code) => resolve({ code })));
    await this.moment(kill, child, told);
    child.kill('SIGKILL');
    const { code } = await ended;
    if (code !== null) {
      throw new Error(`The writer ended by itself with ${code}: ${readFileSync(said, 'utf8')}`);
    }
    return !this.take(readFileSync(told, 'utf8'));
  }

  /** Waits for the moment of the kill: some time after the history is open, or some time after the start. */
  private async moment(kill: number, child: ChildProcess, told: string): Promise<void> {
    const { seed } = this.options;
    const chance = mixed(seed, kill, 10);
    if (mixed(seed, kill, 11) % 4 > 0) {
      while (child.exitCode === null && readFileSync(told).length === 0) {
        await sleep(2);
      }
      await sleep(chance % 1_500);
    } else {
      await sleep(chance % 600);
    }
  }

  /** Takes what a writer told, and answers with whether it had opened its history. */
  private take(told: string): boolean {
    // What is behind the last line break was not told to its end.
    const lines = told.split('\n').slice(0, -1);
    for (const line of lines) {
      const [word, text] = line.split(' ');
      const round = Number(text);
      if (word === 'opened') {
        this.settleUnended(round);
      } else if (word === 'ended') {
        this.written.add(round);
      }
      this.unended = word === 'writing' ? round : undefined;
    }
    return lines.length > 0;
  }

  /** A history was opened, and this is its newest round: what of the round that was being written? */
  private settleUnended(newest: number): void {
    const { unended, written } = this;
    const before = Math.max(-1, ...written);
    if (unended !== undefined && newest === unended) {
      written.add(unended);
      this.keptLastRounds++;
    } else if (newest !== before) {
      throw new Error(`The newest round is ${newest}, but ${before} was ended before the kill`);
    } else if (unended !== undefined) {
      this.lostLastRounds++;
    }
    this.unended = undefined;
  }

  private async verify(anew: boolean): Promise<void> {
    const note = (sentence: string) => this.damages.push(sentence);
    const history = History.open({
      path: this.path,
      retention: CRASH_RETENTION,
      resolutionMs: RESOLUTION_MS,
      log: { info: () => undefined, warn: note },
    });
    try {
      await history.settled();
      const newestMs = history.store.newestMs('raw');
      this.settleUnended(newestMs === -Infinity ? -1 : roundOf(newestMs));
      this.verifier.verify(history, { anew });
    } finally {
      await history.close();
    }
  }

  private get path(): string {
    return join(this.folder, 'history');
  }
}

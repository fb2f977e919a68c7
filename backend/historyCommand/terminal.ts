import { HistorySnapshot } from '../history/snapshot.ts';

/** Where a command writes to. */
export interface Terminal {
  /** Results. */
  readonly out: { write(text: string | Uint8Array): boolean };
  /** Progress and problems; a bar is drawn only where somebody sees it. */
  readonly err: { write(text: string): boolean; readonly isTTY?: boolean; readonly columns?: number };
  readonly nowMs: () => number;
  /** Does something again and again until the answer is called; the timer of the machine unless given. */
  readonly every?: (ms: number, action: () => void) => () => void;
}

const SHOWN_AFTER_MS = 1_000;
const BAR_EVERY_MS = 100;
const LINE_EVERY_MS = 5_000;
const BAR_WIDTH = 30;

/** Shows how far something has come, if it takes more than a second: a bar on a terminal, a line now and then elsewhere. */
export class Progress {
  private readonly terminal: Terminal;
  private readonly what: string;
  private readonly total: number;
  private readonly startedMs: number;
  private done = 0;
  private shownMs = -Infinity;

  /** `total` is in any unit, such as bytes. */
  constructor(terminal: Terminal, what: string, total: number) {
    this.terminal = terminal;
    this.what = what;
    this.total = Math.max(1, total);
    this.startedMs = terminal.nowMs();
  }

  add(amount: number): void {
    this.done += amount;
    const { isTTY } = this.terminal.err;
    const nowMs = this.terminal.nowMs();
    const everyMs = isTTY ? BAR_EVERY_MS : LINE_EVERY_MS;
    if (nowMs - this.startedMs >= SHOWN_AFTER_MS && nowMs - this.shownMs >= everyMs) {
      this.shownMs = nowMs;
      this.terminal.err.write(isTTY ? `\r${this.bar()}\x1b[K` : `${this.what}: ${this.percent()} %\n`);
    }
  }

  /** Goes to a share of the whole, from 0 to 1. */
  reach(share: number): void {
    this.add(share * this.total - this.done);
  }

  /** For something that has parts: `next` adds one of them, `end` what is left of all. */
  portion(amount: number, parts: number): { next(): void; end(): void } {
    let left = amount;
    const add = (some: number) => {
      left -= some;
      this.add(some);
    };
    return {
      next: () => add(Math.min(left, amount / Math.max(1, parts))),
      end: () => left > 0 && add(left),
    };
  }

  /** Takes the bar away. */
  end(): void {
    if (this.terminal.err.isTTY && this.shownMs > -Infinity) {
      this.terminal.err.write('\r\x1b[K');
    }
  }

  private percent(): number {
    // Shares that were added up may lack a trillionth.
    return Math.min(100, Math.floor((this.done / this.total) * 100 + 1e-9));
  }

  private bar(): string {
    const filled = Math.round((this.percent() / 100) * BAR_WIDTH);
    const secondsPast = (this.terminal.nowMs() - this.startedMs) / 1000;
    const left = this.done > 0 ? Math.ceil((secondsPast * (this.total - this.done)) / this.done) : 0;
    return `${this.what} [${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${this.percent()} %, ${Math.max(0, left)} s left`;
  }
}

/** Waits for something that takes nobody knows how long, and says after a second that it goes on. */
export async function shownWhile<Result>(terminal: Terminal, what: string, work: Promise<Result>): Promise<Result> {
  const { err, nowMs, every = machineTimer } = terminal;
  const startedMs = nowMs();
  let isShown = false;
  const stop = every(SHOWN_AFTER_MS, () => {
    if (err.isTTY) {
      err.write(`\r${what}, ${Math.round((nowMs() - startedMs) / 1000)} s so far\x1b[K`);
    } else if (!isShown) {
      err.write(`${what} …\n`);
    }
    isShown = true;
  });
  try {
    return await work;
  } finally {
    stop();
    if (isShown && err.isTTY) {
      err.write('\r\x1b[K');
    }
  }
}

function machineTimer(ms: number, action: () => void): () => void {
  const timer = setInterval(action, ms);
  return () => clearInterval(timer);
}

/** Opens a history for reading, and shows how far that is. */
export function openSnapshot(folder: string, terminal: Terminal): HistorySnapshot {
  const progress = new Progress(terminal, 'Opening', 1);
  try {
    return HistorySnapshot.open(folder, (share) => progress.reach(share));
  } finally {
    progress.end();
  }
}

/** Bytes for people. */
export function readableBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = bytes;
  for (; value >= 1024 && unit < units.length - 1; unit++) {
    value /= 1024;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** A time for people and programs. */
export function readableTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('.000Z', 'Z');
}

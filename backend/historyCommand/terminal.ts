/** Where a command writes to. */
export interface Terminal {
  /** Results. */
  readonly out: { write(text: string | Uint8Array): boolean };
  /** Progress and problems; a bar is drawn only where somebody sees it. */
  readonly err: { write(text: string): boolean; readonly isTTY?: boolean; readonly columns?: number };
  readonly nowMs: () => number;
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

  /** Takes the bar away. */
  end(): void {
    if (this.terminal.err.isTTY && this.shownMs > -Infinity) {
      this.terminal.err.write('\r\x1b[K');
    }
  }

  private percent(): number {
    return Math.min(100, Math.floor((this.done / this.total) * 100));
  }

  private bar(): string {
    const filled = Math.round((this.percent() / 100) * BAR_WIDTH);
    const secondsPast = (this.terminal.nowMs() - this.startedMs) / 1000;
    const left = this.done > 0 ? Math.ceil((secondsPast * (this.total - this.done)) / this.done) : 0;
    return `${this.what} [${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${this.percent()} %, ${Math.max(0, left)} s left`;
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

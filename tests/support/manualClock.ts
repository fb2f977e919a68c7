import type { Clock } from '../../backend/rounds.ts';

interface Sleeper {
  readonly untilMs: number;
  wake(): void;
}

/** A clock that stands still until the test moves it. */
export interface ManualClock extends Clock {
  /** Moves on, and wakes everybody whose time has come, in order of time. */
  moveTo(timeMs: number): void;
  /** Resolves with the time as soon as somebody sleeps until `timeMs` or later. */
  sleeperUntil(timeMs: number): Promise<number>;
}

/** A clock that shows `nowMs`. */
export function manualClock(nowMs: number): ManualClock {
  let now = nowMs;
  const sleepers = new Set<Sleeper>();
  const watchers = new Set<() => void>();
  return {
    nowMs: () => now,
    sleepUntil(untilMs, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason as Error);
        } else if (untilMs <= now) {
          resolve();
        } else {
          const abort = () => {
            sleepers.delete(sleeper);
            reject(signal.reason as Error);
          };
          const sleeper = {
            untilMs,
            wake() {
              sleepers.delete(sleeper);
              signal.removeEventListener('abort', abort);
              resolve();
            },
          };
          sleepers.add(sleeper);
          signal.addEventListener('abort', abort, { once: true });
          watchers.forEach((watch) => watch());
        }
      });
    },
    moveTo(timeMs) {
      now = Math.max(now, timeMs);
      const due = [...sleepers].filter(({ untilMs }) => untilMs <= now);
      due.sort((one, other) => one.untilMs - other.untilMs).forEach(({ wake }) => wake());
    },
    sleeperUntil(timeMs) {
      return new Promise((resolve) => {
        const watch = () => {
          const found = [...sleepers].find(({ untilMs }) => untilMs >= timeMs);
          if (found) {
            watchers.delete(watch);
            resolve(found.untilMs);
          }
        };
        watchers.add(watch);
        watch();
      });
    },
  };
}

import { setTimeout as sleep } from 'node:timers/promises';

/** Time as this room needs it. */
export interface Clock {
  /** Unix ms. */
  now(): number;
  /** Resolves after the time, or at once when the signal aborts. */
  pause(durationMs: number, signal: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  pause: async (durationMs, signal) => {
    await sleep(durationMs, undefined, { signal, ref: false }).catch(() => undefined);
  },
};

/** The clock of a process: how it is started so that it has it. */
export interface Clock {
  readonly imports: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

const SHIFT = new URL('./shiftClock.mjs', import.meta.url).href;

export const MACHINE_CLOCK: Clock = { imports: [], env: process.env };

/** A clock that is behind, so that a multiple of `spanMs` comes in `inMs`. Never before the machine's: certificates would not be valid yet. */
export function clockAtBorder(spanMs: number, inMs: number, nowMs: number): Clock {
  return shifted(-((nowMs + inMs) % spanMs));
}

/** A clock that shows `timestampMs` now. */
export function clockAt(timestampMs: number, nowMs: number): Clock {
  return shifted(timestampMs - nowMs);
}

function shifted(shiftMs: number): Clock {
  return { imports: ['--import', SHIFT], env: { ...process.env, BENCH_CLOCK_SHIFT_MS: String(shiftMs) } };
}

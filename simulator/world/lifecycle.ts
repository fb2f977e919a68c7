/** How a container lives: for ever, until it crashes again and again, or until its memory leak meets its limit. */
export interface Life {
  kind: 'steady' | 'leak' | 'crash';
  runMs: number;
}

/** Where a container is in its life, in milliseconds since it was first started. */
export interface LifeMoment {
  /** Runs that ended before this moment. */
  endedRuns: number;
  running: boolean;
  /** Start of the run that lasts or, while waiting, of the one that ended last. */
  runStartMs: number;
  /** Next start or end of a run; infinite for steady containers. */
  nextChangeMs: number;
}

const BACKOFF_LIMIT_MS = 300_000;
const RESTART_AFTER_OOM_MS = 11_000;

/** Exit code and reason of a run that ended by itself. */
export function endOfRun(life: Life): { exitCode: number; reason: string } {
  return life.kind === 'leak' ? { exitCode: 137, reason: 'OOMKilled' } : { exitCode: 1, reason: 'Error' };
}

/** Where a container is `ageMs` after its first start; waits double from 10 s to 5 min between crashes. */
export function lifeAt(life: Life, ageMs: number): LifeMoment {
  if (life.kind === 'steady' || ageMs < 0) {
    return { endedRuns: 0, running: ageMs >= 0, runStartMs: 0, nextChangeMs: ageMs < 0 ? 0 : Infinity };
  }
  let cycles = 0;
  let startMs = 0;
  let waitMs = life.kind === 'leak' ? RESTART_AFTER_OOM_MS : 10_000;
  while (life.kind === 'crash' && waitMs < BACKOFF_LIMIT_MS && ageMs >= startMs + life.runMs + waitMs) {
    startMs += life.runMs + waitMs;
    waitMs = Math.min(BACKOFF_LIMIT_MS, waitMs * 2);
    cycles++;
  }
  const cycleMs = life.runMs + waitMs;
  const more = Math.floor((ageMs - startMs) / cycleMs);
  startMs += more * cycleMs;
  cycles += more;
  const running = ageMs < startMs + life.runMs;
  return {
    endedRuns: running ? cycles : cycles + 1,
    running,
    runStartMs: startMs,
    nextChangeMs: running ? startMs + life.runMs : startMs + cycleMs,
  };
}

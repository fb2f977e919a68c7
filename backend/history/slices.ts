import type { Work } from './sealing.ts';

/** How long the work on files may keep everything else waiting. */
const SLICE_MS = 8;

/**
 * Does work slice by slice, so that rounds and questions are not kept waiting. Rejects with the signal's reason where it
 * aborts first; what the work had begun is taken back.
 */
export async function inSlices<Result>(work: Work<Result>, signal?: AbortSignal): Promise<Result> {
  for (;;) {
    if (signal?.aborted) {
      work.throw(signal.reason);
    }
    const untilMs = performance.now() + SLICE_MS;
    do {
      const step = work.next();
      if (step.done) {
        return step.value;
      }
    } while (performance.now() < untilMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Does work at once. */
export function toEnd<Result>(work: Work<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) {
      return step.value;
    }
  }
}

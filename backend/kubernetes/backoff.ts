/** Delays that double from `firstMs` to `maxMs`, each shortened at random by up to a half. */
export interface Backoff {
  /** The next delay. */
  nextMs(): number;
  /** Starts over: the last attempt went well. */
  reset(): void;
}

export function createBackoff(firstMs: number, maxMs: number, random: () => number = Math.random): Backoff {
  let failures = 0;
  return {
    nextMs() {
      const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures, 30));
      failures += 1;
      return fullMs * (1 - random() / 2);
    },
    reset() {
      failures = 0;
    },
  };
}

/** Time as the collector sees it: a parameter, so that tests and the simulator have their own. */
export interface Clock {
  nowMs(): number;
  /** Resolves at a time; at once if it has passed. Rejects when the signal aborts. */
  sleepUntil(timeMs: number, signal: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const machineClock: Clock = {
  nowMs: Date.now,
  sleepUntil(timeMs, signal) {
    return new Promise((resolve, reject) => {
      const delayMs = timeMs - Date.now();
      if (signal.aborted) {
        reject(signal.reason as Error);
      } else if (delayMs <= 0) {
        resolve();
      } else {
        const abort = () => {
          clearTimeout(timer);
          reject(signal.reason as Error);
        };
        const timer = setTimeout(() => {
          signal.removeEventListener('abort', abort);
          resolve();
        }, delayMs);
        signal.addEventListener('abort', abort, { once: true });
      }
    });
  },
};

/** Time between two requests while a round is spread, until most of the window is used. */
const SPACING_MS = 8;
const MOST_OF_WINDOW = 0.75;

/**
 * The moment at which each node is asked for the round that ends at `endMs`: in the last part of the window, spread by a
 * hash of the name, so that a node is asked at the same moment of every window.
 */
export function momentsInWindow(nodes: ReadonlyArray<{ name: string }>, endMs: number, resolutionMs: number): number[] {
  const spreadMs = spreadOf(nodes.length, resolutionMs);
  return nodes.map(({ name }) => endMs - spreadMs * (1 - hashShare(name)));
}

/** How long before the end of its window a round starts. */
export function spreadOf(nodeCount: number, resolutionMs: number): number {
  return Math.min(resolutionMs * MOST_OF_WINDOW, nodeCount * SPACING_MS);
}

/** A number in [0, 1) that depends on the name alone (FNV-1a). */
function hashShare(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  // Similar names differ in few low bits; the last mixing spreads them.
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

export interface RoundLoopOptions {
  readonly resolutionMs: number;
  readonly clock: Clock;
  readonly nodeCount: () => number;
  readonly collectRound: (endMs: number, signal: AbortSignal) => Promise<void>;
  /** A round that broke as a whole; the next one is tried all the same. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Runs rounds one after the other until the signal aborts, never two at once. The first begins at once, for the window
 * that has just ended, so that there is something to see; the others end at multiples of the resolution.
 */
export async function runRounds(options: RoundLoopOptions, signal: AbortSignal): Promise<void> {
  const { resolutionMs, clock, nodeCount } = options;
  let endMs = Math.floor(clock.nowMs() / resolutionMs) * resolutionMs;
  while (!signal.aborted) {
    try {
      await clock.sleepUntil(endMs - spreadOf(nodeCount(), resolutionMs), signal);
      await options.collectRound(endMs, signal);
    } catch (error) {
      if (!signal.aborted) {
        options.onFailure(error);
      }
    }
    const next = Math.floor((clock.nowMs() + spreadOf(nodeCount(), resolutionMs)) / resolutionMs) * resolutionMs;
    endMs = Math.max(endMs + resolutionMs, next);
  }
}

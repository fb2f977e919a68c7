import { performance } from 'node:perf_hooks';

/** The value below which the given share of the measurements lies (nearest rank). */
export function percentile(measurements: readonly number[], share: number): number {
  const sorted = [...measurements].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

/** 95th percentile of the time, in ms, that `ask` takes over `count` calls, after a few that are not counted. */
export async function p95Ms(count: number, ask: (index: number) => Promise<void>): Promise<number> {
  const UNCOUNTED = 5;
  const times: number[] = [];
  for (let index = 0; index < count + UNCOUNTED; index++) {
    const startedMs = performance.now();
    await ask(index);
    if (index >= UNCOUNTED) {
      times.push(performance.now() - startedMs);
    }
  }
  return percentile(times, 0.95);
}

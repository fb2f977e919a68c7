import type { CpuCurve } from './curves.ts';
import { between } from './random.ts';

const PERIOD_MS = 100;

/** What a CPU limit has done since a start. */
export interface Throttling {
  periods: number;
  throttledPeriods: number;
  throttledSeconds: number;
}

/**
 * What a limit does to load that follows these curves: nothing below it; above it the share of the time that the load
 * exceeds it by, all day long or in spikes. None of the three numbers ever falls as `atMs` grows.
 */
export function throttlingBy(
  limitMillicores: number,
  curves: readonly CpuCurve[],
  startMs: number,
  atMs: number
): Throttling {
  const elapsedMs = Math.max(0, atMs - startMs);
  const wanted = curves.reduce((sum, { meanMillicores }) => sum + meanMillicores, 0);
  const always = shareBeyond(limitMillicores, wanted);
  let throttledMs = always * elapsedMs;
  let threads = 0;
  for (const curve of curves) {
    const inSpikes = spikeMs(curve, atMs) - spikeMs(curve, Math.min(startMs, atMs));
    const more = shareBeyond(limitMillicores, wanted + curve.spikeMillicores) - always;
    throttledMs += (more * inSpikes) / curves.length;
    threads += between(curve.seed, 8, 0.3, 1.8) / curves.length;
  }
  // Periods in which nothing runs are not counted.
  const busy = Math.min(1, 0.2 + wanted / 500);
  return {
    periods: Math.floor((busy * elapsedMs + (1 - busy) * throttledMs) / PERIOD_MS),
    throttledPeriods: Math.floor(throttledMs / PERIOD_MS),
    throttledSeconds: (throttledMs * threads) / 1000,
  };
}

function shareBeyond(limit: number, wanted: number): number {
  return wanted > limit ? Math.min(0.95, 1 - limit / wanted) : 0;
}

/** Time in spikes since 1970. */
function spikeMs({ spikeEveryMs, spikeLengthMs }: CpuCurve, atMs: number): number {
  const spikes = Math.floor(atMs / spikeEveryMs);
  return spikes * spikeLengthMs + Math.min(atMs - spikes * spikeEveryMs, spikeLengthMs);
}

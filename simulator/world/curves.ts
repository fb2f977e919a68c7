import { between, chance, mix } from './random.ts';

const DAY_MS = 86_400_000;
const NOISE_STEP_MS = 30_000;
const RATE_WINDOW_MS = 10_000;
const PAGE = 4096;

/**
 * CPU use over time as a function with a known integral: a daily wave, a shorter wave, spikes and noise around a mean.
 * One millicore is one microsecond of CPU per millisecond, so the integral over milliseconds is in microseconds.
 */
export interface CpuCurve {
  meanMillicores: number;
  dayShare: number;
  dayPhaseMs: number;
  waveShare: number;
  wavePeriodMs: number;
  spikeMillicores: number;
  spikeEveryMs: number;
  spikeLengthMs: number;
  /** Share of the mean by which noise lifts or lowers the rate at most. */
  noiseShare: number;
  seed: number;
}

/** A lifelike curve around a mean; `spiky` ones work in bursts. The rate stays above a tenth of the mean. */
export function cpuCurve(seed: number, meanMillicores: number, spiky: boolean): CpuCurve {
  return {
    meanMillicores,
    dayShare: between(seed, 1, 0.15, 0.45),
    dayPhaseMs: between(seed, 2, 7, 12) * 3_600_000,
    waveShare: between(seed, 3, 0.05, 0.25),
    wavePeriodMs: between(seed, 4, 4, 40) * 60_000,
    spikeMillicores: meanMillicores * (spiky ? between(seed, 5, 2, 6) : between(seed, 5, 0, 0.6)),
    spikeEveryMs: between(seed, 6, 8, 55) * 60_000,
    spikeLengthMs: between(seed, 7, 40, 240) * 1000,
    noiseShare: 0.2,
    seed,
  };
}

/** A process group that is throttled still idles between its periods: it comes close to its limit and never reaches it. */
const MOST_OF_LIMIT = 0.99;
/** What is left for waves and noise of a load that would always be above its limit. */
const BUSY_SHARE = 0.92;

/**
 * What is used of a wanted load under a limit; 0 is none. Spikes are cut off; where the load exceeds the limit without
 * them, its waves are flattened below it. The integral stays known, and the curve that is wanted stays as it is.
 */
export function limitedTo(wanted: CpuCurve, limitMillicores: number): CpuCurve {
  const { meanMillicores, dayShare, waveShare, noiseShare, spikeMillicores } = wanted;
  const swing = meanMillicores * (dayShare + waveShare + noiseShare);
  const most = limitMillicores * MOST_OF_LIMIT;
  if (limitMillicores === 0 || meanMillicores + swing + spikeMillicores <= most) {
    return wanted;
  }
  const mean = Math.min(meanMillicores, limitMillicores * BUSY_SHARE);
  const room = Math.min(swing, most - mean);
  const flattened = (room / swing) * (meanMillicores / mean);
  return {
    ...wanted,
    meanMillicores: mean,
    dayShare: dayShare * flattened,
    waveShare: waveShare * flattened,
    noiseShare: noiseShare * flattened,
    spikeMillicores: Math.min(spikeMillicores, most - mean - room),
  };
}

/** The part of the integral that is not `mean × time`, in microseconds; only its differences mean something. */
function ripple(curve: CpuCurve, atMs: number): number {
  const { meanMillicores: mean } = curve;
  const dayTurn = (2 * Math.PI) / DAY_MS;
  const waveTurn = (2 * Math.PI) / curve.wavePeriodMs;
  const day = (-Math.cos(((atMs - curve.dayPhaseMs) % DAY_MS) * dayTurn) * mean * curve.dayShare) / dayTurn;
  const wave = (-Math.cos((atMs % curve.wavePeriodMs) * waveTurn) * mean * curve.waveShare) / waveTurn;
  const spikes = Math.floor(atMs / curve.spikeEveryMs);
  const inSpike = Math.min(atMs - spikes * curve.spikeEveryMs, curve.spikeLengthMs);
  const spikeMs = spikes * curve.spikeLengthMs + inSpike;
  return (
    day + wave + spikeMs * curve.spikeMillicores + noise(curve.seed, atMs) * mean * curve.noiseShare * NOISE_STEP_MS
  );
}

function noise(seed: number, atMs: number): number {
  const step = Math.floor(atMs / NOISE_STEP_MS);
  const before = chance(seed, step);
  return before + (chance(seed, step + 1) - before) * (atMs / NOISE_STEP_MS - step);
}

/** Whole microseconds of CPU used from `startMs` to `atMs`; never falls as `atMs` grows, 0 before the start. */
export function cpuMicros(curve: CpuCurve, startMs: number, atMs: number): number {
  if (atMs <= startMs) {
    return 0;
  }
  return Math.max(
    0,
    Math.floor(curve.meanMillicores * (atMs - startMs) + ripple(curve, atMs) - ripple(curve, startMs))
  );
}

/** Millicores over the ten seconds before `atMs`, or over the life so far if that is shorter. */
export function cpuMillicores(curve: CpuCurve, startMs: number, atMs: number): number {
  const fromMs = Math.max(startMs, atMs - RATE_WINDOW_MS);
  if (atMs - fromMs < 1000) {
    return 0;
  }
  return curve.meanMillicores + (ripple(curve, atMs) - ripple(curve, fromMs)) / (atMs - fromMs);
}

/** Memory over time: a warm-up, a daily wave and noise around a mean, or a leak that reaches `limitBytes` after `leakMs`. */
export interface MemoryCurve {
  meanBytes: number;
  limitBytes: number;
  leakMs: number;
  seed: number;
}

/** Working set in bytes (whole pages) at a moment of a life that began at `startMs`. */
export function workingSetBytes(curve: MemoryCurve, startMs: number, atMs: number): number {
  const ageMs = Math.max(0, atMs - startMs);
  const jitter = 0.06 * noise(curve.seed, atMs);
  let bytes: number;
  if (curve.leakMs > 0) {
    const base = curve.meanBytes * 0.5;
    bytes = base * (0.94 + jitter) + (curve.limitBytes - base) * 0.985 * Math.min(1, ageMs / curve.leakMs);
  } else {
    const warm = 1 - 0.4 * Math.exp(-ageMs / 120_000);
    const day = 0.1 * Math.sin(((atMs - 32_400_000) * 2 * Math.PI) / DAY_MS);
    bytes = curve.meanBytes * warm * (0.95 + jitter + day);
  }
  const capped = curve.limitBytes > 0 ? Math.min(bytes, curve.limitBytes) : bytes;
  return Math.max(1, Math.floor(capped / PAGE)) * PAGE;
}

/** The newest moment at or before `atMs` at which an item with this seed was sampled; items are sampled every 10 to 20 s. */
export function sampleTimeMs(seed: number, atMs: number): number {
  const periodMs = 10_000 + (mix(seed, 17) % 10_001);
  const phaseMs = mix(seed, 19) % periodMs;
  return Math.floor((atMs - phaseMs) / periodMs) * periodMs + phaseMs;
}

import type { Resolution, TimeRange } from '../model/seriesQuery.ts';

const DEFAULT_DATA_POINTS = 1000;
/** A value for the whole range is made of no more values of the groups than this. */
const MOST_ROUNDS_REDUCED = 1500;

/**
 * A resolution whose step may be given: an answer that is joined of two parts has one step, which follows from the whole
 * range.
 */
export interface RemoteResolution extends Resolution {
  /** A multiple of the resolution of the rounds; decides alone where it is given. */
  readonly stepMs?: number;
}

/** One question to the engine: values at several times, each of what lies behind it within the window. */
export interface Evaluation {
  readonly timesMs: readonly number[];
  /** A value at time t is made of the samples after t - windowMs, up to t included. */
  readonly windowMs: number;
}

/** The times of an answer, and how they are asked for. */
export interface RemoteSteps {
  readonly stepMs: number;
  readonly evaluations: readonly Evaluation[];
}

/** How long a step is, as for local data: a multiple of the resolution with room for all points. */
export function stepOf(range: TimeRange, resolution: RemoteResolution, resolutionMs: number): number {
  const { stepMs, maxDataPoints = DEFAULT_DATA_POINTS, intervalMs = 0 } = resolution;
  if (stepMs !== undefined) {
    return stepMs;
  }
  const wantedMs = Math.max(intervalMs, (range.toMs - range.fromMs) / Math.max(1, maxDataPoints));
  return Math.max(1, Math.ceil(wantedMs / resolutionMs)) * resolutionMs;
}

/**
 * Divides a range into steps of multiples of the step since the epoch, named by their end: the step named t holds the
 * rounds after t - stepMs, up to t included. The first step is whole, even where the range begins within it. A last step
 * that is not over is named by the last time of a round in the range, and holds nothing beyond it.
 */
export function divideRange(range: TimeRange, stepMs: number, resolutionMs: number): RemoteSteps {
  const lastMs = lastRound(range, resolutionMs);
  const timesMs: number[] = [];
  for (let timeMs = Math.ceil(range.fromMs / stepMs) * stepMs; timeMs <= lastMs; timeMs += stepMs) {
    timesMs.push(timeMs);
  }
  const evaluations: Evaluation[] = timesMs.length > 0 ? [{ timesMs, windowMs: stepMs }] : [];
  const endMs = Math.floor(lastMs / stepMs) * stepMs;
  const rest = lastMs - Math.max(endMs, Math.ceil(range.fromMs / resolutionMs) * resolutionMs - resolutionMs);
  if (lastMs > endMs && rest > 0 && lastMs >= range.fromMs) {
    evaluations.push({ timesMs: [lastMs], windowMs: rest });
  }
  return { stepMs, evaluations };
}

/** The whole range as one step, named by the last time of a round in it. */
export function wholeRange(range: TimeRange, resolutionMs: number): RemoteSteps {
  const firstMs = Math.ceil(range.fromMs / resolutionMs) * resolutionMs;
  const lastMs = lastRound(range, resolutionMs);
  const evaluations = lastMs < firstMs ? [] : [{ timesMs: [lastMs], windowMs: lastMs - firstMs + resolutionMs }];
  return { stepMs: Math.max(1, range.toMs - range.fromMs), evaluations };
}

/** How far apart the values of groups are that become one for the whole range. */
export function reductionStep(range: TimeRange, resolutionMs: number): number {
  const rounds = (range.toMs - range.fromMs) / resolutionMs;
  return Math.max(1, Math.ceil(rounds / MOST_ROUNDS_REDUCED)) * resolutionMs;
}

function lastRound({ toMs }: TimeRange, resolutionMs: number): number {
  return Math.floor(toMs / resolutionMs) * resolutionMs;
}

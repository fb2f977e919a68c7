import type { Resolution, TimeRange } from './types.ts';

const DEFAULT_DATA_POINTS = 1000;

/** The times of an answer and the step each round falls into. */
export interface TimeSteps {
  readonly timesMs: readonly number[];
  readonly stepMs: number;
  /** Index into `timesMs` of a round's timestamp. */
  indexOf(timestampMs: number): number;
}

/** How far apart the values of an answer may be. */
export function wantedStepMs(
  range: TimeRange,
  { maxDataPoints = DEFAULT_DATA_POINTS, intervalMs = 0 }: Resolution
): number {
  return Math.max(intervalMs, (range.toMs - range.fromMs) / Math.max(1, maxDataPoints));
}

/**
 * Divides the rounds of a range into steps: each round by itself while there is room for all, else steps of a multiple of
 * the resolution, aligned to the epoch and named by their end, so that zooming and refreshing don't make lines dance. A
 * last step that is not over is named by its newest round, so that no point lies outside of the range.
 */
export function divideTime(
  rounds: readonly number[],
  range: TimeRange,
  resolution: Resolution,
  resolutionMs: number
): TimeSteps {
  const inside = rounds.filter((timestampMs) => timestampMs >= range.fromMs && timestampMs <= range.toMs);
  const stepMs = Math.max(1, Math.ceil(wantedStepMs(range, resolution) / resolutionMs)) * resolutionMs;
  const endOf = stepMs === resolutionMs ? (time: number) => time : (time: number) => Math.ceil(time / stepMs) * stepMs;
  const endsMs = [...new Set(inside.map(endOf))];
  const indexes = new Map(endsMs.map((timeMs, index) => [timeMs, index]));
  const timesMs = endsMs.map((endMs) => Math.min(endMs, inside[inside.length - 1]));
  return { timesMs, stepMs, indexOf: (timestampMs) => indexes.get(endOf(timestampMs)) ?? -1 };
}

/** The whole range as one step, named by its last round. */
export function oneStep(rounds: readonly number[], range: TimeRange): TimeSteps {
  const last = rounds.findLast((timestampMs) => timestampMs >= range.fromMs && timestampMs <= range.toMs);
  return {
    timesMs: last === undefined ? [] : [last],
    stepMs: Math.max(1, range.toMs - range.fromMs),
    indexOf: () => (last === undefined ? -1 : 0),
  };
}

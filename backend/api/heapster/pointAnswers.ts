import { HeapsterError } from './answers.ts';
import type { GoValue } from './goJson.ts';
import { formatTime, ZERO_TIME } from './goTime.ts';
import type { Point } from './types.ts';

/** Points as Heapster answers them: whole numbers, cut toward zero, without a sign. */
export function pointsAnswer(points: readonly Point[]): { readonly [key: string]: GoValue } {
  let latestMs = -Infinity;
  const metrics = points.map(({ timestampMs, value }) => {
    latestMs = Math.max(latestMs, timestampMs);
    return { timestamp: formatTime(timestampMs), value: unsigned(value) };
  });
  return { metrics, latestTimestamp: points.length > 0 ? formatTime(latestMs) : ZERO_TIME };
}

/** A whole number of 64 bits without a sign: what is negative comes out near 2^64, as from Heapster. */
export function unsigned(value: number | bigint): number | bigint {
  const whole = typeof value === 'number' ? Math.trunc(value) : value;
  if (typeof whole === 'number' && whole >= 0 && Number.isSafeInteger(whole)) {
    return whole + 0;
  }
  return typeof whole === 'number' && !Number.isFinite(whole) ? 0 : BigInt.asUintN(64, BigInt(whole));
}

/** Counts the points of an answer, and refuses to make one that is too long. */
export class PointBudget {
  private left: number;
  private readonly most: number;

  constructor(most: number) {
    this.left = most;
    this.most = most;
  }

  take(count: number): void {
    this.left -= count;
    if (this.left < 0) {
      throw new HeapsterError(422, `more than ${this.most} points: ask for a shorter time or for fewer pods`);
    }
  }
}

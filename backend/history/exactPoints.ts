import type { TableName } from '../model/batch.ts';
import type { Buckets, Course } from './readingShapes.ts';

/** Values of one metric of one object; both times are inclusive. */
export interface PointsRequest {
  readonly table: TableName;
  readonly key: string;
  readonly metric: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly node?: string;
  readonly pod?: string;
}

/** One value; bigint where a double would lose digits. */
export interface Point {
  readonly timestampMs: number;
  readonly value: number | bigint;
  /** The samples it stands for, where it is one for several. */
  readonly of?: { readonly min: number; readonly max: number; readonly sum: number; readonly count: number };
}

/** The values of a course. Of buckets it is their mean, of counters their last value, with the samples it stands for. */
export function pointsOf({ timesMs, first, end, offset, samples, wide, buckets }: Course): Point[] {
  const points: Point[] = [];
  for (let time = first; time < end; time++) {
    const index = offset + time;
    const mean = buckets ? buckets.sum[index] / buckets.count[index] : NaN;
    const value = samples ? (wide?.get(index) ?? samples[index]) : (buckets?.counter?.last[index] ?? mean);
    if (!Number.isNaN(value)) {
      const timestampMs = timesMs[time];
      points.push(buckets ? { timestampMs, value, of: samplesOf(buckets, index) } : { timestampMs, value });
    }
  }
  return points;
}

function samplesOf({ min, max, sum, count }: Buckets, index: number): Point['of'] {
  return { min: min[index], max: max[index], sum: sum[index], count: count[index] };
}

import type { ExportedMetric, LabelPairs } from './exportedNames.ts';

/**
 * In place of a value: the series ends here. It is sent as Prometheus' stale marker, a NaN of its own that a number of
 * ours would not keep; what is measured is never infinite.
 */
export const STALE = -Infinity;

/** Samples of one time as a grid: a row per object, a column per metric. */
export interface SampleGrid {
  readonly rowCount: number;
  readonly metrics: readonly ExportedMetric[];
  /** Row by row; NaN where there is no sample, {@link STALE} where the series ends. */
  readonly values: Float64Array;
  readonly sampleCount: number;
  labels(row: number): LabelPairs;
}

/** Some rows of a grid. */
export interface GridSlice {
  readonly grid: SampleGrid;
  readonly fromRow: number;
  readonly toRow: number;
}

/** What is sent in one request: samples of one round. */
export interface Parcel {
  readonly timestampMs: number;
  readonly slices: readonly GridSlice[];
  readonly sampleCount: number;
  /** About as much memory as it takes. */
  readonly bytes: number;
}

/** What a row costs in memory beside its values. */
const ROW_BYTES = 64;

/** A grid of the rows' labels; counts its samples. */
export function sampleGrid(
  rowCount: number,
  metrics: readonly ExportedMetric[],
  values: Float64Array,
  labels: (row: number) => LabelPairs
): SampleGrid {
  return { rowCount, metrics, values, labels, sampleCount: countSamples(values, 0, rowCount * metrics.length) };
}

/** Divides the grids of a round into parcels of about `mostSamples` samples; no row is torn apart. */
export function divideIntoParcels(timestampMs: number, grids: readonly SampleGrid[], mostSamples: number): Parcel[] {
  const parcels: Parcel[] = [];
  let slices: GridSlice[] = [];
  let samples = 0;
  let bytes = 0;
  const close = () => {
    if (samples > 0) {
      parcels.push({ timestampMs, slices, sampleCount: samples, bytes });
    }
    [slices, samples, bytes] = [[], 0, 0];
  };
  const add = (grid: SampleGrid, fromRow: number, toRow: number, count: number) => {
    if (samples > 0 && samples + count > mostSamples) {
      close();
    }
    slices.push({ grid, fromRow, toRow });
    samples += count;
    bytes += (toRow - fromRow) * (grid.metrics.length * 8 + ROW_BYTES);
  };
  for (const grid of grids) {
    const width = grid.metrics.length;
    if (grid.sampleCount <= mostSamples) {
      if (grid.sampleCount > 0) {
        add(grid, 0, grid.rowCount, grid.sampleCount);
      }
      continue;
    }
    const rowsPerSlice = Math.max(1, Math.floor(mostSamples / width));
    for (let row = 0; row < grid.rowCount; row += rowsPerSlice) {
      const toRow = Math.min(grid.rowCount, row + rowsPerSlice);
      const count = countSamples(grid.values, row * width, toRow * width);
      if (count > 0) {
        add(grid, row, toRow, count);
      }
    }
  }
  close();
  return parcels;
}

function countSamples(values: Float64Array, from: number, to: number): number {
  let count = 0;
  for (let index = from; index < to; index++) {
    if (values[index] === values[index]) {
      count++;
    }
  }
  return count;
}

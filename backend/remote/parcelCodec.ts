import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { ExportedMetric, LabelPairs } from './exportedNames.ts';
import { sampleGrid, type Parcel, type SampleGrid } from './sampleGrid.ts';

/** No parcel is larger unpacked; a damaged length must not make us read without bound. */
const MAX_UNPACKED_BYTES = 1 << 28;
const ALIGNMENT = 8;

const pack = promisify(zstdCompress);
const unpack = promisify(zstdDecompress);

/** What a parcel says beside its values. */
interface Head {
  readonly timestampMs: number;
  readonly grids: ReadonlyArray<{
    readonly metrics: readonly ExportedMetric[];
    readonly rows: readonly LabelPairs[];
  }>;
}

/** The bytes of a parcel for the disk: names as JSON, values as they are, packed together. */
export async function packParcel({ timestampMs, slices }: Parcel): Promise<Buffer> {
  const head: Head = {
    timestampMs,
    grids: slices.map(({ grid, fromRow, toRow }) => ({
      metrics: grid.metrics,
      rows: Array.from({ length: toRow - fromRow }, (_, row) => grid.labels(fromRow + row)),
    })),
  };
  const text = Buffer.from(JSON.stringify(head));
  const start = Buffer.alloc(4);
  start.writeUInt32LE(text.length);
  const gap = Buffer.alloc(-(start.length + text.length) & (ALIGNMENT - 1));
  const values = slices.map(({ grid, fromRow, toRow }) => {
    const width = grid.metrics.length;
    const part = grid.values.subarray(fromRow * width, toRow * width);
    return Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  });
  return pack(Buffer.concat([start, text, gap, ...values]));
}

/** Reads the bytes of {@link packParcel}; throws whatever is wrong with them. */
export async function unpackParcel(bytes: Uint8Array): Promise<Parcel> {
  const unpacked = await unpack(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  const length = unpacked.readUInt32LE(0);
  const head = JSON.parse(unpacked.toString('utf8', 4, 4 + length)) as Head;
  let at = (4 + length + ALIGNMENT - 1) & -ALIGNMENT;
  let sampleCount = 0;
  const slices = head.grids.map(({ metrics, rows }) => {
    const values = new Float64Array(metrics.length * rows.length);
    const found = Buffer.from(values.buffer);
    if (unpacked.copy(found, 0, at) < found.length) {
      throw new Error('The parcel ends too early.');
    }
    at += found.length;
    const grid: SampleGrid = sampleGrid(rows.length, metrics, values, (row) => rows[row]);
    sampleCount += grid.sampleCount;
    return { grid, fromRow: 0, toRow: rows.length };
  });
  return { timestampMs: head.timestampMs, slices, sampleCount, bytes: unpacked.length };
}

import { ByteWriter, varintLength } from './byteWriter.ts';
import { withExternalLabels, type ExternalLabels } from './externalLabels.ts';
import { SampleBytes } from './sampleBytes.ts';
import type { Parcel } from './sampleGrid.ts';

const LABELS_TAG = 0x0a;
const SERIES_TAG = 0x0a;

/**
 * Writes a parcel as `prometheus.WriteRequest`: a series per sample, each with all its labels. The labels of an object
 * are encoded once and copied into each of its series.
 */
export function encodeVersion1(parcel: Parcel, external: ExternalLabels, out: ByteWriter): void {
  const sample = new SampleBytes(parcel.timestampMs);
  const names = new Map<string, Uint8Array>();
  const before = new ByteWriter(256);
  const behind = new ByteWriter(1024);
  for (const { grid, fromRow, toRow } of parcel.slices) {
    const { metrics, values } = grid;
    const nameBytes = metrics.map(({ name }) => remembered(names, name));
    for (let row = fromRow; row < toRow; row++) {
      before.clear();
      behind.clear();
      withExternalLabels(grid.labels(row), external, (name, value) =>
        writeLabel(name < '__name__' ? before : behind, name, value)
      );
      const labelLength = before.length + behind.length;
      for (let index = 0; index < metrics.length; index++) {
        const value = values[row * metrics.length + index];
        if (value !== value) {
          continue;
        }
        const name = nameBytes[index];
        out.byte(SERIES_TAG);
        out.varint(labelLength + name.length + sample.length);
        out.raw(before.written());
        out.raw(name);
        out.raw(behind.written());
        sample.writeTo(out, value);
      }
    }
  }
}

function remembered(names: Map<string, Uint8Array>, name: string): Uint8Array {
  let bytes = names.get(name);
  if (!bytes) {
    const out = new ByteWriter(128);
    writeLabel(out, '__name__', name);
    names.set(name, (bytes = Uint8Array.from(out.written())));
  }
  return bytes;
}

function writeLabel(out: ByteWriter, name: string, value: string): void {
  const [nameLength, valueLength] = [Buffer.byteLength(name), Buffer.byteLength(value)];
  out.byte(LABELS_TAG);
  out.varint(2 + varintLength(nameLength) + nameLength + varintLength(valueLength) + valueLength);
  out.byte(0x0a);
  out.text(name);
  out.byte(0x12);
  out.text(value);
}

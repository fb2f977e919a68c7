import { ByteWriter } from './byteWriter.ts';
import type { ExportedMetric } from './exportedNames.ts';
import { withExternalLabels, type ExternalLabels } from './externalLabels.ts';
import { SampleBytes } from './sampleBytes.ts';
import type { Parcel } from './sampleGrid.ts';

const SYMBOL_TAG = 0x22;
const SERIES_TAG = 0x2a;
const LABEL_REFS_TAG = 0x0a;
const METADATA_TAG = 0x2a;

/** `Metadata.MetricType`. */
const TYPES: Readonly<Record<ExportedMetric['type'], number>> = { counter: 1, gauge: 2, info: 6 };

/**
 * Writes a parcel as `io.prometheus.write.v2.Request`: every text once, in a table, and series that refer to it. Each
 * series says what kind of metric it is.
 */
export function encodeVersion2(parcel: Parcel, external: ExternalLabels, out: ByteWriter): void {
  const sample = new SampleBytes(parcel.timestampMs);
  const symbols = new SymbolTable();
  const series = new ByteWriter(parcel.sampleCount * 48);
  const described = new Map<ExportedMetric, { nameRefs: Uint8Array; metadata: Uint8Array }>();
  const nameRef = symbols.refOf('__name__');
  const before = new ByteWriter(64);
  const behind = new ByteWriter(256);
  const length = new ByteWriter(8);
  for (const { grid, fromRow, toRow } of parcel.slices) {
    const { metrics, values } = grid;
    const heads = metrics.map((metric) => describeOnce(described, metric, nameRef, symbols));
    for (let row = fromRow; row < toRow; row++) {
      before.clear();
      behind.clear();
      withExternalLabels(grid.labels(row), external, (name, value) => {
        const refs = name < '__name__' ? before : behind;
        refs.varint(symbols.refOf(name));
        refs.varint(symbols.refOf(value));
      });
      for (let index = 0; index < metrics.length; index++) {
        const value = values[row * metrics.length + index];
        if (value !== value) {
          continue;
        }
        const { nameRefs, metadata } = heads[index];
        const refsLength = before.length + nameRefs.length + behind.length;
        length.clear();
        length.varint(refsLength);
        series.byte(SERIES_TAG);
        series.varint(1 + length.length + refsLength + sample.length + metadata.length);
        series.byte(LABEL_REFS_TAG);
        series.raw(length.written());
        series.raw(before.written());
        series.raw(nameRefs);
        series.raw(behind.written());
        sample.writeTo(series, value);
        series.raw(metadata);
      }
    }
  }
  symbols.writeTo(out);
  out.raw(series.written());
}

/** Every text of a request under a number; number 0 is the empty text. */
class SymbolTable {
  private readonly refs = new Map<string, number>([['', 0]]);

  refOf(text: string): number {
    let ref = this.refs.get(text);
    if (ref === undefined) {
      ref = this.refs.size;
      this.refs.set(text, ref);
    }
    return ref;
  }

  writeTo(out: ByteWriter): void {
    for (const text of this.refs.keys()) {
      out.byte(SYMBOL_TAG);
      out.text(text);
    }
  }
}

function describeOnce(
  described: Map<ExportedMetric, { nameRefs: Uint8Array; metadata: Uint8Array }>,
  metric: ExportedMetric,
  nameRef: number,
  symbols: SymbolTable
): { nameRefs: Uint8Array; metadata: Uint8Array } {
  let found = described.get(metric);
  if (!found) {
    const nameRefs = new ByteWriter(16);
    nameRefs.varint(nameRef);
    nameRefs.varint(symbols.refOf(metric.name));
    // Metadata { type = 1; help_ref = 3; unit_ref = 4; }
    const content = new ByteWriter(32);
    content.byte(0x08);
    content.varint(TYPES[metric.type]);
    content.byte(0x18);
    content.varint(symbols.refOf(metric.help));
    content.byte(0x20);
    content.varint(symbols.refOf(metric.unit));
    const metadata = new ByteWriter(32);
    metadata.byte(METADATA_TAG);
    metadata.varint(content.length);
    metadata.raw(content.written());
    found = { nameRefs: Uint8Array.from(nameRefs.written()), metadata: Uint8Array.from(metadata.written()) };
    described.set(metric, found);
  }
  return found;
}

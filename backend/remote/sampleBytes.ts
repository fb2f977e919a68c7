import { ByteWriter, varintLength } from './byteWriter.ts';
import { STALE } from './sampleGrid.ts';

/** The NaN that ends a series, as its eight bytes. */
const STALE_BYTES = Buffer.from([0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf0, 0x7f]);

/** Writes a sample of one time; both protocols have it as field 2 of a series, in the same form. */
export class SampleBytes {
  /** Of the field, its tag and length included. */
  readonly length: number;
  private readonly head: Uint8Array;
  private readonly tail: Uint8Array;

  constructor(timestampMs: number) {
    // Sample { double value = 1; int64 timestamp = 2; }
    const content = 9 + 1 + varintLength(timestampMs);
    this.head = Uint8Array.of(0x12, content, 0x09);
    const tail = new ByteWriter(16);
    tail.byte(0x10);
    tail.varint(timestampMs);
    this.tail = Uint8Array.from(tail.written());
    this.length = 2 + content;
  }

  writeTo(out: ByteWriter, value: number): void {
    out.raw(this.head);
    if (value === STALE) {
      out.raw(STALE_BYTES);
    } else {
      out.float64(value);
    }
    out.raw(this.tail);
  }
}

import { littleEndian } from './byteWriter.ts';

/** Thrown where bytes end before what they announce, or announce what cannot be: they were damaged. */
export class DamagedBytesError extends Error {
  override readonly name = 'DamagedBytesError';
}

/** Reads what a `ByteWriter` wrote. Throws {@link DamagedBytesError} instead of reading beyond the end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at: number;

  constructor(bytes: Uint8Array, from = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = from;
  }

  get position(): number {
    return this.at;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  uint8(): number {
    return this.bytes[this.skip(1)];
  }

  uint32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  float64(): number {
    return this.view.getFloat64(this.skip(8), true);
  }

  uint64(): bigint {
    return this.view.getBigUint64(this.skip(8), true);
  }

  /** So many numbers, in memory of their own. */
  uint32s(count: number): Uint32Array {
    return new Uint32Array(copyOf(this.take(count * 4)));
  }

  /** Fills numbers with the next ones. */
  float64sInto(target: Float64Array): void {
    const bytes = littleEndian(this.take(target.length * 8), 8);
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 8; index++) {
      const byte = this.uint8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        return value;
      }
      scale *= 0x80;
    }
    throw new DamagedBytesError('A number goes on for more than eight bytes');
  }

  /** A count of things that take at least `bytesEach` bytes, refused where so many cannot follow. */
  count(bytesEach: number): number {
    const count = this.varint();
    if (count * bytesEach > this.bytes.length - this.at) {
      throw new DamagedBytesError(`${count} things cannot stand in ${this.bytes.length - this.at} bytes`);
    }
    return count;
  }

  /** The next bytes, not copied. */
  take(count: number): Uint8Array {
    const from = this.skip(count);
    return this.bytes.subarray(from, from + count);
  }

  text(): string {
    const bytes = this.take(this.varint());
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }

  private skip(count: number): number {
    const from = this.at;
    if (from + count > this.bytes.length) {
      throw new DamagedBytesError(`Bytes end at ${this.bytes.length}, ${from + count} were announced`);
    }
    this.at = from + count;
    return from;
  }
}

/** Bytes of 32-bit numbers as this machine has them, in memory of their own. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  const own = new ArrayBuffer(bytes.length);
  new Uint8Array(own).set(littleEndian(bytes, 4));
  return own;
}

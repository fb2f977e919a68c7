/** Writes numbers and bytes into memory that grows; used again after {@link ByteWriter.reset}. Little endian throughout. */
export class ByteWriter {
  private bytes: Uint8Array<ArrayBuffer>;
  private view: DataView;
  private used = 0;

  constructor(capacity = 1 << 16) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  get length(): number {
    return this.used;
  }

  /** Forgets what was written. */
  reset(): void {
    this.used = 0;
  }

  /** What was written from `start` on; valid until more is written. */
  written(start = 0): Uint8Array {
    return this.bytes.subarray(start, this.used);
  }

  /** So many bytes of zeros to be filled by the caller; valid until more is written. */
  take(count: number): Uint8Array {
    this.reserve(count);
    const part = this.bytes.subarray(this.used, this.used + count);
    part.fill(0);
    this.used += count;
    return part;
  }

  uint8(value: number): void {
    this.reserve(1);
    this.bytes[this.used++] = value;
  }

  /** Writes over a byte written before. */
  uint8At(at: number, value: number): void {
    this.bytes[at] = value;
  }

  uint32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.used, value, true);
    this.used += 4;
  }

  /** Writes over four bytes written before. */
  uint32At(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  float64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.used, value, true);
    this.used += 8;
  }

  uint64(value: bigint): void {
    this.reserve(8);
    this.view.setBigUint64(this.used, value, true);
    this.used += 8;
  }

  uint32s(values: Uint32Array): void {
    this.append(littleEndian(values, 4));
  }

  float64s(values: Float64Array): void {
    this.append(littleEndian(values, 8));
  }

  /** A whole number from 0 to 2^53 in as few bytes as it needs, seven bits in each. */
  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.used++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.used++] = rest;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** A text behind its length. */
  text(text: string): void {
    const bytes = Buffer.from(text);
    this.varint(bytes.length);
    this.append(bytes);
  }

  private reserve(count: number): void {
    if (this.used + count > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.used + count, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.used));
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
  }
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The bytes of numbers as they are in a file; on most machines that is how they are in memory. */
export function littleEndian({ buffer, byteOffset, byteLength }: ArrayBufferView, width: 4 | 8): Uint8Array {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  if (IS_LITTLE_ENDIAN) {
    return bytes;
  }
  const swapped = Buffer.from(bytes);
  return width === 4 ? swapped.swap32() : swapped.swap64();
}

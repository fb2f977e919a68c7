/** Fewer bytes are copied one by one: calling the copy of the platform would take longer. */
const LONGEST_LOOP = 48;

const number = new Float64Array(1);
/** Of this machine, which is little-endian as protobuf is. */
const numberBytes = new Uint8Array(number.buffer);

/** Bytes in the making, in memory that grows and is used again. Numbers are written as protobuf has them. */
export class ByteWriter {
  private bytes: Buffer;
  private used = 0;

  constructor(size = 1 << 16) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  get length(): number {
    return this.used;
  }

  /** What was written; good until the next write. */
  written(): Buffer {
    return this.bytes.subarray(0, this.used);
  }

  clear(): void {
    this.used = 0;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.used++] = value;
  }

  /** A whole number of up to 53 bits, not negative. */
  varint(value: number): void {
    this.reserve(8);
    while (value > 0x7f) {
      this.bytes[this.used++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    this.bytes[this.used++] = value;
  }

  float64(value: number): void {
    number[0] = value;
    this.raw(numberBytes);
  }

  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    this.reserve(length);
    if (length > LONGEST_LOOP) {
      this.bytes.set(bytes, this.used);
      this.used += length;
      return;
    }
    const target = this.bytes;
    let at = this.used;
    for (let index = 0; index < length; index++) {
      target[at++] = bytes[index];
    }
    this.used = at;
  }

  /** A text behind its length in bytes. */
  text(text: string): void {
    const length = Buffer.byteLength(text);
    this.varint(length);
    this.reserve(length);
    this.used += this.bytes.write(text, this.used, 'utf8');
  }

  private reserve(size: number): void {
    if (this.used + size > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.used + size, this.bytes.length * 2));
      this.bytes.copy(larger, 0, 0, this.used);
      this.bytes = larger;
    }
  }
}

/** How many bytes a varint takes. */
export function varintLength(value: number): number {
  let length = 1;
  for (; value > 0x7f; value = Math.floor(value / 128)) {
    length++;
  }
  return length;
}

const DIGIT_0 = 48;
const BILLION = 1_000_000_000;
const LOOP_UP_TO = 12;

/** The bytes of a text that is written again and again. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** Writes text into a buffer that grows, for answers that are mostly the same bytes with other numbers between them. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(256 * 1024);
  #length = 0;

  /** What has been written; valid until the writer is used again. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  reset(): this {
    this.#length = 0;
    return this;
  }

  bytes(piece: Uint8Array): this {
    const { length } = piece;
    this.#reserve(length);
    if (length > LOOP_UP_TO) {
      this.#bytes.set(piece, this.#length);
    } else {
      for (let i = 0; i < length; i++) {
        this.#bytes[this.#length + i] = piece[i];
      }
    }
    this.#length += length;
    return this;
  }

  /** A text of one-byte characters. */
  text(text: string): this {
    this.#reserve(text.length);
    if (text.length > LOOP_UP_TO) {
      this.#length += this.#bytes.write(text, this.#length, 'latin1');
      return this;
    }
    for (let i = 0; i < text.length; i++) {
      this.#bytes[this.#length + i] = text.charCodeAt(i);
    }
    this.#length += text.length;
    return this;
  }

  /** A whole number from 0 to 2^53. */
  whole(value: number): this {
    this.#reserve(20);
    if (value < BILLION) {
      this.#digits(value, countDigits(value));
    } else {
      const upper = Math.floor(value / BILLION);
      this.#digits(upper, countDigits(upper));
      this.#digits(value - upper * BILLION, 9);
    }
    return this;
  }

  /** Microseconds as nanoseconds; digit by digit, so that numbers beyond 2^53 stay exact. */
  nanos(micros: number): this {
    return micros === 0 ? this.whole(0) : this.whole(micros).bytes(THREE_ZEROS);
  }

  #digits(value: number, count: number): void {
    let rest = value | 0;
    for (let at = this.#length + count - 1; at >= this.#length; at--) {
      const tenth = (rest / 10) | 0;
      this.#bytes[at] = DIGIT_0 + rest - tenth * 10;
      rest = tenth;
    }
    this.#length += count;
  }

  #reserve(more: number): void {
    if (this.#length + more > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2 + more);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
  }
}

const THREE_ZEROS = bytesOf('000');

function countDigits(value: number): number {
  let count = 1;
  for (let bound = 10; bound <= value; bound *= 10) {
    count++;
  }
  return count;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const LETTER_E = 0x65;

/** What stands in a fingerprint for a number and for a time. No byte has these values. */
const NUMBER_MARK = 0x101;
const TIME_MARK = 0x102;

const FIRST_FACTOR = 0x01000193;
const SECOND_FACTOR = 0x5bd1e995;
/** Chosen anew by each process, so that nobody can prepare two objects of the same fingerprint. */
const SEED_1 = Math.floor(Math.random() * 2 ** 32) | 0;
const SEED_2 = Math.floor(Math.random() * 2 ** 32) | 0;

/** Most digits a double always holds exactly, and of a number that may be beyond that. */
const EXACT_DIGITS = 15;
const MAX_DIGITS = 20;
const TWO_TO_THE_64 = 2n ** 64n;
const MAX_DEPTH = 64;
const DAY_MS = 86_400_000;

/**
 * Goes over the bytes of a JSON answer once and takes it apart into its numbers and all the rest. Numbers and times come
 * in the order in which they stand. The rest is not kept, only fingerprints of it, one per segment: the whole answer is
 * one, and each object in a list is one of its own, whose fingerprint tells in which object the list stands and not at
 * which place of the list. So two answers that differ only in their values and in the order of their lists have the same
 * segments.
 *
 * The arrays are used again by the next scan.
 */
export class AnswerScan {
  numberCount = 0;
  segmentCount = 0;
  /** The numbers; times in Unix ms. */
  numbers = new Float64Array(8192);
  /** Where each number begins in the bytes; a time begins with its quote. */
  offsets = new Int32Array(8192);
  /** The segment each number is in. */
  segmentOfNumber = new Int32Array(8192);
  /** The two halves of each segment's fingerprint. */
  fingerprints1 = new Int32Array(1024);
  fingerprints2 = new Int32Array(1024);
  /** Exact values of the numbers that a double cannot hold. */
  readonly wide: Array<{ readonly index: number; readonly value: bigint }> = [];

  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private isOdd = false;
  /** The last day read, as the number 20261121, and when it began. */
  private day = NaN;
  private dayStartMs = NaN;
  /** Of the segments that the one being read is in: their number, depth and fingerprint so far. */
  private readonly outer = new Int32Array(MAX_DEPTH * 4);

  /**
   * Scans an answer. False for anything that kubelets do not write, such as negative numbers and escapes, and for much
   * that is not JSON: somebody else has to look at it.
   */
  scan(bytes: Uint8Array): boolean {
    this.bytes = bytes;
    this.at = 0;
    this.isOdd = false;
    this.numberCount = 0;
    this.segmentCount = 1;
    this.wide.length = 0;
    const isWhole = this.walk(bytes);
    this.bytes = new Uint8Array(0);
    return isWhole && !this.isOdd;
  }

  private walk(bytes: Uint8Array): boolean {
    const { outer } = this;
    let segment = 0;
    let level = 0;
    let depth = 0;
    let hash1 = SEED_1;
    let hash2 = SEED_2;
    let at = 0;
    while (at < bytes.length) {
      let byte = bytes[at++];
      if (byte <= SPACE) {
        continue;
      }
      if (byte === QUOTE) {
        if (bytes[at + 20] === QUOTE && bytes[at + 19] === LETTER_Z && bytes[at + 10] === LETTER_T) {
          this.addNumber(this.timeMs(at), at - 1, segment);
          byte = TIME_MARK;
          at += 21;
        } else {
          for (byte = bytes[at++]; byte !== QUOTE; byte = bytes[at++]) {
            if (byte === BACKSLASH || byte === undefined) {
              return false;
            }
            hash1 = Math.imul(hash1 ^ byte, FIRST_FACTOR);
            hash2 = Math.imul(hash2 ^ byte, SECOND_FACTOR);
          }
        }
      } else if (byte >= ZERO && byte <= NINE) {
        const start = at - 1;
        let value = byte - ZERO;
        for (byte = bytes[at]; byte >= ZERO && byte <= NINE; byte = bytes[++at]) {
          value = value * 10 + (byte - ZERO);
        }
        if (at - start > EXACT_DIGITS || byte === DOT || (byte | SPACE) === LETTER_E) {
          this.at = at;
          value = this.longNumber(start, value);
          at = this.at;
        }
        this.addNumber(value, start, segment);
        byte = NUMBER_MARK;
      } else if (byte === OPEN_LIST) {
        const first = this.spaceEnd(at);
        if (bytes[first] === OPEN_OBJECT) {
          hash1 = Math.imul(hash1 ^ byte, FIRST_FACTOR);
          hash2 = Math.imul(hash2 ^ byte, SECOND_FACTOR);
          if (level === MAX_DEPTH) {
            return false;
          }
          outer[level * 4] = segment;
          outer[level * 4 + 1] = depth;
          outer[level * 4 + 2] = hash1;
          outer[level * 4 + 3] = hash2;
          level++;
          segment = this.segmentCount++;
          depth = 0;
          at = first + 1;
          byte = OPEN_OBJECT;
        }
      } else if (byte === OPEN_OBJECT) {
        depth++;
      } else if (byte === CLOSE_OBJECT) {
        if (depth > 0) {
          depth--;
        } else if (level === 0) {
          return false;
        } else {
          this.closeSegment(segment, hash1, hash2);
          const from = (level - 1) * 4;
          hash1 = outer[from + 2];
          hash2 = outer[from + 3];
          at = this.spaceEnd(at);
          byte = bytes[at++];
          if (byte === COMMA) {
            at = this.spaceEnd(at);
            segment = this.segmentCount++;
            byte = bytes[at++];
            if (byte !== OPEN_OBJECT) {
              return false;
            }
          } else if (byte === CLOSE_LIST) {
            segment = outer[from];
            depth = outer[from + 1];
            level--;
          } else {
            return false;
          }
        }
      } else if (byte === MINUS) {
        return false;
      }
      hash1 = Math.imul(hash1 ^ byte, FIRST_FACTOR);
      hash2 = Math.imul(hash2 ^ byte, SECOND_FACTOR);
    }
    this.closeSegment(segment, hash1, hash2);
    return level === 0 && depth === 0;
  }

  private closeSegment(segment: number, hash1: number, hash2: number): void {
    if (segment >= this.fingerprints1.length) {
      this.fingerprints1 = larger(this.fingerprints1, new Int32Array(segment * 2));
      this.fingerprints2 = larger(this.fingerprints2, new Int32Array(segment * 2));
    }
    this.fingerprints1[segment] = hash1;
    this.fingerprints2[segment] = hash2;
  }

  private addNumber(value: number, offset: number, segment: number): void {
    const index = this.numberCount++;
    if (index === this.numbers.length) {
      this.numbers = larger(this.numbers, new Float64Array(index * 2));
      this.offsets = larger(this.offsets, new Int32Array(index * 2));
      this.segmentOfNumber = larger(this.segmentOfNumber, new Int32Array(index * 2));
    }
    this.numbers[index] = value;
    this.offsets[index] = offset;
    this.segmentOfNumber[index] = segment;
  }

  /** Reads on in a number that began at `start` and whose first digits, up to `this.at`, make `value`. */
  private longNumber(start: number, value: number): number {
    const { bytes } = this;
    let at = this.at;
    let number = value;
    if (bytes[at] === DOT) {
      let digits = at - start;
      let parts = 1;
      for (let byte = bytes[++at]; byte >= ZERO && byte <= NINE; byte = bytes[++at]) {
        number = number * 10 + (byte - ZERO);
        parts *= 10;
        digits++;
      }
      // Both are exact, so the quotient is the double nearest to what is written.
      number /= parts;
      this.isOdd ||= parts === 1 || digits > EXACT_DIGITS;
    } else if (at - start > EXACT_DIGITS) {
      number = this.longInteger(start, at);
    }
    this.isOdd ||= (bytes[at] | SPACE) === LETTER_E;
    this.at = at;
    return number;
  }

  private longInteger(from: number, to: number): number {
    if (to - from > MAX_DIGITS) {
      this.isOdd = true;
      return NaN;
    }
    const exact = BigInt(Buffer.from(this.bytes.buffer, this.bytes.byteOffset + from, to - from).toString('latin1'));
    this.isOdd ||= exact >= TWO_TO_THE_64;
    if (exact > Number.MAX_SAFE_INTEGER) {
      this.wide.push({ index: this.numberCount, value: exact });
    }
    return Number(exact);
  }

  /** The time `2026-11-21T10:54:50Z` whose first digit is at `from`, in Unix ms. */
  private timeMs(from: number): number {
    const day = this.digits(from, 4) * 10_000 + this.digits(from + 5, 2) * 100 + this.digits(from + 8, 2);
    const hours = this.digits(from + 11, 2);
    const seconds = (hours * 60 + this.digits(from + 14, 2)) * 60 + this.digits(from + 17, 2);
    if (day !== this.day) {
      const [year, month] = [Math.floor(day / 10_000), Math.floor(day / 100) % 100];
      this.dayStartMs = Date.UTC(year, month - 1, day % 100);
      this.day = day;
      // The 31st of February is a day of March to the calendar, and none to the decoder.
      this.isOdd ||= new Date(this.dayStartMs).getUTCDate() !== day % 100 || month > 12;
    }
    const timeMs = this.dayStartMs + seconds * 1000;
    this.isOdd ||= !(timeMs > 0) || hours > 23 || seconds * 1000 >= DAY_MS;
    return timeMs;
  }

  /** The number that so many digits make; NaN if one of them is none. */
  private digits(from: number, count: number): number {
    let value = 0;
    for (let at = from; at < from + count; at++) {
      const digit = this.bytes[at] - ZERO;
      value = digit >= 0 && digit <= 9 ? value * 10 + digit : NaN;
    }
    return value;
  }

  private spaceEnd(from: number): number {
    let at = from;
    while (this.bytes[at] <= SPACE) {
      at++;
    }
    return at;
  }
}

function larger<Numbers extends Float64Array | Int32Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}

/** Where a text stopped being the JSON that was expected. */
export class JsonError extends Error {
  constructor(what: string, offset: number) {
    super(`${what} at byte ${offset}`);
    this.name = 'JsonError';
  }
}

/** What {@link JsonCursor.firstKey} and {@link JsonCursor.nextKey} give when the object is over. */
export const END = 0;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
/** Most digits a double always holds exactly. */
const EXACT_DIGITS = 15;

/** The number a key is known by: of its bytes (FNV-1a), never {@link END}. Keys of the format are all told apart by it. */
export function keyNumber(key: string): number {
  let hash = HASH_START;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), HASH_FACTOR);
  }
  return hash === END ? 1 : hash;
}

const HASH_START = 0x811c9dc5 | 0;
const HASH_FACTOR = 0x01000193;

/**
 * Reads JSON from bytes, token by token, making no objects and no strings but those asked for. Integers keep all their
 * digits. Keys come as numbers, see {@link keyNumber}. Every read throws {@link JsonError} for what is not JSON or not of
 * the type asked for; `null` counts as missing everywhere.
 *
 *     for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
 *       if (key === TIME) time = cursor.time(); else cursor.skip();
 *     }
 */
export class JsonCursor {
  private readonly bytes: Buffer;
  private at = 0;
  /** The day of the last time read, as the number 20261121, and its begin: nearly all times of an answer share it. */
  private day = NaN;
  private dayStartMs = NaN;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Enters the object that begins here and gives its first key; END for an empty one and for null. */
  firstKey(): number {
    return this.entersObject() ? this.key() : END;
  }

  /** The next key of the object, after the value of the one before was read or skipped. */
  nextKey(): number {
    return this.hasNextKey() ? this.key() : END;
  }

  /** {@link firstKey} for objects whose keys are names: the key as a text, undefined when there is none. */
  firstName(): string | undefined {
    return this.entersObject() ? this.name() : undefined;
  }

  /** The next such key. */
  nextName(): string | undefined {
    return this.hasNextKey() ? this.name() : undefined;
  }

  /** Enters the list that begins here; false for an empty one and for null. */
  firstItem(): boolean {
    if (!this.open(0x5b, 'a list')) {
      return false;
    }
    if (this.bytes[this.skipSpace()] === 0x5d) {
      this.at++;
      return false;
    }
    return true;
  }

  /** Whether another item follows. */
  nextItem(): boolean {
    const byte = this.bytes[this.skipSpace()];
    this.at++;
    if (byte !== COMMA && byte !== 0x5d) {
      this.at--;
      throw this.unexpected('"," or "]"');
    }
    return byte === COMMA;
  }

  /** The number here, exact: a bigint if it is an integer beyond 2^53. Undefined for null. */
  number(): number | bigint | undefined {
    const bytes = this.bytes;
    const start = this.skipSpace();
    let at = start;
    let byte = bytes[at];
    if (byte === MINUS) {
      byte = bytes[++at];
    }
    const firstDigit = at;
    let value = 0;
    while (byte >= ZERO && byte <= 0x39) {
      value = value * 10 + (byte - ZERO);
      byte = bytes[++at];
    }
    if (at === firstDigit) {
      this.word('null', 'a number');
      return undefined;
    }
    this.at = at;
    if (at - firstDigit > EXACT_DIGITS || byte === DOT || (byte | SPACE) === 0x65) {
      return this.longNumber(start);
    }
    return firstDigit > start ? -value : value;
  }

  /** The text here; '' for null. */
  string(): string {
    const start = this.skipSpace();
    if (this.bytes[start] !== QUOTE) {
      this.word('null', 'a text');
      return '';
    }
    let isPlain = true;
    let at = start + 1;
    for (let byte = this.bytes[at]; byte !== QUOTE; byte = this.bytes[++at]) {
      if (byte === undefined) {
        throw new JsonError('The answer ends inside a text', at);
      }
      if (byte === BACKSLASH) {
        at++;
      }
      isPlain &&= byte >= SPACE && byte < 0x80 && byte !== BACKSLASH;
    }
    this.at = at + 1;
    return isPlain ? this.bytes.toString('latin1', start + 1, at) : this.unescape(start);
  }

  /** Whether `true` stands here; false for null. */
  boolean(): boolean {
    const first = this.bytes[this.skipSpace()];
    const word = first === 0x74 ? 'true' : first === 0x66 ? 'false' : 'null';
    this.word(word, 'true or false');
    return word === 'true';
  }

  /** Where the cursor stands, for {@link returnTo}. */
  get offset(): number {
    return this.at;
  }

  /** Goes to a place where it stood before. */
  returnTo(offset: number): void {
    this.at = offset;
  }

  /** The RFC 3339 time here in Unix ms. NaN for null, for what is no time, and for the year 1, which Go writes for none. */
  timeMs(): number {
    const bytes = this.bytes;
    const start = this.skipSpace() + 1;
    // `2026-11-21T10:54:50Z`, as every kubelet writes it, by its digits; any other form by the language's own parser.
    if (bytes[start - 1] !== QUOTE || bytes[start + 20] !== QUOTE || bytes[start + 19] !== 0x5a) {
      return validTimeMs(Date.parse(this.string()));
    }
    const day = this.digits(start, 4) * 10_000 + this.digits(start + 5, 2) * 100 + this.digits(start + 8, 2);
    const hours = this.digits(start + 11, 2);
    const seconds = (hours * 60 + this.digits(start + 14, 2)) * 60 + this.digits(start + 17, 2);
    if (Number.isNaN(day + seconds)) {
      return validTimeMs(Date.parse(this.string()));
    }
    if (day !== this.day) {
      const text = bytes.toString('latin1', start, start + 10);
      this.dayStartMs = validTimeMs(Date.parse(`${text}T00:00:00Z`));
      this.day = day;
    }
    this.at = start + 21;
    return hours < 24 ? this.dayStartMs + seconds * 1000 : NaN;
  }

  /** Passes over any value. */
  skip(): void {
    const bytes = this.bytes;
    let at = this.skipSpace();
    let depth = 0;
    do {
      const byte = bytes[at++];
      if (byte === QUOTE) {
        at = this.textEnd(at) + 1;
      } else if (byte === 0x7b || byte === 0x5b) {
        depth++;
      } else if (byte === 0x7d || byte === 0x5d) {
        depth--;
      } else if (byte === undefined) {
        throw new JsonError('The answer ends', bytes.length);
      } else if (depth === 0) {
        at = this.scalarEnd(at - 1);
      }
    } while (depth > 0);
    this.at = at;
  }

  /** Makes sure that nothing but white space is left. */
  end(): void {
    if (this.skipSpace() < this.bytes.length) {
      throw this.unexpected('the end');
    }
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

  private skipSpace(): number {
    const bytes = this.bytes;
    let at = this.at;
    while (bytes[at] <= SPACE) {
      at++;
    }
    this.at = at;
    return at;
  }

  private entersObject(): boolean {
    if (!this.open(0x7b, 'an object')) {
      return false;
    }
    if (this.bytes[this.skipSpace()] === 0x7d) {
      this.at++;
      return false;
    }
    return true;
  }

  private hasNextKey(): boolean {
    const byte = this.bytes[this.skipSpace()];
    if (byte !== COMMA && byte !== 0x7d) {
      throw this.unexpected('"," or "}"');
    }
    this.at++;
    return byte === COMMA;
  }

  private open(bracket: number, what: string): boolean {
    if (this.bytes[this.skipSpace()] === bracket) {
      this.at++;
      return true;
    }
    this.word('null', what);
    return false;
  }

  /** Reads a key and the colon after it. */
  private key(): number {
    const bytes = this.bytes;
    let at = this.skipSpace();
    if (bytes[at] !== QUOTE) {
      throw this.unexpected('a key');
    }
    let hash = HASH_START;
    for (let byte = bytes[++at]; byte !== QUOTE; byte = bytes[++at]) {
      if (byte === undefined || byte === BACKSLASH) {
        throw new JsonError('A key that no kubelet writes', at);
      }
      hash = Math.imul(hash ^ byte, HASH_FACTOR);
    }
    this.at = at + 1;
    if (bytes[this.skipSpace()] !== 0x3a) {
      throw this.unexpected('":"');
    }
    this.at++;
    return hash === END ? 1 : hash;
  }

  /** Reads a key as a text, and the colon after it. */
  private name(): string {
    if (this.bytes[this.skipSpace()] !== QUOTE) {
      throw this.unexpected('a key');
    }
    const name = this.string();
    if (this.bytes[this.skipSpace()] !== 0x3a) {
      throw this.unexpected('":"');
    }
    this.at++;
    return name;
  }

  private word(word: string, expected: string): void {
    if (this.bytes.toString('latin1', this.at, this.at + word.length) !== word) {
      throw this.unexpected(expected);
    }
    this.at += word.length;
  }

  /** Offset of the quote that ends the text whose first character is at `from`. */
  private textEnd(from: number): number {
    let at = from;
    while (this.bytes[at] !== QUOTE) {
      if (at >= this.bytes.length) {
        throw new JsonError('The answer ends inside a text', at);
      }
      at += this.bytes[at] === BACKSLASH ? 2 : 1;
    }
    return at;
  }

  /** Offset behind the number or word that begins at `from`. */
  private scalarEnd(from: number): number {
    const digits = this.bytes[from] === MINUS ? from + 1 : from;
    let at = digits;
    while (this.bytes[at] >= ZERO && this.bytes[at] <= 0x39) {
      at++;
    }
    // Most scalars are whole numbers.
    if (at > digits && this.bytes[at] !== DOT && (this.bytes[at] | SPACE) !== 0x65) {
      return at;
    }
    const scalar = /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/.exec(
      this.bytes.toString('latin1', from, from + 400)
    );
    if (!scalar) {
      this.at = from;
      throw this.unexpected('a value');
    }
    return from + scalar[0].length;
  }

  private longNumber(start: number): number | bigint {
    const end = this.scalarEnd(start);
    const text = this.bytes.toString('latin1', start, end);
    this.at = end;
    const value = Number(text);
    return Number.isSafeInteger(value) || !/^-?\d+$/.test(text) ? value : BigInt(text);
  }

  private unescape(start: number): string {
    try {
      return String(JSON.parse(this.bytes.toString('utf8', start, this.at)));
    } catch {
      throw new JsonError('A text with a bad escape', start);
    }
  }

  private unexpected(expected: string): JsonError {
    const found = this.bytes.toString('latin1', this.at, this.at + 12);
    return this.at >= this.bytes.length
      ? new JsonError(`The answer ends where ${expected} was expected`, this.at)
      : new JsonError(`Expected ${expected}, found ${JSON.stringify(found)}`, this.at);
  }
}

/** Go writes the year 1 for a time that was never set. */
function validTimeMs(timeMs: number): number {
  return timeMs > 0 ? timeMs : NaN;
}

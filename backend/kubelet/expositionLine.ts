const NEWLINE = 10;
const SPACE = 32;
const TAB = 9;
const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const EQUALS = 61;
const OPEN = 123;
const CLOSE = 125;
const ZERO = 48;
const NINE = 57;

/** Digits that a double holds in any case. */
const SAFE_DIGITS = 15;
const MAX_NUMBER_LENGTH = 64;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NOT_FINITE = /^(?:NaN|[+-]?Inf(?:inity)?)$/i;

/** Where the raw value of a label begins and ends in the text. */
export interface LabelPlace {
  from: number;
  to: number;
  /** Whether it has a backslash in it. */
  escaped: boolean;
}

/**
 * Reads single lines of Prometheus' text format out of the bytes of an answer, without making texts of them: a name, labels
 * by their places, a value and a time. What it read last stands in its fields.
 */
export class ExpositionLine {
  /** Places of the labels asked for; empty (`from` is `to`) for those the line lacks. */
  readonly labels: readonly LabelPlace[];
  /** NaN for `NaN`; bigint where a whole number has more digits than a double holds. */
  value: number | bigint = NaN;
  /** Unix ms; NaN where the line has none. */
  timestampMs = NaN;
  /** Where the labels read last end, the brace included. */
  labelsEnd = 0;

  private readonly body: Buffer;
  private readonly wanted: readonly Buffer[];
  private at = 0;

  constructor(body: Buffer, wantedLabels: readonly string[]) {
    this.body = body;
    this.wanted = wantedLabels.map((name) => Buffer.from(name));
    this.labels = wantedLabels.map(() => ({ from: 0, to: 0, escaped: false }));
  }

  /** The text of a label's value, escapes undone. */
  text({ from, to, escaped }: LabelPlace): string {
    const raw = this.body.toString('utf8', from, to);
    return escaped ? raw.replace(/\\([\\"n])/g, (_, what: string) => (what === 'n' ? '\n' : what)) : raw;
  }

  /** Reads what follows the name of a line: from its end to the end of the line. False if that is not as it should be. */
  read(from: number, lineEnd: number): boolean {
    for (const label of this.labels) {
      label.to = label.from;
      label.escaped = false;
    }
    this.at = from;
    if (this.body[from] === OPEN && !this.readLabels(lineEnd)) {
      return false;
    }
    this.labelsEnd = this.at;
    return this.readBehindLabels(this.at, lineEnd);
  }

  /** Reads value and time of a line whose labels are known already and end at `from`. */
  readBehindLabels(from: number, lineEnd: number): boolean {
    this.at = from;
    return this.readBlank(lineEnd) && this.readValue(lineEnd) && this.readTime(lineEnd);
  }

  private readLabels(lineEnd: number): boolean {
    const { body } = this;
    let at = this.at + 1;
    for (;;) {
      while (at < lineEnd && (body[at] === SPACE || body[at] === TAB || body[at] === COMMA)) {
        at++;
      }
      if (body[at] === CLOSE && at < lineEnd) {
        this.at = at + 1;
        return true;
      }
      const nameFrom = at;
      while (at < lineEnd && body[at] !== EQUALS) {
        at++;
      }
      const nameTo = at++;
      if (nameTo === nameFrom || at >= lineEnd || body[at] !== QUOTE) {
        return false;
      }
      const valueFrom = ++at;
      let escaped = false;
      while (at < lineEnd && body[at] !== QUOTE) {
        if (body[at] === BACKSLASH) {
          escaped = true;
          at++;
        }
        at++;
      }
      if (at >= lineEnd) {
        return false;
      }
      this.keep(nameFrom, nameTo, valueFrom, at++, escaped);
    }
  }

  private keep(nameFrom: number, nameTo: number, from: number, to: number, escaped: boolean): void {
    for (let index = 0; index < this.wanted.length; index++) {
      if (bytesEqual(this.body, nameFrom, nameTo, this.wanted[index])) {
        const label = this.labels[index];
        label.from = from;
        label.to = to;
        label.escaped = escaped;
        return;
      }
    }
  }

  private readBlank(lineEnd: number): boolean {
    const from = this.at;
    while (this.at < lineEnd && (this.body[this.at] === SPACE || this.body[this.at] === TAB)) {
      this.at++;
    }
    return this.at > from;
  }

  private readValue(lineEnd: number): boolean {
    const { body } = this;
    const from = this.at;
    let whole = 0;
    let digits = true;
    while (this.at < lineEnd && body[this.at] !== SPACE && body[this.at] !== TAB) {
      const byte = body[this.at++];
      digits &&= byte >= ZERO && byte <= NINE;
      whole = whole * 10 + byte - ZERO;
    }
    const length = this.at - from;
    if (length === 0 || length > MAX_NUMBER_LENGTH) {
      return false;
    }
    if (digits) {
      this.value = length <= SAFE_DIGITS ? whole : exact(body.toString('latin1', from, this.at));
      return true;
    }
    const text = body.toString('latin1', from, this.at);
    if (DECIMAL.test(text)) {
      this.value = Number(text);
      return true;
    }
    this.value = /^nan$/i.test(text) ? NaN : text.startsWith('-') ? -Infinity : Infinity;
    return NOT_FINITE.test(text);
  }

  private readTime(lineEnd: number): boolean {
    const { body } = this;
    this.timestampMs = NaN;
    this.readBlank(lineEnd);
    if (this.at === lineEnd) {
      return true;
    }
    const from = this.at;
    let timeMs = 0;
    while (this.at < lineEnd && body[this.at] >= ZERO && body[this.at] <= NINE) {
      timeMs = timeMs * 10 + body[this.at++] - ZERO;
    }
    const length = this.at - from;
    this.readBlank(lineEnd);
    this.timestampMs = timeMs;
    return length > 0 && length <= SAFE_DIGITS && this.at === lineEnd;
  }
}

/** Whether a piece of bytes is what is expected there. */
export function bytesEqual(body: Uint8Array, from: number, to: number, expected: Uint8Array): boolean {
  if (to - from !== expected.length) {
    return false;
  }
  for (let index = 0; index < expected.length; index++) {
    if (body[from + index] !== expected[index]) {
      return false;
    }
  }
  return true;
}

/** Where the name of the line ends that begins at `from`. */
export function endOfName(body: Uint8Array, from: number, lineEnd: number): number {
  let at = from;
  while (at < lineEnd && body[at] !== OPEN && body[at] !== SPACE && body[at] !== TAB) {
    at++;
  }
  return at;
}

/** The end of the line that begins at `from`; -1 if it has none, and so was cut off. */
export function endOfLine(body: Buffer, from: number): number {
  return body.indexOf(NEWLINE, from);
}

function exact(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}

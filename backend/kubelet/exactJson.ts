/** An integer whose digits a double cannot hold, as the parsed tree carries it: `#` and the digits. */
export type LongInteger = `#${string}`;

/** Runs of this many digits and more may exceed 2^53; shorter ones never do. */
const LONG_RUN = 16;

/**
 * Parses JSON without losing digits: integers of 16 digits and more come as {@link LongInteger} strings, everything else
 * as `JSON.parse` gives it. Throws SyntaxError for what is not JSON.
 *
 * A run of 16 digits covers at least one byte whose offset is a multiple of 16, so one byte in 16 is looked at and the
 * common answer without such a number costs nothing more than `JSON.parse`.
 */
export function parseExactJson(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  const runs = findLongIntegers(bytes);
  if (runs.length === 0) {
    return JSON.parse(text);
  }
  // Offsets in bytes are offsets in characters only while the text is plain ASCII.
  const source = text.length === bytes.length ? text : bytes.toString('latin1');
  let quoted = '';
  let done = 0;
  for (const [from, to] of runs) {
    quoted += `${source.slice(done, from)}"#${source.slice(from, to)}"`;
    done = to;
  }
  quoted += source.slice(done);
  try {
    return JSON.parse(source === text ? quoted : Buffer.from(quoted, 'latin1').toString('utf8'));
  } catch {
    // A text that looks like a number may stand inside a string; the slow way knows, and says what is wrong if all is.
    return JSON.parse(text, keepLongInteger);
  }
}

function keepLongInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source ?? '';
  return typeof value === 'number' && /^-?\d{16,}$/.test(source) ? `#${source}` : value;
}

/** The number behind a value of the tree: exact, bigint only beyond 2^53; undefined if it is no number. */
export function toExactNumber(value: unknown): number | bigint | undefined {
  if (typeof value === 'number') {
    return value;
  }
  if (typeof value === 'string' && /^#-?\d+$/.test(value)) {
    const exact = BigInt(value.slice(1));
    const short = Number(exact);
    return Number.isSafeInteger(short) ? short : exact;
  }
  return undefined;
}

/** Offsets [from, to) of integers with 16 digits and more that stand where a value stands. */
function findLongIntegers(bytes: Buffer): Array<[number, number]> {
  const runs: Array<[number, number]> = [];
  for (let at = LONG_RUN - 1; at < bytes.length; at += LONG_RUN) {
    if (!isDigit(bytes[at])) {
      continue;
    }
    let from = at;
    while (isDigit(bytes[from - 1])) {
      from--;
    }
    let to = at + 1;
    while (isDigit(bytes[to])) {
      to++;
    }
    if (to - from >= LONG_RUN && endsValue(bytes, to)) {
      const start = bytes[from - 1] === MINUS ? from - 1 : from;
      if (startsValue(bytes, start)) {
        runs.push([start, to]);
      }
    }
    at = Math.max(at, to - (to % LONG_RUN) - 1);
  }
  return runs;
}

const MINUS = 0x2d;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Whether a value may begin at `at`: after `:`, `[` or `,`, or at the beginning. */
function startsValue(bytes: Buffer, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && isSpace(bytes[before])) {
    before--;
  }
  return before < 0 || bytes[before] === 0x3a || bytes[before] === 0x5b || bytes[before] === 0x2c;
}

/** Whether a value may end at `at`: before `,`, `}` or `]`, or at the end. */
function endsValue(bytes: Buffer, at: number): boolean {
  let after = at;
  while (after < bytes.length && isSpace(bytes[after])) {
    after++;
  }
  return after === bytes.length || bytes[after] === 0x2c || bytes[after] === 0x7d || bytes[after] === 0x5d;
}

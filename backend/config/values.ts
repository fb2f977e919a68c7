import { isIP } from 'node:net';

/** A value read from text, or the end of a sentence that says what it must be ("must be …"). */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

const GO_UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const GO_UNITS = Object.keys(GO_UNIT_MS).join('|');
const GO_DURATION = new RegExp(`^((\\d+(\\.\\d*)?|\\.\\d+)(${GO_UNITS}))+$`);
const GO_AMOUNTS = new RegExp(`([\\d.]+)(${GO_UNITS})`, 'g');

const BYTE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  k: 1e3,
  kB: 1e3,
  KB: 1e3,
  M: 1e6,
  MB: 1e6,
  G: 1e9,
  GB: 1e9,
  Ki: 2 ** 10,
  KiB: 2 ** 10,
  Mi: 2 ** 20,
  MiB: 2 ** 20,
  Gi: 2 ** 30,
  GiB: 2 ** 30,
};

/** Milliseconds of a duration in Go's notation (`60s`, `1m30s`, `1.5h`, `0`); undefined if it is none. */
export function parseGoDuration(text: string): number | undefined {
  const body = text.replace(/^[-+]/, '');
  if (body === '0') {
    return 0;
  }
  if (!GO_DURATION.test(body)) {
    return undefined;
  }
  let totalMs = 0;
  for (const [, amount, unit] of body.matchAll(GO_AMOUNTS)) {
    totalMs += Number(amount) * GO_UNIT_MS[unit];
  }
  return text.startsWith('-') ? -totalMs : totalMs;
}

/** A duration of at least `leastMs`; `least` is how a person writes that. */
export function duration(leastMs: number, least: string): (text: string) => Parsed<number> {
  return (text) => {
    const valueMs = parseGoDuration(text);
    if (valueMs === undefined) {
      return { problem: 'must be a duration with a unit, such as "60s" or "1m30s"' };
    }
    return valueMs < leastMs ? { problem: `must be at least ${least}` } : { value: valueMs };
  };
}

/** A whole number between two bounds, both included; `1e6` is a way to write a million. */
export function wholeNumber(least: number, most: number): (text: string) => Parsed<number> {
  return (text) => {
    const value = /^\d+(e\d{1,2})?$/i.test(text) ? Number(text) : NaN;
    return value >= least && value <= most ? { value } : { problem: `must be a whole number from ${least} to ${most}` };
  };
}

/** An amount of bytes of at least `least`, with or without a unit. */
export function bytes(least: number): (text: string) => Parsed<number> {
  return (text) => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text) ?? [];
    const value = Math.round(Number(amount) * (BYTE_UNITS[unit] ?? NaN));
    if (!Number.isSafeInteger(value)) {
      return { problem: 'must be an amount of bytes, such as "32MiB"' };
    }
    return value < least ? { problem: `must be at least ${showBytes(least)}` } : { value };
  };
}

/** One word of a list. */
export function choice<T extends string>(...words: T[]): (text: string) => Parsed<T> {
  return (text) => {
    const value = words.find((word) => word === text);
    return value === undefined ? { problem: `must be ${alternatives(words)}` } : { value };
  };
}

const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** A truth value in the spellings Heapster took. */
export function truth(text: string): Parsed<boolean> {
  if (TRUE.includes(text)) {
    return { value: true };
  }
  return FALSE.includes(text) ? { value: false } : { problem: 'must be true or false' };
}

/** Any text that is not empty. */
export function someText(text: string): Parsed<string> {
  return text === '' ? { problem: 'must not be empty' } : { value: text };
}

/** A list in one text, separated by commas; blanks around and empty entries are dropped. */
export function commaList(text: string): Parsed<string[]> {
  const value = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  return value.length === 0 ? { problem: 'must name at least one' } : { value };
}

/** `"a", "b" or "c"`. */
export function alternatives(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted[quoted.length - 1]}`;
}

function showBytes(amount: number): string {
  return amount % 2 ** 20 === 0 ? `${amount / 2 ** 20}MiB` : `${amount} bytes`;
}

/** An IP address, or nothing. */
export function address(text: string): Parsed<string> {
  return text === '' || isIP(text) !== 0 ? { value: text } : { problem: 'must be an IP address, or empty for all' };
}

import { HeapsterError } from './answers.ts';
import { quoteGoTime } from './goQuote.ts';

const LAYOUT = '2006-01-02T15:04:05Z07:00';
/** What Go says of a time that was never set. */
export const ZERO_TIME = '0001-01-01T00:00:00Z';
const ZERO_MS = Date.parse(ZERO_TIME);
const LONGEST_TIME = 100;

/** A time of RFC 3339 on the zone of this process, as Go writes it: whole seconds, `Z` for UTC. */
export function formatTime(timestampMs: number, nanoseconds = 0): string {
  const minutes = -new Date(timestampMs).getTimezoneOffset();
  const local = new Date(timestampMs + minutes * 60_000).toISOString().slice(0, 19);
  const fraction = nanoseconds === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
  return `${local}${fraction}${zoneOf(minutes)}`;
}

/** The same in UTC, whatever the zone: Kubernetes' own objects have it so. */
export function formatUtc(timestampMs: number): string {
  return `${new Date(timestampMs).toISOString().slice(0, 19)}Z`;
}

function zoneOf(minutes: number): string {
  if (minutes === 0) {
    return 'Z';
  }
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Whether a time is the one that Go takes for none at all. */
export function isZeroTime(timestampMs: number): boolean {
  return timestampMs === ZERO_MS;
}

/** The parts of a time in their order: how Go's layout names each, and what of it is text. */
const PARTS = [
  { name: '2006', pattern: /^\d{4}/ },
  { name: '-', pattern: /^-/ },
  { name: '01', pattern: /^\d\d/, range: { what: 'month', least: 1, most: 12 } },
  { name: '-', pattern: /^-/ },
  { name: '02', pattern: /^\d\d/ },
  { name: 'T', pattern: /^T/ },
  { name: '15', pattern: /^\d\d?/, range: { what: 'hour', least: 0, most: 23 } },
  { name: ':', pattern: /^:/ },
  { name: '04', pattern: /^\d\d/, range: { what: 'minute', least: 0, most: 59 } },
  { name: ':', pattern: /^:/ },
  { name: '05', pattern: /^\d\d/, range: { what: 'second', least: 0, most: 59 } },
] as const;

/** Reads a time as Go's parser does, complaining in its words. Fractions of a millisecond are cut. */
export function parseTime(text: string): number {
  const fail = (reason: string) => new HeapsterError(400, `timestamp argument cannot be parsed: ${reason}`);
  if (text.length > LONGEST_TIME) {
    throw fail(`a time has at most ${LONGEST_TIME} characters`);
  }
  const parsing = `parsing time ${quoteGoTime(text)}`;
  const cannot = (rest: string, name: string) =>
    fail(`${parsing} as "${LAYOUT}": cannot parse ${quoteGoTime(rest)} as "${name}"`);
  let rest = text;
  const numbers: number[] = [];
  for (const { name, pattern, ...part } of PARTS) {
    const [found] = pattern.exec(rest) ?? [];
    if (found === undefined) {
      throw cannot(rest, name);
    }
    rest = rest.slice(found.length);
    if (name.length > 1) {
      numbers.push(Number(found));
    }
    if ('range' in part && (Number(found) < part.range.least || Number(found) > part.range.most)) {
      throw fail(`${parsing}: ${part.range.what} out of range`);
    }
  }
  const [fraction = ''] = /^[.,]\d+/.exec(rest) ?? [];
  rest = rest.slice(fraction.length);
  const [zone, sign, hours, minutes] = /^(?:Z|([+-])(\d\d):(\d\d))/.exec(rest) ?? [];
  if (zone === undefined) {
    throw cannot(rest, 'Z07:00');
  }
  if (Number(hours ?? 0) > 24 || Number(minutes ?? 0) > 60) {
    throw fail(`${parsing}: time zone offset ${Number(hours) > 24 ? 'hour' : 'minute'} out of range`);
  }
  if (rest.length > zone.length) {
    throw fail(`${parsing}: extra text: ${quoteGoTime(rest.slice(zone.length))}`);
  }
  const [year, month, day, ...ofDay] = numbers;
  if (day < 1 || day > daysIn(year, month)) {
    throw fail(`${parsing}: day out of range`);
  }
  const offsetMs = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000 * (sign === '-' ? -1 : 1);
  return utcMs(year, month, day, ofDay) + Math.floor(Number(`0.${fraction.slice(1) || '0'}`) * 1000) - offsetMs;
}

function utcMs(year: number, month: number, day: number, [hour, minute, second]: readonly number[]): number {
  const date = new Date(0);
  // Date.UTC takes years up to 99 for those of the last century.
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second, 0);
}

function daysIn(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 0);
  return date.getUTCDate();
}

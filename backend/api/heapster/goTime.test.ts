import fc from 'fast-check';
import { formatTime, isZeroTime, parseTime } from './goTime.ts';

const failure = (text: string): string => {
  try {
    return String(parseTime(text));
  } catch (error) {
    return (error as Error).message.replace('timestamp argument cannot be parsed: ', '');
  }
};

test('times of RFC 3339 are read, with fractions and zones', () => {
  expect(parseTime('2026-11-21T12:00:00Z')).toBe(Date.UTC(2026, 10, 21, 12));
  expect(parseTime('2026-11-21T12:00:00.5+02:00')).toBe(Date.UTC(2026, 10, 21, 10, 0, 0, 500));
  expect(parseTime('2026-11-21T12:00:00-00:30')).toBe(Date.UTC(2026, 10, 21, 12, 30));
  expect(isZeroTime(parseTime('0001-01-01T00:00:00Z'))).toBe(true);
});

test.each([
  ['yesterday', 'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'],
  ['12345', 'parsing time "12345" as "2006-01-02T15:04:05Z07:00": cannot parse "5" as "-"'],
  ['2026-13-01T00:00:00Z', 'parsing time "2026-13-01T00:00:00Z": month out of range'],
  ['2026-02-29T00:00:00Z', 'parsing time "2026-02-29T00:00:00Z": day out of range'],
  ['2026-02-01T24:00:00Z', 'parsing time "2026-02-01T24:00:00Z": hour out of range'],
  ['2026-02-01T00:00:00Zx', 'parsing time "2026-02-01T00:00:00Zx": extra text: "x"'],
  [
    '2026-01-01T00:00:00 02:00',
    'parsing time "2026-01-01T00:00:00 02:00" as "2006-01-02T15:04:05Z07:00": cannot parse " 02:00" as "Z07:00"',
  ],
])('%s is refused in the words of Go', (text, sentence) => {
  expect(failure(text)).toBe(sentence);
});

test('a time that is far too long is refused before it is read', () => {
  expect(failure('2'.repeat(10_000))).toBe('a time has at most 100 characters');
});

test('whatever is sent gives a time or a refusal', () => {
  fc.assert(fc.property(fc.string(), (text) => failure(text).length > 0));
});

test('times are written in whole seconds, and read again as the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: -60_000_000_000, max: 200_000_000_000 }), (seconds) => {
      expect(parseTime(formatTime(seconds * 1000))).toBe(seconds * 1000);
    })
  );
  expect(formatTime(Date.UTC(2026, 0, 1), 1)).toBe('2026-01-01T00:00:00.000000001Z');
});

import fc from 'fast-check';
import { HeapsterError } from './answers.ts';
import { quoteGo, quoteGoTime } from './goQuote.ts';
import { parseTime } from './goTime.ts';
import { readLabels } from './parameters.ts';

const said = (act: () => unknown): string => {
  try {
    return String(act());
  } catch (error) {
    return error instanceof HeapsterError ? error.message : String(error);
  }
};

test.each([
  ['plain', '"plain"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ['\0\x01\x1b\x7f', '"\\x00\\x01\\x1b\\x7f"'],
  ['\x07\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
  ['größe 日本 🙂', '"größe 日本 🙂"'],
  ['a\u00a0b\u200bc\u2028\ufeff', '"a\\u00a0b\\u200bc\\u2028\\ufeff"'],
  ['\u{e0001}', '"\\U000e0001"'],
])('%j is quoted as Go does: printed what can be seen, escaped what cannot', (text, quoted) => {
  expect(quoteGo(text)).toBe(quoted);
});

test('a label pair that is refused is quoted so, with its control characters escaped', () => {
  expect(said(() => readLabels(() => 'größe\x01'))).toBe('invalid label pair "größe\\x01"');
});

test.each([
  ['später', '"sp\\xc3\\xa4ter"'],
  ['\0\n\x7f', '"\\x00\\x0a\x7f"'],
  ['a"b\\', '"a\\"b\\\\"'],
])('of a time that cannot be read, %j is quoted byte by byte', (text, quoted) => {
  expect(quoteGoTime(text)).toBe(quoted);
  expect(said(() => parseTime(text))).toContain(`parsing time ${quoted} as `);
});

test('of ASCII that can be seen both write the same', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~]*$/), (text) => {
      expect(quoteGo(text)).toBe(JSON.stringify(text));
      expect(quoteGoTime(text)).toBe(JSON.stringify(text));
    })
  );
});

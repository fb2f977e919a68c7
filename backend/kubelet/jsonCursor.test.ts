import fc from 'fast-check';
import { END, JsonCursor, JsonError, keyNumber } from './jsonCursor.ts';

const cursorOn = (text: string): JsonCursor => new JsonCursor(Buffer.from(text));

/** JSON as a kubelet may send it: keys are plain, everything else is arbitrary. */
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[ -!#-[\]-~]{0,12}$/), tie('value'), { maxKeys: 4, noNullPrototype: true })
  ),
}));

/** Reads what is expected here, and fails where something else stands. */
function readAs(cursor: JsonCursor, expected: unknown): void {
  if (typeof expected === 'number') {
    // What JSON.parse rounds beyond 2^53 comes exact, and is the same once it is rounded.
    expect(Number(cursor.number())).toBe(expected + 0);
  } else if (typeof expected === 'string') {
    expect(cursor.string()).toBe(expected);
  } else if (Array.isArray(expected)) {
    let count = 0;
    for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
      readAs(cursor, expected[count++]);
    }
    expect(count).toBe(expected.length);
  } else if (expected !== null && typeof expected === 'object') {
    const entries = Object.entries(expected);
    let count = 0;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      expect(key).toBe(keyNumber(entries[count][0]));
      readAs(cursor, entries[count++][1]);
    }
    expect(count).toBe(entries.length);
  } else {
    cursor.skip();
  }
}

test.each([
  ['compact', undefined],
  ['indented', 2],
])('reads any JSON as JSON.parse does, %s', (_form, indent) => {
  fc.assert(
    fc.property(json.value, (value) => {
      const text = JSON.stringify(value, null, indent);
      const cursor = cursorOn(` ${text}\n`);
      readAs(cursor, JSON.parse(text));
      cursor.end();
    })
  );
});

test('passes over any value to exactly its end', () => {
  fc.assert(
    fc.property(json.value, (value) => {
      const cursor = cursorOn(`[${JSON.stringify(value, null, 1)},7]`);
      expect(cursor.firstItem()).toBe(true);
      cursor.skip();
      expect(cursor.nextItem()).toBe(true);
      expect(cursor.number()).toBe(7);
    })
  );
});

test('integers keep all their digits: a number where it is exact, a bigint beyond', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (value) => {
      const short = Number(value);
      expect(cursorOn(String(value)).number()).toBe(Number.isSafeInteger(short) ? short : value);
    })
  );
  expect(cursorOn('9007199254740993').number()).toBe(9_007_199_254_740_993n);
  expect(cursorOn('18446744073709551615').number()).toBe(18_446_744_073_709_551_615n);
});

test('digits inside texts are left alone', () => {
  expect(cursorOn('"9007199254740993"').string()).toBe('9007199254740993');
  expect(cursorOn('"a: 9007199254740993, b"').string()).toBe('a: 9007199254740993, b');
});

test('null counts as missing, whatever is asked for', () => {
  expect(cursorOn('null').number()).toBeUndefined();
  expect(cursorOn('null').string()).toBe('');
  expect(cursorOn('null').timeMs()).toBeNaN();
  expect(cursorOn('null').firstKey()).toBe(END);
  expect(cursorOn('null').firstItem()).toBe(false);
});

describe('times', () => {
  test('are read as Date.parse reads them', () => {
    const time = fc.date({ min: new Date('1970-01-02'), max: new Date('2200-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 5 }), (times) => {
        const texts = times.map((date) =>
          date
            .toISOString()
            .replace('.000Z', 'Z')
            .replace(/\.\d+Z$/, 'Z')
        );
        const cursor = cursorOn(JSON.stringify(texts));
        const read: number[] = [];
        for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
          read.push(cursor.timeMs());
        }
        expect(read).toEqual(texts.map((text) => Date.parse(text)));
      })
    );
  });

  test.each([
    ['2026-11-21T11:27:38Z', 1_795_260_458_000],
    ['2026-11-21T11:27:38.5Z', 1_795_260_458_500],
    ['2026-11-21T12:27:38+01:00', 1_795_260_458_000],
    ['0001-01-01T00:00:00Z', NaN],
    ['1970-01-01T00:00:00Z', NaN],
    ['yesterday', NaN],
    ['', NaN],
    ['2026-11-21T99:27:38Z', NaN],
    ['2026-13-21T11:27:38Z', NaN],
    ['aaaa-bb-ccTdd:ee:ffZ', NaN],
  ])('"%s" is %d', (text, expected) => {
    expect(cursorOn(JSON.stringify(text)).timeMs()).toBe(expected);
  });

  test('end where their text ends, also where a "Z" and a quote follow by chance', () => {
    const cursor = cursorOn('["","","ab","cdefghijZ"]');
    expect(cursor.firstItem()).toBe(true);
    expect(cursor.timeMs()).toBeNaN();
    for (const text of ['', 'ab', 'cdefghijZ']) {
      expect(cursor.nextItem()).toBe(true);
      expect(cursor.string()).toBe(text);
    }
    expect(cursor.nextItem()).toBe(false);
  });
});

test.each([
  ['an object', '[1]', (cursor: JsonCursor) => cursor.firstKey(), 'Expected an object, found "[1]" at byte 0'],
  ['a list', '{"a":1}', (cursor: JsonCursor) => cursor.firstItem(), 'Expected a list, found'],
  ['a number', '"5"', (cursor: JsonCursor) => cursor.number(), 'Expected a number, found'],
  ['a text', '5', (cursor: JsonCursor) => cursor.string(), 'Expected a text, found "5" at byte 0'],
  ['a value', 'nonsense', (cursor: JsonCursor) => cursor.skip(), 'Expected a value, found "nonsense" at byte 0'],
  ['the end', '1 2', (cursor: JsonCursor) => (cursor.skip(), cursor.end()), 'Expected the end, found "2" at byte 2'],
  ['a number', '', (cursor: JsonCursor) => cursor.number(), 'The answer ends where a number was expected at byte 0'],
  ['a whole text', '"abc', (cursor: JsonCursor) => cursor.string(), 'The answer ends inside a text at byte 4'],
  ['a plain key', '{"a\\u0041":1}', (cursor: JsonCursor) => cursor.firstKey(), 'A key that no kubelet writes'],
  ['a colon', '{"a" 1}', (cursor: JsonCursor) => cursor.firstKey(), 'Expected ":"'],
])('where %s was expected, %s is an error that says where', (_what, text, read, message) => {
  expect(() => read(cursorOn(text))).toThrow(JsonError);
  expect(() => read(cursorOn(text))).toThrow(message);
});

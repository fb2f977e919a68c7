import fc from 'fast-check';
import { bytes, duration, parseGoDuration, truth, wholeNumber } from './values.ts';

describe('a duration in Go notation', () => {
  test.each([
    ['60s', 60_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['100ms', 100],
    ['.5s', 500],
    ['2us', 0.002],
    ['0', 0],
    ['-5s', -5_000],
    ['+5s', 5_000],
  ])('%s is %d ms', (text, expectedMs) => {
    expect(parseGoDuration(text)).toBeCloseTo(expectedMs, 9);
  });

  test.each(['', '60', '5 s', 's', '1d', '5S', '1m-30s', '1e3s', '٣s', 'Infinity'])('"%s" is none', (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });

  test('what is written in parts is their sum', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(999), fc.nat(999), (hours, minutes, seconds) => {
        const expectedMs = ((hours * 60 + minutes) * 60 + seconds) * 1000;
        expect(parseGoDuration(`${hours}h${minutes}m${seconds}s`)).toBe(expectedMs);
      })
    );
  });

  test('no text makes the parser throw', () => {
    const parse = duration(0, '0s');
    fc.assert(fc.property(fc.string(), (text) => 'value' in parse(text) || 'problem' in parse(text)));
  });
});

describe('an amount of bytes', () => {
  const parse = bytes(1);

  test.each([
    ['32MiB', 33_554_432],
    ['32Mi', 33_554_432],
    ['1.5 GiB', 1_610_612_736],
    ['1GB', 1_000_000_000],
    ['512', 512],
  ])('%s is %d', (text, value) => {
    expect(parse(text)).toEqual({ value });
  });

  test.each(['', '-1', '1XB', 'MiB', '1e400', '9007199254740993GiB', 'constructor', '1toString'])(
    '"%s" is none',
    (text) => {
      expect(parse(text)).toHaveProperty('problem');
    }
  );
});

test('a whole number may be written as 1e6, but not with a fraction, a sign or words', () => {
  const parse = wholeNumber(0, 1e9);
  expect(parse('1e6')).toEqual({ value: 1_000_000 });
  for (const text of ['1.5', '-1', '+1', '0x10', '', ' 1', '1e99']) {
    expect(parse(text)).toHaveProperty('problem');
  }
});

test("truth is spelled in Heapster's twelve ways and no other", () => {
  for (const text of ['1', 't', 'T', 'TRUE', 'true', 'True']) {
    expect(truth(text)).toEqual({ value: true });
  }
  for (const text of ['0', 'f', 'F', 'FALSE', 'false', 'False']) {
    expect(truth(text)).toEqual({ value: false });
  }
  for (const text of ['', 'yes', 'no', 'tRUE', '2']) {
    expect(truth(text)).toHaveProperty('problem');
  }
});

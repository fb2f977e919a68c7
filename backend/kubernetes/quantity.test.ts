import fc from 'fast-check';
import { roundUpQuantity } from './quantity.ts';

test.each([
  ['2', 'milli', 2000],
  ['1500m', 'milli', 1500],
  ['1500u', 'milli', 2],
  ['1n', 'milli', 1],
  ['0.1', 'milli', 100],
  ['.5', 'milli', 500],
  ['5.', 'milli', 5000],
  ['1500m', 'unit', 2],
  ['128Mi', 'unit', 134_217_728],
  ['1.5Gi', 'unit', 1_610_612_736],
  ['128974848', 'unit', 128_974_848],
  ['129e6', 'unit', 129_000_000],
  ['129M', 'unit', 129_000_000],
  ['1e3', 'unit', 1000],
  ['1E3', 'unit', 1000],
  ['1E', 'unit', 1e18],
  ['12e-1', 'unit', 2],
  ['1Ei', 'unit', 2 ** 60],
  ['9007199254740993', 'unit', 9_007_199_254_740_992],
  ['100E', 'unit', 2 ** 63],
  ['1e999999999', 'unit', 2 ** 63],
  ['1e-999999999', 'unit', 1],
  ['0e999', 'unit', 0],
  ['-1.2', 'unit', -2],
  ['+3', 'unit', 3],
] as const)('%s in %s is %d', (text, scale, expected) => {
  expect(roundUpQuantity(text, scale)).toBe(expected);
});

test.each([
  '',
  '.',
  '-',
  'Mi',
  '1mi',
  '1 Mi',
  '1KiB',
  '0x10',
  '1e',
  '1e+',
  '1,5',
  'NaN',
  'Infinity',
  '１',
  '1'.repeat(65),
])('"%s" is not a quantity', (text) => {
  expect(roundUpQuantity(text, 'unit')).toBeUndefined();
});

const SUFFIXES: ReadonlyArray<readonly [suffix: string, numerator: bigint, denominator: bigint]> = [
  ['n', 1n, 10n ** 9n],
  ['u', 1n, 10n ** 6n],
  ['m', 1n, 1000n],
  ['', 1n, 1n],
  ['k', 1000n, 1n],
  ['M', 10n ** 6n, 1n],
  ['G', 10n ** 9n, 1n],
  ['Ki', 1024n, 1n],
  ['Mi', 1024n ** 2n, 1n],
  ['Gi', 1024n ** 3n, 1n],
  ['Ti', 1024n ** 4n, 1n],
  ['e2', 100n, 1n],
  ['E-2', 1n, 100n],
];

test('every amount is the exact one, rounded up', () => {
  const digits = fc.integer({ min: 0, max: 999_999 });
  fc.assert(
    fc.property(digits, fc.stringMatching(/^\d{0,6}$/), fc.constantFrom(...SUFFIXES), (whole, fraction, suffix) => {
      const [name, numerator, denominator] = suffix;
      const text = `${whole}${fraction === '' ? '' : `.${fraction}`}${name}`;
      const top = BigInt(`${whole}${fraction}`) * numerator;
      const bottom = denominator * 10n ** BigInt(fraction.length);
      expect(roundUpQuantity(text, 'unit')).toBe(Number((top + bottom - 1n) / bottom));
      expect(roundUpQuantity(text, 'milli')).toBe(Number((top * 1000n + bottom - 1n) / bottom));
    })
  );
});

test('no text makes it throw or answer with something that is not a number', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.eE+\-numkMGTPi]{0,70}$/)), (text) => {
      const amount = roundUpQuantity(text, 'milli');
      expect(amount === undefined || Number.isFinite(amount)).toBe(true);
    })
  );
});

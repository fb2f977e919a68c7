/** `milli` counts thousandths (cpu: millicores), `unit` whole ones (bytes, devices). */
export type QuantityScale = 'milli' | 'unit';

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/;
const MAX_LENGTH = 64;
/** Kubernetes keeps no quantity beyond this; larger ones are cut to it. */
const MAX_UNITS = 2n ** 63n - 1n;

const BINARY_EXPONENTS: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const DECIMAL_EXPONENTS: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

/** Factors of the suffixes that leave a whole number whole: nearly all quantities there are, and quick. */
const WHOLE_FACTORS: Readonly<Record<QuantityScale, Readonly<Record<string, number>>>> = {
  milli: { m: 1, '': 1000, k: 1e6, Ki: 1024e3, Mi: 1024 ** 2 * 1000, Gi: 1024 ** 3 * 1000 },
  unit: { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 },
};

/**
 * Reads a Kubernetes quantity exactly and rounds it away from zero to the scale, as Heapster does:
 * `1500u` cpu is 2 millicores, `1500m` memory is 2 bytes, `1.5Gi` is 1610612736. Undefined if it is not a quantity.
 */
export function roundUpQuantity(text: string, scale: QuantityScale): number | undefined {
  const match = text.length <= MAX_LENGTH ? SHAPE.exec(text) : null;
  if (!match) {
    return undefined;
  }
  const [, sign, whole, fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') {
    return undefined;
  }
  const plain = sign === '' && fraction === '' ? Number(whole) * (WHOLE_FACTORS[scale][suffix] ?? NaN) : NaN;
  if (plain <= Number.MAX_SAFE_INTEGER) {
    return plain;
  }
  const digits = BigInt(whole + fraction);
  const amount = roundUp(digits, fraction.length, suffix, scale === 'milli' ? 3 : 0);
  return sign === '-' ? -amount : amount;
}

function roundUp(digits: bigint, decimals: number, suffix: string, scaleExponent: number): number {
  const exponent = decimalExponent(suffix) - decimals;
  const binary = 1n << BigInt(BINARY_EXPONENTS[suffix] ?? 0);
  const most = MAX_UNITS * 10n ** BigInt(scaleExponent);
  const scaled = exponent + scaleExponent;
  if (scaled >= 0) {
    return Number(smaller(digits * binary * 10n ** BigInt(scaled), most));
  }
  const divisor = 10n ** BigInt(-scaled);
  return Number(smaller((digits * binary + divisor - 1n) / divisor, most));
}

function decimalExponent(suffix: string): number {
  if (/^[eE][+-]?\d/.test(suffix)) {
    // Beyond a hundred every quantity is either cut to the largest or rounded up to the smallest one.
    return Math.max(-200, Math.min(200, Number(suffix.slice(1))));
  }
  return DECIMAL_EXPONENTS[suffix] ?? 0;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

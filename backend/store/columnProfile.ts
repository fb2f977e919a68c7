/** Divisors tried from the largest: whole pages, whole microseconds in ns, whole numbers. */
export const STEPS = [4096, 1000, 1] as const;
/** Tried where not all are integers: two decimals (averages of the kernel), six (millicores made of nanocores). */
export const DECIMALS = [100, 1_000_000] as const;
const MAX_DISTINCT = 32;

/** What decides how a column is packed. */
export interface Profile {
  /** Smallest and largest value present. */
  min: number;
  max: number;
  /** Index into STEPS of the largest step all values are multiples of, counted from `min`; behind them DECIMALS; else -1. */
  step: number;
  /** The majority value if there is one, and how many others there are. */
  common: number;
  uncommon: number;
}

/** Looks at all values of a column. */
export function profile(values: Float64Array): Profile {
  let min = Infinity;
  let max = -Infinity;
  let isInteger = true;
  let common = NaN;
  let lead = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (value === value) {
      min = value < min ? value : min;
      max = value > max ? value : max;
      isInteger = isInteger && Number.isSafeInteger(value);
    }
    // Boyer and Moore's vote finds the majority value, if there is one.
    if (lead === 0) {
      common = value;
    }
    lead += same(value, common) ? 1 : -1;
  }
  let uncommon = 0;
  for (let row = 0; row < values.length; row++) {
    uncommon += same(values[row], common) ? 0 : 1;
  }
  const step = uncommon === 0 ? -1 : isInteger ? largestStep(values, min) : decimalStep(values, min);
  return { min, max, step, common, uncommon };
}

/** Whether two columns hold the same; rows that `before` does not have count as absent. */
export function isSameColumn(values: Float64Array, before: Float64Array): boolean {
  for (let row = 0; row < values.length; row++) {
    if (values[row] !== before[row] && (values[row] === values[row] || before[row] === before[row])) {
      return false;
    }
  }
  return true;
}

/** Equality that takes NaN for a value. */
export function same(one: number, other: number): boolean {
  return one === other || (one !== one && other !== other);
}

function largestStep(values: Float64Array, min: number): number {
  for (let step = 0; step < STEPS.length - 1; step++) {
    const size = STEPS[step];
    let row = 0;
    while (row < values.length && (values[row] !== values[row] || (values[row] - min) % size === 0)) {
      row++;
    }
    if (row === values.length) {
      return step;
    }
  }
  return STEPS.length - 1;
}

/** The step of values that are all multiples of a hundredth or of a millionth; -1 if they are not. */
function decimalStep(values: Float64Array, min: number): number {
  for (let decimal = 0; decimal < DECIMALS.length && min >= 0; decimal++) {
    const parts = DECIMALS[decimal];
    let row = 0;
    while (
      row < values.length &&
      (values[row] !== values[row] || Math.round(values[row] * parts) / parts === values[row])
    ) {
      row++;
    }
    if (row === values.length) {
      return STEPS.length + decimal;
    }
  }
  return -1;
}

/** Distinct values in order of appearance, NaN included; undefined if there are more than `most`, or than a dictionary has. */
export function distinctValues(values: Float64Array, most: number): number[] | undefined {
  const limit = Math.min(MAX_DISTINCT, most);
  const distinct: number[] = [];
  for (let row = 0; row < values.length; row++) {
    let known = distinct.length - 1;
    while (known >= 0 && !same(distinct[known], values[row])) {
      known--;
    }
    if (known < 0) {
      if (distinct.length >= limit) {
        return undefined;
      }
      distinct.push(values[row]);
    }
  }
  return distinct;
}

import { DamagedBytesError } from './byteReader.ts';
import { LARGEST_INTEGER } from './numberStream.ts';

/** Parts tried where numbers are not whole: hundredths (averages of the kernel), millionths (millicores of nanocores). */
const PARTS = [1, 100, 1_000_000] as const;
/** Two of these differ by no more than can be written. */
const LARGEST = LARGEST_INTEGER / 2;

/**
 * Finds the parts all numbers are whole multiples of and puts the multiples into `target`. Answers with the number of the
 * form; -1 if there is none that gives back every number exactly.
 */
export function wholeForm(values: Float64Array, count: number, target: Float64Array): number {
  for (let form = 0; form < PARTS.length; form++) {
    if (takeWhole(values, count, target, PARTS[form])) {
      return form;
    }
  }
  return -1;
}

/** Turns multiples back into the numbers, in place. */
export function readWhole(form: number, values: Float64Array, count: number): void {
  const parts = PARTS[form];
  if (parts === undefined) {
    throw new DamagedBytesError(`Whole numbers of the unknown form ${form}`);
  }
  for (let index = 0; parts > 1 && index < count; index++) {
    values[index] /= parts;
  }
}

function takeWhole(values: Float64Array, count: number, target: Float64Array, parts: number): boolean {
  for (let index = 0; index < count; index++) {
    const value = values[index];
    const multiple = parts === 1 ? Math.trunc(value) : Math.round(value * parts);
    const isExact = (parts === 1 ? multiple : multiple / parts) === value;
    if (!isExact || multiple > LARGEST || multiple < -LARGEST || (value === 0 && 1 / value < 0)) {
      return false;
    }
    target[index] = multiple;
  }
  return true;
}

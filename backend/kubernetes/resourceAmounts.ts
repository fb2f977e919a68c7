import type { ResourceAmounts } from '../model/facts.ts';
import type { JsonObject } from './json.ts';
import { roundUpQuantity } from './quantity.ts';
import type { QuantityScale } from './quantity.ts';

/** Collects sentences about quantities that cannot be read; each says where it stands. */
export type Faults = string[];

type AmountName = keyof ResourceAmounts;

const AMOUNTS: ReadonlyArray<readonly [resource: string, name: AmountName, scale: QuantityScale]> = [
  ['cpu', 'cpuMillicores', 'milli'],
  ['memory', 'memoryBytes', 'unit'],
  ['ephemeral-storage', 'ephemeralStorageBytes', 'unit'],
];

export const AMOUNT_NAMES: readonly AmountName[] = AMOUNTS.map(([, name]) => name);

/** The three resources Heapster counts, from a resource list of the API; a bad quantity is left out and reported. */
export function readAmounts(list: JsonObject, where: string, faults: Faults): ResourceAmounts {
  const amounts: Partial<Record<AmountName, number>> = {};
  for (const [resource, name, scale] of AMOUNTS) {
    const amount =
      list[resource] === undefined ? undefined : readQuantity(list[resource], resource, scale, where, faults);
    if (amount !== undefined) {
      amounts[name] = amount;
    }
  }
  return amounts;
}

/** Every other resource of a list, in whole units; undefined if there is none. */
export function readOtherAmounts(
  list: JsonObject,
  where: string,
  faults: Faults
): Readonly<Record<string, number>> | undefined {
  let amounts: Record<string, number> | undefined;
  for (const resource of Object.keys(list)) {
    if (AMOUNTS.some(([known]) => known === resource)) {
      continue;
    }
    const amount = readQuantity(list[resource], resource, 'unit', where, faults);
    if (amount !== undefined) {
      amounts ??= {};
      amounts[resource] = amount;
    }
  }
  return amounts;
}

/** One quantity, never negative; undefined and a fault if it cannot be read. */
export function readQuantity(
  value: unknown,
  resource: string,
  scale: QuantityScale,
  where: string,
  faults: Faults
): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  const amount = typeof text === 'string' ? roundUpQuantity(text, scale) : undefined;
  if (amount !== undefined && amount >= 0) {
    return amount;
  }
  faults.push(`The ${resource} quantity ${shown(value)} of ${where} cannot be read and is left out.`);
  return undefined;
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? 'undefined';
}

/** A well-mixed 32-bit number from two numbers; the simulator's only source of chance, so that a seed decides everything. */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul((b + 0x7f4a7c15) | 0, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** A 32-bit number from a text and a seed. */
export function mixText(seed: number, text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return mix(seed, h);
}

/** Chance in [0, 1) number `index` of a seed. */
export function chance(seed: number, index: number): number {
  return mix(seed, index) / 4294967296;
}

/** A number in [low, high), number `index` of a seed. */
export function between(seed: number, index: number, low: number, high: number): number {
  return low + chance(seed, index) * (high - low);
}

/** A whole number in [low, high], number `index` of a seed. */
export function wholeBetween(seed: number, index: number, low: number, high: number): number {
  return low + Math.floor(chance(seed, index) * (high - low + 1));
}

/** One of the choices, number `index` of a seed. */
export function pick<T>(seed: number, index: number, choices: readonly T[]): T {
  return choices[Math.floor(chance(seed, index) * choices.length)];
}

const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Letters and digits as Kubernetes puts at the end of generated names. */
export function suffix(seed: number, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) {
    text += SUFFIX_ALPHABET[mix(seed, i + 101) % SUFFIX_ALPHABET.length];
  }
  return text;
}

const HEX_OF_16_BITS = Array.from({ length: 65_536 }, (_, bits) => bits.toString(16).padStart(4, '0'));

/** `length` hexadecimal digits. */
export function hex(seed: number, length: number): string {
  let text = '';
  for (let i = 0; text.length < length; i++) {
    const bits = mix(seed, i + 211);
    text += HEX_OF_16_BITS[bits >>> 16] + HEX_OF_16_BITS[bits & 65_535];
  }
  return text.slice(0, length);
}

/** A UUID of version 4. */
export function uuid(seed: number): string {
  const digits = hex(seed, 32);
  const variant = '89ab'[mix(seed, 307) & 3];
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
}

/** Puts the items into an order that the seed decides, in place. */
export function shuffle<T>(seed: number, items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = mix(seed, i) % (i + 1);
    const kept = items[i];
    items[i] = items[j];
    items[j] = kept;
  }
  return items;
}

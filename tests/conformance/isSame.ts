import type { ExactValue } from './exactJson.ts';

const NUMBER_TOLERANCE = 1e-9;
/** `uptime` was read from a clock that the recording knows to 100 ms. */
const UPTIME_TOLERANCE_MS = 100;

/** Whether two values are the same; the entries of `uptime` to 100 ms, and doubles to their last digits. */
export function isSame(ours: ExactValue, theirs: ExactValue, tolerance = 0): boolean {
  if (typeof ours === 'number' && typeof theirs === 'number') {
    return (
      Math.abs(ours - theirs) <=
      Math.max(tolerance, Math.abs(theirs) * (Number.isInteger(theirs) ? 0 : NUMBER_TOLERANCE))
    );
  }
  if (typeof ours !== 'object' || typeof theirs !== 'object' || ours === null || theirs === null) {
    return ours === theirs;
  }
  const [own, recorded] = [Object.entries(ours), Object.entries(theirs)];
  const other = theirs as { readonly [key: string]: ExactValue };
  return (
    own.length === recorded.length &&
    own.every(
      ([key, value]) => key in other && isSame(value, other[key], key === 'uptime' ? UPTIME_TOLERANCE_MS : tolerance)
    )
  );
}

/** Two values that differ, as a sentence tells them. */
export function difference(ours: ExactValue, theirs: ExactValue): string {
  const text = (value: ExactValue) =>
    JSON.stringify(value, (_key, entry: unknown) => (typeof entry === 'bigint' ? `${entry}` : entry)).slice(0, 400);
  return `${text(ours)} instead of ${text(theirs)}`;
}

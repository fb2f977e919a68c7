/** Reads that follow one another share their memory: garbage outside of the heap makes collecting it expensive. */
const KEPT_BYTES = 1 << 21;

let kept = Buffer.alloc(0);

/** Memory for bytes that are looked at before the next ones are asked for. */
export function sharedBytes(length: number): Buffer {
  if (length > KEPT_BYTES) {
    return Buffer.allocUnsafeSlow(length);
  }
  if (kept.length < length) {
    kept = Buffer.allocUnsafeSlow(Math.min(KEPT_BYTES, length * 2));
  }
  return kept.subarray(0, length);
}

/**
 * Memory for what lives only while one batch is packed. Thousands of small arrays per round would each be allocated and
 * freed on their own; these are parts of one that is used again. What was taken is valid until the next `reset`.
 */
export class Scratch {
  private floats = new Float64Array(1 << 15);
  private floatsUsed = 0;
  private bytes = new Uint8Array(1 << 17);
  private bytesUsed = 0;

  /** Gives everything back. */
  reset(): void {
    this.floatsUsed = 0;
    this.bytesUsed = 0;
  }

  /** So many numbers of any value. */
  takeFloats(count: number): Float64Array {
    if (this.floatsUsed + count > this.floats.length) {
      // What was taken before stays valid: it keeps the old array alive.
      this.floats = new Float64Array(Math.max(count, this.floats.length * 2));
      this.floatsUsed = 0;
    }
    this.floatsUsed += count;
    return this.floats.subarray(this.floatsUsed - count, this.floatsUsed);
  }

  /** So many bytes of any value. */
  takeBytes(count: number): Uint8Array {
    if (this.bytesUsed + count > this.bytes.length) {
      this.bytes = new Uint8Array(Math.max(count, this.bytes.length * 2));
      this.bytesUsed = 0;
    }
    this.bytesUsed += count;
    return this.bytes.subarray(this.bytesUsed - count, this.bytesUsed);
  }
}

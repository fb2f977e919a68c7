const SLAB_BYTES = 1 << 18;

/**
 * Hands out memory for packed rounds from large pieces. Thousands of nodes pack several arrays each per round, all of which
 * are forgotten together: so they share a few pieces, which the garbage collector looks at once. A piece is freed when
 * nothing in it is needed any more.
 */
export class Slabs {
  private slab = new Uint8Array(0);
  private used = 0;

  /** So many bytes, all 0. */
  take(bytes: number): Uint8Array {
    if (this.used + bytes > this.slab.length) {
      this.slab = new Uint8Array(Math.max(SLAB_BYTES, bytes));
      this.used = 0;
    }
    this.used += bytes;
    return this.slab.subarray(this.used - bytes, this.used);
  }
}

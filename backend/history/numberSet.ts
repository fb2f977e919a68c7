/** A set of whole numbers from 0 on that lie close together, in one bit each. */
export class NumberSet {
  private bits = new Uint32Array(256);

  has(number: number): boolean {
    return ((this.bits[number >>> 5] ?? 0) & (1 << (number & 31))) !== 0;
  }

  /** Answers whether it was not there before. */
  add(number: number): boolean {
    const word = number >>> 5;
    if (word >= this.bits.length) {
      const larger = new Uint32Array(Math.max(word + 1, this.bits.length * 2));
      larger.set(this.bits);
      this.bits = larger;
    }
    const bit = 1 << (number & 31);
    const isNew = (this.bits[word] & bit) === 0;
    this.bits[word] |= bit;
    return isNew;
  }
}

/**
 * Remembers the labels of the last family line by line. The next one mostly has the same in the same order, and to compare
 * bytes is quicker than to read them.
 */
export class KnownLabels {
  /** The row that belongs to the labels found last. */
  row = 0;
  private before: number[] = [];
  private now: number[] = [];
  private next = 0;
  private family: unknown;

  /** Tells of which family the line is that begins. */
  startLine(family: unknown): void {
    if (family !== this.family) {
      [this.before, this.now] = [this.now, this.before];
      this.now.length = 0;
      this.next = 0;
      this.family = family;
    }
  }

  /** The end of the labels that begin at `from`, if they are those of the line in the same place before; else 0. */
  findEnd(body: Buffer, from: number, lineEnd: number): number {
    const at = this.next;
    this.next += 3;
    if (at >= this.before.length) {
      return 0;
    }
    const [knownFrom, knownTo] = [this.before[at], this.before[at + 1]];
    const to = from + knownTo - knownFrom;
    if (to === from || to > lineEnd || body.compare(body, knownFrom, knownTo, from, to) !== 0) {
      return 0;
    }
    this.row = this.before[at + 2];
    return to;
  }

  keep(from: number, to: number, row: number): void {
    this.now.push(from, to, row);
  }
}

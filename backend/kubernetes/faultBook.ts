const MAX_OBJECTS = 1_000;
const MAX_SENTENCES = 5;

/** The faults of objects as they are now, for a limited number of objects. */
export class FaultBook {
  private readonly byObject = new Map<string, readonly string[]>();

  /** Replaces what is known about an object; no faults clear it. */
  set(uid: string, faults: readonly string[]): void {
    if (faults.length === 0) {
      this.byObject.delete(uid);
    } else if (this.byObject.has(uid) || this.byObject.size < MAX_OBJECTS) {
      this.byObject.set(uid, faults);
    }
  }

  /** A few of the faults, and how many objects have others. */
  sentences(): string[] {
    const shown: string[] = [];
    for (const [sentence] of this.byObject.values()) {
      if (shown.length === MAX_SENTENCES) {
        break;
      }
      shown.push(sentence);
    }
    const others = this.byObject.size - shown.length;
    return others > 0 ? [...shown, `${others} other objects have quantities that cannot be read.`] : shown;
  }
}

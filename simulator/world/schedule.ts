/** A binary heap of things that happen at a time, earliest first; equal times in the order they were put in. */
export class Schedule<T> {
  #entries: Array<{ atMs: number; order: number; item: T }> = [];
  #order = 0;

  get nextMs(): number {
    return this.#entries.length > 0 ? this.#entries[0].atMs : Infinity;
  }

  get size(): number {
    return this.#entries.length;
  }

  add(atMs: number, item: T): void {
    if (!Number.isFinite(atMs)) {
      return;
    }
    const heap = this.#entries;
    const entry = { atMs, order: this.#order++, item };
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent])) {
        break;
      }
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  /** Takes out the earliest entry if it is due at `nowMs`. */
  takeDue(nowMs: number): { atMs: number; item: T } | undefined {
    const heap = this.#entries;
    if (heap.length === 0 || heap[0].atMs > nowMs) {
      return undefined;
    }
    const first = heap[0];
    const last = heap.pop();
    if (last !== undefined && last !== first) {
      this.#sinkFromTop(last);
    }
    return first;
  }

  #sinkFromTop(entry: { atMs: number; order: number; item: T }): void {
    const heap = this.#entries;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) {
        child++;
      }
      if (child >= heap.length || !isBefore(heap[child], entry)) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = entry;
  }
}

function isBefore(a: { atMs: number; order: number }, b: { atMs: number; order: number }): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

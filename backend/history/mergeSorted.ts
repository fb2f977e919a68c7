interface Source<Item> {
  head: Item;
  readonly rest: Iterator<Item>;
  /** Of two that are equal, the one of the earlier source comes first. */
  readonly position: number;
}

/** Puts sorted sources together into one, reading no further than asked. What is equal comes in order of the sources. */
export function* mergeSorted<Item>(
  sources: ReadonlyArray<Iterable<Item>>,
  compare: (one: Item, other: Item) => number
): Generator<Item> {
  const heap: Array<Source<Item>> = [];
  const isBefore = (one: Source<Item>, other: Source<Item>) =>
    (compare(one.head, other.head) || one.position - other.position) < 0;
  try {
    sources.forEach((source, position) => {
      const rest = source[Symbol.iterator]();
      const { done, value } = rest.next();
      if (!done) {
        heap.push({ head: value, rest, position });
        rise(heap, isBefore);
      }
    });
    while (heap.length > 0) {
      const [first] = heap;
      yield first.head;
      const { done, value } = first.rest.next();
      if (!done) {
        first.head = value;
      } else {
        const last = heap.pop()!;
        if (heap.length > 0) {
          heap[0] = last;
        }
      }
      sink(heap, isBefore);
    }
  } finally {
    heap.forEach(({ rest }) => rest.return?.());
  }
}

/** Moves the last of a heap up to where it belongs. */
function rise<Item>(heap: Item[], isBefore: (one: Item, other: Item) => boolean): void {
  for (let at = heap.length - 1; at > 0;) {
    const above = (at - 1) >> 1;
    if (!isBefore(heap[at], heap[above])) {
      return;
    }
    [heap[at], heap[above]] = [heap[above], heap[at]];
    at = above;
  }
}

/** Moves the first of a heap down to where it belongs. */
function sink<Item>(heap: Item[], isBefore: (one: Item, other: Item) => boolean): void {
  for (let at = 0; ;) {
    let least = at;
    for (const below of [2 * at + 1, 2 * at + 2]) {
      if (below < heap.length && isBefore(heap[below], heap[least])) {
        least = below;
      }
    }
    if (least === at) {
      return;
    }
    [heap[at], heap[least]] = [heap[least], heap[at]];
    at = least;
  }
}

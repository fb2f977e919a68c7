import type { HistoryObject } from './inventory.ts';

const PAGE_BITS = 10;
const PAGE_SIZE = 1 << PAGE_BITS;

interface Page {
  readonly objects: Array<HistoryObject | undefined>;
  count: number;
}

/** Objects by their numbers, which lie close together: a place in an array each, where a map would take four times as much. */
export class NumberedObjects {
  private readonly pages: Array<Page | undefined> = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(number: number): HistoryObject | undefined {
    return this.pages[number >>> PAGE_BITS]?.objects[number & (PAGE_SIZE - 1)];
  }

  /** Takes an object whose number nobody has. */
  add(object: HistoryObject): void {
    const at = object.number >>> PAGE_BITS;
    const page = (this.pages[at] ??= { objects: new Array(PAGE_SIZE), count: 0 });
    page.objects[object.number & (PAGE_SIZE - 1)] = object;
    page.count++;
    this.count++;
  }

  /** Removes an object that is there. */
  remove({ number }: HistoryObject): void {
    const at = number >>> PAGE_BITS;
    const page = this.pages[at]!;
    page.objects[number & (PAGE_SIZE - 1)] = undefined;
    this.count--;
    if (--page.count === 0) {
      this.pages[at] = undefined;
    }
  }

  /** In order of their numbers. Objects may come and go meanwhile. */
  *values(): Generator<HistoryObject> {
    for (let at = 0; at < this.pages.length; at++) {
      for (const object of this.pages[at]?.objects ?? []) {
        if (object) {
          yield object;
        }
      }
    }
  }
}

/** Opened pages of one process, the latest asked for, in so many bytes at most. */
export class PageCache {
  private readonly pages = new Map<string, Uint8Array>();
  private readonly mostBytes: number;
  private bytes = 0;

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes;
  }

  /** A page by its name, opened now if it is not kept. */
  page(name: string, open: () => Uint8Array): Uint8Array {
    const known = this.pages.get(name);
    if (known) {
      this.pages.delete(name);
      this.pages.set(name, known);
      return known;
    }
    const page = open();
    this.pages.set(name, page);
    this.bytes += page.length;
    for (const [oldest, { length }] of this.pages) {
      if (this.bytes <= this.mostBytes) {
        break;
      }
      this.pages.delete(oldest);
      this.bytes -= length;
    }
    return page;
  }
}

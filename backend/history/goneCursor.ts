import type { HistoryObject } from './inventory.ts';

/** Goes through gone objects of several files shard by shard, with one page of each file in memory. */
export class GoneCursor {
  private readonly sources: Array<{ readonly rest: Generator<HistoryObject>; head: HistoryObject | undefined }>;

  /** Each source is in order of shards. */
  constructor(sources: ReadonlyArray<Generator<HistoryObject>>) {
    this.sources = sources.map((rest) => ({ rest, head: next(rest) }));
  }

  /** Objects of a shard by number. Shards are asked for in ascending order; what comes before one is left out. */
  at(shard: string): Map<number, HistoryObject> {
    const objects = new Map<number, HistoryObject>();
    for (const source of this.sources) {
      for (; source.head !== undefined && source.head.shard <= shard; source.head = next(source.rest)) {
        if (source.head.shard === shard) {
          objects.set(source.head.number, source.head);
        }
      }
    }
    return objects;
  }
}

function next(source: Generator<HistoryObject>): HistoryObject | undefined {
  const { done, value } = source.next();
  return done ? undefined : value;
}

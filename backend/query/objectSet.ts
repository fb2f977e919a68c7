import type { KnownObject } from './types.ts';

/** Some objects, recognised in whichever copy a reader hands out: those read from disk are not the same each time. */
export class ObjectSet {
  private readonly byKey: ReadonlyMap<string, readonly KnownObject[]>;

  constructor(objects: Iterable<KnownObject>) {
    this.byKey = Map.groupBy(objects, ({ key }) => key);
  }

  has(object: KnownObject): boolean {
    const { names, firstSeenMs } = object;
    return (
      this.byKey
        .get(object.key)
        ?.some((one) => one === object || (one.firstSeenMs === firstSeenMs && one.names.node === names.node)) ?? false
    );
  }

  *[Symbol.iterator](): Generator<KnownObject> {
    for (const objects of this.byKey.values()) {
      yield* objects;
    }
  }
}

import { objectAt, textAt } from './json.ts';
import type { JsonObject } from './json.ts';
import type { ObjectSink } from './reflector.ts';

/** Facts of a resource without namespace, by name, fed by a reflector. */
export interface ObjectTable<T> extends ObjectSink {
  get(name: string): T | undefined;
  /** All of them; the same array until something changes. */
  values(): readonly T[];
}

/** A table of whatever `read` makes of the objects; `forget` is told the uid of what is gone. */
export function createObjectTable<T extends { readonly name: string; readonly uid: string }>(
  read: (object: JsonObject) => T,
  forget: (uid: string) => void
): ObjectTable<T> {
  const byName = new Map<string, T>();
  let all: readonly T[] | undefined;
  const drop = (name: string): void => {
    const gone = byName.get(name);
    if (gone) {
      byName.delete(name);
      forget(gone.uid);
      all = undefined;
    }
  };
  return {
    get: (name) => byName.get(name),
    values: () => (all ??= Object.freeze([...byName.values()])),
    put(object) {
      const facts = read(object);
      if (facts.name !== '') {
        byName.set(facts.name, facts);
        all = undefined;
      }
      return facts.uid;
    },
    remove(object) {
      drop(textAt(objectAt(object, 'metadata'), 'name'));
    },
    keepOnly(uids) {
      for (const facts of [...byName.values()]) {
        if (!uids.has(facts.uid)) {
          drop(facts.name);
        }
      }
    },
  };
}

import type { ObjectNames } from '../model/batch.ts';
import type { HistoryObject } from './inventory.ts';
import type { SeenObject } from './readingShapes.ts';

/** An object with the names it had before, if it had any. */
export type NamedObject = SeenObject & Pick<HistoryObject, 'formerNames'>;

/** By the last former names: the next change of names makes others. */
const known = new WeakMap<NonNullable<HistoryObject['formerNames']>[number], readonly SeenObject[]>();

/** An object once for each of its names, oldest first, each for as long as it had them; the same ones each time. */
export function underEachName(object: NamedObject): readonly SeenObject[] {
  const last = object.formerNames?.at(-1);
  if (!last) {
    return [object];
  }
  let each = known.get(last);
  if (!each) {
    each = divided(object);
    known.set(last, each);
  }
  return each;
}

/** Objects under all of their names. */
export function* underAllNames(objects: Iterable<NamedObject>): Generator<SeenObject> {
  for (const object of objects) {
    if (object.formerNames) {
      yield* underEachName(object);
    } else {
      yield object;
    }
  }
}

function divided(object: NamedObject): SeenObject[] {
  const { key, formerNames = [] } = object;
  const each: SeenObject[] = [];
  let sinceMs = object.firstSeenMs;
  formerNames.forEach(({ names, untilMs }, index) => {
    if (!isToldLater(names, formerNames[index + 1]?.names ?? object.names)) {
      each.push({ key, names, firstSeenMs: sinceMs, lastSeenMs: untilMs - 1 });
      sinceMs = untilMs;
    }
  });
  return [...each, each.length > 0 ? new UnderNewestNames(object, sinceMs) : object];
}

/** Whether names only lack what the API server tells, which may be a round later than the kubelet tells of the object. */
export function isToldLater(former: ObjectNames, next: ObjectNames): boolean {
  return (
    (former.uid === undefined || former.uid === next.uid) &&
    former.labels === undefined &&
    former.workload === undefined &&
    former.workloadKind === undefined &&
    (former.persistentVolumeClaim ?? next.persistentVolumeClaim) === next.persistentVolumeClaim
  );
}

/** An object since it has the names it has now; it may still be there. */
class UnderNewestNames implements SeenObject {
  readonly key: string;
  readonly names: ObjectNames;
  readonly firstSeenMs: number;
  private readonly object: SeenObject;

  constructor(object: SeenObject, firstSeenMs: number) {
    this.key = object.key;
    this.names = object.names;
    this.firstSeenMs = firstSeenMs;
    this.object = object;
  }

  get lastSeenMs(): number {
    return this.object.lastSeenMs;
  }
}

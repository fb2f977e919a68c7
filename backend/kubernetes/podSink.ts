import type { PodFacts } from '../model/facts.ts';
import type { FaultBook } from './faultBook.ts';
import { objectAt, textAt } from './json.ts';
import type { JsonObject } from './json.ts';
import { OomKills } from './oomKills.ts';
import { Owners } from './owners.ts';
import type { MiddleKind } from './owners.ts';
import { readPod } from './podFacts.ts';
import { PodTable } from './podTable.ts';
import type { ObjectSink } from './reflector.ts';
import type { SharedParts } from './sharedParts.ts';
import { WaitingPods } from './waitingPods.ts';

/** Pods and what their owners stand for, fed by three reflectors that are not in step with each other. */
export interface PodSinks {
  readonly pods: PodTable;
  readonly podSink: ObjectSink;
  ownerSink(kind: MiddleKind): ObjectSink;
}

/** Joins pods with their owners, whichever is heard of first. */
export function createPodSinks(parts: SharedParts, faults: FaultBook): PodSinks {
  const pods = new PodTable();
  const owners = new Owners(parts);
  const kills = new OomKills();
  const waiting = new WaitingPods();

  function forget(pod: PodFacts): void {
    pods.remove(pod);
    kills.forget(pod.uid);
    faults.set(pod.uid, []);
  }

  function put(object: JsonObject): string {
    const found: string[] = [];
    const { facts, missingOwner } = readPod(object, { parts, owners, kills, faults: found });
    const previous = pods.get(facts.namespace, facts.name);
    if (previous && previous.uid !== facts.uid) {
      forget(previous);
    }
    // An owner that was known once and is deleted before its pods still tells what they belonged to.
    const known = missingOwner && previous?.uid === facts.uid ? previous.workload : undefined;
    pods.put(known ? { ...facts, workload: known } : facts);
    faults.set(facts.uid, found);
    if (missingOwner) {
      waiting.add(missingOwner, facts.name);
    }
    return facts.uid;
  }

  function putOwner(kind: MiddleKind, object: JsonObject): string {
    const metadata = objectAt(object, 'metadata');
    const { key, workload } = owners.put(kind, metadata);
    for (const podName of waiting.take(key)) {
      const pod = pods.get(textAt(metadata, 'namespace'), podName);
      if (pod && pod.workload !== workload) {
        pods.put({ ...pod, workload });
      }
    }
    return textAt(metadata, 'uid');
  }

  return {
    pods,
    podSink: {
      put,
      remove(object) {
        const metadata = objectAt(object, 'metadata');
        const pod = pods.get(textAt(metadata, 'namespace'), textAt(metadata, 'name'));
        if (pod && pod.uid === textAt(metadata, 'uid')) {
          forget(pod);
        }
      },
      keepOnly(uids) {
        [...pods.all()].filter((pod) => !uids.has(pod.uid)).forEach(forget);
      },
    },
    ownerSink: (kind) => ({
      put: (object) => putOwner(kind, object),
      remove: (object) => owners.remove(kind, objectAt(object, 'metadata')),
      keepOnly: (uids) => owners.keepOnly(kind, uids),
    }),
  };
}

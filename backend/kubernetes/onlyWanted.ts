import type { Labels } from '../model/facts.ts';
import { objectAt, textAt } from './json.ts';
import type { JsonObject } from './json.ts';
import type { ObjectSink } from './reflector.ts';

/** Lets only objects with wanted labels through; one that is not wanted any more is taken for one that is gone. */
export function onlyWanted(sink: ObjectSink, wants: (labels: Labels) => boolean): ObjectSink {
  return {
    ...sink,
    put(object) {
      const metadata = objectAt(object, 'metadata');
      if (wants(labelsOf(metadata))) {
        return sink.put(object);
      }
      sink.remove(object);
      return textAt(metadata, 'uid');
    },
  };
}

function labelsOf(metadata: JsonObject): Labels {
  const entries = Object.entries(objectAt(metadata, 'labels'));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

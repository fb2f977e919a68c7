import type { NamespaceFacts } from '../model/facts.ts';
import { objectAt, textAt, timeAt } from './json.ts';
import type { JsonObject } from './json.ts';
import type { SharedParts } from './sharedParts.ts';

/** Trims a Namespace of the API. */
export function readNamespace(object: JsonObject, parts: SharedParts): NamespaceFacts {
  const metadata = objectAt(object, 'metadata');
  return {
    name: parts.text(textAt(metadata, 'name')),
    uid: textAt(metadata, 'uid'),
    labels: parts.labels(objectAt(metadata, 'labels')),
    createdMs: timeAt(metadata, 'creationTimestamp'),
  };
}

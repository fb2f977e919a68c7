import type { JsonRequest } from './apiClient.ts';
import { isObject } from './json.ts';
import type { JsonObject } from './json.ts';

const PAGE_SIZE = 500;
/** A watcher gets a bookmark about every minute; after this long without anything the connection is taken for dead. */
const SILENCE_MS = 150_000;

/** A resource as the API server names it. */
export interface ResourceKind {
  /** Name for sentences and rights: `pods`, `replicasets.apps`. */
  readonly resource: string;
  /** `/api/v1/pods` */
  readonly path: string;
  /** List and watch ask for the metadata alone. */
  readonly metadataOnly?: boolean;
  /** Only the object of this name, which a right to that name alone is enough for. */
  readonly name?: string;
}

/** One page of a list; `next` is the token of the page before, empty for the first. */
export function listRequest(kind: ResourceKind, next: string, signal: AbortSignal): JsonRequest {
  const query = new URLSearchParams({
    limit: String(PAGE_SIZE),
    ...(next === '' ? {} : { continue: next }),
    ...selection(kind),
  });
  return { verb: 'list', resource: kind.resource, path: `${kind.path}?${query}`, accept: accept(kind, 'List'), signal };
}

/** A watch from a version on, with bookmarks. */
export function watchRequest(kind: ResourceKind, version: string, signal: AbortSignal): JsonRequest {
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: version,
    // At random, so that the watches of all readers of a restarted API server don't end together.
    timeoutSeconds: String(Math.round(300 + 300 * Math.random())),
    ...selection(kind),
  });
  return {
    verb: 'watch',
    resource: kind.resource,
    path: `${kind.path}?${query}`,
    accept: accept(kind, ''),
    silenceMs: SILENCE_MS,
    signal,
  };
}

function selection({ name }: ResourceKind): { fieldSelector?: string } {
  return name === undefined ? {} : { fieldSelector: `metadata.name=${name}` };
}

/** Servers that cannot cut an object down to its metadata send it whole; that serves as well. */
function accept(kind: ResourceKind, list: 'List' | ''): string {
  return kind.metadataOnly
    ? `application/json;as=PartialObjectMetadata${list};g=meta.k8s.io;v=v1,application/json`
    : 'application/json';
}

/** One line of a watch. */
export function parseEvent(line: Buffer): JsonObject {
  const event: unknown = line.length === 0 ? {} : JSON.parse(line.toString('utf8'));
  if (!isObject(event)) {
    throw new Error('an event of the watch is not a JSON object');
  }
  return event;
}

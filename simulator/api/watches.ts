import type { ServerResponse } from 'node:http';
import { expired, statusJson } from './answers.ts';
import type { ObjectStore, StoredEvent } from './objectStore.ts';
import { objectJson } from './resources.ts';
import { selects, selectsObject } from './selection.ts';
import type { Selection } from './selection.ts';

const BOOKMARK_MS = 20_000;
const LONGEST_SECONDS = 3600;
const MOST_WAITING_BYTES = 256 * 1024 * 1024;

/** Answers a watch: what happened since the version asked for, then what happens, until its time is over. */
export function sendWatch(response: ServerResponse, store: ObjectStore, selection: Selection): void {
  const { search, resource, form } = selection;
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const asked = search.get('resourceVersion') ?? '';
  const fromNow = asked === '' || asked === '0';
  const missed = fromNow ? [] : store.eventsAfter(resource.name, Number(asked));
  if (!missed) {
    const failure = statusJson(expired(Number(asked), store.resourceVersion));
    response.end(`${JSON.stringify({ type: 'ERROR', object: failure })}\n`);
    return;
  }
  if (fromNow) {
    sendPresent(response, store, selection);
  }
  const send = (event: StoredEvent): void => {
    if (selects(selection, event)) {
      response.write(`{"type":"${event.type}","object":${objectJson(resource, event.text, form, true)}}\n`);
    }
    if (response.writableLength > MOST_WAITING_BYTES) {
      response.destroy();
    }
  };
  missed.forEach(send);
  keepOpen(response, store, selection, store.watch(resource.name, send));
}

/** Everything that is there, for a watch that begins without a version. */
function sendPresent(response: ServerResponse, store: ObjectStore, selection: Selection): void {
  const { items } = store.snapshot(selection.resource.name, (stored) => selectsObject(selection, stored));
  for (const stored of items) {
    const object = objectJson(selection.resource, store.text(stored), selection.form, true);
    response.write(`{"type":"ADDED","object":${object}}\n`);
  }
  if (selection.search.get('sendInitialEvents') === 'true') {
    response.write(bookmark(store, selection, { 'k8s.io/initial-events-end': 'true' }));
  }
}

function keepOpen(response: ServerResponse, store: ObjectStore, selection: Selection, unwatch: () => void): void {
  const { search } = selection;
  const seconds = Math.min(LONGEST_SECONDS, Math.max(0, Number(search.get('timeoutSeconds') ?? 1800) || 0));
  const bookmarks = search.get('allowWatchBookmarks') === 'true';
  const timer = bookmarks ? setInterval(() => response.write(bookmark(store, selection)), BOOKMARK_MS) : undefined;
  // Nothing may be written any more once the answer has ended, which can be long before all of it is read.
  const stop = (): void => {
    clearInterval(timer);
    clearTimeout(end);
    unwatch();
  };
  const end = setTimeout(() => {
    stop();
    response.end(bookmarks ? bookmark(store, selection) : undefined);
  }, seconds * 1000);
  response.on('close', stop);
}

function bookmark(store: ObjectStore, selection: Selection, annotations?: Record<string, string>): string {
  const { kind, apiVersion } = selection.resource;
  const type =
    selection.form === 'metadata'
      ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }
      : { kind, apiVersion };
  const metadata = { resourceVersion: String(store.resourceVersion), creationTimestamp: null, annotations };
  return `${JSON.stringify({ type: 'BOOKMARK', object: { ...type, metadata } })}\n`;
}

import type { ServerResponse } from 'node:http';
import { drained } from '../sending.ts';
import { badRequest, expired, sendFailure } from './answers.ts';
import type { ObjectStore, Snapshot } from './objectStore.ts';
import { listHead, objectJson } from './resources.ts';
import type { Stored } from './resources.ts';
import { selectsObject } from './selection.ts';
import type { Selection } from './selection.ts';

const ITEMS_PER_WRITE = 200;

interface Page {
  snapshot: Snapshot;
  items: readonly Stored[];
  next: string | undefined;
  remaining: number;
}

/** Answers a list, in pages if a limit is given; written piece by piece, since all pods of 5,000 nodes are half a gigabyte. */
export async function sendList(response: ServerResponse, store: ObjectStore, selection: Selection): Promise<void> {
  const page = pageOf(store, selection);
  if (!page) {
    return sendFailure(response, expired(0, store.resourceVersion));
  }
  if (page === 'badLimit') {
    return sendFailure(response, badRequest('limit: must be a whole number that is not negative'));
  }
  const { resource, form } = selection;
  const more = page.next ? { continue: page.next, remainingItemCount: page.remaining } : {};
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  let text = listHead(resource, form, { resourceVersion: String(page.snapshot.resourceVersion), ...more });
  for (let from = 0; from < page.items.length; from += ITEMS_PER_WRITE) {
    const part = page.items.slice(from, from + ITEMS_PER_WRITE);
    text += part.map((stored) => objectJson(resource, store.text(stored), form, false)).join(',');
    text += from + ITEMS_PER_WRITE < page.items.length ? ',' : '';
    if (!response.write(text) && !response.destroyed) {
      await drained(response);
    }
    text = '';
    if (response.destroyed) {
      return;
    }
  }
  response.end(`${text}]}\n`);
}

function pageOf(store: ObjectStore, selection: Selection): Page | 'badLimit' | undefined {
  const { search } = selection;
  const limit = Number(search.get('limit') ?? 0);
  if (!Number.isInteger(limit) || limit < 0) {
    return 'badLimit';
  }
  const [token, offsetText] = (search.get('continue') ?? '').split('.');
  const kept = token ? store.keptSnapshot(token) : undefined;
  if (token && !kept) {
    return undefined;
  }
  const snapshot = kept ?? store.snapshot(selection.resource.name, (stored) => selectsObject(selection, stored));
  const from = kept ? Number(offsetText) : 0;
  const to = limit > 0 ? from + limit : snapshot.items.length;
  const remaining = snapshot.items.length - to;
  const next = remaining > 0 ? `${kept ? token : store.keepSnapshot(snapshot)}.${to}` : undefined;
  return { snapshot, items: snapshot.items.slice(from, to), next, remaining };
}

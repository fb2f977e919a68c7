import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { JsonObject } from '../json.ts';
import type { ScriptedObject } from './scriptedApi.ts';

/** A recorded answer of a real API server (1.35): `pods`, `nodes`, `namespaces`, `oomer-pod-over-time`. */
export function recorded(name: string): unknown {
  const packed = readFileSync(new URL(`../testdata/${name}.json.gz`, import.meta.url));
  return JSON.parse(gunzipSync(packed).toString('utf8'));
}

/** The items of a recorded list. */
export function recordedItems(name: string): readonly ScriptedObject[] {
  return (recorded(name) as { items: ScriptedObject[] }).items;
}

/** One recorded object by its name. */
export function recordedItem(list: string, name: string): ScriptedObject {
  const found = recordedItems(list).find((item) => item.metadata.name === name);
  if (!found) {
    throw new Error(`No ${name} among the recorded ${list}.`);
  }
  return found;
}

interface PodWishes {
  readonly uid?: string;
  readonly node?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly spec?: JsonObject;
  readonly status?: JsonObject;
}

/** A pod of the namespace `shop`, with one container unless `spec` says otherwise. */
export function pod(name: string, wishes: PodWishes = {}): ScriptedObject {
  return {
    metadata: {
      name,
      namespace: 'shop',
      uid: wishes.uid ?? `uid-${name}`,
      creationTimestamp: '2026-11-21T11:00:00Z',
      labels: wishes.labels ?? {},
      ...(wishes.owner ? { ownerReferences: [{ ...wishes.owner, controller: true }] } : {}),
    } as ScriptedObject['metadata'],
    spec: { nodeName: wishes.node ?? 'worker-1', containers: [{ name: 'main', image: 'app:1' }], ...wishes.spec },
    status: { phase: 'Running', ...wishes.status },
  };
}

/** A ReplicaSet or Job of the namespace `shop`, cut down to its metadata. */
export function owned(name: string, owner?: { readonly kind: string; readonly name: string }): ScriptedObject {
  const metadata = { name, namespace: 'shop', uid: `uid-${name}` };
  return { metadata: { ...metadata, ...(owner ? { ownerReferences: [{ ...owner, controller: true }] } : {}) } };
}

export function namespace(name: string): ScriptedObject {
  return { metadata: { name, uid: `uid-${name}` } };
}

export function node(name: string): ScriptedObject {
  return { metadata: { name, uid: `uid-${name}` }, spec: {}, status: { addresses: [] } };
}

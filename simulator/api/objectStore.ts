import { RESOURCES } from './resources.ts';
import type { ObjectText, ResourceName, Stored } from './resources.ts';

/** One line of a watch. */
export interface StoredEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  resourceVersion: number;
  namespace: string | undefined;
  name: string;
  /** Where the object is bound to, for watches of one node's pods. */
  nodeName: string | undefined;
  text: ObjectText;
}

interface Collection {
  objects: Map<string, Stored>;
  events: StoredEvent[];
  /** Version of the newest event that is no longer kept. */
  forgotten: number;
  watchers: Set<(event: StoredEvent) => void>;
}

/** A list as it was when its first page was read. */
export interface Snapshot {
  resourceVersion: number;
  items: readonly Stored[];
}

const KEPT_EVENTS = 4000;
const KEPT_SNAPSHOTS = 8;

/** What the API server knows: all objects, the events of late, and who waits for more. */
export class ObjectStore {
  readonly #collections: Record<ResourceName, Collection>;
  readonly #render: (stored: Stored, resourceVersion: number) => ObjectText;
  readonly #snapshots = new Map<string, Snapshot>();
  #resourceVersion: number;
  #snapshotCount = 0;

  /** Versions start at `firstVersion`; those of an earlier run should lie below it. */
  constructor(firstVersion: number, render: (stored: Stored, resourceVersion: number) => ObjectText) {
    this.#resourceVersion = firstVersion;
    this.#render = render;
    const empty = (): Collection => ({ objects: new Map(), events: [], forgotten: firstVersion, watchers: new Set() });
    this.#collections = { nodes: empty(), pods: empty(), namespaces: empty(), replicasets: empty(), jobs: empty() };
  }

  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  /** Puts in an object that is there from the beginning. */
  seed(stored: Stored): void {
    stored.resourceVersion = this.#resourceVersion;
    this.#collections[stored.resource].objects.set(keyOf(stored), stored);
  }

  /** Notes a change and tells it to the watchers. */
  change(type: StoredEvent['type'], stored: Stored): void {
    const collection = this.#collections[stored.resource];
    this.#resourceVersion++;
    stored.resourceVersion = this.#resourceVersion;
    if (type === 'DELETED') {
      collection.objects.delete(keyOf(stored));
    } else {
      collection.objects.set(keyOf(stored), stored);
    }
    const event: StoredEvent = {
      type,
      resourceVersion: this.#resourceVersion,
      namespace: stored.namespace,
      name: stored.name,
      nodeName: nodeNameOf(stored),
      text: this.text(stored),
    };
    collection.events.push(event);
    if (collection.events.length > KEPT_EVENTS * 1.25) {
      const dropped = collection.events.splice(0, collection.events.length - KEPT_EVENTS);
      collection.forgotten = dropped[dropped.length - 1].resourceVersion;
    }
    collection.watchers.forEach((watcher) => watcher(event));
  }

  text(stored: Stored): ObjectText {
    return this.#render(stored, stored.resourceVersion);
  }

  find(resource: ResourceName, name: string, namespace?: string): Stored | undefined {
    return this.#collections[resource].objects.get(namespace === undefined ? name : `${namespace}/${name}`);
  }

  /** All objects of a resource, sorted by namespace and name. */
  snapshot(resource: ResourceName, keep: (stored: Stored) => boolean): Snapshot {
    const items = [...this.#collections[resource].objects.values()].filter(keep);
    const order = RESOURCES[resource].namespaced ? keyOf : (stored: Stored): string => stored.name;
    const keyed = items.map((stored) => ({ key: order(stored), stored }));
    keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    return { resourceVersion: this.#resourceVersion, items: keyed.map(({ stored }) => stored) };
  }

  /** Keeps a snapshot for further pages; the token dies when newer ones push it out. */
  keepSnapshot(snapshot: Snapshot): string {
    const token = String(++this.#snapshotCount);
    this.#snapshots.set(token, snapshot);
    for (const oldest of this.#snapshots.keys()) {
      if (this.#snapshots.size <= KEPT_SNAPSHOTS) {
        break;
      }
      this.#snapshots.delete(oldest);
    }
    return token;
  }

  keptSnapshot(token: string): Snapshot | undefined {
    return this.#snapshots.get(token);
  }

  /** Events after a version; undefined if some of them are no longer kept or the version is from elsewhere. */
  eventsAfter(resource: ResourceName, resourceVersion: number): StoredEvent[] | undefined {
    const { events, forgotten } = this.#collections[resource];
    if (resourceVersion < forgotten || resourceVersion > this.#resourceVersion) {
      return undefined;
    }
    return events.filter((event) => event.resourceVersion > resourceVersion);
  }

  /** Makes watches from any version up to now expire, as a compaction does. */
  forgetEvents(): void {
    this.#resourceVersion++;
    for (const collection of Object.values(this.#collections)) {
      collection.events = [];
      collection.forgotten = this.#resourceVersion;
    }
  }

  /** Hears of all later events until the returned function is called. */
  watch(resource: ResourceName, watcher: (event: StoredEvent) => void): () => void {
    const { watchers } = this.#collections[resource];
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }
}

function keyOf(stored: { name: string; namespace?: string }): string {
  return stored.namespace === undefined ? stored.name : `${stored.namespace}/${stored.name}`;
}

/** The node of a pod once it is bound; undefined for all else. */
export function nodeNameOf(stored: Stored): string | undefined {
  return stored.resource === 'pods' ? stored.source.node?.name : undefined;
}

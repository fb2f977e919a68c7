import { readNamespace } from '../../backend/kubernetes/namespaceFacts.ts';
import { readNode } from '../../backend/kubernetes/nodeFacts.ts';
import { OomKills } from '../../backend/kubernetes/oomKills.ts';
import { Owners } from '../../backend/kubernetes/owners.ts';
import { readPod } from '../../backend/kubernetes/podFacts.ts';
import { SharedParts } from '../../backend/kubernetes/sharedParts.ts';
import type { JsonObject } from '../../backend/kubernetes/json.ts';
import type { NamespaceFacts, NodeFacts, PodFacts } from '../../backend/model/facts.ts';
import type { ApiObject, Kit, ObjectChange } from './kit.ts';

type Kind = 'nodes' | 'namespaces' | 'pods';

const KINDS: ReadonlyMap<string, Kind> = new Map(
  (['nodes', 'namespaces', 'pods'] as const).flatMap((kind) => [
    [kind, kind],
    [kind.slice(0, -1), kind],
  ])
);

/** Kinds as objects name themselves, or as addresses name them. */
function kindOf(kind: string): Kind {
  const known = KINDS.get(kind.toLowerCase());
  if (known === undefined) {
    throw new Error(`A change is of the kind "${kind}"; only nodes, namespaces and pods are known.`);
  }
  return known;
}

function mapsOf(lists: Kit['objects']): Record<Kind, Map<string, ApiObject>> {
  const mapOf = (kind: Kind) => new Map(lists[kind].items.map((object) => [keyOf(object), object]));
  return { nodes: mapOf('nodes'), namespaces: mapOf('namespaces'), pods: mapOf('pods') };
}

/** The objects of a recording, read as the backend reads those of an API server. */
export class RecordedObjects {
  private readonly parts = new SharedParts();
  private readonly lists: Kit['objects'];
  private objects: Record<Kind, Map<string, ApiObject>>;
  private applied: readonly ObjectChange[] = [];
  private nodeList: readonly NodeFacts[] = [];
  private namespaceList: readonly NamespaceFacts[] = [];
  private podMap: ReadonlyMap<string, PodFacts> = new Map();
  private podsByNode: ReadonlyMap<string, readonly PodFacts[]> = new Map();

  constructor(lists: Kit['objects']) {
    this.lists = lists;
    this.objects = mapsOf(lists);
    this.read();
  }

  /** Has the objects as they are after these changes and no others, in the order of time; whether that is something new. */
  setChanges(changes: readonly ObjectChange[]): boolean {
    if (changes.length === this.applied.length && changes.every((change, index) => change === this.applied[index])) {
      return false;
    }
    this.objects = mapsOf(this.lists);
    for (const { type, kind, object } of changes.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at))) {
      const objects = this.objects[kindOf(kind)];
      if (type === 'DELETED') {
        objects.delete(keyOf(object));
      } else {
        objects.set(keyOf(object), object);
      }
    }
    this.applied = changes;
    this.read();
    return true;
  }

  nodes(): readonly NodeFacts[] {
    return this.nodeList;
  }

  namespaces(): readonly NamespaceFacts[] {
    return this.namespaceList;
  }

  pods(): Iterable<PodFacts> {
    return this.podMap.values();
  }

  pod(namespace: string, name: string): PodFacts | undefined {
    return this.podMap.get(`${namespace}/${name}`);
  }

  podsOnNode(node: string): readonly PodFacts[] {
    return this.podsByNode.get(node) ?? [];
  }

  unscheduledPods(): readonly PodFacts[] {
    return this.podsOnNode('');
  }

  private read(): void {
    const faults: string[] = [];
    const jsonOf = (kind: Kind) => [...this.objects[kind].values()].map((object) => object as unknown as JsonObject);
    this.nodeList = jsonOf('nodes').map((object) => readNode(object, this.parts, faults));
    this.namespaceList = jsonOf('namespaces').map((object) => readNamespace(object, this.parts));
    const reading = { parts: this.parts, owners: new Owners(this.parts), kills: new OomKills(), faults };
    const pods = jsonOf('pods').map((object) => readPod(object, reading).facts);
    this.podMap = new Map(pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
    this.podsByNode = Map.groupBy(pods, ({ nodeName }) => nodeName);
  }
}

function keyOf({ metadata: { name, namespace = '' } }: ApiObject): string {
  return `${namespace}/${name}`;
}

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

const KINDS: Readonly<Record<string, Kind>> = { Node: 'nodes', Namespace: 'namespaces', Pod: 'pods' };

/** The objects of a recording, read as the backend reads those of an API server. */
export class RecordedObjects {
  private readonly parts = new SharedParts();
  private readonly objects: Record<Kind, Map<string, ApiObject>>;
  private appliedCount = 0;
  private nodeList: readonly NodeFacts[] = [];
  private namespaceList: readonly NamespaceFacts[] = [];
  private podMap: ReadonlyMap<string, PodFacts> = new Map();
  private podsByNode: ReadonlyMap<string, readonly PodFacts[]> = new Map();

  constructor(lists: Kit['objects']) {
    const mapOf = (kind: Kind) => new Map(lists[kind].items.map((object) => [keyOf(object), object]));
    this.objects = { nodes: mapOf('nodes'), namespaces: mapOf('namespaces'), pods: mapOf('pods') };
    this.read();
  }

  /** Applies changes that were not applied yet; the list grows from call to call. */
  apply(changes: readonly ObjectChange[]): void {
    if (changes.length === this.appliedCount) {
      return;
    }
    for (const { type, kind, object } of changes.slice(this.appliedCount)) {
      const objects = this.objects[KINDS[kind] ?? KINDS.Pod];
      if (type === 'DELETED') {
        objects.delete(keyOf(object));
      } else {
        objects.set(keyOf(object), object);
      }
    }
    this.appliedCount = changes.length;
    this.read();
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

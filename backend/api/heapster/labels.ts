import type { Labels, NodeFacts } from '../../model/facts.ts';
import { TYPE_OF, type Entity } from './entities.ts';
import type { ClusterFacts, LabelRules } from './types.ts';

/** The address of type Hostname, or the name of the node. */
export function hostnameOf({ name, addresses }: NodeFacts): string {
  return addresses.find(({ type }) => type === 'Hostname')?.address ?? name;
}

/** Names entities the way Heapster did, from what the API server says now. */
export class EntityLabels {
  private readonly facts: ClusterFacts;
  private readonly rules: LabelRules;
  private readonly nodes: ReadonlyMap<string, NodeFacts>;
  private readonly namespaceIds: ReadonlyMap<string, string>;

  constructor(facts: ClusterFacts, rules: LabelRules) {
    this.facts = facts;
    this.rules = rules;
    this.nodes = new Map(facts.nodes().map((node) => [node.name, node]));
    this.namespaceIds = new Map(facts.namespaces().map(({ name, uid }) => [name, uid]));
  }

  /** Where a node can be reached by name; its own name if nothing is known of it. */
  hostname(node: string): string {
    const facts = this.nodes.get(node);
    return facts ? hostnameOf(facts) : node;
  }

  /** All labels of an entity. `uid` is what its kubelet says of a pod that the API server does not know. */
  of(entity: Entity, uid?: string): Record<string, string> {
    const { level, node, namespace, pod, container } = entity;
    const labels: Record<string, string> = { type: TYPE_OF[level] };
    if (node !== undefined && level !== 'cluster' && level !== 'namespace') {
      labels.nodename = node;
      labels.hostname = this.hostname(node);
      labels.host_id = this.hostId(node);
    }
    if (namespace !== undefined) {
      labels.namespace_name = namespace;
      const id = this.namespaceIds.get(namespace);
      if (id !== undefined) {
        labels.namespace_id = id;
      }
    }
    if (pod !== undefined) {
      this.addPod(labels, entity, uid);
    }
    if (container !== undefined) {
      labels.container_name = container;
    }
    if (level === 'node') {
      const facts = this.nodes.get(node ?? '');
      this.addJoined(labels, facts?.labels);
      if (facts && this.rules.schedulableLabel) {
        labels.schedulable = String(!facts.unschedulable);
      }
    }
    return labels;
  }

  private addPod(
    labels: Record<string, string>,
    { node = '', namespace = '', pod = '', container }: Entity,
    uid: string | undefined
  ): void {
    const facts = this.facts.pod(namespace, pod);
    labels.pod_name = pod;
    const id = facts?.uid ?? uid;
    if (id !== undefined) {
      labels.pod_id = id;
    }
    const spec = facts?.containers.find(({ name, role }) => name === container && role !== 'init');
    const image = (container && this.facts.imageOf?.(node, namespace, pod, container)) ?? spec?.image;
    this.addJoined(labels, facts?.labels);
    if (image !== undefined) {
      labels.container_base_image = image;
    }
  }

  private addJoined(labels: Record<string, string>, own: Labels | undefined): void {
    if (!own) {
      return;
    }
    const { labelSeparator, ignoreLabels, storeLabels } = this.rules;
    labels.labels = Object.keys(own)
      .filter((key) => !ignoreLabels.includes(key))
      .map((key) => `${key}:${own[key]}`)
      .sort()
      .join(labelSeparator);
    for (const { name, key } of storeLabels) {
      if (Object.hasOwn(own, key)) {
        labels[name] = own[key];
      }
    }
  }

  private hostId(node: string): string {
    const facts = this.nodes.get(node);
    return facts?.externalId || (facts?.annotations[this.rules.hostIdAnnotation ?? ''] ?? '');
  }
}

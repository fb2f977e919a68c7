import type { PodFacts } from '../model/facts.ts';

const NO_PODS: readonly PodFacts[] = Object.freeze([]);

/** Pods by namespace and name, and by node. The arrays it hands out are never changed afterwards. */
export class PodTable {
  private readonly byNamespace = new Map<string, Map<string, PodFacts>>();
  private readonly byNode = new Map<string, readonly PodFacts[]>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(namespace: string, name: string): PodFacts | undefined {
    return this.byNamespace.get(namespace)?.get(name);
  }

  onNode(nodeName: string): readonly PodFacts[] {
    return this.byNode.get(nodeName) ?? NO_PODS;
  }

  *all(): Generator<PodFacts> {
    for (const pods of this.byNamespace.values()) {
      yield* pods.values();
    }
  }

  /** Adds a pod or replaces the one of that name. */
  put(pod: PodFacts): void {
    let pods = this.byNamespace.get(pod.namespace);
    if (!pods) {
      pods = new Map();
      this.byNamespace.set(pod.namespace, pods);
    }
    const previous = pods.get(pod.name);
    pods.set(pod.name, pod);
    this.count += previous ? 0 : 1;
    if (previous?.nodeName === pod.nodeName) {
      this.changeNode(pod.nodeName, (others) => others.map((other) => (other === previous ? pod : other)));
    } else {
      this.leaveNode(previous);
      this.changeNode(pod.nodeName, (others) => [...others, pod]);
    }
  }

  remove(pod: PodFacts): void {
    const pods = this.byNamespace.get(pod.namespace);
    if (pods?.get(pod.name) !== pod) {
      return;
    }
    pods.delete(pod.name);
    if (pods.size === 0) {
      this.byNamespace.delete(pod.namespace);
    }
    this.count -= 1;
    this.leaveNode(pod);
  }

  private leaveNode(pod: PodFacts | undefined): void {
    if (pod) {
      this.changeNode(pod.nodeName, (others) => others.filter((other) => other !== pod));
    }
  }

  /** Pods without a node are not kept as a list: there may be very many, and nobody scrapes them. */
  private changeNode(nodeName: string, change: (pods: readonly PodFacts[]) => readonly PodFacts[]): void {
    if (nodeName === '') {
      return;
    }
    const pods = change(this.onNode(nodeName));
    if (pods.length === 0) {
      this.byNode.delete(nodeName);
    } else {
      this.byNode.set(nodeName, pods);
    }
  }
}

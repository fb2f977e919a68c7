const MAX_PODS = 50_000;

/**
 * Names of pods by an owner that was not known when they were read. Bounded: the longest waiting are given up, and
 * keep the workload that could be told without their owner.
 */
export class WaitingPods {
  private readonly byOwner = new Map<string, Set<string>>();
  private count = 0;

  add(ownerKey: string, podName: string): void {
    const names = this.byOwner.get(ownerKey) ?? new Set<string>();
    this.byOwner.set(ownerKey, names);
    this.count += names.has(podName) ? 0 : 1;
    names.add(podName);
    if (this.count > MAX_PODS) {
      const [oldest] = this.byOwner.keys();
      this.take(oldest);
    }
  }

  /** The names that wait for an owner; they wait no longer. */
  take(ownerKey: string): Iterable<string> {
    const names = this.byOwner.get(ownerKey);
    if (!names) {
      return [];
    }
    this.byOwner.delete(ownerKey);
    this.count -= names.size;
    return names;
  }
}

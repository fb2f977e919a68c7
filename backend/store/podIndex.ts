/** Which shards hold pods of a name, so that a question about few pods does not look at all nodes. */
export class PodIndex<Shard> {
  private readonly shards = new Map<string, Shard[]>();

  /** Notes a pod; pods of the same name (of several namespaces, or one that moved) are noted one by one. */
  add(pod: string, shard: Shard): void {
    const shards = this.shards.get(pod);
    if (shards) {
      shards.push(shard);
    } else {
      this.shards.set(pod, [shard]);
    }
  }

  /** Takes back one {@link add}. */
  remove(pod: string, shard: Shard): void {
    const shards = this.shards.get(pod) ?? [];
    const at = shards.indexOf(shard);
    if (at >= 0 && shards.length === 1) {
      this.shards.delete(pod);
    } else if (at >= 0) {
      shards.splice(at, 1);
    }
  }

  /** The shards that hold any of these pods, each once. */
  shardsOf(pods: readonly string[]): Set<Shard> {
    return new Set(pods.flatMap((pod) => this.shards.get(pod) ?? []));
  }
}

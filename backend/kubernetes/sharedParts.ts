import type { ContainerFacts, Labels, ResourceAmounts, WorkloadRef } from '../model/facts.ts';
import type { JsonObject } from './json.ts';

/**
 * Remembers values by key, so that equal ones are kept once. Bounded: what was not asked for while `limit` others
 * were is forgotten, which costs sharing and nothing else.
 */
class SharedValues<T> {
  private recent = new Map<string, T>();
  private older = new Map<string, T>();
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  share(key: string, make: (key: string) => T): T {
    const known = this.recent.get(key);
    if (known !== undefined) {
      return known;
    }
    const value = this.older.get(key) ?? make(key);
    if (this.recent.size >= this.limit) {
      this.older = this.recent;
      this.recent = new Map();
    }
    this.recent.set(key, value);
    return value;
  }
}

const NO_LABELS: Labels = Object.freeze({});

/** Equal parts of facts, kept once: most pods of a cluster are copies of some template. */
export class SharedParts {
  private readonly texts = new SharedValues<string>(32_768);
  private readonly labelSets = new SharedValues<Labels>(16_384);
  private readonly containers = new SharedValues<ContainerFacts>(16_384);
  private readonly containerLists = new SharedValues<readonly ContainerFacts[]>(16_384);
  private readonly resourceAmounts = new SharedValues<ResourceAmounts>(4_096);
  private readonly workloads = new SharedValues<WorkloadRef>(16_384);

  text(value: string): string {
    return this.texts.share(value, (key) => key);
  }

  /** The text members of a labels or annotations object; names that would change an object's nature are left out. */
  labels(object: JsonObject): Labels {
    const names = Object.keys(object).filter((name) => typeof object[name] === 'string' && name !== '__proto__');
    if (names.length === 0) {
      return NO_LABELS;
    }
    return this.labelSets.share(JSON.stringify(object), () => {
      const labels: Record<string, string> = {};
      for (const name of names) {
        labels[name] = this.text(String(object[name]));
      }
      return labels;
    });
  }

  amounts(amounts: ResourceAmounts): ResourceAmounts {
    const key = `${amounts.cpuMillicores} ${amounts.memoryBytes} ${amounts.ephemeralStorageBytes}`;
    return this.resourceAmounts.share(key, () => amounts);
  }

  container(container: ContainerFacts): ContainerFacts {
    return this.containers.share(JSON.stringify(container), () => container);
  }

  containerList(containers: readonly ContainerFacts[]): readonly ContainerFacts[] {
    return this.containerLists.share(JSON.stringify(containers), () =>
      containers.map((entry) => this.container(entry))
    );
  }

  workload(kind: string, name: string): WorkloadRef {
    return this.workloads.share(`${kind}/${name}`, () => ({ kind: this.text(kind), name: this.text(name) }));
  }
}

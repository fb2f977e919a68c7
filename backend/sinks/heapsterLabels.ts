import type { Labels } from '../model/facts.ts';
import type { HeapsterRow } from './heapsterRows.ts';

/** How labels of pods and nodes become the label `labels`, and which become labels of their own. */
export interface LabelRules {
  readonly labelSeparator: string;
  readonly storeLabels: ReadonlyArray<{ readonly name: string; readonly key: string }>;
  readonly ignoreLabels: readonly string[];
}

/** What a batch does not tell of its objects. */
export interface ObjectFacts {
  /** Image of a container, as its runtime reports it or as its spec has it; undefined where neither is known. */
  imageOf(namespace: string, pod: string, container: string, node: string): string | undefined;
  /** Whether pods may be scheduled to a node; undefined where that is no label. */
  isSchedulable?(node: string): boolean | undefined;
  /** The address of type Hostname; without one the name of the node. */
  hostnameOf(node: string): string;
}

/** Names objects the way Heapster's sinks for InfluxDB did. */
export class HeapsterLabels {
  private readonly rules: LabelRules;
  private readonly facts: ObjectFacts;

  constructor(rules: LabelRules, facts: ObjectFacts) {
    this.rules = rules;
    this.facts = facts;
  }

  /** The labels of an object that are not empty. Heapster kept uids and host names out of InfluxDB. */
  of({ type, names }: Pick<HeapsterRow, 'type' | 'names'>): Map<string, string> {
    const labels = new Map<string, string>();
    const set = (key: string, value: string | undefined) => {
      if (value !== undefined && value !== '') {
        labels.set(key, value);
      }
    };
    set('type', type);
    set('nodename', names.node);
    set('namespace_name', names.namespace);
    set('pod_name', names.pod);
    set('container_name', names.container);
    if (type === 'pod_container') {
      const { node = '', namespace = '', pod = '', container = '' } = names;
      set('container_base_image', this.facts.imageOf(namespace, pod, container, node));
    } else if (type === 'node') {
      set('schedulable', this.facts.isSchedulable?.(names.node ?? '')?.toString());
    }
    if (type === 'pod' || type === 'pod_container' || type === 'node') {
      this.addObjectLabels(names.labels ?? {}, set);
    }
    set('resource_id', names.resourceId);
    set('make', names.make);
    set('model', names.model);
    set('accelerator_id', names.acceleratorId);
    return labels;
  }

  private addObjectLabels(own: Labels, set: (key: string, value: string) => void): void {
    const { labelSeparator, storeLabels, ignoreLabels } = this.rules;
    const pairs = Object.keys(own).filter((key) => !ignoreLabels.includes(key));
    set(
      'labels',
      pairs
        .map((key) => `${key}:${own[key]}`)
        .sort()
        .join(labelSeparator)
    );
    for (const { name, key } of storeLabels) {
      if (Object.hasOwn(own, key)) {
        set(name, own[key]);
      }
    }
  }
}

import type { NodeBatch, TotalsBatch } from '../model/batch.ts';
import type { RoundWriter } from './roundWriter.ts';
import { SampleTable, type ContainerSample, type UsageSample } from './sampleTable.ts';

export interface LatestSamplesOptions {
  readonly resolutionMs: number;
}

interface NodeSamples {
  readonly node: SampleTable;
  readonly containers: SampleTable;
}

/**
 * Keeps the use of CPU and memory of every node and container by its newest two samples, with the times of the samples
 * themselves: what an autoscaler judges freshness by. A node whose kubelet was silent in the newest round has none.
 */
export class LatestSamples implements RoundWriter {
  private readonly resolutionMs: number;
  private current: ReadonlyMap<string, NodeSamples> = new Map();
  private written = new Map<string, NodeSamples>();

  constructor({ resolutionMs }: LatestSamplesOptions) {
    this.resolutionMs = resolutionMs;
  }

  append(batch: NodeBatch | TotalsBatch): void {
    if (!('node' in batch) || !hasAnswered(batch)) {
      return;
    }
    const before = this.current.get(batch.node);
    this.written.set(batch.node, {
      node: SampleTable.after(before?.node, batch.tables.node, 0),
      containers: SampleTable.after(before?.containers, batch.tables.container, this.resolutionMs),
    });
  }

  commit(): void {
    this.current = this.written;
    this.written = new Map();
  }

  /** Whether there is the use of any node. */
  get isReady(): boolean {
    for (const [name, { node }] of this.current) {
      if (node.find(name)) {
        return true;
      }
    }
    return false;
  }

  ofNode(node: string): UsageSample | undefined {
    return this.current.get(node)?.node.find(node);
  }

  /** The containers that the kubelet says run in a pod, sorted by name. */
  ofPod(node: string, namespace: string, pod: string): ContainerSample[] {
    return this.current.get(node)?.containers.containersOf(namespace, pod) ?? [];
  }
}

/** What the API server says of a silent node comes in a batch as well, with no value of a kubelet in it. */
function hasAnswered({ tables }: NodeBatch): boolean {
  return tables.node?.columns.get('kubelet/answered')?.values[0] === 1;
}

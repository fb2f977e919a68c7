import { HeapscopeError, sentenceOf } from './errors.ts';
import { decodeCadvisor, type DecodedCadvisor } from './kubelet/decodeCadvisor.ts';
import type { NodeBatch } from './model/batch.ts';
import type { NodeFacts } from './model/facts.ts';
import { deriveRates, keepCounters } from './pipeline/deriveRates.ts';

export interface CadvisorSourceOptions {
  readonly resolutionMs: number;
  /** Time a kubelet has to answer. */
  readonly deadlineMs: number;
  readonly kubelets: {
    readCadvisor(
      node: NodeFacts,
      options: { deadlineMs: number; signal?: AbortSignal }
    ): Promise<{ body: Buffer; receivedMs: number }>;
    /** Takes back the memory of an answer that nobody reads any more. */
    giveBack?(body: Buffer): void;
  };
  readonly telemetry: {
    observeStep(step: string, seconds: number): void;
    countCadvisorScrape(outcome: string): void;
  };
}

/** What one kubelet's `/metrics/cadvisor` gave in one round. */
export interface CadvisorReading {
  /** Counters and rates of pods and containers; undefined where the answer failed. */
  readonly batch?: NodeBatch;
  /** Why values are missing, in a sentence. */
  readonly problem?: { readonly code: 'kubelet_cadvisor'; readonly message: string };
}

/** The opt-in second source: asks, decodes and rates by the times of the lines, node by node. It never fails a node. */
export class CadvisorSource {
  private readonly options: CadvisorSourceOptions;
  private readonly counters = new Map<string, NodeBatch>();

  constructor(options: CadvisorSourceOptions) {
    this.options = options;
  }

  /** Reads one node for the round that ends at `endMs`. Never rejects. */
  async read(node: NodeFacts, endMs: number, signal: AbortSignal): Promise<CadvisorReading> {
    const { kubelets, deadlineMs, telemetry } = this.options;
    try {
      const { body, receivedMs } = await kubelets.readCadvisor(node, { deadlineMs, signal });
      const startedMs = performance.now();
      const decoded = decodeCadvisor(body, node.name, receivedMs);
      kubelets.giveBack?.(body);
      const counted = { node: node.name, timestampMs: endMs, receivedMs, tables: decoded.tables };
      const before = this.counters.get(node.name);
      const isNext = before?.timestampMs === endMs - this.options.resolutionMs;
      const batch = deriveRates(counted, isNext ? before : undefined);
      this.counters.set(node.name, keepCounters(counted));
      telemetry.observeStep('cadvisor_decode', (performance.now() - startedMs) / 1000);
      telemetry.countCadvisorScrape('ok');
      return { batch, problem: oddityOf(node.name, decoded) };
    } catch (error) {
      telemetry.countCadvisorScrape(error instanceof HeapscopeError ? error.code : 'internal');
      return { problem: told(`CPU throttling and disk values of node ${node.name} are missing. ${sentenceOf(error)}`) };
    }
  }

  /** Lets go of a node that is gone. */
  forget(node: string): void {
    this.counters.delete(node);
  }
}

function told(message: string): CadvisorReading['problem'] {
  return { code: 'kubelet_cadvisor', message };
}

/** What is strange about an answer that could be used all the same. */
function oddityOf(node: string, { tables, badLines, rejectedValues }: DecodedCadvisor): CadvisorReading['problem'] {
  if (badLines > 0 || rejectedValues > 0) {
    return told(
      `Kubelet on node ${node} sent ${badLines} lines that cannot be read and ${rejectedValues} values that cannot be in /metrics/cadvisor; they were left out.`
    );
  }
  if (tables.pod.keys.length === 0 && tables.container.keys.length === 0) {
    return told(
      `Kubelet on node ${node} names no pods in /metrics/cadvisor, so that CPU throttling and disk values are missing there. It may take its statistics from the container runtime (PodAndContainerStatsFromCRI), or run on Windows.`
    );
  }
  return undefined;
}

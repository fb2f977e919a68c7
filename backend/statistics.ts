import type { DecodedSummary } from './kubelet/concludeSummary.ts';
import type { ContainerReader } from './kubelet/containerReader.ts';
import { decodeSummary } from './kubelet/decodeSummary.ts';
import { SummaryReader } from './kubelet/summaryReader.ts';
import type { NodeBatch, Table } from './model/batch.ts';
import type { NodeFacts } from './model/facts.ts';

/** An answer of a kubelet, complete. */
export interface KubeletAnswer {
  readonly body: Buffer;
  readonly receivedMs: number;
  readonly durationMs: number;
}

/** Who is asked for statistics. */
export interface ToldBy {
  readSummary(node: NodeFacts, options: { deadlineMs: number; signal?: AbortSignal }): Promise<KubeletAnswer>;
  /** Undefined for kubelets that do not tell containers one by one. */
  readContainers?(
    node: NodeFacts,
    options: { deadlineMs: number; signal?: AbortSignal; fromMs: number; toMs: number }
  ): Promise<KubeletAnswer | undefined>;
}

/** What one kubelet told in one round, and which question it answers. */
export interface Told {
  readonly answer: KubeletAnswer;
  readonly source: NodeBatch['source'];
}

export interface StatisticsOptions {
  readonly resolutionMs: number;
  /** Time a kubelet has to answer. */
  readonly deadlineMs: number;
  readonly kubelets: ToldBy;
  readonly containers?: ContainerReader;
  readonly log: { info(sentence: string): void };
}

/** Samples are wanted that are older than the window by this: kubelets take them at a pace of their own. */
const LOOK_BACK_MS = 60_000;

/**
 * Asks kubelets for their summary, or for their containers where a reader of these is given. A kubelet that does not know the
 * second question is asked the first in the same round, and only that from then on.
 */
export class Statistics {
  private readonly options: StatisticsOptions;
  private readonly summaries = new SummaryReader();
  private readonly summaryOnly = new Set<string>();

  constructor(options: StatisticsOptions) {
    this.options = options;
  }

  /** Rejects with a sentence at the deadline or whatever else goes wrong. */
  async ask(node: NodeFacts, endMs: number, signal: AbortSignal): Promise<Told> {
    const { kubelets, containers, deadlineMs, resolutionMs } = this.options;
    const begunMs = performance.now();
    if (containers && kubelets.readContainers && !this.summaryOnly.has(node.name)) {
      const window = { fromMs: endMs - resolutionMs - LOOK_BACK_MS, toMs: endMs };
      const answer = await kubelets.readContainers(node, { deadlineMs, signal, ...window });
      if (answer) {
        return { answer, source: 'containers' };
      }
      this.noteSummaryOnly(node.name);
    }
    const leftMs = Math.max(1, deadlineMs - Math.round(performance.now() - begunMs));
    return { answer: await kubelets.readSummary(node, { deadlineMs: leftMs, signal }), source: undefined };
  }

  /** The tables of an answer; good until the next one is decoded. */
  decode(node: string, { answer, source }: Told): DecodedSummary {
    const reader = source === 'containers' ? this.options.containers : undefined;
    return (reader ?? this.summaries).read(node, answer.body, answer.receivedMs);
  }

  /** The pods of a summary, the one that stands last of each that is listed twice. */
  podsListedLast(node: string, { answer, source }: Told): Table | undefined {
    return source === undefined ? decodeSummary(answer.body, node, answer.receivedMs, 'last').tables.pod : undefined;
  }

  /** Forgets a node that is gone. */
  forget(node: string): void {
    this.summaries.forget(node);
    this.summaryOnly.delete(node);
    this.options.containers?.forget(node);
  }

  private noteSummaryOnly(node: string): void {
    if (this.summaryOnly.size === 0) {
      this.options.log.info(
        `Kubelet on node ${node} has no /stats/container/, as those since Kubernetes 1.20; such kubelets are asked for their summary.`
      );
    }
    this.summaryOnly.add(node);
  }
}

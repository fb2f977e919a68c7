import { HeapscopeError, sentenceOf, type ErrorCode } from './errors.ts';
import type { DecodedSummary } from './kubelet/concludeSummary.ts';
import type { ContainerReader } from './kubelet/containerReader.ts';
import { Statistics, type KubeletAnswer, type Told, type ToldBy } from './statistics.ts';
import type { CadvisorReading, CadvisorSource } from './cadvisorSource.ts';
import type { NodeBatch, Table } from './model/batch.ts';
import type { NodeFacts } from './model/facts.ts';
import { addCadvisor } from './pipeline/addCadvisor.ts';
import { addHeapsterValues } from './pipeline/addHeapsterValues.ts';
import { addNodeShares, silentNode } from './pipeline/addNodeShares.ts';
import { addPodSpecs, type PodDirectory } from './pipeline/addPodSpecs.ts';
import { addThrottling } from './pipeline/addThrottling.ts';
import { sumContainersToPods, sumPodsToNode } from './pipeline/aggregate.ts';
import { deriveRates, keepCounters } from './pipeline/deriveRates.ts';
import { PodClaims } from './pipeline/podClaims.ts';
import { RoundTotals, type ClusterObjects } from './pipeline/roundTotals.ts';
import type { RoundWriter } from './store/roundWriter.ts';
import { momentsInWindow, type Clock } from './rounds.ts';
import { Turns } from './turns.ts';

/** How the last attempt to read a node went. `problem` is a sentence for the person who looks. */
export interface NodeReport {
  readonly node: string;
  readonly state: 'ok' | 'failing' | 'not_ready' | 'waiting';
  /** When the kubelet last answered, Unix ms; NaN if never. */
  readonly answeredMs: number;
  readonly durationMs: number;
  readonly problem?: { readonly code: ErrorCode; readonly message: string };
}

export interface CollectorOptions {
  readonly resolutionMs: number;
  /** Time a kubelet has to answer. */
  readonly deadlineMs: number;
  readonly directory: PodDirectory & ClusterObjects & { nodes(): readonly NodeFacts[] };
  readonly kubelets: ToldBy & {
    /** Takes back the memory of an answer that nobody reads any more, where it can be used again. */
    giveBack?(body: Buffer): void;
    forget(nodeName: string): void;
  };
  /** Given where kubelets that can are asked for their containers one by one, in place of the summary. */
  readonly containers?: ContainerReader;
  /** The second source, where it is switched on: `/metrics/cadvisor` of the same kubelets. */
  readonly cadvisor?: Pick<CadvisorSource, 'read' | 'forget'>;
  /** Keep what Heapster would have said beside our own values where the two differ. */
  readonly heapsterValues?: boolean;
  readonly writer: RoundWriter;
  readonly clock: Clock;
  readonly telemetry: {
    observeStep(step: string, seconds: number): void;
    observeRound(seconds: number): void;
    countScrape(outcome: string): void;
  };
  /** Told when a node begins to fail, fails otherwise, or answers again. */
  readonly log: { info(sentence: string): void; warn(sentence: string): void };
}

const NOT_ASKED: CadvisorReading = {};

/** Kubelets whose clock is further ahead of ours than this are named on the status page. */
const TOLERATED_SKEW_MS = 60_000;

/** The line from kubelet to store, for one round after the other. */
export class Collector {
  private readonly options: CollectorOptions;
  private readonly statistics: Statistics;
  private readonly claims: PodClaims;
  private readonly turns = new Turns();
  private readonly counters = new Map<string, NodeBatch>();
  private readonly listedLast = new Map<string, Table>();
  private readonly nodeReports = new Map<string, NodeReport>();

  constructor(options: CollectorOptions) {
    this.options = options;
    this.statistics = new Statistics(options);
    this.claims = new PodClaims(options.resolutionMs);
  }

  /**
   * Collects the round whose window ends at `endMs`: every node at its own moment of the window, each within its deadline,
   * whatever the others do. What has come is then stored and becomes visible as a whole.
   */
  async collectRound(endMs: number, signal: AbortSignal): Promise<void> {
    const { directory, writer, clock, telemetry, resolutionMs } = this.options;
    const startedMs = performance.now();
    const nodes = directory.nodes();
    const totals = new RoundTotals();
    const moments = momentsInWindow(nodes, endMs, resolutionMs);
    await Promise.all(
      nodes.map(async (node, index) => {
        await clock.sleepUntil(moments[index], signal);
        // What a batch holds is lent until the next answer is read: it is stored before anything else happens.
        await this.collectNode(node, endMs, signal, (batch) => {
          this.timed('store', () => writer.append(batch));
          totals.add(batch);
        });
      })
    );
    writer.append(this.timed('totals', () => totals.close(endMs, directory)));
    this.timed('commit', () => writer.commit(endMs));
    this.forgetExcept(nodes);
    this.claims.forgetBefore(endMs);
    telemetry.observeRound((performance.now() - startedMs) / 1000);
  }

  /** How each node's last attempt went. */
  reports(): Iterable<NodeReport> {
    return this.nodeReports.values();
  }

  report(node: string): NodeReport | undefined {
    return this.nodeReports.get(node);
  }

  /** One node's way down the line. A node that fails is data: what the API server says of it is stored all the same. */
  private async collectNode(
    node: NodeFacts,
    endMs: number,
    signal: AbortSignal,
    store: (batch: NodeBatch) => void
  ): Promise<void> {
    const { directory } = this.options;
    const pods = () => directory.podsOnNode(node.name);
    let batch: NodeBatch;
    try {
      refuseUnready(node);
      const [told, extra] = await this.ask(node, endMs, signal);
      const { answer, source } = told;
      const { receivedMs } = answer;
      const summary = this.timed('decode', () => this.statistics.decode(node.name, told));
      const all = { node: node.name, timestampMs: endMs, receivedMs, source, tables: summary.tables };
      const decoded = this.claims.leaveOutOthers(all, directory, (name, key) => this.hasTold(name, key, endMs));
      const before = this.countersBefore(node.name, endMs);
      const rated = this.timed('rates', () => deriveRates(decoded, before));
      const joined = extra.batch ? this.timed('cadvisor', () => addThrottling(addCadvisor(rated, extra.batch))) : rated;
      const specified = this.timed('specs', () => addPodSpecs(joined, directory));
      const summed = this.timed('sums', () => sumPodsToNode(sumContainersToPods(specified)));
      const scrape = { answered: true, durationMs: answer.durationMs };
      const shared = this.timed('shares', () => addNodeShares(summed, node, pods(), scrape));
      const finished = this.asHeapster(shared, before, this.podsListedLast(node.name, told, summary));
      this.counters.set(node.name, keepCounters(decoded, this.counters.get(node.name)));
      this.options.kubelets.giveBack?.(answer.body);
      this.noteAnswer(node.name, answer, summary, extra);
      batch = finished;
    } catch (error) {
      this.noteFailure(node.name, error);
      const silent = sumPodsToNode(addPodSpecs(silentNode(node.name, endMs), directory));
      batch = this.asHeapster(addNodeShares(silent, node, pods(), { answered: false, durationMs: NaN }));
    }
    store(batch);
  }

  /** With what Heapster would have said, where somebody may ask for it. */
  private asHeapster(batch: NodeBatch, before?: NodeBatch, listedLast?: Table): NodeBatch {
    if (!this.options.heapsterValues) {
      return batch;
    }
    const pods = { now: listedLast, before: before && this.listedLast.get(batch.node) };
    setOrDelete(this.listedLast, batch.node, listedLast);
    return this.timed('heapster', () => addHeapsterValues(batch, before, pods));
  }

  /** Of a pod that a kubelet lists twice the newest instance counts here; to Heapster it was the one that stood last. */
  private podsListedLast(node: string, told: Told, { droppedRows }: DecodedSummary): Table | undefined {
    return this.options.heapsterValues && droppedRows > 0 ? this.statistics.podsListedLast(node, told) : undefined;
  }

  /** Both answers of a kubelet at the same moment, when it is their turn. The second is never a reason to lose the first. */
  private async ask(node: NodeFacts, endMs: number, signal: AbortSignal): Promise<[Told, CadvisorReading]> {
    const { cadvisor } = this.options;
    await this.turns.take('question');
    const told = this.statistics.ask(node, endMs, signal);
    const answers = await Promise.all([told, cadvisor?.read(node, endMs, signal) ?? NOT_ASKED]);
    await this.turns.take('answer');
    return answers;
  }

  /** Whether a node told of a pod in this round or in the last one. */
  private hasTold(node: string, podKey: string, endMs: number): boolean {
    const told = this.counters.get(node);
    const isRecent = told !== undefined && told.timestampMs >= endMs - this.options.resolutionMs;
    return isRecent && told.tables.pod?.keys.includes(podKey) === true;
  }

  /** Rates compare with the round immediately before, as Heapster does: after a gap they begin anew. */
  private countersBefore(node: string, endMs: number): NodeBatch | undefined {
    const before = this.counters.get(node);
    return before?.timestampMs === endMs - this.options.resolutionMs ? before : undefined;
  }

  private noteAnswer(node: string, answer: KubeletAnswer, summary: DecodedSummary, extra: CadvisorReading): void {
    this.options.telemetry.countScrape('ok');
    const before = this.nodeReports.get(node);
    if (before?.state === 'failing') {
      this.options.log.info(`Kubelet on node ${node} answers again.`);
    }
    if (extra.problem && before?.problem?.code !== extra.problem.code) {
      this.options.log.warn(extra.problem.message);
    } else if (!extra.problem && before?.problem?.code === 'kubelet_cadvisor') {
      this.options.log.info(`Kubelet on node ${node} answers /metrics/cadvisor as it should again.`);
    }
    this.nodeReports.set(node, {
      node,
      state: 'ok',
      answeredMs: answer.receivedMs,
      durationMs: answer.durationMs,
      problem: extra.problem ?? oddityOf(node, answer.receivedMs, summary),
    });
  }

  private noteFailure(node: string, error: unknown): void {
    const code: ErrorCode = error instanceof HeapscopeError ? error.code : 'internal';
    this.options.telemetry.countScrape(code);
    const message = code === 'internal' ? ownFault(node, error) : sentenceOf(error);
    const before = this.nodeReports.get(node);
    if (before?.problem?.code !== code || before.state === 'ok') {
      this.options.log.warn(message);
    }
    this.nodeReports.set(node, {
      node,
      state: code === 'node_not_ready' ? 'not_ready' : 'failing',
      answeredMs: before?.answeredMs ?? NaN,
      durationMs: NaN,
      problem: { code, message },
    });
  }

  private forgetExcept(nodes: readonly NodeFacts[]): void {
    const known = new Set(nodes.map(({ name }) => name));
    for (const name of [...this.nodeReports.keys()].filter((candidate) => !known.has(candidate))) {
      this.nodeReports.delete(name);
      this.counters.delete(name);
      this.listedLast.delete(name);
      this.statistics.forget(name);
      this.options.kubelets.forget(name);
      this.options.cadvisor?.forget(name);
    }
  }

  private timed<Result>(step: string, work: () => Result): Result {
    const startedMs = performance.now();
    const result = work();
    this.options.telemetry.observeStep(step, (performance.now() - startedMs) / 1000);
    return result;
  }
}

function setOrDelete<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value === undefined) {
    map.delete(key);
  } else {
    map.set(key, value);
  }
}

/** A node that says it is not ready is not asked, as in Heapster; one that says nothing about it is. */
function refuseUnready(node: NodeFacts): void {
  const ready = node.conditions.Ready;
  if (ready !== undefined && ready !== 'True') {
    const sentence = `Node ${node.name} is not ready (condition Ready is ${ready}); its kubelet was not asked. Look at \`kubectl describe node ${node.name}\`.`;
    throw new HeapscopeError('node_not_ready', sentence);
  }
}

function ownFault(node: string, error: unknown): string {
  return `The answer of node ${node} could not be worked through: ${sentenceOf(error)}. This is a fault of Heapscope; please report it.`;
}

/** What is strange about an answer that could be used all the same. */
function oddityOf(node: string, receivedMs: number, summary: DecodedSummary): NodeReport['problem'] {
  const aheadMs = summary.newestSampleMs - receivedMs;
  if (aheadMs > TOLERATED_SKEW_MS) {
    const message = `The clock of node ${node} is ${Math.round(aheadMs / 1000)} s ahead of this machine's. Set both by NTP; its values are kept under our time.`;
    return { code: 'kubelet_clock', message };
  }
  if (summary.rejectedValues > 0) {
    const message = `Kubelet on node ${node} sent ${summary.rejectedValues} values that cannot be (negative, or 2^64 and more); they were left out.`;
    return { code: 'kubelet_values', message };
  }
  if (summary.saysNodeName !== '' && summary.saysNodeName !== node) {
    const message = `The kubelet asked for node ${node} says it is ${summary.saysNodeName}. Check the addresses in the node status.`;
    return { code: 'kubelet_address', message };
  }
  return undefined;
}

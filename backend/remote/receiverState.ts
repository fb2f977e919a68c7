/** Where sentences about receivers go. */
export interface RemoteLog {
  info(sentence: string): void;
  warn(sentence: string): void;
}

/** How one receiver does, for the status page and the metrics of Heapscope itself. Counts are of samples. */
export interface ReceiverReport {
  /** Without secrets. */
  readonly name: string;
  readonly protocol: string;
  readonly sentCount: number;
  /** Sent in vain and tried again, once per attempt. */
  readonly failedCount: number;
  /** Lost, by reason: `refused` by the receiver, `queue_full`, `damaged` on disk. */
  readonly droppedCounts: Readonly<Record<string, number>>;
  readonly pendingCount: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Round of the newest sample that arrived; undefined before the first. */
  readonly newestSentMs: number | undefined;
  /** What a person should act on. */
  readonly problems: readonly string[];
}

interface Waiting {
  readonly pendingSamples: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly protocol: string;
}

/** The same refusal is not told again for this long. */
const TOLD_AGAIN_MS = 60 * 60_000;
/** A refusal stands among the problems for this long. */
const SHOWN_MS = 10 * 60_000;

/** Counts what happens to the samples of a receiver, and tells changes rather than every attempt. */
export class ReceiverState {
  private readonly name: string;
  private readonly title: string;
  private readonly nowMs: () => number;
  private readonly log: RemoteLog;
  private sentCount = 0;
  private failedCount = 0;
  private readonly dropped = new Map<string, number>([
    ['refused', 0],
    ['queue_full', 0],
    ['damaged', 0],
  ]);
  private newestSentMs: number | undefined;
  private failing: string | undefined;
  private failingSinceMs = 0;
  private disk: string | undefined;
  private refusal: { problem: string; timeMs: number } | undefined;
  private readonly toldMs = new Map<string, number>();

  constructor({ name, title }: { name: string; title: string }, nowMs: () => number, log: RemoteLog) {
    this.name = name;
    this.title = title;
    this.nowMs = nowMs;
    this.log = log;
  }

  sent(count: number, timestampMs: number): void {
    this.sentCount += count;
    this.newestSentMs = Math.max(this.newestSentMs ?? 0, timestampMs);
    if (this.failing !== undefined) {
      const seconds = Math.round((this.nowMs() - this.failingSinceMs) / 1000);
      this.log.info(`${this.title} takes samples again, after ${seconds} s.`);
      this.failing = undefined;
    }
  }

  failed(count: number, problem: string): void {
    this.failedCount += count;
    if (this.failing === undefined) {
      this.failingSinceMs = this.nowMs();
    }
    if (this.failing !== problem) {
      this.failing = problem;
      this.tell(problem, problem);
    }
  }

  refused(count: number, problem: string, status: number): void {
    this.count('refused', count);
    this.failing = undefined;
    this.refusal = { problem, timeMs: this.nowMs() };
    this.tell(`refused ${status}`, problem);
  }

  lost(count: number, reason: 'queue_full' | 'damaged'): void {
    this.count(reason, count);
    if (reason === 'queue_full') {
      const problem = `The queue of ${this.title} is full; its oldest samples are lost. Mend the receiver, or raise --remote-write-disk.`;
      this.refusal = { problem, timeMs: this.nowMs() };
      this.tell(reason, problem);
    }
  }

  diskProblem(sentence: string | undefined): void {
    this.disk = sentence;
    if (sentence !== undefined) {
      this.tell(sentence, `${this.title}: ${sentence}`);
    }
  }

  report({ pendingSamples, memoryBytes, diskBytes, protocol }: Waiting): ReceiverReport {
    const { name, sentCount, failedCount, newestSentMs } = this;
    return {
      name,
      protocol,
      sentCount,
      failedCount,
      droppedCounts: Object.fromEntries(this.dropped),
      pendingCount: pendingSamples,
      memoryBytes,
      diskBytes,
      newestSentMs,
      problems: this.problems(),
    };
  }

  private problems(): string[] {
    const isRecent = this.refusal && this.nowMs() - this.refusal.timeMs < SHOWN_MS;
    return [
      ...(this.failing === undefined ? [] : [this.failing]),
      ...(isRecent && this.refusal ? [this.refusal.problem] : []),
      ...(this.disk === undefined ? [] : [`${this.title}: ${this.disk}`]),
    ];
  }

  private count(reason: string, count: number): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
  }

  private tell(what: string, sentence: string): void {
    const nowMs = this.nowMs();
    if (nowMs - (this.toldMs.get(what) ?? -Infinity) >= TOLD_AGAIN_MS) {
      // What is told depends on what receivers answer: it must not pile up.
      if (this.toldMs.size > 100) {
        this.toldMs.clear();
      }
      this.toldMs.set(what, nowMs);
      this.log.warn(sentence);
    }
  }
}

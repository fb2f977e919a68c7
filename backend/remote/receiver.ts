import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createEndpoint, type Endpoint, type EndpointOptions } from './endpoint.ts';
import { ParcelSender } from './parcelSender.ts';
import { ReceiverState, type ReceiverReport, type RemoteLog } from './receiverState.ts';
import type { Outcome, Protocol } from './requestOutcome.ts';
import type { Parcel } from './sampleGrid.ts';
import { SampleQueue, type QueuedParcel } from './sampleQueue.ts';

/** Time as the rooms see it. */
export interface RemoteClock {
  nowMs(): number;
  /** Resolves at a time; rejects when the signal aborts. */
  sleepUntil(timeMs: number, signal: AbortSignal): Promise<void>;
}

/** One place that samples are sent to. */
export interface ReceiverOptions extends EndpointOptions {
  /** For labels of metrics. */
  readonly name: string;
  /** `auto`: 2.0, and 1.0 where the receiver turns out not to speak it; the other way round too. */
  readonly protocol: 'auto' | Protocol;
  /** Labels added to every series. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface SendingOptions {
  /** Parent of the folders that queues are kept in; undefined: memory only. */
  readonly folder?: string;
  readonly maxMemoryBytes: number;
  readonly maxDiskBytes: number;
  readonly requestTimeoutMs: number;
  /** Requests under way at once, all of one round. */
  readonly parallelRequests: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  readonly userAgent: string;
  readonly clock: RemoteClock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly log: RemoteLog;
}

/** How long requests under way may still take when everything stops. */
const STOP_GRACE_MS = 3_000;

/** Sends rounds to one receiver, in order; what it does not take waits. */
export class Receiver {
  private readonly sending: SendingOptions;
  private readonly endpoint: Endpoint;
  private readonly sender: ParcelSender;
  private readonly queue: SampleQueue;
  private readonly state: ReceiverState;
  private readonly stopping = new AbortController();
  private readonly cutting = new AbortController();
  private readonly running: Promise<void>;
  private failures = 0;
  private wake: () => void = () => undefined;

  constructor(options: ReceiverOptions, sending: SendingOptions) {
    this.sending = sending;
    this.endpoint = createEndpoint(options);
    this.sender = new ParcelSender(this.endpoint, options, sending);
    this.state = new ReceiverState(options, sending.clock.nowMs, sending.log);
    this.queue = new SampleQueue({
      folder: sending.folder === undefined ? undefined : join(sending.folder, folderName(options.url)),
      maxMemoryBytes: sending.maxMemoryBytes,
      maxDiskBytes: sending.maxDiskBytes,
      onLoss: (count, reason) => this.state.lost(count, reason),
      onDiskProblem: (sentence) => this.state.diskProblem(sentence),
    });
    this.running = this.run();
  }

  /** Takes the parcels of a committed round. */
  offer(parcels: readonly Parcel[]): void {
    // A receiver may also be slower than the rounds without failing: what it has not taken by now belongs on the disk.
    const isBehind = this.queue.pendingSamples > 0;
    this.queue.push(parcels);
    if (isBehind || this.failures > 0 || this.queue.hasSpilled) {
      void this.queue.spill();
    }
    this.wake();
  }

  report(): ReceiverReport {
    const { pendingSamples, memoryBytes, diskBytes } = this.queue;
    return this.state.report({ pendingSamples, memoryBytes, diskBytes, protocol: this.sender.protocol });
  }

  /** Ends the sending; what waits goes to the disk. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('Heapscope stops.'));
    this.wake();
    const cut = setTimeout(() => this.cutting.abort(this.stopping.signal.reason), STOP_GRACE_MS);
    await this.running;
    clearTimeout(cut);
    await this.queue.close();
    await this.endpoint.close();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    await this.queue.whenOpen();
    while (!signal.aborted) {
      // One is enough to find out whether a receiver is back.
      const head = this.queue.head(this.failures > 0 ? 1 : this.sending.parallelRequests);
      if (head.length === 0) {
        await new Promise<void>((resolve) => (this.wake = resolve));
        continue;
      }
      const delays = await Promise.all(head.map((queued) => this.deliver(queued)));
      const failed = delays.filter((delayMs) => delayMs !== undefined);
      this.failures = failed.length > 0 ? this.failures + 1 : 0;
      if (failed.length > 0) {
        void this.queue.spill();
        await this.pause(Math.max(...failed));
      }
    }
  }

  /** Sends one parcel. Undefined when it is dealt with; else it is tried again, after so many milliseconds at the earliest. */
  private async deliver(queued: QueuedParcel): Promise<number | undefined> {
    const parcel = await this.queue.load(queued);
    if (parcel) {
      const outcome = await this.sender.send(parcel, this.cutting.signal);
      if (outcome.kind === 'retry') {
        if (!this.stopping.signal.aborted) {
          this.state.failed(parcel.sampleCount, outcome.problem);
        }
        return outcome.delayMs;
      }
      this.note(parcel, outcome);
    }
    await this.queue.done(queued);
    return undefined;
  }

  private note(parcel: Parcel, outcome: Extract<Outcome, { kind: 'sent' | 'refused' }>): void {
    if (outcome.kind === 'refused') {
      this.state.refused(parcel.sampleCount - outcome.sentCount, outcome.problem, outcome.status);
    }
    const sentCount = outcome.kind === 'sent' ? outcome.sampleCount : outcome.sentCount;
    if (sentCount > 0) {
      this.state.sent(sentCount, parcel.timestampMs);
    }
  }

  /** Waits longer with every failure, never as long as another sender, and as long as the receiver asks for. */
  private async pause(atLeastMs: number): Promise<void> {
    const { clock, random, firstPauseMs, longestPauseMs } = this.sending;
    const pauseMs =
      Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(30, this.failures - 1)) * (0.5 + random() / 2);
    try {
      await clock.sleepUntil(clock.nowMs() + Math.max(atLeastMs, pauseMs), this.stopping.signal);
    } catch (error) {
      if (!this.stopping.signal.aborted) {
        throw error;
      }
    }
  }
}

/** A folder per address: two receivers never mix, and one that is found again finds its queue. */
function folderName(url: string): string {
  const { hostname } = new URL(url);
  return `${hostname.replace(/[^A-Za-z0-9.-]/g, '_')}-${createHash('sha256').update(url).digest('hex').slice(0, 12)}`;
}

import { HeapscopeError, sentenceOf } from '../errors.ts';
import { DeliveryState, type SinkLog, type SinkReport } from './deliveryState.ts';
import type { Parcel } from './parcels.ts';

/** Time as a sink sees it. */
export interface SinkClock {
  nowMs(): number;
  /** Resolves at a time; rejects when the signal aborts. */
  sleepUntil(timeMs: number, signal: AbortSignal): Promise<void>;
}

/** The other side: takes a parcel, or rejects with `sink_unreachable` (try again) or `sink_refused` (do not). */
export interface Receiver {
  /** For sentences: `InfluxDB at http://HOST:8086 (database k8s)`. */
  readonly title: string;
  send(body: Buffer, isPacked: boolean, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface QueueOptions {
  readonly id: string;
  readonly receiver: Receiver;
  /** Parcels under way at the same time. */
  readonly concurrency: number;
  /** What waits may take; beyond it the oldest parcels are lost. */
  readonly maxBytes: number;
  /** Makes a parcel smaller while it waits. */
  readonly pack?: (body: Buffer) => Promise<Buffer>;
  readonly clock: SinkClock;
  readonly log: SinkLog;
}

interface Waiting {
  body: Buffer;
  readonly values: number;
  readonly order: number;
  isPacked: boolean;
  isLost: boolean;
  packing?: Promise<void>;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** Parcels on their way to a receiver. Nobody waits for it: while the receiver is away parcels wait, within bounds. */
export class DeliveryQueue {
  private readonly options: QueueOptions;
  private readonly state: DeliveryState;
  private readonly stopping = new AbortController();
  private readonly underWay = new Set<Promise<void>>();
  private waiting: Waiting[] = [];
  private flying = 0;
  private bytes = 0;
  private count = 0;
  private pauses = 0;
  private isPaused = false;
  private isClosing = false;

  constructor(options: QueueOptions) {
    this.options = options;
    this.state = new DeliveryState(options.receiver.title, options.clock.nowMs, options.log);
  }

  add({ body, values }: Parcel): void {
    const parcel: Waiting = { body, values, order: this.count++, isPacked: false, isLost: false };
    this.bytes += body.length;
    this.waiting.push(parcel);
    if (this.options.pack) {
      parcel.packing = this.pack(parcel, this.options.pack);
    }
    this.dropOldest();
    this.pump();
  }

  /** A fault of our own while values were made ready. */
  noteFault(error: unknown): void {
    this.state.refused(
      0,
      `Values could not be made ready (${sentenceOf(error)}). This is a fault of Heapscope; please report it.`
    );
  }

  report(): SinkReport {
    const waiting = { parcels: this.waiting.length + this.flying, bytes: this.bytes };
    return this.state.report(this.options.id, waiting);
  }

  /** Delivers what waits while the receiver takes it, for at most `graceMs`; then ends. */
  async close(graceMs: number): Promise<void> {
    this.isClosing = true;
    const timer = setTimeout(() => this.stopping.abort(new Error('Heapscope stops.')), graceMs);
    while (this.underWay.size > 0 && !this.stopping.signal.aborted) {
      await Promise.race(this.underWay);
    }
    clearTimeout(timer);
    this.stopping.abort(new Error('Heapscope stops.'));
    await Promise.all(this.underWay);
    this.state.closed(this.waiting.reduce((sum, { values }) => sum + values, 0));
    await this.options.receiver.close();
  }

  /** Sends as many parcels as may be under way; after a failure one alone, to see whether the receiver is back. */
  private pump(): void {
    const most = this.pauses > 0 ? 1 : this.options.concurrency;
    while (!this.isPaused && !this.stopping.signal.aborted && this.underWay.size < most) {
      const parcel = this.waiting.shift();
      if (!parcel) {
        return;
      }
      const delivery = this.deliver(parcel).finally(() => {
        this.underWay.delete(delivery);
        this.pump();
      });
      this.underWay.add(delivery);
    }
  }

  private async deliver(parcel: Waiting): Promise<void> {
    this.flying++;
    const failure = await this.attempt(parcel);
    this.flying--;
    if (failure && failure.code !== 'sink_refused') {
      this.putBack(parcel, failure.message);
      return;
    }
    this.bytes -= parcel.body.length;
    this.pauses = 0;
    if (failure) {
      this.state.refused(parcel.values, failure.message);
    } else {
      this.state.delivered(parcel.values);
    }
  }

  private async attempt(parcel: Waiting): Promise<HeapscopeError | undefined> {
    try {
      await parcel.packing;
      await this.options.receiver.send(parcel.body, parcel.isPacked, this.stopping.signal);
      return undefined;
    } catch (cause) {
      return cause instanceof HeapscopeError
        ? cause
        : new HeapscopeError('sink_unreachable', `${sentenceOf(cause)}.`, { cause });
    }
  }

  private putBack(parcel: Waiting, sentence: string): void {
    const after = this.waiting.findIndex(({ order }) => order > parcel.order);
    this.waiting.splice(after < 0 ? this.waiting.length : after, 0, parcel);
    this.dropOldest();
    if (this.isClosing) {
      this.stopping.abort(new Error('Heapscope stops.'));
    }
    if (this.isPaused || this.stopping.signal.aborted) {
      return;
    }
    this.state.unreachable(sentence);
    void this.pause();
  }

  private async pause(): Promise<void> {
    const { clock } = this.options;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.pauses);
    this.pauses++;
    this.isPaused = true;
    await clock.sleepUntil(clock.nowMs() + pauseMs, this.stopping.signal).catch(() => undefined);
    this.isPaused = false;
    this.pump();
  }

  private dropOldest(): void {
    while (this.bytes > this.options.maxBytes) {
      const oldest = this.waiting.shift();
      if (!oldest) {
        return;
      }
      this.bytes -= oldest.body.length;
      oldest.isLost = true;
      this.state.lost(oldest.values);
    }
  }

  private async pack(parcel: Waiting, pack: (body: Buffer) => Promise<Buffer>): Promise<void> {
    try {
      const packed = await pack(parcel.body);
      if (!parcel.isLost) {
        this.bytes += packed.length - parcel.body.length;
        parcel.body = packed;
        parcel.isPacked = true;
      }
    } catch (error) {
      // It travels as it is.
      this.noteFault(error);
    }
  }
}

/** Told when a receiver fails, refuses, or takes values again. */
export interface SinkLog {
  info(sentence: string): void;
  warn(sentence: string): void;
}

/** How a sink is doing, for the status page and the metrics of Heapscope itself. */
export interface SinkReport {
  readonly id: string;
  /** A sentence while something is wrong. */
  readonly problem?: string;
  /** Values since the start: taken by the receiver, refused by it, and lost because too many waited. */
  readonly delivered: number;
  readonly refused: number;
  readonly lost: number;
  readonly waitingParcels: number;
  readonly waitingBytes: number;
  /** When the receiver last took values, Unix ms; undefined if never. */
  readonly lastDeliveredMs?: number;
}

/** What happens to single parcels is shown for this long after it was last seen, and logged again after this long. */
const SHOWN_MS = 10 * 60_000;

const WAITING = 'Values wait and are sent as soon as it answers.';

/** Something that was seen, and when it was last logged. */
interface Seen {
  readonly sentence: string;
  readonly seenMs: number;
  readonly loggedMs: number;
}

/** What became of the parcels of one sink. Says so in the log when it changes. */
export class DeliveryState {
  private readonly title: string;
  private readonly nowMs: () => number;
  private readonly log: SinkLog;
  private readonly values = { delivered: 0, refused: 0, lost: 0 };
  private lastDeliveredMs?: number;
  /** What the receiver fails with, while it does. */
  private outage?: string;
  private refusal?: Seen;
  private overflow?: Seen;

  constructor(title: string, nowMs: () => number, log: SinkLog) {
    this.title = title;
    this.nowMs = nowMs;
    this.log = log;
  }

  delivered(values: number): void {
    this.values.delivered += values;
    this.lastDeliveredMs = this.nowMs();
    this.endOutage();
  }

  /** The receiver will not have these values, whatever is tried. */
  refused(values: number, sentence: string): void {
    this.values.refused += values;
    this.endOutage();
    this.refusal = this.see(sentence, this.refusal);
  }

  /** The receiver cannot be reached, or fails. */
  unreachable(sentence: string): void {
    if (this.outage !== sentence) {
      this.log.warn(`${this.title}: ${sentence} ${WAITING}`);
    }
    this.outage = sentence;
  }

  /** Too much waited. */
  lost(values: number): void {
    this.values.lost += values;
    this.overflow = this.see('More values wait than memory is kept for; the oldest are lost.', this.overflow);
  }

  closed(waitingValues: number): void {
    if (waitingValues > 0) {
      this.log.warn(`${this.title}: ${waitingValues} values were not taken before the end and are lost.`);
    }
  }

  report(id: string, waiting: { parcels: number; bytes: number }): SinkReport {
    const { title, values, lastDeliveredMs } = this;
    const sentences = [
      this.shown(this.overflow),
      this.outage === undefined ? this.shown(this.refusal) : `${this.outage} ${WAITING}`,
    ].filter((sentence) => sentence !== undefined);
    return {
      id,
      problem: sentences.length > 0 ? `${title}: ${sentences.join(' ')}` : undefined,
      ...values,
      waitingParcels: waiting.parcels,
      waitingBytes: waiting.bytes,
      lastDeliveredMs,
    };
  }

  private see(sentence: string, before: Seen | undefined): Seen {
    const seenMs = this.nowMs();
    const isTold = before?.sentence === sentence && seenMs - before.loggedMs < SHOWN_MS;
    if (!isTold) {
      this.log.warn(`${this.title}: ${sentence}`);
    }
    return { sentence, seenMs, loggedMs: isTold ? before.loggedMs : seenMs };
  }

  private shown(seen: Seen | undefined): string | undefined {
    return seen && this.nowMs() - seen.seenMs < SHOWN_MS ? seen.sentence : undefined;
  }

  private endOutage(): void {
    if (this.outage !== undefined) {
      this.outage = undefined;
      this.log.info(`${this.title} answers again.`);
    }
  }
}

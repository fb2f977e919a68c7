import { sentenceOf } from '../errors.ts';
import type { NodeBatch, TotalsBatch } from '../model/batch.ts';
import { Receiver, type ReceiverOptions, type SendingOptions } from './receiver.ts';
import type { ReceiverReport } from './receiverState.ts';
import { divideIntoParcels, type SampleGrid } from './sampleGrid.ts';
import { SeriesBook } from './seriesBook.ts';

export interface RemoteWriteOptions extends SendingOptions {
  readonly receivers: readonly ReceiverOptions[];
  /** Samples of one request, about. */
  readonly samplesPerRequest: number;
}

/** Numbers that fit most receivers. */
export const REMOTE_WRITE_DEFAULTS = {
  samplesPerRequest: 5_000,
  parallelRequests: 4,
  requestTimeoutMs: 30_000,
  firstPauseMs: 1_000,
  longestPauseMs: 30_000,
} as const;

/** A writer of rounds that sends them on by Prometheus remote write. */
export interface RemoteWrite {
  /** Copies a batch; never throws, since nobody else should suffer from what becomes of it. */
  append(batch: NodeBatch | TotalsBatch): void;
  /** Hands the round to the receivers. */
  commit(timestampMs: number): void;
  reports(): ReceiverReport[];
  /** Sentences a person should act on. */
  problems(): string[];
  /** Ends the sending; what waits goes to the disk. */
  stop(): Promise<void>;
}

/** Starts sending to all receivers; what an earlier process left for them goes first. */
export function createRemoteWrite(options: RemoteWriteOptions): RemoteWrite {
  const book = new SeriesBook();
  const receivers = options.receivers.map((receiver) => new Receiver(receiver, options));
  let grids: SampleGrid[] = [];
  let roundMs = NaN;
  let fault: string | undefined;

  const guarded = (work: () => void) => {
    try {
      work();
    } catch (error) {
      const sentence = `A round could not be made ready for remote write: ${sentenceOf(error)}. This is a fault of Heapscope; please report it.`;
      if (fault !== sentence) {
        options.log.warn(sentence);
      }
      fault = sentence;
    }
  };

  return {
    append: (batch) =>
      guarded(() => {
        if (batch.timestampMs !== roundMs) {
          // A round that was begun and never committed is left out, as everywhere.
          grids = [];
          roundMs = batch.timestampMs;
        }
        grids.push(...book.take(batch));
      }),
    commit: (timestampMs) =>
      guarded(() => {
        const round = roundMs === timestampMs ? [...grids, ...book.endRound()] : book.endRound();
        [grids, roundMs] = [[], NaN];
        const parcels = divideIntoParcels(timestampMs, round, options.samplesPerRequest);
        receivers.forEach((receiver) => receiver.offer(parcels));
      }),
    reports: () => receivers.map((receiver) => receiver.report()),
    problems: () => [...(fault === undefined ? [] : [fault]), ...receivers.flatMap((one) => one.report().problems)],
    async stop() {
      await Promise.all(receivers.map((receiver) => receiver.stop()));
    },
  };
}

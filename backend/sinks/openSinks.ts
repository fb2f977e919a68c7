import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { NodeBatch, TotalsBatch } from '../model/batch.ts';
import { DeliveryQueue, type SinkClock } from './deliveryQueue.ts';
import type { SinkLog, SinkReport } from './deliveryState.ts';
import { writeGraphiteLines } from './graphiteLines.ts';
import { openGraphite, type GraphiteTarget } from './graphiteReceiver.ts';
import { HeapsterLabels, type LabelRules, type ObjectFacts } from './heapsterLabels.ts';
import { writeInfluxLines, type InfluxLayout, type TakeLine } from './influxLines.ts';
import { InfluxReceiver, type InfluxTarget } from './influxReceiver.ts';
import { Parcels, type ParcelLimits } from './parcels.ts';

/** One `--sink`. */
export type SinkTarget =
  ({ readonly kind: 'influxdb' } & InfluxTarget & InfluxLayout) | ({ readonly kind: 'graphite' } & GraphiteTarget);

export interface SinkOptions {
  readonly targets: readonly SinkTarget[];
  readonly labels: LabelRules;
  readonly facts: ObjectFacts;
  readonly clock: SinkClock;
  readonly log: SinkLog;
  /** What may wait for one receiver. */
  readonly maxWaitingBytes?: number;
  readonly parcels?: ParcelLimits;
}

/** All sinks together, as a writer of rounds: values leave at once, whatever becomes of the receivers. */
export interface Sinks {
  append(batch: NodeBatch | TotalsBatch): void;
  commit(timestampMs: number): void;
  reports(): SinkReport[];
  /** Delivers what waits for at most this long, then ends. */
  close(graceMs: number): Promise<void>;
}

const USUAL_WAITING_BYTES = 64 * 2 ** 20;

interface OpenSink {
  readonly queue: DeliveryQueue;
  readonly parcels: Parcels;
  readonly write: (batch: NodeBatch | TotalsBatch, take: TakeLine) => void;
}

/** Opens a sink per target. None of them is connected to before there are values. */
export function openSinks(options: SinkOptions): Sinks {
  const labels = new HeapsterLabels(options.labels, options.facts);
  const ids = new Set<string>();
  const sinks = options.targets.map((target) => openSink(target, idOf(target, ids), labels, options));
  return {
    append: (batch) => sinks.forEach((sink) => appendTo(sink, batch)),
    commit: () => sinks.forEach(({ parcels }) => parcels.flush()),
    reports: () => sinks.map(({ queue }) => queue.report()),
    async close(graceMs) {
      sinks.forEach(({ parcels }) => parcels.flush());
      await Promise.all(sinks.map(({ queue }) => queue.close(graceMs)));
    },
  };
}

/** A sink that cannot make sense of a batch is no reason to lose the batch elsewhere. */
function appendTo({ write, parcels, queue }: OpenSink, batch: NodeBatch | TotalsBatch): void {
  try {
    write(batch, parcels.take);
  } catch (error) {
    queue.noteFault(error);
  }
}

function openSink(target: SinkTarget, id: string, labels: HeapsterLabels, options: SinkOptions): OpenSink {
  const { clock, log, facts, maxWaitingBytes: maxBytes = USUAL_WAITING_BYTES } = options;
  const queue =
    target.kind === 'influxdb'
      ? new DeliveryQueue({
          ...{ id, clock, log, maxBytes, pack },
          concurrency: target.concurrency,
          receiver: new InfluxReceiver(target),
        })
      : // One connection takes lines in one order.
        new DeliveryQueue({ ...{ id, clock, log, maxBytes }, concurrency: 1, receiver: openGraphite(target) });
  return {
    queue,
    parcels: new Parcels((parcel) => queue.add(parcel), options.parcels),
    write:
      target.kind === 'influxdb'
        ? (batch, take) => writeInfluxLines(batch, labels, target, take)
        : (batch, take) => writeGraphiteLines(batch, facts, target.prefix, take),
  };
}

/** Lines repeat themselves: the fastest compression makes a twentieth of them. */
function pack(body: Buffer): Promise<Buffer> {
  return promisify(gzip)(body, { level: constants.Z_BEST_SPEED });
}

/** A name for the metrics, without secrets; the same one twice is numbered. */
function idOf(target: SinkTarget, taken: Set<string>): string {
  const plain =
    target.kind === 'influxdb'
      ? `influxdb:${target.url}/${target.database}`
      : `graphite:${target.protocol}://${target.host}:${target.port}/${target.prefix}`;
  let id = plain;
  for (let number = 2; taken.has(id); number++) {
    id = `${plain}#${number}`;
  }
  taken.add(id);
  return id;
}

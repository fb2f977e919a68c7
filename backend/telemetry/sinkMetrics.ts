import { Counter, Gauge, type Registry } from 'prom-client';

/** How one sink is doing when somebody reads the metrics. */
export interface SinkSource {
  readonly id: string;
  readonly problem?: string;
  readonly delivered: number;
  readonly refused: number;
  readonly lost: number;
  readonly waitingParcels: number;
  readonly waitingBytes: number;
  /** Unix ms; undefined if never. */
  readonly lastDeliveredMs?: number;
}

/** Exposes the sinks, one series per sink; nothing where there are none. */
export function exposeSinks(read: () => readonly SinkSource[], now: () => number, registry: Registry): void {
  if (read().length === 0) {
    return;
  }
  const registers = [registry];
  new Counter({
    name: 'heapscope_sink_values_total',
    help: 'Values by what became of them: delivered, refused by the receiver, or lost because too many waited.',
    labelNames: ['sink', 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const { id, ...counts } of read()) {
        for (const outcome of ['delivered', 'refused', 'lost'] as const) {
          this.labels(id, outcome).inc(counts[outcome]);
        }
      }
    },
  });
  const gauge = (name: string, help: string, value: (sink: SinkSource) => number): void => {
    new Gauge({
      name: `heapscope_sink_${name}`,
      help,
      labelNames: ['sink'],
      registers,
      collect() {
        for (const sink of read()) {
          this.labels(sink.id).set(value(sink));
        }
      },
    });
  };
  gauge('waiting_parcels', 'Parcels of values that wait or are under way.', (sink) => sink.waitingParcels);
  gauge('waiting_bytes', 'Memory they take.', (sink) => sink.waitingBytes);
  gauge('failing', '1 while the status page has a sentence about the sink, else 0.', (sink) =>
    Number(sink.problem !== undefined)
  );
  gauge('last_delivery_age_seconds', 'Time since the receiver last took values; NaN before the first.', (sink) =>
    sink.lastDeliveredMs === undefined ? NaN : (now() - sink.lastDeliveredMs) / 1000
  );
}

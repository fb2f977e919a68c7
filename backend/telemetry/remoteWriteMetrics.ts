import { Counter, Gauge, type Registry } from 'prom-client';

/** How one receiver of remote write does when somebody reads the metrics. Counts are of samples. */
export interface RemoteWriteSource {
  readonly name: string;
  readonly sentCount: number;
  readonly failedCount: number;
  /** By reason. */
  readonly droppedCounts: Readonly<Record<string, number>>;
  readonly pendingCount: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Unix ms; undefined before the first. */
  readonly newestSentMs: number | undefined;
}

/** Exposes the receivers of remote write, one series per receiver; nothing where there are none. */
export function exposeRemoteWrite(
  read: () => readonly RemoteWriteSource[],
  now: () => number,
  registry: Registry
): void {
  if (read().length === 0) {
    return;
  }
  const registers = [registry];
  const counter = (name: string, help: string, value: (source: RemoteWriteSource) => number): void => {
    new Counter({
      name: `heapscope_remote_write_${name}`,
      help,
      labelNames: ['receiver'],
      registers,
      collect() {
        this.reset();
        read().forEach((source) => this.labels(source.name).inc(value(source)));
      },
    });
  };
  counter('samples_sent_total', 'Samples that a receiver took.', ({ sentCount }) => sentCount);
  counter('samples_failed_total', 'Samples sent in vain and kept, once per attempt.', ({ failedCount }) => failedCount);
  new Counter({
    name: 'heapscope_remote_write_samples_dropped_total',
    help: 'Samples lost: refused by the receiver, queue_full, or damaged on disk.',
    labelNames: ['receiver', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const { name, droppedCounts } of read()) {
        for (const [reason, count] of Object.entries(droppedCounts)) {
          this.labels(name, reason).inc(count);
        }
      }
    },
  });
  const gauge = (name: string, help: string, value: (source: RemoteWriteSource) => number): void => {
    new Gauge({
      name: `heapscope_remote_write_${name}`,
      help,
      labelNames: ['receiver'],
      registers,
      collect() {
        read().forEach((source) => this.labels(source.name).set(value(source)));
      },
    });
  };
  gauge('samples_pending', 'Samples that wait.', ({ pendingCount }) => pendingCount);
  gauge('newest_sent_age_seconds', 'Age of the newest round that arrived; NaN before the first.', ({ newestSentMs }) =>
    newestSentMs === undefined ? NaN : (now() - newestSentMs) / 1000
  );
  new Gauge({
    name: 'heapscope_remote_write_queue_bytes',
    help: 'Bytes of what waits, in memory and on disk.',
    labelNames: ['receiver', 'place'],
    registers,
    collect() {
      for (const { name, memoryBytes, diskBytes } of read()) {
        this.labels(name, 'memory').set(memoryBytes);
        this.labels(name, 'disk').set(diskBytes);
      }
    },
  });
}

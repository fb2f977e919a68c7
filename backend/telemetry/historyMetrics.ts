import { Counter, Gauge, type Registry } from 'prom-client';

/** How the history on disk is doing when somebody reads the metrics. */
export interface HistorySource {
  readonly problem: string | undefined;
  readonly damages: readonly string[];
  readonly bytes: number;
  readonly maxBytes: number;
  readonly objects: number;
  readonly segments: number;
  /** Unix ms, NaN if there is nothing. */
  readonly oldestMs: number;
  readonly writtenRounds: number;
  readonly lostRounds: number;
}

/** Exposes the history on disk; nothing where there is none. */
export function exposeHistory(read: () => HistorySource | undefined, registry: Registry): void {
  if (!read()) {
    return;
  }
  const registers = [registry];
  const gauge = (name: string, help: string, value: (source: HistorySource) => number): void => {
    new Gauge({
      name: `heapscope_history_${name}`,
      help,
      registers,
      collect() {
        const source = read();
        this.set(source ? value(source) : NaN);
      },
    });
  };
  gauge('writable', 'Whether rounds can be written to disk (1) or not (0).', ({ problem }) =>
    Number(problem === undefined)
  );
  gauge('bytes', 'Bytes of the history on disk.', ({ bytes }) => bytes);
  gauge('max_bytes', 'Bytes the history may take.', ({ maxBytes }) => maxBytes);
  gauge('objects', 'Objects the history knows, past ones included.', ({ objects }) => objects);
  gauge('segments', 'Sealed files.', ({ segments }) => segments);
  gauge(
    'damaged_files',
    'Files set aside as damaged since the start, of the last few.',
    ({ damages }) => damages.length
  );
  gauge('oldest_timestamp_seconds', 'Time of the oldest value.', ({ oldestMs }) => oldestMs / 1000);
  new Counter({
    name: 'heapscope_history_rounds_total',
    help: 'Rounds by what became of them: written to disk, or lost because the disk refused.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      const source = read();
      this.labels('written').inc(source?.writtenRounds ?? 0);
      this.labels('lost').inc(source?.lostRounds ?? 0);
    },
  });
}

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { exposeHistory, type HistorySource } from './historyMetrics.ts';
import { exposeRemoteWrite, type RemoteWriteSource } from './remoteWriteMetrics.ts';
import { exposeSinks, type SinkSource } from './sinkMetrics.ts';

/** What is asked when somebody reads the metrics, rather than counted as it happens. */
export interface HealthSource {
  /** End of the newest batch, Unix ms; undefined before the first. */
  newestBatchMs(): number | undefined;
  /** Number of nodes per state, such as `ok`, `failing`, `not_ready`, `waiting`. */
  nodesByState(): Readonly<Record<string, number>>;
  /** Number of objects per kind, such as `pod`. */
  objectsByKind(): Readonly<Record<string, number>>;
  /** Watches begun so far on each resource of the API server; each but the first followed on one that ended. */
  watchesByResource(): Readonly<Record<string, number>>;
  headBytes(): number;
  /** Oldest round in memory, Unix ms; undefined before the first. */
  headOldestMs(): number | undefined;
  /** Streams of live panels that are open. */
  streamCount(): number;
}

export interface TelemetryOptions {
  readonly version: string;
  readonly now: () => number;
  /** Leaves out memory and CPU of the process, for tests. */
  readonly withoutProcess?: boolean;
}

/** The health of Heapscope itself. Nothing here is labelled per pod or per node. */
export interface Telemetry {
  /** Duration of one step of the line, such as `decode`. */
  observeStep(step: string, seconds: number): void;
  observeRound(seconds: number): void;
  /** One kubelet was asked: `ok`, or the error code. */
  countScrape(outcome: string): void;
  /** The same for `/metrics/cadvisor`, where it is switched on. */
  countCadvisorScrape(outcome: string): void;
  countRequest(route: string, status: number, seconds: number): void;
  /** Names where the values come from that are read on demand; until then they are missing. */
  watch(source: HealthSource): void;
  /** The same for sinks, if there are any. */
  watchSinks(read: () => readonly SinkSource[]): void;
  /** The same for receivers of remote write, if there are any. */
  watchRemoteWrite(read: () => readonly RemoteWriteSource[]): void;
  /** The same for the history on disk, if there is one. */
  watchHistory(read: () => HistorySource | undefined): void;
  /** The Prometheus text and its content type. */
  expose(): Promise<{ contentType: string; text: string }>;
}

const STEP_BUCKETS = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];
const ROUND_BUCKETS = [0.1, 0.5, 1, 2, 5, 10, 20, 30, 45, 60, 120, 300];
const REQUEST_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Makes a registry of its own; nothing is global, so two backends in one process do not mix. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const registry = new Registry();
  const registers = [registry];
  if (!options.withoutProcess) {
    collectDefaultMetrics({ register: registry });
  }
  new Gauge({
    name: 'heapscope_build_info',
    help: 'Version of Heapscope; always 1.',
    labelNames: ['version'],
    registers,
  })
    .labels(options.version)
    .set(1);
  const steps = new Histogram({
    name: 'heapscope_step_duration_seconds',
    help: 'Time spent in one step of the line from kubelet to store.',
    labelNames: ['step'],
    buckets: STEP_BUCKETS,
    registers,
  });
  const rounds = new Histogram({
    name: 'heapscope_round_duration_seconds',
    help: 'Time from the start of a round until its last answer was stored.',
    buckets: ROUND_BUCKETS,
    registers,
  });
  const scrapes = counter(
    'heapscope_scrapes_total',
    'Kubelets asked, by outcome: ok or the code of the error.',
    ['outcome'],
    registers
  );
  const cadvisorScrapes = counter(
    'heapscope_cadvisor_scrapes_total',
    'Kubelets asked for /metrics/cadvisor, by outcome: ok or the code of the error.',
    ['outcome'],
    registers
  );
  const requests = counter('heapscope_http_requests_total', 'HTTP requests answered.', ['route', 'status'], registers);
  const durations = new Histogram({
    name: 'heapscope_http_request_duration_seconds',
    help: 'Time from an HTTP request to the end of its answer.',
    labelNames: ['route'],
    buckets: REQUEST_BUCKETS,
    registers,
  });
  return {
    observeStep: (step, seconds) => steps.labels(step).observe(seconds),
    observeRound: (seconds) => rounds.observe(seconds),
    countScrape: (outcome) => scrapes.labels(outcome).inc(),
    countCadvisorScrape: (outcome) => cadvisorScrapes.labels(outcome).inc(),
    countRequest(route, status, seconds) {
      requests.labels(route, String(status)).inc();
      durations.labels(route).observe(seconds);
    },
    watch: (source) => exposeSource(source, options.now, registry),
    watchSinks: (read) => exposeSinks(read, options.now, registry),
    watchRemoteWrite: (read) => exposeRemoteWrite(read, options.now, registry),
    watchHistory: (read) => exposeHistory(read, registry),
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

function counter<T extends string>(name: string, help: string, labelNames: T[], registers: Registry[]): Counter<T> {
  return new Counter({ name, help, labelNames, registers });
}

function exposeSource(source: HealthSource, now: () => number, registry: Registry): void {
  const registers = [registry];
  const single = (name: string, help: string, read: () => number | undefined): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        // NaN is Prometheus' word for "no value yet".
        this.set(read() ?? NaN);
      },
    });
  };
  const perLabel = (name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): void => {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(read())) {
          this.labels(value).set(count);
        }
      },
    });
  };
  const age = (timestampMs: number | undefined): number | undefined =>
    timestampMs === undefined ? undefined : (now() - timestampMs) / 1000;
  single('heapscope_newest_batch_age_seconds', 'Age of the newest round of data.', () => age(source.newestBatchMs()));
  single('heapscope_head_oldest_age_seconds', 'Age of the oldest round in memory.', () => age(source.headOldestMs()));
  single('heapscope_head_bytes', 'Memory the history takes.', () => source.headBytes());
  single('heapscope_streams', 'Streams of live panels that are open.', () => source.streamCount());
  perLabel('heapscope_nodes', 'Nodes by state.', 'state', () => source.nodesByState());
  perLabel('heapscope_objects', 'Objects known, by kind.', 'kind', () => source.objectsByKind());
  perLabel('heapscope_watches_begun', 'Watches begun on the API server, by resource.', 'resource', () =>
    source.watchesByResource()
  );
}

import { readFileSync } from 'node:fs';
import { startBackend } from '../../backend/backend.ts';
import type { Backend } from '../../backend/backend.ts';
import { loadConfig } from '../../backend/config/loadConfig.ts';
import type { MetricQuery, Notice, QueryResponse } from '../../backend/contract/grafana.ts';
import type { ConnectionOptions } from '../../backend/kubernetes/connection.ts';
import { createLogger } from '../../backend/telemetry/logger.ts';
import type { ManualClock } from './manualClock.ts';

/** The parts of `GET /api/self/v1/status` that tests look at. */
export interface StatusBody {
  readonly round: { readonly number: number };
  readonly problems: ReadonlyArray<{ readonly severity: string; readonly text: string }>;
  readonly nodeStates: Readonly<Record<string, number>>;
  readonly nodes: {
    readonly name: readonly string[];
    readonly state: readonly string[];
    readonly errors: Readonly<Record<string, string>>;
    readonly memoryBytes: ReadonlyArray<number | null>;
  };
}

/** The whole backend behind its HTTP server, with a clock that the test moves from round to round. */
export interface RunningBackend {
  readonly url: string;
  readonly log: readonly string[];
  /** Moves the clock to the end of the next round, and waits until that is collected. */
  nextRound(): Promise<number>;
  status(): Promise<StatusBody>;
  /** What a panel shows: values by the names of its series, and the notices beside them. */
  panel(
    query: MetricQuery,
    range?: { fromMs: number; toMs: number }
  ): Promise<{ values: Record<string, Array<number | null>>; notices: Notice[] }>;
  stop(): Promise<void>;
}

export const ROUND_MS = 15_000;

/** Starts the backend on a cluster; `flags` are those of the command line. */
export async function runBackend(
  connection: ConnectionOptions,
  clock: ManualClock,
  flags: readonly string[] = []
): Promise<RunningBackend> {
  const isNamed = flags.some((flag) => flag.startsWith('--source='));
  const always = [
    ...(isNamed ? [] : ['--simulate=1']),
    '--metric-resolution=15s',
    '--auth=none',
    '--listen-ip=127.0.0.1',
    '--heapster-port=0',
  ];
  const loaded = loadConfig([...always, ...flags], {}, (path) => readFileSync(path, 'utf8'));
  // Kubelets of a test share an address, so that a source, which names one port for all, cannot tell them apart.
  const kubelet = isNamed ? { ...loaded.config.kubelet, port: undefined } : loaded.config.kubelet;
  const config = { ...loaded.config, kubelet };
  const log: string[] = [];
  const backend: Backend = await startBackend({
    config,
    connection,
    clusterName: 'test',
    simulated: false,
    version: '0.0.0',
    clock,
    log: createLogger({ level: 'warn', format: 'text', write: (text) => log.push(text) }),
  });
  await clock.sleeperUntil(clock.nowMs() + 1);
  const url = backend.url.replace(/\/$/, '');
  return {
    url,
    log,
    async nextRound() {
      const endMs = Math.floor(clock.nowMs() / ROUND_MS + 1) * ROUND_MS;
      clock.moveTo(endMs);
      await clock.sleeperUntil(endMs + 1);
      return endMs;
    },
    status: () => getJson<StatusBody>(`${url}/api/self/v1/status`),
    panel: (query, range) => askPanel(url, query, range ?? { fromMs: clock.nowMs(), toMs: clock.nowMs() }),
    stop: () => backend.stop(),
  };
}

async function getJson<Body>(url: string, init?: RequestInit): Promise<Body> {
  const response = await fetch(url, init);
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  }
  return (await response.json()) as Body;
}

async function askPanel(
  url: string,
  query: MetricQuery,
  range: { fromMs: number; toMs: number }
): ReturnType<RunningBackend['panel']> {
  const body = JSON.stringify({ ...range, queries: [{ ...query, refId: 'A' }] });
  const headers = { 'content-type': 'application/json' };
  const { results } = await getJson<QueryResponse>(`${url}/api/grafana/v1/query`, { method: 'POST', headers, body });
  const { frames, error } = results.A;
  if (error) {
    throw new Error(error.message);
  }
  const { schema, data } = frames[0];
  const values: Record<string, Array<number | null>> = {};
  schema.fields.forEach((field, index) => {
    if (field.type === 'number') {
      values[Object.values(field.labels ?? {}).join('/')] = data.values[index] as Array<number | null>;
    }
  });
  return { values, notices: schema.meta?.notices ?? [] };
}

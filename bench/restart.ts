import { join } from 'node:path';
import { DAY_MS } from '../backend/history/sealing.ts';
import type { NameFilter } from '../backend/contract/grafana.ts';
import { BackendProcess } from './backendProcess.ts';
import { clockAt } from './clock.ts';
import type { KeptDays, PodName } from './history.ts';
import { p95Ms } from './measure.ts';
import { SimulatorProcess } from './simulatorProcess.ts';

const LONGEST_START_MS = 120_000;
const PODS_ASKED = 60;
const LISTS_ASKED = 15;

/** What the built backend, started with days of history, answers over HTTP while it collects. */
export interface Restart {
  /** From the start of the process to its first answer out of the history. */
  readonly restartSeconds: number;
  /** Heapster's historical API: values or hourly aggregates of a pod over a day. */
  readonly historicalPod24hP95Ms: number;
  /** Its lists of all namespaces, nodes, and pods of a namespace there ever were. */
  readonly historicalListP95Ms: number;
}

/** Starts a backend with a history that a step has written, as its cluster would have it a moment after the last round. */
export async function measureRestart(path: string, folder: string, kept: KeptDays): Promise<Restart> {
  const { measured, pods, newestMs } = kept;
  const nowMs = Date.now();
  const clock = clockAt(newestMs, nowMs);
  const kubeconfig = join(folder, 'kubeconfig-restart');
  const simulator = await SimulatorProcess.start(measured.historyNodes, 1, kubeconfig, clock);
  const startedMs = performance.now();
  const backend = await BackendProcess.start(
    [`--kubeconfig=${kubeconfig}`, `--data-dir=${path}`, '--metric-resolution=60s', '--history-raw=10000d'],
    clock
  );
  try {
    await firstAnswer(backend, pods[0], newestMs);
    const restartSeconds = (performance.now() - startedMs) / 1000;
    await backend.waitForRounds(1, LONGEST_START_MS);
    return { restartSeconds, ...(await askHistorical(backend, kept)) };
  } finally {
    await backend.stop();
    await simulator.stop();
  }
}

/** Asks for a pod's last day until it is answered; what is not there yet refuses to connect. */
async function firstAnswer(backend: BackendProcess, pod: PodName, newestMs: number): Promise<void> {
  const filters = (['namespace', 'pod'] as const).map((dimension): NameFilter => ({
    dimension,
    operator: '=',
    values: [pod[dimension]],
  }));
  const isAnswered = () =>
    backend.query({ level: 'pod', metric: 'cpu/usage_rate', filters }, DAY_MS, newestMs).then(
      (series) => series === 1,
      () => false
    );
  const untilMs = performance.now() + LONGEST_START_MS;
  while (!(await isAnswered())) {
    if (performance.now() > untilMs) {
      throw new Error(`${pod.namespace}/${pod.pod} is not in the history of the backend that was started with it.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function askHistorical(backend: BackendProcess, { pods, newestMs }: KeptDays) {
  const time = (timestampMs: number) => new Date(timestampMs).toISOString();
  const range = `start=${time(newestMs - DAY_MS)}&end=${time(newestMs)}`;
  const questions = ['metrics/cpu/usage_rate?', 'metrics-aggregated/average,max,95-perc/memory/usage?bucket=1h&'];
  const lists = ['namespaces', 'nodes', `namespaces/${pods[0].namespace}/pods`];
  return {
    historicalPod24hP95Ms: await p95Ms(PODS_ASKED, async (index) => {
      const { namespace, pod } = pods[index % pods.length];
      await backend.get(`/api/v1/historical/namespaces/${namespace}/pods/${pod}/${questions[index % 2]}${range}`);
    }),
    historicalListP95Ms: await p95Ms(LISTS_ASKED, async (index) => {
      await backend.get(`/api/v1/historical/${lists[index % lists.length]}`);
    }),
  };
}

import { CadvisorSource } from '../../backend/cadvisorSource.ts';
import { Collector } from '../../backend/collector.ts';
import { createKubeletClient } from '../../backend/kubelet/client.ts';
import { createDirectory } from '../../backend/kubernetes/directory.ts';
import type { Directory } from '../../backend/kubernetes/directory.ts';
import type { MetricLevel } from '../../backend/model/catalogue.ts';
import { createQueryEngine } from '../../backend/query/queryEngine.ts';
import type { QueryEngine } from '../../backend/query/queryEngine.ts';
import type { Filter } from '../../backend/query/types.ts';
import { HeadStore } from '../../backend/store/headStore.ts';
import { writeToAll } from '../../backend/store/roundWriter.ts';
import type { RoundWriter } from '../../backend/store/roundWriter.ts';
import type { Recording } from '../support/recordings.ts';
import { until } from '../support/until.ts';
import { replayCluster } from './replayCluster.ts';
import type { CadvisorAnswers, ReplayCluster } from './replayCluster.ts';

export const RESOLUTION_MS = 15_000;

/** The whole line on a recorded cluster; time passes only by {@link ReplayLine.collect}. */
export interface ReplayLine {
  readonly directory: Directory;
  readonly collector: Collector;
  readonly head: HeadStore;
  readonly engine: QueryEngine;
  /** Where the recorded API server answers. */
  readonly apiUrl: string;
  /** Collects the round that ends at `endMs`, with the recording at `moment` and the clock at `nowMs`. */
  collect(moment: number, endMs: number, nowMs: number): Promise<void>;
  /** The value of every object at the end of a round, by its names joined with `/`; absent values are missing. */
  values(level: MetricLevel, metric: string, timestampMs: number, filters?: readonly Filter[]): Record<string, number>;
  /** The values of one object, round by round; NaN is a gap. */
  history(level: MetricLevel, metric: string, name: string): number[];
  close(): Promise<void>;
}

/** Joins the real rooms as the backend does, with a clock that the test sets; with cAdvisor's answers if some are given. */
export async function startReplay(
  recording: Recording,
  cadvisor?: CadvisorAnswers,
  beside: readonly RoundWriter[] = []
): Promise<ReplayLine> {
  const cluster = await replayCluster(recording, cadvisor);
  await cluster.turnTo(0);
  let nowMs = 0;
  const directory = createDirectory({
    connection: { kind: 'url', url: cluster.api.url },
    log: { info: () => undefined, warn: () => undefined },
  });
  const kubelets = createKubeletClient({ access: 'direct', https: false, port: 'node-status', now: () => nowMs });
  const head = new HeadStore({ windowMs: 900_000, maxBytes: 64 * 1024 * 1024 });
  const engine = createQueryEngine(head, RESOLUTION_MS, { maxSeries: 10_000, maxPoints: 1_000_000 });
  const telemetry = {
    observeStep: () => undefined,
    observeRound: () => undefined,
    countScrape: () => undefined,
    countCadvisorScrape: () => undefined,
  };
  const times = { resolutionMs: RESOLUTION_MS, deadlineMs: 5_000 };
  const collector = new Collector({
    ...times,
    directory: {
      ...directory,
      unscheduledPods: () => [...directory.pods()].filter(({ nodeName }) => nodeName === ''),
    },
    kubelets,
    cadvisor: cadvisor && new CadvisorSource({ ...times, kubelets, telemetry }),
    writer: writeToAll([head, ...beside]),
    clock: { nowMs: () => nowMs, sleepUntil: () => Promise.resolve() },
    log: { info: () => undefined, warn: () => undefined },
    telemetry,
  });
  directory.start();
  await directory.whenSynced(AbortSignal.timeout(10_000));
  const shown = eventCounts(cluster);
  return {
    directory,
    collector,
    head,
    engine,
    apiUrl: cluster.api.url,
    async collect(moment, endMs, clockMs) {
      await cluster.turnTo(moment);
      await until('the directory to hear of every change', () => hasHeard(directory, cluster, shown));
      nowMs = clockMs;
      await collector.collectRound(endMs, new AbortController().signal);
    },
    values: (level, metric, timestampMs, filters) => valuesAt(engine, level, metric, timestampMs, filters),
    history: (level, metric, name) =>
      engine.rounds().map((timestampMs) => valuesAt(engine, level, metric, timestampMs)[name] ?? NaN),
    async close() {
      await directory.stop();
      await kubelets.close();
      await cluster.close();
    },
  };
}

const WATCHED = { nodes: 'nodes', namespaces: 'namespaces', pods: 'pods' } as const;

function eventCounts({ api }: ReplayCluster): Record<string, number> {
  return Object.fromEntries(Object.values(WATCHED).map((resource) => [resource, api.eventCount(resource)]));
}

/** Whether the directory has taken every event that was told since its lists were read. */
function hasHeard(directory: Directory, cluster: ReplayCluster, before: Readonly<Record<string, number>>): boolean {
  const told = eventCounts(cluster);
  return directory
    .resources()
    .every(
      ({ resource, eventCount }) => told[resource] === undefined || eventCount === told[resource] - before[resource]
    );
}

function valuesAt(
  engine: QueryEngine,
  level: MetricLevel,
  metric: string,
  timestampMs: number,
  filters: readonly Filter[] = []
): Record<string, number> {
  const range = { fromMs: timestampMs, toMs: timestampMs };
  const { series } = engine.series({ level, metric, filters, instant: true }, range);
  return Object.fromEntries(series.map(({ names, values }) => [nameOf(level, names), values[0]]));
}

/** `namespace/pod`, `namespace/pod/container`, `node`, and the resource or interface behind it. */
function nameOf(level: MetricLevel, names: Readonly<Record<string, string>>): string {
  const parts: Record<MetricLevel, string[]> = {
    cluster: [],
    node: ['node'],
    namespace: ['namespace'],
    workload: ['namespace', 'workload_kind', 'workload'],
    pod: ['namespace', 'pod'],
    container: ['namespace', 'pod', 'container'],
    sys_container: ['node', 'container'],
  };
  return [...parts[level], 'resource_id', 'interface'].flatMap((part) => names[part] || []).join('/');
}

import type { ClusterTotals, HealthReport, NodeStatus, StatusHistory, StatusReport } from './api/self/types.ts';
import type { Collector } from './collector.ts';
import type { HealthResponse } from './contract/grafana.ts';
import type { MetricLevel } from './model/catalogue.ts';
import type { NodeFacts } from './model/facts.ts';
import { historyProblems, reportProblems, type HistoryReport } from './notices.ts';
import type { QueryEngine } from './query/queryEngine.ts';

/** What the status page, the health routes and the notices are made of. */
export interface ReportSources {
  readonly version: string;
  readonly clusterName: string;
  readonly apiServer: string;
  readonly simulated: boolean;
  readonly startedMs: number;
  readonly resolutionMs: number;
  readonly deadlineMs: number;
  readonly headWindowMs: number;
  readonly nowMs: () => number;
  readonly engine: QueryEngine;
  readonly collector: Collector;
  readonly directory: {
    nodes(): readonly NodeFacts[];
    namespaces(): readonly unknown[];
    readonly podCount: number;
    problems(): string[];
  };
  readonly sinkProblems?: () => string[];
  readonly history?: () => HistoryReport | undefined;
  readonly headBytes: () => number;
  readonly objectCount: () => number;
  /** The last round that ended: its number, begin and duration. */
  readonly lastRound: () => { number: number; startedMs: number; durationMs: number; endedMs: number } | undefined;
  readonly nextRoundMs: () => number;
}

/** Everything the status page shows. */
export function reportStatus(sources: ReportSources): StatusReport {
  const rounds = sources.engine.rounds();
  const last = sources.lastRound();
  return {
    version: sources.version,
    startedMs: sources.startedMs,
    nowMs: sources.nowMs(),
    simulated: sources.simulated,
    cluster: {
      name: sources.clusterName,
      apiServer: sources.apiServer,
      problems: [...sources.directory.problems(), ...historyProblems(sources), ...(sources.sinkProblems?.() ?? [])],
    },
    round: {
      number: last?.number ?? 0,
      startedMs: last?.startedMs,
      durationMs: last?.durationMs,
      resolutionMs: sources.resolutionMs,
      nextMs: sources.nextRoundMs(),
    },
    head: {
      oldestMs: rounds[0],
      newestMs: rounds.at(-1),
      bytes: sources.headBytes(),
      objects: sources.objectCount(),
      windowMs: sources.headWindowMs,
    },
    disk: reportDisk(sources.history?.()),
    totals: reportTotals(sources),
    nodes: reportNodes(sources),
    history: reportHistory(sources),
  };
}

function reportDisk(history: HistoryReport | undefined): StatusReport['disk'] {
  const { bytes, maxBytes, oldestMs = NaN } = history ?? {};
  return bytes === undefined || maxBytes === undefined
    ? undefined
    : { bytes, maxBytes, oldestMs: Number.isNaN(oldestMs) ? undefined : oldestMs };
}

/** What `/healthz`, `/livez` and `/readyz` judge by. */
export function reportHealth(sources: ReportSources): HealthReport {
  const { startedMs, resolutionMs, deadlineMs } = sources;
  return {
    nowMs: sources.nowMs(),
    startedMs,
    resolutionMs,
    deadlineMs,
    lastRoundMs: sources.lastRound()?.endedMs,
    firstDataMs: sources.nextRoundMs(),
    hasData: sources.engine.rounds().length > 0,
  };
}

/** What "Save & test" of the plugin says; nodes are named only to those who may see them. */
export function reportToGrafana(sources: ReportSources, mayNameNodes: boolean): HealthResponse {
  const { directory, engine } = sources;
  const rounds = engine.rounds();
  return {
    version: sources.version,
    nodes: { total: directory.nodes().length, answering: countAnswering(sources) },
    namespaces: directory.namespaces().length,
    pods: directory.podCount,
    metrics: engine.liveMetricCount(),
    newestTimestampMs: rounds.at(-1) ?? 0,
    oldestTimestampMs: rounds[0] ?? 0,
    resolutionMs: sources.resolutionMs,
    problems: reportProblems(sources, mayNameNodes),
  };
}

function countAnswering({ collector }: ReportSources): number {
  return [...collector.reports()].filter(({ state }) => state === 'ok').length;
}

/** The newest value of a metric per object of a level, by one of its names. */
function newest(sources: ReportSources, level: MetricLevel, metric: string): Map<string, number> {
  const toMs = sources.engine.rounds().at(-1);
  if (toMs === undefined) {
    return new Map();
  }
  const { series } = sources.engine.series({ level, metric, instant: true }, { fromMs: toMs, toMs });
  return new Map(series.map(({ names, values }) => [names.node ?? '', values[0]]));
}

function reportNodes(sources: ReportSources): NodeStatus[] {
  const [cpu, cpuRequest, memory, memoryRequest, pods] = [
    'cpu/usage_rate',
    'cpu/request',
    'memory/working_set',
    'memory/request',
    'pods/running',
  ].map((metric) => newest(sources, 'node', metric));
  return sources.directory.nodes().map(({ name, unschedulable, allocatable }) => {
    const report = sources.collector.report(name);
    return {
      name,
      state: report?.state ?? 'waiting',
      cordoned: unschedulable,
      lastScrapeMs: known(report?.answeredMs),
      durationMs: known(report?.durationMs),
      error: report?.problem,
      cpuMillicores: cpu.get(name),
      cpuRequestMillicores: cpuRequest.get(name),
      cpuAllocatableMillicores: allocatable.cpuMillicores,
      memoryBytes: memory.get(name),
      memoryRequestBytes: memoryRequest.get(name),
      memoryAllocatableBytes: allocatable.memoryBytes,
      pods: pods.get(name),
    };
  });
}

function known(value: number | undefined): number | undefined {
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

function reportTotals(sources: ReportSources): ClusterTotals {
  const value = (metric: string) => newest(sources, 'cluster', metric).get('');
  const phases = ['Running', 'Pending', 'Succeeded', 'Failed', 'Unknown'].map(
    (phase) => [phase, value(`pods/${phase.toLowerCase()}`) ?? 0] as const
  );
  return {
    cpuMillicores: value('cpu/usage_rate'),
    cpuRequestMillicores: value('cpu/request'),
    cpuAllocatableMillicores: value('cpu/node_allocatable'),
    memoryBytes: value('memory/working_set'),
    memoryRequestBytes: value('memory/request'),
    memoryAllocatableBytes: value('memory/node_allocatable'),
    networkRxBytesPerSecond: value('network/rx_rate'),
    networkTxBytesPerSecond: value('network/tx_rate'),
    pods: Object.fromEntries(phases),
    namespaces: sources.directory.namespaces().length,
  };
}

function reportHistory(sources: ReportSources): StatusHistory {
  const rounds = sources.engine.rounds();
  const range = { fromMs: (rounds.at(-1) ?? 0) - sources.headWindowMs, toMs: rounds.at(-1) ?? 0 };
  const column = (metric: string) => sources.engine.series({ level: 'cluster', metric }, range, { maxDataPoints: 120 });
  const cpu = column('cpu/usage_rate');
  const values = (metric: string) => Array.from(column(metric).series[0]?.values ?? []);
  return {
    timestampsMs: cpu.timesMs,
    cpuMillicores: Array.from(cpu.series[0]?.values ?? []),
    memoryBytes: values('memory/working_set'),
    networkRxBytesPerSecond: values('network/rx_rate'),
    networkTxBytesPerSecond: values('network/tx_rate'),
    pods: values('pods/running'),
  };
}

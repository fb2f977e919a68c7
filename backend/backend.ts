import { createApp, type Door } from './api/app.ts';
import { createAuthentication, type AuthOptions } from './api/auth.ts';
import { createGrafanaRouter } from './api/grafana/router.ts';
import { Streams } from './api/grafana/streams.ts';
import { redirectToCleanPath } from './api/heapster/cleanPath.ts';
import { createSelfDoors } from './api/self/doors.ts';
import { startServer, type RunningServer, type TlsPair } from './api/server.ts';
import { CadvisorSource } from './cadvisorSource.ts';
import { Collector, type CollectorOptions } from './collector.ts';
import type { Config } from './config/config.ts';
import { sentenceOf } from './errors.ts';
import { followCertificate } from './followCertificate.ts';
import { directoryOptions, kubeletOptions } from './clusterOptions.ts';
import { openHeapsterFace } from './heapsterFace.ts';
import { leastHeadWindowMs, openHistory } from './openHistory.ts';
import { joinRemote } from './joinRemote.ts';
import { createKubeletClient } from './kubelet/client.ts';
import { ContainerReader } from './kubelet/containerReader.ts';
import type { ConnectionOptions } from './kubernetes/connection.ts';
import { createDirectory, type Directory } from './kubernetes/directory.ts';
import { openMetricsApi } from './metricsApi.ts';
import type { PodFacts } from './model/facts.ts';
import { switchesOf } from './metricSwitches.ts';
import { reportNotices } from './notices.ts';
import { openRemoteHistory } from './openRemoteHistory.ts';
import { openRemoteWrite } from './openRemoteWrite.ts';
import { openSinksOf } from './openSinksOf.ts';
import type { Sinks } from './sinks/openSinks.ts';
import { createQueryEngine } from './query/queryEngine.ts';
import { runRounds, spreadOf, type Clock } from './rounds.ts';
import { reportHealth, reportStatus, reportToGrafana, type ReportSources } from './statusReport.ts';
import { HeadStore } from './store/headStore.ts';
import { writeToAll } from './store/roundWriter.ts';
import type { Logger } from './telemetry/logger.ts';
import { createTelemetry, type HealthSource, type Telemetry } from './telemetry/selfMetrics.ts';

export interface BackendOptions {
  readonly config: Config;
  readonly connection: ConnectionOptions;
  readonly clusterName: string;
  readonly simulated: boolean;
  /** What was wrong with the cluster when it was tried before, and is logged already. */
  readonly clusterProblem?: string;
  readonly version: string;
  /** Reads the PEM texts of the files that the configuration names, as they are now. Undefined: no TLS. */
  readonly readTls?: () => { certificate: string; key: string };
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Backend {
  /** Address to open on this machine. */
  readonly url: string;
  /** Ends the rounds, the streams, the server, the watches and every connection, in this order. */
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 5_000;

/** Joins the rooms: directory and kubelets feed the collector, it writes to the head, queries read from it. */
export async function startBackend(options: BackendOptions): Promise<Backend> {
  const { config, clock, log } = options;
  const resolutionMs = config.collection.resolutionMs;
  const telemetry = createTelemetry({ version: options.version, now: clock.nowMs });
  const { clusterName } = options;
  const directory = createDirectory({ ...directoryOptions(options), log: sentences(log) });
  const kubelets = createKubeletClient({ ...kubeletOptions(config, directory), now: clock.nowMs });
  const windowMs = Math.max(config.store.headWindowMs, leastHeadWindowMs(config.history, resolutionMs));
  const head = new HeadStore({ windowMs, maxBytes: config.store.headMemoryBytes });
  const history = openHistory(config.history, head, { clusterName, resolutionMs, log: sentences(log) });
  const engine = createQueryEngine(history.reader, resolutionMs, config.query);
  const remoteHistory = openRemoteHistory(config);
  const joining = { engine, oldestMs: history.oldestMs, resolutionMs, onFailure: sentences(log).warn };
  const asking = remoteHistory && joinRemote({ ...joining, remote: remoteHistory });
  const outlets = { clock, telemetry, log: sentences(log) };
  const containers = config.kubelet.statistics === 'containers' ? new ContainerReader() : undefined;
  const facts = { ...directory, imageOf: containers?.imageOf.bind(containers) };
  const sinks = openSinksOf(config, facts, outlets);
  const remote = openRemoteWrite(config.remote, { ...outlets, dataFolder: history.folder, version: options.version });
  const metricsApi = openMetricsApi({ ...options, directory, telemetry });
  const writer = writeToAll([...history.writers, sinks, remote, ...metricsApi.writers]);
  const collector = createCollector(options, { directory, kubelets, containers, writer, telemetry });
  const rounds = trackRounds(clock, collector);
  const sources: ReportSources = {
    ...namesOf(options),
    startedMs: clock.nowMs(),
    resolutionMs,
    deadlineMs: config.kubelet.timeoutMs,
    headWindowMs: config.store.headWindowMs,
    nowMs: clock.nowMs,
    engine,
    collector,
    directory,
    sinkProblems: () => [...sinkProblems(sinks), ...remote.problems(), ...metricsApi.problems()],
    history: history.state,
    headBytes: () => head.bytes,
    objectCount: () => head.objectCount,
    lastRound: rounds.last,
    nextRoundMs: () => nextRoundMs(clock.nowMs(), resolutionMs, directory.nodes().length),
  };
  const { maxStreams } = config.query;
  const streams = new Streams({ rounds, most: maxStreams, mostPerAsker: Math.floor(maxStreams / 2), log });
  telemetry.watchHistory(history.state);
  telemetry.watch({ ...watchedValues(head, collector, directory), streamCount: () => streams.count });
  const heapster = openHeapsterFace({ config, head, history: history.reader, facts, nowMs: clock.nowMs });
  const doors: Door[] = [
    ...heapster.first,
    {
      path: '/api/grafana/v1',
      access: 'token',
      router: createGrafanaRouter({
        engine,
        asking,
        streams,
        health: (mayNameNodes) => reportToGrafana(sources, mayNameNodes),
        notices: (range, mayNameNodes) => reportNotices(sources, range, mayNameNodes),
        switchOn: switchesOf(config),
        firstDataMs: sources.nextRoundMs,
        nowMs: clock.nowMs,
      }),
    },
    ...createSelfDoors({
      status: { status: () => reportStatus(sources) },
      health: { health: () => reportHealth(sources) },
      metrics: telemetry,
      now: clock.nowMs,
    }),
    ...heapster.last,
  ];
  const app = createApp({
    doors,
    authentication: createAuthentication(authOptions(config, directory, clock)),
    log,
    countRequest: telemetry.countRequest,
    beforePathCheck: heapster.first.length > 0 ? redirectToCleanPath : undefined,
    localNamesOnly: config.auth.mode === 'none' && config.server.loopbackOnly,
  });
  const tls = options.readTls?.();
  const server = await startServer({ app, ...config.server, tls, log });
  await metricsApi.listen(server);
  const stopping = new AbortController();
  directory.start();
  const running = [
    collectUntil(stopping.signal, { directory, rounds, resolutionMs, clock, log }),
    ...followFiles(options, tls, server, stopping.signal),
  ];
  return {
    url: server.url,
    async stop() {
      stopping.abort(new Error('Heapscope stops.'));
      await Promise.all(running);
      streams.close();
      await Promise.all([server.close(STOP_GRACE_MS), sinks.close(STOP_GRACE_MS), remote.stop()]);
      await metricsApi.close(STOP_GRACE_MS);
      await Promise.all([history.close(), remoteHistory?.close()]);
      await directory.stop();
      await kubelets.close();
    },
  };
}

function namesOf({ version, clusterName, simulated }: BackendOptions) {
  return { version, clusterName, apiServer: clusterName, simulated };
}

/** Takes a renewed certificate into use, where the server has one. */
function followFiles(
  { readTls: read, clock, log }: BackendOptions,
  current: TlsPair | undefined,
  { renewTls: renew }: RunningServer,
  signal: AbortSignal
): Array<Promise<void>> {
  return read && current ? [followCertificate({ current, read, renew, clock, log: sentences(log) }, signal)] : [];
}

function sinkProblems(sinks: Sinks): string[] {
  return sinks.reports().flatMap(({ problem }) => problem ?? []);
}

interface CollectorParts extends Pick<CollectorOptions, 'containers' | 'writer' | 'telemetry'> {
  readonly directory: Directory;
  readonly kubelets: ReturnType<typeof createKubeletClient>;
  readonly telemetry: Telemetry;
}

/** The line up to the store, with its second source where that is switched on. */
function createCollector({ config, clock, log }: BackendOptions, parts: CollectorParts): Collector {
  const { directory, kubelets, containers, writer, telemetry } = parts;
  const { resolutionMs } = config.collection;
  const deadlineMs = config.kubelet.timeoutMs;
  return new Collector({
    resolutionMs,
    deadlineMs,
    directory: { ...directory, unscheduledPods: () => unscheduled(directory.pods()) },
    kubelets,
    containers,
    cadvisor: config.kubelet.cadvisorMetrics
      ? new CadvisorSource({ resolutionMs, deadlineMs, kubelets, telemetry })
      : undefined,
    writer,
    heapsterValues: config.heapster.api !== 'off' || config.sinks.length > 0,
    clock,
    telemetry,
    log: sentences(log),
  });
}

/** What the metrics of Heapscope itself say of its state when somebody reads them. */
function watchedValues(head: HeadStore, collector: Collector, directory: Directory): Omit<HealthSource, 'streamCount'> {
  return {
    newestBatchMs: () => head.rounds().at(-1),
    nodesByState: () => countStates(collector),
    objectsByKind: () => ({
      node: directory.nodes().length,
      namespace: directory.namespaces().length,
      pod: directory.podCount,
    }),
    watchesByResource: () => countWatches(directory),
    headBytes: () => head.bytes,
    headOldestMs: () => head.rounds()[0],
  };
}

function sentences(log: Logger): { info(sentence: string): void; warn(sentence: string): void } {
  return { info: (sentence) => log.info(sentence), warn: (sentence) => log.warn(sentence) };
}

function authOptions({ auth }: Config, directory: Directory, clock: Clock): AuthOptions {
  if (auth.mode !== 'kubernetes') {
    return auth.mode === 'none' ? { mode: 'none' } : { mode: 'token', tokens: auth.tokens };
  }
  return {
    mode: 'kubernetes',
    now: clock.nowMs,
    namespaces: () => directory.namespaces().map(({ name }) => name),
    reviewer: {
      async reviewToken(token) {
        const { authenticated, user, groups } = await directory.reviewToken(token);
        return authenticated ? { username: user, groups } : undefined;
      },
      mayDo: (user, right) => directory.mayGet(user.username, user.groups, right),
    },
  };
}

function unscheduled(pods: Iterable<PodFacts>): PodFacts[] {
  const waiting: PodFacts[] = [];
  for (const pod of pods) {
    if (pod.nodeName === '') {
      waiting.push(pod);
    }
  }
  return waiting;
}

function countStates(collector: Collector): Record<string, number> {
  const counts: Record<string, number> = { ok: 0, failing: 0, not_ready: 0, waiting: 0 };
  for (const { state } of collector.reports()) {
    counts[state]++;
  }
  return counts;
}

function countWatches(directory: Directory): Record<string, number> {
  return Object.fromEntries(directory.resources().map(({ resource, watchCount }) => [resource, watchCount]));
}

/** Remembers the last round that ended, and tells those who wait for the next. */
function trackRounds(clock: Clock, collector: Collector) {
  let last: ReturnType<ReportSources['lastRound']>;
  const callbacks = new Set<() => void>();
  return {
    last: () => last,
    onRound(callback: () => void) {
      callbacks.add(callback);
      return () => void callbacks.delete(callback);
    },
    async collect(endMs: number, signal: AbortSignal): Promise<void> {
      const startedMs = clock.nowMs();
      await collector.collectRound(endMs, signal);
      const endedMs = clock.nowMs();
      last = { number: (last?.number ?? 0) + 1, startedMs, durationMs: endedMs - startedMs, endedMs };
      callbacks.forEach((callback) => callback());
    },
  };
}

function nextRoundMs(nowMs: number, resolutionMs: number, nodeCount: number): number {
  const endMs = Math.ceil(nowMs / resolutionMs) * resolutionMs;
  return endMs - spreadOf(nodeCount, resolutionMs);
}

interface Collecting {
  readonly directory: Directory;
  readonly rounds: ReturnType<typeof trackRounds>;
  readonly resolutionMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Runs rounds as soon as the cluster is known, until the signal aborts. */
async function collectUntil(signal: AbortSignal, { directory, rounds, resolutionMs, clock, log }: Collecting) {
  try {
    await directory.whenSynced(signal);
  } catch {
    return; // stopped before the cluster was known
  }
  log.info(`Collecting from ${directory.nodes().length} nodes every ${resolutionMs / 1000} s.`);
  const onFailure = (error: unknown) => log.error({ error }, `A round of collection failed: ${sentenceOf(error)}`);
  const nodeCount = () => directory.nodes().length;
  await runRounds({ resolutionMs, clock, nodeCount, collectRound: rounds.collect, onFailure }, signal);
}

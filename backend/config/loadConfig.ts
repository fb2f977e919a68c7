import { HeapscopeError } from '../errors.ts';
import { readAuth } from './authTokens.ts';
import { checkClashes, defaultHeadWindowMs } from './checks.ts';
import { chooseCluster } from './chooseCluster.ts';
import type { ChosenCluster } from './chooseCluster.ts';
import type { Config, ServerConfig } from './config.ts';
import { gatherSettings } from './gather.ts';
import type { Settings } from './gather.ts';
import { historyConfig } from './historyConfig.ts';
import { kubeletConfig } from './kubeletConfig.ts';
import { metricsApiConfig } from './metricsApiConfig.ts';
import type { Environment, ReadTextFile } from './otherPlaces.ts';
import { remoteConfig } from './remoteConfig.ts';
import { requireFile } from './readFailure.ts';
import { parseSinks } from './sink.ts';

/** The settings, and remarks for the log about what was accepted without effect or chosen automatically. */
export interface LoadedConfig {
  readonly config: Config;
  readonly notes: string[];
}

/**
 * Reads flags, environment and file, in this order of precedence, and checks everything. Throws `bad_config` with
 * all problems, one sentence per line.
 */
export function loadConfig(
  argv: readonly string[],
  environment: Environment,
  readTextFile: ReadTextFile
): LoadedConfig {
  const settings = gatherSettings(argv, environment, readTextFile);
  const { values, problems, notes } = settings;
  const chosen = chooseCluster(settings, environment, readTextFile);
  checkClashes(settings, chosen.source);
  const resolutionMs = values['metric-resolution'];
  const server = serverConfig(settings, chosen, readTextFile);
  const config: Config = {
    cluster: chosen.cluster,
    kubelet: kubeletConfig(settings, chosen, readTextFile),
    collection: { resolutionMs, isDefault: !settings.isGiven('metric-resolution') },
    store: {
      headWindowMs: values['head-window'] ?? defaultHeadWindowMs(resolutionMs),
      headMemoryBytes: values['head-memory'],
    },
    history: historyConfig(settings, environment),
    remote: remoteConfig(settings, readTextFile),
    query: {
      maxSeries: values['max-series'],
      maxPoints: values['max-points'],
      maxStreams: values['max-streams'],
    },
    server,
    auth: readAuth(settings, readTextFile),
    heapster: {
      api: values['heapster-api'],
      hasExport: !values['disable-export'],
      hasModel: !values['disable-metric-sink'],
      dashboardApi: values['dashboard-api'],
      labelSeparator: values['label-separator'],
      storeLabels: values['store-label'] ?? [],
      ignoreLabels: values['ignore-label'] ?? [],
      ...labelsOfSource(chosen),
    },
    metricsApi: metricsApiConfig(settings, server, readTextFile),
    sinks: parseSinks(values.sink ?? [], environment, problems, notes),
    log: {
      level: values['log-level'],
      format: values['log-format'] ?? (chosen.cluster.connection.kind === 'in-cluster' ? 'json' : 'text'),
    },
  };
  if (problems.length > 0) {
    throw new HeapscopeError('bad_config', problems.join('\n'));
  }
  return { config, notes };
}

/** Heapster's two sources labelled nodes each in its own way. */
function labelsOfSource({ source }: ChosenCluster): Pick<Config['heapster'], 'hostIdAnnotation' | 'schedulableLabel'> {
  const isOfContainers = source?.statistics === 'containers';
  return {
    hostIdAnnotation: isOfContainers ? undefined : source?.hostIdAnnotation,
    schedulableLabel: isOfContainers,
  };
}

function serverConfig(
  settings: Settings,
  { cluster, source }: ChosenCluster,
  readTextFile: ReadTextFile
): ServerConfig {
  const { values } = settings;
  const port = values['heapster-port'];
  requireFile(settings, 'tls-cert', readTextFile);
  requireFile(settings, 'tls-key', readTextFile);
  const pair = { certificateFile: values['tls-cert'], keyFile: values['tls-key'] };
  const tls =
    pair.certificateFile !== undefined && pair.keyFile !== undefined
      ? { certificateFile: pair.certificateFile, keyFile: pair.keyFile }
      : undefined;
  const address = values['listen-ip'];
  if (address !== undefined) {
    return { port, listenIp: address || undefined, loopbackOnly: isLoopback(address), tls };
  }
  const open = source !== undefined || cluster.connection.kind === 'in-cluster';
  if (open && values.auth === 'none') {
    settings.notes.push(
      `With ${settings.shown('auth')} only this machine can connect; add --listen-ip= to open the server to everybody.`
    );
  }
  return open && values.auth !== 'none'
    ? { port, loopbackOnly: false, tls }
    : { port, listenIp: '127.0.0.1', loopbackOnly: true, tls };
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

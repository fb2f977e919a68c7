import { writeFileSync } from 'node:fs';
import { startBackend } from './backend.ts';
import { createToken } from './config/authTokens.ts';
import { askedFor } from './config/commandLine.ts';
import type { Config } from './config/config.ts';
import { helpText } from './config/documentation.ts';
import { loadConfig } from './config/loadConfig.ts';
import { readEnvironment } from './config/readEnvironment.ts';
import { VERSION } from './config/version.ts';
import { codeOf, HeapscopeError, sentenceOf } from './errors.ts';
import { tuneGarbageCollection } from './garbageCollection.ts';
import { runHistoryCommand } from './historyCommand/main.ts';
import { openCluster } from './openCluster.ts';
import { machineClock } from './rounds.ts';
import { createLogger, type Logger } from './telemetry/logger.ts';

const EXIT_BAD_CONFIG = 2;

async function main(): Promise<void> {
  const { argv, environment, readTextFile } = readEnvironment();
  if (argv[0] === 'history') {
    process.stdout.on('error', endWithReader);
    const terminal = { out: process.stdout, err: process.stderr, nowMs: machineClock.nowMs };
    process.exitCode = await runHistoryCommand(argv.slice(1), environment, terminal);
    return;
  }
  const asked = askedFor(argv);
  if (asked !== undefined) {
    console.log(asked === 'help' ? helpText() : `heapscope ${VERSION}`);
    return;
  }
  const { config, notes } = loadConfig(argv, environment, readTextFile);
  const log = createLogger(config.log);
  notes.forEach((note) => log.info(note));
  process.on('unhandledRejection', (error) => log.error({ error }, `Something failed unnoticed: ${sentenceOf(error)}`));

  tuneGarbageCollection();
  const signalled = untilSignal();
  const cluster = await openCluster(config, log);
  const ready = withTokens(withDemoDefaults(config, cluster.simulated), log);
  const { tls } = ready.server;
  const backend = await startBackend({
    config: ready,
    connection: cluster.connection,
    clusterName: config.cluster.name ?? cluster.name,
    simulated: cluster.simulated,
    clusterProblem: cluster.problem,
    version: VERSION,
    readTls: tls && (() => ({ certificate: readTextFile(tls.certificateFile), key: readTextFile(tls.keyFile) })),
    clock: machineClock,
    log,
  });
  announce(backend.url, ready, cluster.simulated, log);
  await signalled;
  log.info('Stopping.');
  await backend.stop();
  await cluster.stop();
}

/** Whoever reads the output may have seen enough, such as `head`. */
function endWithReader(error: Error): void {
  if (codeOf(error) !== 'EPIPE') {
    throw error;
  }
  process.exit(0);
}

/** Kubelets take a sample every 10 to 20 s: this is the shortest round in which each has a new one. */
const DEMO_RESOLUTION_MS = 30_000;

/** A simulated cluster holds no secrets and should show life soon: no token on loopback, and shorter rounds. */
function withDemoDefaults(config: Config, simulated: boolean): Config {
  if (!simulated) {
    return config;
  }
  const { auth, server, collection, history } = config;
  const open =
    auth.mode === 'token' && auth.tokens.length === 0 && auth.newTokenFile === undefined && server.loopbackOnly;
  return {
    ...config,
    auth: open ? { ...auth, mode: 'none' } : auth,
    history: history?.isGiven ? history : undefined,
    collection: collection.isDefault ? { ...collection, resolutionMs: DEMO_RESOLUTION_MS } : collection,
  };
}

/** Makes a token if one is needed and none is given, and shows it this once. */
function withTokens(config: Config, log: Logger): Config {
  const { auth } = config;
  if (auth.mode !== 'token' || auth.tokens.length > 0) {
    return config;
  }
  const token = createToken();
  if (auth.newTokenFile !== undefined) {
    writeTokenFile(auth.newTokenFile, token);
    log.info(`A token for the data source was made and written to ${auth.newTokenFile}.`);
  } else {
    console.log(
      `Token for the data source, shown this once: ${token}\n` +
        'It changes with every start; name a file by --auth-token-file to keep it.'
    );
  }
  return { ...config, auth: { ...auth, tokens: [{ token, namespaces: 'all' }] } };
}

function writeTokenFile(path: string, token: string): void {
  try {
    writeFileSync(path, `${token}\n`, { mode: 0o600 });
  } catch (cause) {
    const sentence = `--auth-token-file: the new token cannot be written: ${sentenceOf(cause)}. Name a file in a folder this process may write to.`;
    throw new HeapscopeError('bad_config', sentence, { cause });
  }
}

function announce(url: string, { auth }: Config, simulated: boolean, log: Logger): void {
  if (simulated) {
    log.info('This is a SIMULATED cluster: no real one was named or could be reached.');
  }
  log.info(`Heapscope is at ${url} (status page; ${auth.mode === 'none' ? 'open to this machine' : 'with a token'}).`);
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      // A second signal does not wait for anything.
      process.once('SIGINT', () => process.exit(1));
      resolve();
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}

main().catch((error: unknown) => {
  const sentence =
    error instanceof HeapscopeError ? error.message : error instanceof Error ? error.stack : String(error);
  console.error(sentence);
  process.exitCode = error instanceof HeapscopeError && error.code === 'bad_config' ? EXIT_BAD_CONFIG : 1;
});

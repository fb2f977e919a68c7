import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programOf } from '../../../tests/support/programs.ts';
import { until } from '../../../tests/support/until.ts';

/** A real engine on the loopback address, with a folder of its own, that can be ended and started again. */
export interface RealEngine {
  readonly name: 'Prometheus' | 'VictoriaMetrics';
  readonly url: string;
  readonly writeUrl: string;
  start(): Promise<void>;
  /** Ends the process and keeps its folder. */
  stop(): Promise<void>;
  /** Makes everything written so far visible to queries. */
  flush(): Promise<void>;
}

const folders: string[] = [];
const engines: RealEngine[] = [];

/** A new folder; {@link endEverything} takes it away. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'heapscope-remote-'));
  folders.push(path);
  return path;
}

/** Ends all engines and removes all folders; meant for `afterAll`. */
export async function endEverything(): Promise<void> {
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  folders.splice(0).forEach((path) => rmSync(path, { recursive: true, force: true }));
}

/** Debian's Prometheus, taking remote write 1.0. */
export function prometheus(settings = ''): Promise<RealEngine> {
  return prometheusBy('prometheus', settings);
}

/** Prometheus 3, taking remote write 2.0 and nothing else. */
export function prometheus3(): Promise<RealEngine> {
  const command = programOf('prometheus-3', '`.ci/run` shows how, in install_prometheus_3');
  return prometheusBy(command, '', [
    '--web.remote-write-receiver.accepted-protobuf-messages=io.prometheus.write.v2.Request',
  ]);
}

async function prometheusBy(command: string, settings: string, flags: readonly string[] = []): Promise<RealEngine> {
  const folder = temporaryFolder();
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, settings);
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  return engine({ name: 'Prometheus', url, writeUrl: `${url}/api/v1/write`, readyPath: '/-/ready' }, command, [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    '--web.enable-remote-write-receiver',
    '--log.level=error',
    ...flags,
  ]);
}

/** Debian's VictoriaMetrics, a single node. */
export async function victoriaMetrics(): Promise<RealEngine> {
  const folder = temporaryFolder();
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  return engine(
    { name: 'VictoriaMetrics', url, writeUrl: `${url}/api/v1/write`, readyPath: '/health' },
    'victoria-metrics',
    [
      `-storageDataPath=${join(folder, 'data')}`,
      `-httpListenAddr=${address}`,
      '-loggerLevel=ERROR',
      '-memory.allowedBytes=64MB',
    ]
  );
}

interface Described extends Pick<RealEngine, 'name' | 'url' | 'writeUrl'> {
  readonly readyPath: string;
}

function engine({ readyPath, ...described }: Described, command: string, args: readonly string[]): RealEngine {
  let child: ChildProcess | undefined;
  const made: RealEngine = {
    ...described,
    async start() {
      const started = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      child = started;
      let said = '';
      started.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
      let failure: Error | undefined;
      started.once('error', (error) => (failure = error));
      await until(`${described.name} answers`, async () => {
        if (failure || started.exitCode !== null) {
          throw failure ?? new Error(`${command} ended: ${said}`);
        }
        return isOk(`${described.url}${readyPath}`);
      });
    },
    async stop() {
      const running = child;
      child = undefined;
      if (running && running.exitCode === null && running.pid !== undefined) {
        const ended = new Promise((resolve) => running.once('exit', resolve));
        running.kill('SIGTERM');
        await ended;
      }
    },
    async flush() {
      if (described.name === 'VictoriaMetrics') {
        await fetch(`${described.url}/internal/force_flush`);
      }
    },
  };
  engines.push(made);
  return made;
}

async function isOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false; // not listening yet
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

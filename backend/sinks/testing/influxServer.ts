import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './freePort.ts';
import { until } from '../../../tests/support/until.ts';

/** A series of an answer of InfluxDB. */
export interface InfluxSeries {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: ReadonlyArray<ReadonlyArray<string | number | boolean | null>>;
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** A real InfluxDB 1.x with data of its own, for one test. */
export interface InfluxServer {
  readonly url: string;
  /** Runs InfluxQL; throws with the server's sentence where it fails. */
  query(statement: string, database?: string, login?: Login): Promise<InfluxSeries[]>;
  /** The same with the answer as text, for digits that a number cannot hold. */
  queryText(statement: string, database?: string): Promise<string>;
  stop(): Promise<void>;
  /** Starts again with the same data and ports. */
  start(): Promise<void>;
  /** Stops, and removes the data. */
  close(): Promise<void>;
}

/** Starts Debian's `influxd` on the loopback address. */
export async function startInflux({ auth = false } = {}): Promise<InfluxServer> {
  const folder = mkdtempSync(join(tmpdir(), 'heapscope-influxdb-'));
  const [httpPort, rpcPort] = [await freePort(), await freePort()];
  const configFile = join(folder, 'influxdb.conf');
  writeFileSync(configFile, configText(folder, httpPort, rpcPort, auth));
  const url = `http://127.0.0.1:${httpPort}`;
  let running: ChildProcess | undefined;

  async function start(): Promise<void> {
    const logFile = join(folder, 'log');
    const log = openSync(logFile, 'a');
    const child = spawn('influxd', ['-config', configFile], { stdio: ['ignore', log, log] });
    closeSync(log);
    running = child;
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    await until('InfluxDB to answer', async () => {
      if (failure ?? child.exitCode !== null) {
        const said = failure ? failure.message : readFileSync(logFile, 'utf8').slice(-2_000);
        throw new Error(`influxd does not run (Debian's package is "influxdb"): ${said}`);
      }
      return fetch(`${url}/ping`).then(
        ({ status }) => status === 204,
        () => false
      );
    });
  }

  async function stop(): Promise<void> {
    const child = running;
    running = undefined;
    if (child?.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
  }

  async function queryText(statement: string, database = 'k8s', login?: Login): Promise<string> {
    const headers = login && { authorization: `Basic ${btoa(`${login.user}:${login.password}`)}` };
    const body = new URLSearchParams({ db: database, q: statement, epoch: 'ms' });
    return (await fetch(`${url}/query`, { method: 'POST', body, headers })).text();
  }

  await start();
  return {
    url,
    start,
    stop,
    queryText,
    async query(statement, database, login) {
      const { error, results } = JSON.parse(await queryText(statement, database, login)) as {
        error?: string;
        results: Array<{ error?: string; series?: InfluxSeries[] }>;
      };
      const problem = error ?? results[0].error;
      if (problem !== undefined) {
        throw new Error(`${statement}: ${problem}`);
      }
      return results[0].series ?? [];
    },
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configText(folder: string, httpPort: number, rpcPort: number, auth: boolean): string {
  return `
reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${httpPort}"
  auth-enabled = ${auth}
  log-enabled = false
`;
}

import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { Clock } from './clock.ts';
import type { MetricQuery, NamesRequest, QueryResponse } from '../backend/contract/grafana.ts';

const ENTRY = new URL('../build/heapscope.mjs', import.meta.url);

/** What the process says of itself on `/metrics`. */
export interface OwnFigures {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly rounds: number;
  readonly roundSecondsSum: number;
  readonly scrapes: number;
  readonly heapBytes: number;
  readonly historyObjects: number;
}

/** A backend of its own process, asked over HTTP like Grafana asks it. */
export class BackendProcess {
  private readonly child: ChildProcess;
  private readonly url: string;
  private output = '';

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
    child.stdout?.on('data', (text: Buffer) => this.keep(text));
    child.stderr?.on('data', (text: Buffer) => this.keep(text));
  }

  /** Starts the built backend with further flags. Rejects with what it printed if it ends. */
  static async start(flags: readonly string[], clock: Clock): Promise<BackendProcess> {
    const port = await freePort();
    const all = ['--auth=none', `--heapster-port=${port}`, '--listen-ip=127.0.0.1', '--log-level=warn', ...flags];
    const child = spawn(process.execPath, [...clock.imports, ENTRY.pathname, ...all], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: clock.env,
    });
    return new BackendProcess(child, `http://127.0.0.1:${port}`);
  }

  /** Resolves when so many rounds are in. */
  async waitForRounds(rounds: number, timeoutMs: number): Promise<OwnFigures> {
    const untilMs = Date.now() + timeoutMs;
    for (;;) {
      if (this.child.exitCode !== null) {
        throw new Error(`The backend ended: ${this.output}`);
      }
      const figures = await this.figures().catch(() => undefined);
      if (figures && figures.rounds >= rounds) {
        return figures;
      }
      if (Date.now() > untilMs) {
        throw new Error(
          `The backend had ${figures?.rounds ?? 0} of ${rounds} rounds after ${timeoutMs / 1000} s. ${this.output}`
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  async figures(): Promise<OwnFigures> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const sum = (name: string) =>
      [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
        (total, [, value]) => total + Number(value),
        0
      );
    return {
      cpuSeconds: sum('process_cpu_seconds_total'),
      residentBytes: sum('process_resident_memory_bytes'),
      rounds: sum('heapscope_round_duration_seconds_count'),
      roundSecondsSum: sum('heapscope_round_duration_seconds_sum'),
      scrapes: sum('heapscope_scrapes_total'),
      heapBytes: sum('nodejs_heap_size_used_bytes'),
      historyObjects: sum('heapscope_history_objects'),
    };
  }

  /** Asks one query over the `rangeMs` before `toMs` and answers with its series count. Rejects with the backend's sentence. */
  async query(query: MetricQuery, rangeMs: number, toMs = Date.now()): Promise<number> {
    const body = { fromMs: toMs - rangeMs, toMs, maxDataPoints: 500, queries: [{ ...query, refId: 'A' }] };
    const { results } = (await this.post('query', body)) as QueryResponse;
    if (results.A.error) {
      throw new Error(results.A.error.message);
    }
    return Math.max(0, (results.A.frames[0]?.schema.fields.length ?? 0) - 1);
  }

  async names(request: Omit<NamesRequest, 'fromMs' | 'toMs'>, rangeMs: number): Promise<string[]> {
    const toMs = Date.now();
    const answer = (await this.post('names', { ...request, fromMs: toMs - rangeMs, toMs })) as { names: string[] };
    return answer.names;
  }

  /** Asks a path of another language than Grafana's. Rejects if it is not answered. */
  async get(path: string): Promise<string> {
    const response = await fetch(`${this.url}${path}`);
    const answer = await response.text();
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${answer}`);
    }
    return answer;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
  }

  private keep(text: Buffer): void {
    this.output = (this.output + text.toString()).slice(-4000);
  }

  private async post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${this.url}/api/grafana/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    }
    return answer;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

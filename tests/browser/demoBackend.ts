import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PATIENCE_MS = 60_000;

/** A backend of its own process with a simulated cluster of three nodes. */
export interface DemoBackend {
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** Starts it on a free port, and waits until two rounds are in, so that there are rates. */
export async function startDemoBackend(): Promise<DemoBackend> {
  const token = 'token-of-the-browser-test';
  const flags = [
    '--simulate=3',
    '--auth=token',
    '--heapster-port=0',
    '--listen-ip=127.0.0.1',
    '--metric-resolution=5s',
  ];
  const child = spawn(process.execPath, ['tools/node24.mjs', 'backend/main.ts', ...flags], {
    cwd: ROOT,
    env: { ...process.env, HEAPSCOPE_AUTH_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  };
  try {
    const url = await findUrl(child);
    await untilRates(url, token);
    return { url, token, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Where the log says that it listens. What comes later is still read, or the full pipe would stop the backend. */
function findUrl(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    const giveUp = (what: string) => reject(new Error(`The backend ${what}. It said:\n${said}`));
    const timer = setTimeout(() => giveUp(`did not listen within ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
    const listen = (text: Buffer) => {
      said = (said + String(text)).slice(-10_000);
      const url = /Heapscope is at (http:\/\/[\w.:]+)/.exec(said)?.[1];
      if (url) {
        clearTimeout(timer);
        resolve(url);
      }
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('exit', () => {
      clearTimeout(timer);
      giveUp('ended before it listened');
    });
  });
}

async function untilRates(url: string, token: string): Promise<void> {
  const begunMs = Date.now();
  while (Date.now() - begunMs < PATIENCE_MS) {
    const answer = await fetch(`${url}/api/grafana/v1/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({
        fromMs: begunMs - 900_000,
        toMs: Date.now(),
        queries: ['node', 'pod'].map((level) => ({ refId: level, level, metric: 'cpu/usage_rate' })),
      }),
    });
    const body = answer.ok ? await answer.json() : undefined;
    const results: Array<{ frames: Array<{ schema: { fields: unknown[] } }> }> = Object.values(body?.results ?? {});
    if (results.length > 0 && results.every(({ frames }) => frames[0]?.schema.fields.length > 1)) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The backend had no rates after ${PATIENCE_MS / 1000} s.`);
}

import { request } from 'node:http';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { startServer } from '../server.ts';
import type { RunningServer } from '../server.ts';

/** A log that remembers its sentences. */
export function rememberingLog(): { sentences: string[]; warn(fields: object, sentence: string): void; error(fields: object, sentence: string): void } {
  const sentences: string[] = [];
  const remember = (_fields: object, sentence: string): void => void sentences.push(sentence);
  return { sentences, warn: remember, error: remember };
}

/** Serves an application on a free port of this machine. */
export function serve(app: RequestListener): Promise<RunningServer> {
  return startServer({ app, port: 0, listenIp: '127.0.0.1', log: rememberingLog() });
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a path exactly as it is written, which `fetch` would tidy first. */
export function askRaw(port: number, path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

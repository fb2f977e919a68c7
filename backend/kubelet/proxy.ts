import { deadlineProblem, emptyProblem, statusProblem, tooLargeProblem } from './problem.ts';
import type { AskedKubelet } from './problem.ts';

/** The API server, asked with its own connection. */
export interface ApiServerReader {
  /** An answer of any status, up to `maxBytes`; `complete` is false where it was cut there. */
  read(
    path: string,
    options: { signal?: AbortSignal; maxBytes: number; json?: string }
  ): Promise<{ readonly status: number; readonly body: Buffer; readonly complete: boolean }>;
}

export interface ProxyQuestion {
  readonly path: string;
  /** Sent by POST. */
  readonly json?: string;
  readonly nodeName: string;
  readonly https: boolean;
  readonly port: number | 'node-status';
  readonly deadlineMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** Asks a kubelet through the API server's proxy path. Failures of the API server itself keep its own sentence. */
export async function askThroughApiServer(apiServer: ApiServerReader, question: ProxyQuestion): Promise<Buffer> {
  const asked: AskedKubelet = { nodeName: question.nodeName, https: question.https };
  const stop = new AbortController();
  const giveUp = (): void => stop.abort();
  const timer = setTimeout(giveUp, question.signal?.aborted ? 0 : question.deadlineMs);
  question.signal?.addEventListener('abort', giveUp, { once: true });
  try {
    const path = `/api/v1/nodes/${proxyTarget(question)}/proxy${question.path}`;
    const { json, maxBytes } = question;
    const { status, body, complete } = await apiServer.read(path, { signal: stop.signal, maxBytes, json });
    if (status !== 200) {
      throw statusProblem(asked, question.path, status, body);
    }
    if (!complete) {
      throw tooLargeProblem(asked, question.maxBytes);
    }
    if (body.length === 0) {
      throw emptyProblem(asked, question.path);
    }
    return body;
  } catch (error) {
    throw stop.signal.aborted ? deadlineProblem(asked, question.deadlineMs, 0) : error;
  } finally {
    clearTimeout(timer);
    question.signal?.removeEventListener('abort', giveUp);
  }
}

/** The node's own port over HTTPS is what the API server takes by itself; anything else is spelled out in three parts. */
function proxyTarget({ nodeName, https, port }: ProxyQuestion): string {
  const name = encodeURIComponent(nodeName);
  if (https && port === 'node-status') {
    return name;
  }
  return `${https ? 'https' : 'http'}:${name}:${port === 'node-status' ? '' : port}`;
}

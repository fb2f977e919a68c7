import type { ServerResponse } from 'node:http';

/** A Kubernetes `Status` that reports a failure. */
export interface Failure {
  code: number;
  reason: string;
  message: string;
  details?: Record<string, unknown>;
}

export const UNAUTHORIZED: Failure = { code: 401, reason: 'Unauthorized', message: 'Unauthorized' };

/** What a watch or a continued list gets whose version is no longer kept. */
export function expired(asked: number, oldest: number): Failure {
  return { code: 410, reason: 'Expired', message: `too old resource version: ${asked} (${oldest})` };
}

export function notFound(path: string): Failure {
  return { code: 404, reason: 'NotFound', message: `the server could not find the requested resource ${path}` };
}

export function badRequest(message: string): Failure {
  return { code: 400, reason: 'BadRequest', message };
}

/** The body that stands for a failure, in the order in which the API server prints it. */
export function statusJson(failure: Failure): Record<string, unknown> {
  const { code, reason, message, details } = failure;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details ? { details } : {}),
    code,
  };
}

export function sendFailure(response: ServerResponse, failure: Failure): void {
  sendText(response, failure.code, JSON.stringify(statusJson(failure), null, 2));
}

export function sendText(response: ServerResponse, code: number, text: string, type = 'application/json'): void {
  response.writeHead(code, {
    'content-type': type,
    'cache-control': 'no-cache, private',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { ErrorBody } from '../contract/grafana.ts';
import { HeapscopeError } from '../errors.ts';

/** The log as the server uses it. */
export interface ServerLog {
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
}

/** Answers what no door answered. */
export const answerNotFound: RequestHandler = (request) => {
  throw new HeapscopeError('not_found', `There is nothing at ${shortPath(request.path)}.`);
};

/** The one place where failures become answers; what is not a sentence of ours is logged and told as `internal`. */
export function createErrorAnswers(log: ServerLog): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    const failure = nameFailure(error, log, { method: request.method, path: request.path });
    if (response.headersSent) {
      response.destroy();
      return;
    }
    addHeaders(failure, request.headers.authorization, response);
    const body: ErrorBody = { code: failure.code, message: failure.message };
    response.status(failure.status).json(body);
  };
}

/** The sentence for who asked; a fault of ours is logged with what is known of the request. */
export function nameFailure(error: unknown, log: ServerLog, about: object): HeapscopeError {
  const failure = named(error);
  if (failure.code === 'internal') {
    log.error({ error: failure.cause ?? error, ...about }, 'A request failed by a fault of Heapscope.');
  }
  return failure;
}

function addHeaders(failure: HeapscopeError, authorization: string | undefined, response: Response): void {
  response.removeHeader('Content-Length');
  if (failure.code === 'unauthorized') {
    const reason = authorization === undefined ? '' : ', error="invalid_token"';
    response.setHeader('WWW-Authenticate', `Bearer realm="heapscope"${reason}`);
  }
  if (failure.code === 'not_ready') {
    response.setHeader('Retry-After', '5');
  }
  if (failure.code === 'too_many_streams') {
    response.setHeader('Retry-After', '30');
  }
  if (failure.code === 'body_too_large') {
    response.setHeader('Connection', 'close');
  }
}

function named(error: unknown): HeapscopeError {
  if (error instanceof HeapscopeError) {
    return error;
  }
  return (
    clientFailure(error) ??
    new HeapscopeError('internal', 'Heapscope could not answer by a fault of its own; its log has the details.', {
      cause: error,
    })
  );
}

/** Failures of reading the request, as Express and its body parser report them. */
function clientFailure(cause: unknown): HeapscopeError | undefined {
  if (!(cause instanceof Error)) {
    return undefined;
  }
  const { type, status } = cause as Error & { type?: unknown; status?: unknown };
  switch (type) {
    case 'entity.too.large':
      return new HeapscopeError('body_too_large', 'The body of the request is larger than this address takes.', {
        cause,
      });
    case 'entity.parse.failed':
      return new HeapscopeError('bad_request', 'The body of the request is not JSON.', { cause });
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new HeapscopeError('bad_request', 'The body of the request must be UTF-8, plain or compressed by gzip.', {
        cause,
      });
    case 'request.aborted':
    case 'request.size.invalid':
      return new HeapscopeError('bad_request', 'The body of the request ended early.', { cause });
  }
  const readable = typeof status === 'number' && status >= 400 && status < 500;
  return readable ? new HeapscopeError('bad_request', 'The request cannot be read.', { cause }) : undefined;
}

function shortPath(path: string): string {
  return path.length > 200 ? `${path.slice(0, 200)}…` : path;
}

import express from 'express';
import type { Express, RequestHandler, Response } from 'express';
import { HeapscopeError } from '../errors.ts';
import { checkLocalHost, checkPath } from './checkPath.ts';
import type { Door } from './door.ts';
import { answerNotFound, createErrorAnswers } from './errorAnswers.ts';
import type { ServerLog } from './errorAnswers.ts';
import { gzipAnswers } from './gzipAnswers.ts';
import { createMethodCheck } from './methodNotAllowed.ts';

export type { Door } from './door.ts';

export interface AppOptions {
  readonly doors: readonly Door[];
  /** Lets known askers pass and gives them their scope. */
  readonly authentication: RequestHandler;
  readonly log: ServerLog;
  /** Called once per answered request. `route` is one of a fixed set, never a path as sent. */
  readonly countRequest: (route: string, status: number, seconds: number) => void;
  /** Asked before any path is refused, such as to send clients of old to the path they mean. */
  readonly beforePathCheck?: RequestHandler;
  /** Answer only to names of this machine; for a server that trusts everybody on it. */
  readonly localNamesOnly?: boolean;
}

const LARGEST_BODY = '1mb';

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** Builds the HTTP application around its doors. It listens nowhere yet. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('trust proxy', false);
  app.set('case sensitive routing', true);
  app.use(countRequests(options.countRequest), addSecurityHeaders, gzipAnswers);
  if (options.localNamesOnly) {
    app.use(checkLocalHost);
  }
  if (options.beforePathCheck) {
    app.use(options.beforePathCheck);
  }
  app.use(checkPath);
  const readJson = express.json({ limit: LARGEST_BODY });
  for (const door of options.doors) {
    const guards = door.access === 'token' ? [guardOf(door, options.authentication)] : [];
    app.use(door.path, nameDoor(door.path), ...guards, readJson, door.router, createMethodCheck(door.router));
  }
  app.use(answerNotFound, createErrorAnswers(options.log));
  return app;
}

/** The authentication of a door; its 401 says how the door can be opened, if it has such a way. */
function guardOf({ howToOpen }: Door, authentication: RequestHandler): RequestHandler {
  if (howToOpen === undefined) {
    return authentication;
  }
  return async (request, response, next) => {
    try {
      await authentication(request, response, next);
    } catch (error) {
      const isRefused = error instanceof HeapscopeError && error.code === 'unauthorized';
      throw isRefused ? new HeapscopeError('unauthorized', `${error.message} ${howToOpen}`, { cause: error }) : error;
    }
  };
}

const addSecurityHeaders: RequestHandler = (_request, response, next) => {
  response.set(SECURITY_HEADERS);
  next();
};

function nameDoor(path: string): RequestHandler {
  return (_request, response, next) => {
    response.locals.door = path;
    next();
  };
}

function countRequests(count: AppOptions['countRequest']): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    response.once('close', () => {
      const route: unknown = request.route;
      count(routeName(response, route), response.statusCode, (performance.now() - started) / 1000);
    });
    next();
  };
}

/** The path as the routes are written, such as `/api/self/v1/status`; `other` where no door was found. */
function routeName(response: Response, route: unknown): string {
  const door: unknown = response.locals.door;
  const path = typeof route === 'object' && route !== null && 'path' in route ? route.path : undefined;
  if (typeof door !== 'string' || (path === undefined && door === '/')) {
    return 'other';
  }
  return `${door}${typeof path === 'string' ? path : '/*'}`.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}

import express from 'express';
import type { Express, Request, Response } from 'express';
import type { ServerLog } from '../errorAnswers.ts';
import { gzipAnswers } from '../gzipAnswers.ts';
import { clientCertificateOf } from './clientCertificate.ts';
import { GROUP_VERSION, isResource } from './group.ts';
import { createIdentification } from './identity.ts';
import type { IdentityOptions } from './identity.ts';
import { chooseForm, contentTypeOf } from './negotiation.ts';
import { createDocuments, type ApiAnswer, type Documents } from './paths.ts';
import { readRequestInfo, type RequestInfo, type ResourceTarget } from './requestInfo.ts';
import { getMetrics, listMetrics, typedList, typedObject, type MetricsSource } from './resourceMetrics.ts';
import {
  forbidden,
  internalError,
  methodNotAllowed,
  noSuchPath,
  notWatched,
  reviewFailed,
  StatusFailure,
} from './statusFailure.ts';
import { TABLE_FORMS, tableOf } from './table.ts';

export interface MetricsApiOptions extends MetricsSource, IdentityOptions {
  readonly version: string;
  readonly log: ServerLog;
  /** Called once per answered request. `route` is one of a fixed set. */
  readonly countRequest: (route: string, status: number, seconds: number) => void;
}

const HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache, private',
};
const HEALTH_PATHS = ['/healthz', '/livez', '/readyz'];

/** The aggregated API `metrics.k8s.io`, for a server of its own. Only its health is answered to everybody. */
export function createMetricsApiApp(options: MetricsApiOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  const identify = createIdentification(options);
  const documents = createDocuments(options.version);
  app.use(gzipAnswers, async (request, response) => {
    countWhenClosed(response, options.countRequest);
    response.set(HEADERS);
    try {
      const info = readRequestInfo(request.method, request.originalUrl);
      if (HEALTH_PATHS.includes(info.path)) {
        sendHealth(response, info.path !== '/readyz' || options.usage.isReady);
        return;
      }
      await checkAccess(request, info, identify, options);
      response.locals.route = routeOf(info, documents);
      sendJson(request, response, 200, answerTo(options, documents, request, info));
    } catch (error) {
      sendFailure(request, response, error, options.log);
    }
  });
  return app;
}

async function checkAccess(
  request: Request,
  info: RequestInfo,
  identify: ReturnType<typeof createIdentification>,
  { reviewer }: MetricsApiOptions
): Promise<void> {
  const identity = await identify(request);
  const isAllowed = await reviewer.mayAccess(identity, info.asked).catch((error: unknown) => {
    throw reviewFailed(error);
  });
  if (!isAllowed) {
    throw forbidden(identity.user, info);
  }
}

function answerTo(options: MetricsApiOptions, documents: Documents, request: Request, info: RequestInfo): ApiAnswer {
  const document = documents.get(info.path);
  const { target } = info;
  const isKnown = document !== undefined || (target !== undefined && isTarget(target));
  if (!isKnown) {
    throw noSuchPath();
  }
  if (target?.verb === 'watch') {
    throw notWatched(target.resource);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw methodNotAllowed();
  }
  return document ? document(request.headers.accept) : metricsAnswer(options, request, info, target!);
}

/** Whether a path names one of the resources, where it may stand. */
function isTarget({ resource, subresource, namespace, verb }: ResourceTarget): boolean {
  if (!isResource(resource) || subresource !== undefined) {
    return false;
  }
  return resource === 'nodes'
    ? namespace === undefined
    : namespace !== undefined || verb === 'list' || verb === 'watch';
}

function metricsAnswer(
  options: MetricsApiOptions,
  request: Request,
  { parameters }: RequestInfo,
  target: ResourceTarget
): ApiAnswer {
  const { resource } = target;
  if (!isResource(resource)) {
    throw noSuchPath();
  }
  const form = chooseForm(request.headers.accept, TABLE_FORMS);
  const isList = target.verb === 'list';
  const found = isList ? listMetrics(options, resource, target, parameters) : [getMetrics(options, resource, target)];
  if (form.as !== undefined) {
    const typed = (metrics: (typeof found)[number]) => typedObject(resource, metrics);
    const body = tableOf(found, form.version ?? 'v1', parameters.get('includeObject'), typed);
    return { contentType: contentTypeOf(form), body };
  }
  return {
    contentType: contentTypeOf(form),
    body: isList ? typedList(resource, found) : typedObject(resource, found[0]),
  };
}

function sendHealth(response: Response, isWell: boolean): void {
  response.locals.route = 'health';
  response
    .status(isWell ? 200 : 500)
    .setHeader('Content-Type', 'text/plain; charset=utf-8')
    .end(isWell ? 'ok' : 'There is no pair of samples of any node yet.\n');
}

function sendFailure(request: Request, response: Response, error: unknown, log: ServerLog): void {
  const failure = error instanceof StatusFailure ? error : internalError(error);
  if (failure.code >= 500) {
    const about = { error: failure.cause, method: request.method, path: request.path.slice(0, 200) };
    log.warn(about, 'A request for metrics.k8s.io could not be answered.');
  }
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (failure.code === 401) {
    response.setHeader('WWW-Authenticate', 'Bearer realm="heapscope"');
    if (clientCertificateOf(request) !== 'none') {
      // Authorities are looked at when a connection is made: the client gets another chance with a new one.
      response.setHeader('Connection', 'close');
    }
  }
  if (failure.details?.retryAfterSeconds !== undefined) {
    response.setHeader('Retry-After', String(failure.details.retryAfterSeconds));
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    // A body is never read.
    response.setHeader('Connection', 'close');
  }
  sendJson(request, response, failure.code, { contentType: 'application/json', body: failure.body });
}

function sendJson(request: Request, response: Response, status: number, { contentType, body }: ApiAnswer): void {
  const indent = isForPeople(request) ? 2 : undefined;
  response
    .status(status)
    .setHeader('Content-Type', contentType)
    .end(`${JSON.stringify(body, undefined, indent)}\n`);
}

/** Kubernetes indents for those who ask, and for programs that people read directly. */
function isForPeople(request: Request): boolean {
  const [, wish] = /[?&]pretty(?:=([^&]*))?(?:&|$)/.exec(request.originalUrl) ?? [];
  return wish === undefined
    ? /^(curl|Wget|Mozilla\/5\.0)/.test(request.headers['user-agent'] ?? '')
    : !['false', '0'].includes(wish);
}

function countWhenClosed(response: Response, count: MetricsApiOptions['countRequest']): void {
  const started = performance.now();
  response.once('close', () => {
    const route: unknown = response.locals.route;
    count(typeof route === 'string' ? route : 'other', response.statusCode, (performance.now() - started) / 1000);
  });
}

/** One of a fixed set of names. */
function routeOf({ path, target }: RequestInfo, documents: Documents): string {
  if (target && isResource(target.resource)) {
    return `/apis/${GROUP_VERSION}/${target.resource}`;
  }
  return documents.has(path) ? path : 'other';
}

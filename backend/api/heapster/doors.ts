import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createDeflate, createGzip } from 'node:zlib';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { Door } from '../door.ts';
import { scopeOf, setScope, type Scope } from '../scope.ts';
import { compact, encodingFor, HeapsterError, indented, plain, sendAnswer, type HeapsterAnswer } from './answers.ts';
import { ROOTS } from './cleanPath.ts';
import { answerHistorical } from './historical.ts';
import { exportNewest, exportSchema } from './metricExport.ts';
import { answerModel } from './model.ts';
import { readParameters, type Parameters } from './parameters.ts';
import { decodePath, HISTORICAL_PATHS, matchPath, MODEL_PATHS } from './paths.ts';
import { answerResourceMetrics, knowsResource } from './resourceMetrics.ts';
import type { HeapsterOptions } from './types.ts';

export interface HeapsterDoorOptions extends HeapsterOptions {
  /** `open`: everybody who can connect may ask. */
  readonly access: 'open' | 'token';
  /** False: the export is an empty list, as with Heapster's `--disable-export`. */
  readonly hasExport?: boolean;
  /** False: there is no model, as with Heapster's `--disable-metric-sink`. */
  readonly hasModel?: boolean;
}

type Answer = HeapsterAnswer | AsyncIterable<string>;

/** Finds who answers a path below a root; undefined if nobody does. */
type Finder = (path: string) => ((parameters: Parameters, scope: Scope) => Answer) | undefined;

/** What the 401 of these doors says beyond what is missing. */
const HOW_TO_OPEN =
  "Heapster's clients send no token: start Heapscope with --heapster-api=open to let everybody read who can connect.";

/** Heapster's own face: model and historical API, export, and the resource metrics API of its port. */
export function createHeapsterDoors(options: HeapsterDoorOptions): Door[] {
  const schema = indented(exportSchema());
  const { hasExport = true, hasModel = true } = options;
  const model: Finder = (path) => {
    const known = matchPath(MODEL_PATHS, path);
    return known && ((parameters, scope) => answerModel(options, known, parameters, scope));
  };
  const finders: Array<readonly [path: string, find: Finder]> = [
    ...(hasModel ? [[ROOTS.model, model] as const] : []),
    [
      ROOTS.historical,
      (path) => {
        const known = matchPath(HISTORICAL_PATHS, path);
        return known && ((parameters, scope) => answerHistorical(options, known, parameters, scope));
      },
    ],
    [
      ROOTS.export,
      (path) =>
        path === '/' ? (_parameters, scope) => (hasExport ? exportNewest(options, scope) : compact([])) : undefined,
    ],
    [ROOTS.exportSchema, (path) => (path === '/' ? () => schema : undefined)],
    ...ROOTS.resourceMetrics.map((root): readonly [string, Finder] => [
      root,
      (path) => {
        const segments = decodePath(path).split('/').filter(Boolean);
        return knowsResource(segments)
          ? (parameters, scope) => answerResourceMetrics(options, segments, parameters, scope)
          : undefined;
      },
    ]),
  ];
  return finders.map(([path, find]) => ({
    path,
    router: routerOf(find, options.access),
    access: options.access === 'open' ? 'public' : 'token',
    howToOpen: HOW_TO_OPEN,
  }));
}

/** Stands behind all doors: what nobody knows is answered as Heapster did, but for the paths of our own languages. */
export function createHeapsterFallback(): Door {
  const router = Router();
  router.use((request, response, next) => {
    if (/^\/api\/(grafana|self)\//.test(request.path)) {
      next();
      return;
    }
    sendAnswer(request, response, plain(404, '404 page not found\n'));
  });
  return { path: '/', router, access: 'public' };
}

function routerOf(find: Finder, access: HeapsterDoorOptions['access']): Router {
  const router = Router();
  if (access === 'open') {
    router.use((_request, response, next) => {
      setScope(response, { namespaces: 'all' });
      next();
    });
  }
  return router.use(serve(find));
}

function serve(find: Finder): RequestHandler {
  return async (request, response) => {
    try {
      const answer = answerOf(find, request)(readParameters(request.url), scopeOf(response));
      if ('status' in answer) {
        sendAnswer(request, response, answer);
      } else {
        await sendPieces(request, response, answer);
      }
    } catch (error) {
      if (!(error instanceof HeapsterError)) {
        throw error;
      }
      sendAnswer(request, response, plain(error.status, error.message));
    }
  };
}

/** In the order of Heapster's server: path, method, and what the client takes. */
function answerOf(find: Finder, request: Request): NonNullable<ReturnType<Finder>> {
  const answer = find(request.path);
  if (!answer) {
    throw new HeapsterError(404, '404: Page Not Found');
  }
  if (request.method !== 'GET') {
    throw new HeapsterError(405, '405: Method Not Allowed');
  }
  const accepted = (request.headers.accept ?? '*/*').split(',').map((type) => type.split(';')[0].trim());
  if (!accepted.some((type) => type === '*/*' || type === 'application/json')) {
    throw new HeapsterError(406, '406: Not Acceptable');
  }
  return answer;
}

async function sendPieces(request: Request, response: Response, pieces: AsyncIterable<string>): Promise<void> {
  response.setHeader('Content-Type', 'application/json');
  response.vary('Accept-Encoding');
  const encoding = encodingFor(request.headers['accept-encoding'] ?? '');
  if (encoding !== undefined) {
    response.setHeader('Content-Encoding', encoding);
  }
  const source = Readable.from(pieces);
  try {
    await (encoding === undefined
      ? pipeline(source, response)
      : pipeline(source, encoding === 'gzip' ? createGzip() : createDeflate(), response));
  } catch (error) {
    // Who asked is gone.
    if (!response.destroyed) {
      throw error;
    }
  }
}

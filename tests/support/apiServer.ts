import type { ServerResponse } from 'node:http';
import type { ServerOptions } from 'node:https';
import { serve } from './server.ts';

/** An object of the API as it was sent; only what this file needs is named. */
export interface ApiObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string };
  readonly [field: string]: unknown;
}

export type ApiResource = 'nodes' | 'namespaces' | 'pods' | 'replicasets' | 'jobs';

const PATHS: Readonly<Record<string, ApiResource>> = {
  '/api/v1/nodes': 'nodes',
  '/api/v1/namespaces': 'namespaces',
  '/api/v1/pods': 'pods',
  '/apis/apps/v1/replicasets': 'replicasets',
  '/apis/batch/v1/jobs': 'jobs',
};

/** List and watch of an API server over real HTTP; versions are numbered anew. */
export interface TestApiServer {
  readonly url: string;
  readonly port: number;
  /** Shows these objects from now on; watchers are told what is new, changed or gone. */
  show(resource: ApiResource, objects: readonly ApiObject[]): void;
  /** Events that watchers of a resource were told since the start. */
  eventCount(resource: ApiResource): number;
  close(): Promise<void>;
}

interface Shelf {
  readonly objects: Map<string, { readonly text: string; readonly shown: ApiObject }>;
  readonly events: Array<{ readonly version: number; readonly line: string }>;
  readonly watchers: Set<ServerResponse>;
}

/** Starts an API server without any object. */
export async function startApiServer(tls?: ServerOptions, port?: number): Promise<TestApiServer> {
  let version = 1;
  const shelves = new Map<ApiResource, Shelf>(
    Object.values(PATHS).map((name) => [name, { objects: new Map(), events: [], watchers: new Set() }])
  );
  const server = await serve(
    (request, response) => {
      const url = new URL(request.url ?? '/', 'http://api');
      const shelf = shelves.get(PATHS[url.pathname]);
      response.setHeader('content-type', 'application/json');
      if (url.pathname === '/version') {
        response.end('{"gitVersion":"v1.35.0"}');
      } else if (!shelf) {
        response.writeHead(404).end('{"kind":"Status","code":404}');
      } else if (url.searchParams.get('watch') === 'true') {
        watch(shelf, Number(url.searchParams.get('resourceVersion')), response);
      } else {
        const items = [...shelf.objects.values()].map(({ shown }) => shown);
        response.end(JSON.stringify({ kind: 'List', metadata: { resourceVersion: String(version) }, items }));
      }
    },
    tls,
    port
  );

  function tell(shelf: Shelf, type: string, object: ApiObject): ApiObject {
    version += 1;
    const shown = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    const line = `${JSON.stringify({ type, object: shown })}\n`;
    shelf.events.push({ version, line });
    shelf.watchers.forEach((watcher) => watcher.write(line));
    return shown;
  }

  return {
    url: server.url,
    port: server.port,
    show(resource, objects) {
      const shelf = shelves.get(resource)!;
      const next = new Map(objects.map((object) => [object.metadata.uid ?? object.metadata.name, object]));
      for (const [uid, known] of shelf.objects) {
        if (!next.has(uid)) {
          shelf.objects.delete(uid);
          tell(shelf, 'DELETED', known.shown);
        }
      }
      for (const [uid, object] of next) {
        const text = JSON.stringify(object);
        const known = shelf.objects.get(uid);
        if (known?.text !== text) {
          shelf.objects.set(uid, { text, shown: tell(shelf, known ? 'MODIFIED' : 'ADDED', object) });
        }
      }
    },
    eventCount: (resource) => shelves.get(resource)!.events.length,
    close: () => server.close(),
  };
}

function watch(shelf: Shelf, sinceVersion: number, response: ServerResponse): void {
  response.flushHeaders();
  for (const { version, line } of shelf.events) {
    if (version > sinceVersion) {
      response.write(line);
    }
  }
  shelf.watchers.add(response);
  response.once('close', () => shelf.watchers.delete(response));
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerOptions } from 'node:https';
import { serve } from '../../../tests/support/server.ts';
import type { TestServer } from '../../../tests/support/server.ts';

/** A Kubernetes object as the scripted server keeps it. */
export interface ScriptedObject {
  readonly metadata: { readonly name: string; readonly uid: string; readonly namespace?: string };
  readonly [member: string]: unknown;
}

/** What the server answers in place of the usual; undefined for the usual. */
export type Interruption = (request: IncomingMessage, url: URL, response: ServerResponse) => boolean;

const PATHS = [
  '/api/v1/nodes',
  '/api/v1/namespaces',
  '/api/v1/pods',
  '/apis/apps/v1/replicasets',
  '/apis/batch/v1/jobs',
] as const;

export type ResourcePath = (typeof PATHS)[number];

interface Shelf {
  readonly objects: Map<string, object>;
  readonly watchers: Set<ServerResponse>;
  /** Lines of events by the version they made. */
  events: Array<{ readonly version: number; readonly line: string }>;
  expiredBefore: number;
}

/** List and watch as an API server speaks them, over real HTTP, with its troubles at the command of a test. */
export class ScriptedApi {
  /** Every request: `GET /api/v1/pods?limit=500`. */
  readonly requests: string[] = [];
  interrupt: Interruption = () => false;
  private readonly tls: ServerOptions | undefined;
  private readonly shelves = new Map<string, Shelf>();
  private version = 100;
  private server: TestServer | undefined;
  private port = 0;

  constructor(tls?: ServerOptions) {
    this.tls = tls;
    for (const path of PATHS) {
      this.shelves.set(path, { objects: new Map(), watchers: new Set(), events: [], expiredBefore: 0 });
    }
  }

  /** Listens, at the same port each time. */
  async start(): Promise<void> {
    this.server = await serve((request, response) => this.answer(request, response), this.tls, this.port);
    this.port = this.server.port;
  }

  async stop(): Promise<void> {
    await this.server?.close();
  }

  get url(): string {
    return `${this.tls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  put(path: ResourcePath, object: ScriptedObject): void {
    const { objects } = this.shelf(path);
    const type = objects.has(object.metadata.uid) ? 'MODIFIED' : 'ADDED';
    this.version += 1;
    const kept = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    objects.set(object.metadata.uid, kept);
    this.tell(path, type, kept);
  }

  remove(path: ResourcePath, uid: string): void {
    const { objects } = this.shelf(path);
    const object = objects.get(uid);
    objects.delete(uid);
    this.version += 1;
    this.tell(path, 'DELETED', { ...object });
  }

  /** Moves all watchers of a path to the present version. */
  bookmark(path: ResourcePath): void {
    const object = { kind: 'Bookmark', metadata: { resourceVersion: String(this.version) } };
    this.send(path, `${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  /** Sends a line to all watchers of a path. */
  send(path: ResourcePath, line: string): void {
    this.shelf(path).watchers.forEach((watcher) => watcher.write(line));
  }

  /** Forgets the past of a path: versions before now are too old. Watchers are told so, or just ended. */
  expire(path: ResourcePath, how: 'told' | 'ended'): void {
    const shelf = this.shelf(path);
    this.version += 1;
    shelf.expiredBefore = this.version;
    shelf.events = [];
    for (const watcher of shelf.watchers) {
      watcher.end(how === 'told' ? expiredLine() : '');
    }
    shelf.watchers.clear();
  }

  /** Watches under way. */
  watcherCount(path: ResourcePath): number {
    return this.shelf(path).watchers.size;
  }

  private shelf(path: string): Shelf {
    return this.shelves.get(path)!;
  }

  private tell(path: ResourcePath, type: string, object: object): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    this.shelf(path).events.push({ version: this.version, line });
    this.send(path, line);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://api');
    this.requests.push(`${request.method} ${request.url}`);
    response.setHeader('content-type', 'application/json');
    if (this.interrupt(request, url, response)) {
      return;
    }
    if (url.pathname === '/version') {
      response.end('{"gitVersion":"v1.35.0"}');
    } else if (!this.shelves.has(url.pathname)) {
      response.writeHead(404).end('{"kind":"Status","code":404}');
    } else if (url.searchParams.get('watch') === 'true') {
      this.watch(this.shelf(url.pathname), Number(url.searchParams.get('resourceVersion')), response);
    } else {
      this.list(this.shelf(url.pathname), url, response);
    }
  }

  private list(shelf: Shelf, url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('continue') ?? 0);
    const to = from + Number(url.searchParams.get('limit'));
    const items = [...shelf.objects.values()];
    const next = to < items.length ? { continue: String(to) } : {};
    const metadata = { resourceVersion: String(this.version), ...next };
    response.end(JSON.stringify({ kind: 'List', metadata, items: items.slice(from, to) }));
  }

  private watch(shelf: Shelf, version: number, response: ServerResponse): void {
    response.flushHeaders();
    if (version < shelf.expiredBefore) {
      response.end(expiredLine());
      return;
    }
    shelf.watchers.add(response);
    response.once('close', () => shelf.watchers.delete(response));
    for (const event of shelf.events) {
      if (event.version > version) {
        response.write(event.line);
      }
    }
  }
}

function expiredLine(): string {
  const status = {
    kind: 'Status',
    status: 'Failure',
    message: 'too old resource version',
    reason: 'Expired',
    code: 410,
  };
  return `${JSON.stringify({ type: 'ERROR', object: status })}\n`;
}

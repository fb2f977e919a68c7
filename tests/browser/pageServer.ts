import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { serve, type TestServer } from '../support/server.ts';

/** What the data source of the page is set to; what Grafana's server keeps in its database. */
export interface SavedSettings {
  backendUrl: string;
  token: string;
}

interface Route {
  path: string;
  method: string;
  url: string;
  headers: Array<{ name: string; content: string }>;
}

const PROXY = '/api/datasources/proxy/uid/heapscope/';
const PAGE =
  '<!doctype html><meta charset="utf-8"><style>* { box-sizing: border-box }</style><body><script src="/page.js"></script></body>';
const ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"></svg>';

/** Serves the page, the built plugin, and what Grafana's data source proxy does for the routes of its plugin.json. */
export function servePage(pageFolder: string, pluginFolder: string, saved: SavedSettings): Promise<TestServer> {
  const files: Record<string, [string, string]> = {
    '/': ['text/html', PAGE],
    '/page.js': ['text/javascript', readFileSync(join(pageFolder, 'page.js'), 'utf8')],
    '/module.js': ['text/javascript', readFileSync(join(pluginFolder, 'module.js'), 'utf8')],
  };
  const { routes }: { routes: Route[] } = JSON.parse(readFileSync(join(pluginFolder, 'plugin.json'), 'utf8'));
  return serve((request, response) => {
    const path = request.url ?? '';
    if (path.startsWith(PROXY)) {
      void proxy(request, response, path.slice(PROXY.length), routes, saved);
      return;
    }
    const [type, content] = files[path] ?? ['image/svg+xml', ICON];
    response.setHeader('content-type', type).end(content);
  });
}

/** Grafana's rules: the first route whose method and path fit, its prefix taken off; 502 if nobody answers; 401 as 400. */
async function proxy(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  routes: Route[],
  saved: SavedSettings
) {
  const route = routes.find((each) => each.method === request.method && path.startsWith(each.path.replace(/\/$/, '')));
  if (!route) {
    response.writeHead(404).end();
    return;
  }
  const fill = (template: string) =>
    template
      .replace('{{ .JsonData.backendUrl }}', saved.backendUrl)
      .replace('{{ .SecureJsonData.token }}', saved.token);
  const rest = path.startsWith(route.path) ? path.slice(route.path.length) : path;
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  const leaving = new AbortController();
  response.once('close', () => leaving.abort());
  try {
    const answer = await fetch(fill(route.url) + (rest && `/${rest}`), {
      method: request.method,
      signal: leaving.signal,
      headers: {
        'content-type': request.headers['content-type'] ?? '',
        ...Object.fromEntries(route.headers.map(({ name, content }) => [name, fill(content)])),
      },
      body: request.method === 'POST' ? Buffer.concat(chunks) : undefined,
    });
    if (answer.headers.get('content-type') === 'text/event-stream') {
      passStream(answer, response);
      return;
    }
    const body = Buffer.from(await answer.arrayBuffer());
    if (answer.status === 401) {
      response.writeHead(400).end('Authentication to data source failed');
    } else {
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(body);
    }
  } catch {
    // As with Grafana, the reason stays with the proxy.
    response.writeHead(502).end();
  }
}

/** Each event is passed on as it comes; when the backend is gone, so is the connection to the page. */
function passStream(answer: Response, response: ServerResponse): void {
  response.writeHead(answer.status, { 'content-type': 'text/event-stream' });
  Readable.fromWeb(answer.body as ReadableStream)
    .on('error', () => response.destroy())
    .pipe(response);
}

import type { IncomingMessage, RequestOptions, ServerResponse } from 'node:http';
import { request as requestTls } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { KeyPair } from '../support/certificates.ts';
import { serve } from '../support/server.ts';
import type { TestServer } from '../support/server.ts';

export interface FrontOptions {
  /** Where `metrics.k8s.io` is served. */
  readonly metricsPort: number;
  /** Where everything else is. */
  readonly apiUrl: string;
  /** What the aggregator shows, and for whom it says to speak. */
  readonly aggregator: KeyPair;
  readonly user: string;
}

const CORE = { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
const CORE_RESOURCES = {
  kind: 'APIResourceList',
  groupVersion: 'v1',
  resources: [
    { name: 'nodes', singularName: '', namespaced: false, kind: 'Node', verbs: ['get', 'list'] },
    { name: 'pods', singularName: '', namespaced: true, kind: 'Pod', verbs: ['get', 'list'] },
  ],
};

/**
 * What `kubectl` takes for the API server: hands `metrics.k8s.io` on as the aggregator does, with its certificate and the
 * user's name, and the rest to another API server. Of all groups it knows that one.
 */
export function startFront(options: FrontOptions): Promise<TestServer> {
  return serve((message, response) => {
    const path = message.url?.split('?')[0] ?? '';
    const document = { '/api': CORE, '/api/v1': CORE_RESOURCES }[path];
    if (document) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(document));
    } else if (path === '/apis' || path.startsWith('/apis/metrics.k8s.io') || path.startsWith('/openapi/')) {
      handOn(message, response, (hand) => requestTls(toMetrics(options, message), hand));
    } else {
      sendCore(`${options.apiUrl}${message.url}`, response).catch(() => response.destroy());
    }
  });
}

/** Lists of the core group; the recorded API server does not name their kinds, as nobody but `kubectl` reads them. */
async function sendCore(url: string, response: ServerResponse): Promise<void> {
  const answer = await fetch(url);
  const object = (await answer.json()) as object;
  const kind = new URL(url).pathname.endsWith('/nodes') ? 'NodeList' : 'PodList';
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer.ok ? { ...object, kind, apiVersion: 'v1' } : object));
}

function toMetrics(
  { metricsPort, aggregator, user }: FrontOptions,
  message: IncomingMessage
): RequestOptions & KeyPair {
  const { authorization: _dropped, ...headers } = message.headers;
  return {
    host: '127.0.0.1',
    port: metricsPort,
    method: message.method,
    path: message.url,
    headers: { ...headers, 'X-Remote-User': user, 'X-Remote-Group': 'system:authenticated' },
    ...aggregator,
    ...{ rejectUnauthorized: false },
  };
}

function handOn(
  message: IncomingMessage,
  response: ServerResponse,
  send: (hand: (answer: IncomingMessage) => void) => ReturnType<typeof requestTls>
): void {
  const sent = send((answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    pipeline(answer, response).catch(() => response.destroy());
  });
  sent.on('error', () => response.destroy());
  message.pipe(sent);
}

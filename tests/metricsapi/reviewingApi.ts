import type { IncomingMessage, ServerResponse } from 'node:http';
import { serve } from '../support/server.ts';

const CONFIG_MAPS = '/api/v1/namespaces/kube-system/configmaps';
const NAME = 'extension-apiserver-authentication';

/** What a SubjectAccessReview asked. */
export interface AskedReview {
  readonly user: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  readonly resourceAttributes?: Readonly<Record<string, string>>;
  readonly nonResourceAttributes?: Readonly<Record<string, string>>;
}

/** The API server as an extension meets it: its ConfigMap and its reviews, over real HTTP. */
export interface ReviewingApi {
  readonly url: string;
  /** Users by their tokens. */
  readonly tokens: Map<string, object>;
  /** Users who may do everything. */
  readonly allowed: Set<string>;
  readonly reviews: AskedReview[];
  /** `down` breaks every connection; a path breaks those to it. */
  broken: string | undefined;
  /** Writes the ConfigMap, deletes it, or takes away the right to read it. */
  setConfigMap(data: Record<string, string> | 'deleted' | 'forbidden'): void;
  /** Requests for the ConfigMap, and watches of it under way. */
  readonly configMapRequests: readonly string[];
  watcherCount(): number;
  close(): Promise<void>;
}

/** Begins without a right to read the ConfigMap. */
export async function startReviewingApi(): Promise<ReviewingApi> {
  const tokens = new Map<string, object>();
  const allowed = new Set<string>();
  const reviews: AskedReview[] = [];
  const configMap = new WatchedConfigMap();
  const server = await serve((message, response) => void answer(message, response));
  const api: ReviewingApi = {
    url: server.url,
    tokens,
    allowed,
    reviews,
    broken: undefined,
    setConfigMap: (data) => configMap.set(data),
    configMapRequests: configMap.requests,
    watcherCount: () => configMap.watchers.size,
    close: () => server.close(),
  };
  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(message);
    const send = (status: number, object: object) => void response.writeHead(status).end(JSON.stringify(object));
    const url = new URL(message.url ?? '/', 'http://api');
    if (api.broken !== undefined && url.pathname.includes(api.broken)) {
      message.socket.destroy();
    } else if (url.pathname === CONFIG_MAPS) {
      configMap.answer(url, response);
    } else if (url.pathname.endsWith('/tokenreviews')) {
      const user = tokens.get((JSON.parse(body) as { spec: { token: string } }).spec.token);
      send(201, { status: user ? { authenticated: true, user } : { error: 'unknown token' } });
    } else if (url.pathname.endsWith('/subjectaccessreviews')) {
      const { spec } = JSON.parse(body) as { spec: AskedReview };
      reviews.push(spec);
      send(201, { status: { allowed: allowed.has(spec.user) } });
    } else {
      send(404, {});
    }
  }
  return api;
}

/** List and watch of one object, for those who have a right to its name alone. */
class WatchedConfigMap {
  readonly requests: string[] = [];
  readonly watchers = new Set<ServerResponse>();
  private data: Record<string, string> | 'deleted' | 'forbidden' = 'forbidden';
  private version = 1;

  set(data: Record<string, string> | 'deleted' | 'forbidden'): void {
    const before = this.data;
    this.data = data;
    this.version += 1;
    if (data === 'forbidden') {
      this.watchers.forEach((watcher) => watcher.end());
    } else {
      const type = data === 'deleted' ? 'DELETED' : typeof before === 'object' ? 'MODIFIED' : 'ADDED';
      const line = JSON.stringify({ type, object: this.object(data) });
      this.watchers.forEach((watcher) => watcher.write(`${line}\n`));
    }
  }

  answer(url: URL, response: ServerResponse): void {
    this.requests.push(url.search);
    response.setHeader('content-type', 'application/json');
    const { searchParams } = url;
    if (this.data === 'forbidden' || searchParams.get('fieldSelector') !== `metadata.name=${NAME}`) {
      const message = 'configmaps is forbidden: User "heapscope" cannot list resource "configmaps"';
      response.writeHead(403).end(JSON.stringify({ kind: 'Status', code: 403, message }));
    } else if (searchParams.get('watch') !== 'true') {
      const items = this.data === 'deleted' ? [] : [this.object(this.data)];
      response.end(JSON.stringify({ kind: 'ConfigMapList', metadata: { resourceVersion: `${this.version}` }, items }));
    } else if (Number(searchParams.get('resourceVersion')) < this.version) {
      const object = { kind: 'Status', code: 410, message: 'too old resource version' };
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
    } else {
      response.flushHeaders();
      this.watchers.add(response);
      response.once('close', () => this.watchers.delete(response));
    }
  }

  private object(data: Record<string, string> | 'deleted'): object {
    const metadata = { name: NAME, namespace: 'kube-system', uid: 'uid-1', resourceVersion: `${this.version}` };
    return { kind: 'ConfigMap', apiVersion: 'v1', metadata, ...(data === 'deleted' ? {} : { data }) };
  }
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of message) {
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString();
}

/** The ConfigMap that a cluster with these authorities has. */
export function trustOf(requestHeaderCa: string, clientCa = '', allowedNames = ['front-proxy-client']) {
  return {
    'client-ca-file': clientCa,
    'requestheader-allowed-names': JSON.stringify(allowedNames),
    'requestheader-client-ca-file': requestHeaderCa,
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-username-headers': '["X-Remote-User"]',
    'requestheader-uid-headers': '["X-Remote-Uid"]',
  };
}

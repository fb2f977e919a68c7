import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { Agent } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { loadConfig } from '../../backend/config/loadConfig.ts';
import { createDirectory } from '../../backend/kubernetes/directory.ts';
import type { Directory } from '../../backend/kubernetes/directory.ts';
import { openMetricsApi, TRUST_EVERY_MS } from '../../backend/metricsApi.ts';
import type { NodeFacts, PodFacts } from '../../backend/model/facts.ts';
import type { RoundWriter } from '../../backend/store/roundWriter.ts';
import { freePort } from '../../backend/sinks/testing/freePort.ts';
import { createLogger } from '../../backend/telemetry/logger.ts';
import { batchOf, containerRow, nodeRow } from '../support/batches.ts';
import type { Row } from '../support/batches.ts';
import type { KeyPair } from '../support/certificates.ts';
import { aNode, aPod } from '../support/facts.ts';
import { manualClock } from '../support/manualClock.ts';
import type { ManualClock } from '../support/manualClock.ts';
import { serve } from '../support/server.ts';

type ClusterFacts = Pick<Directory, 'nodes' | 'node' | 'pods' | 'pod'>;

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
  /** Data of the ConfigMap; undefined: it may not be read. */
  configMap: Record<string, string> | undefined;
  /** Users by their tokens. */
  readonly tokens: Map<string, object>;
  /** Users who may do everything. */
  readonly allowed: Set<string>;
  readonly reviews: AskedReview[];
  /** `down` breaks every connection; a path breaks those to it. */
  broken: string | undefined;
  close(): Promise<void>;
}

export async function startReviewingApi(): Promise<ReviewingApi> {
  const tokens = new Map<string, object>();
  const allowed = new Set<string>();
  const reviews: AskedReview[] = [];
  const server = await serve((message, response) => void answer(message, response));
  const api: ReviewingApi = {
    url: server.url,
    configMap: undefined,
    tokens,
    allowed,
    reviews,
    broken: undefined,
    close: () => server.close(),
  };
  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(message);
    const send = (status: number, object: object) => void response.writeHead(status).end(JSON.stringify(object));
    if (api.broken !== undefined && message.url?.includes(api.broken)) {
      message.socket.destroy();
    } else if (message.url?.endsWith('/configmaps/extension-apiserver-authentication')) {
      send(api.configMap ? 200 : 403, api.configMap ? { kind: 'ConfigMap', data: api.configMap } : {});
    } else if (message.url?.endsWith('/tokenreviews')) {
      const user = tokens.get((JSON.parse(body) as { spec: { token: string } }).spec.token);
      send(201, { status: user ? { authenticated: true, user } : { error: 'unknown token' } });
    } else if (message.url?.endsWith('/subjectaccessreviews')) {
      const { spec } = JSON.parse(body) as { spec: AskedReview };
      reviews.push(spec);
      send(201, { status: { allowed: allowed.has(spec.user) } });
    } else {
      send(404, {});
    }
  }
  return api;
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

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: Record<string, unknown>;
  /** The certificate that the server showed (PEM). */
  readonly certificate: string;
}

export interface Asking {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly client?: KeyPair;
  readonly agent?: Agent;
  /** The authority of the server; without one its certificate is not verified. */
  readonly ca?: string;
}

/** The door behind its HTTPS server, with samples that are given by hand. */
export interface ServedMetrics {
  readonly port: number;
  readonly clock: ManualClock;
  readonly log: readonly string[];
  readonly nodes: NodeFacts[];
  readonly pods: PodFacts[];
  ask(path: string, asking?: Asking): Promise<Answer>;
  /** A round of what kubelets say, by node. */
  round(rows: Readonly<Record<string, { readonly node?: Row; readonly containers?: readonly Row[] }>>): void;
  /** Lets the ConfigMap be read again. */
  rereadTrust(): Promise<void>;
  problems(): string[];
  readonly writer: RoundWriter;
  close(): Promise<void>;
}

export async function serveMetrics(
  api: { readonly url: string },
  flags: readonly string[] = [],
  cluster?: ClusterFacts
): Promise<ServedMetrics> {
  const port = await freePort();
  const always = ['--simulate=1', '--listen-ip=127.0.0.1', `--secure-port=${port}`];
  const { config } = loadConfig([...always, ...flags], {}, (path) => readFileSync(path, 'utf8'));
  const clock = manualClock(Date.now());
  const log: string[] = [];
  const directory = createDirectory({
    connection: { kind: 'url', url: api.url },
    log: { info: () => undefined, warn: () => undefined },
    clock: { now: clock.nowMs, pause: () => Promise.resolve() },
  });
  const nodes = [aNode('worker-1')];
  const pods = [aPod('shop/web')];
  const facts = {
    nodes: () => nodes,
    node: (name: string) => nodes.find((node) => node.name === name),
    pods: () => pods,
    pod: (namespace: string, name: string) => pods.find((pod) => pod.namespace === namespace && pod.name === name),
  };
  const opened = openMetricsApi({
    config,
    directory: { ...directory, ...(cluster ? factsOf(cluster) : facts) },
    telemetry: { countRequest: () => undefined },
    version: '1.2.3',
    clock,
    log: createLogger({ level: 'info', format: 'text', write: (text) => log.push(text) }),
  });
  await opened.listen({ close: () => Promise.resolve() } as unknown as Parameters<typeof opened.listen>[0]);
  await clock.sleeperUntil(clock.nowMs() + TRUST_EVERY_MS);
  let roundMs = 0;
  return {
    port,
    clock,
    log,
    nodes,
    pods,
    ask: (path, asking = {}) => ask(port, path, asking),
    round(rows) {
      roundMs += 60_000;
      for (const [name, { node, containers = [] }] of Object.entries(rows)) {
        const answered = nodeRow(name, { ...node, values: { 'kubelet/answered': 1, ...node?.values } });
        opened.writers[0].append(batchOf({ node: [answered], container: containers }, roundMs, name));
      }
      opened.writers[0].commit(roundMs);
    },
    async rereadTrust() {
      clock.moveTo(clock.nowMs() + TRUST_EVERY_MS);
      await clock.sleeperUntil(clock.nowMs() + TRUST_EVERY_MS);
    },
    problems: () => opened.problems(),
    writer: opened.writers[0],
    async close() {
      await opened.close(0);
      await directory.stop();
    },
  };
}

function factsOf({ nodes, node, pods, pod }: ClusterFacts): ClusterFacts {
  return { nodes, node, pods, pod };
}

/** A sample of CPU and memory. */
export const sampled = (atMs: number, cpuNs: number | bigint, memoryBytes: number, startMs = 0) => ({
  atMs,
  startMs,
  values: { 'cpu/usage': cpuNs, 'memory/working_set': memoryBytes },
});

export { containerRow };

function ask(port: number, path: string, { token, headers, client, ca, ...rest }: Asking): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let certificate = '';
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        agent: false,
        ...(client ?? {}),
        ...(ca === undefined ? { rejectUnauthorized: false } : { ca }),
        headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
        ...rest,
      },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString();
          const isJson = answer.headers['content-type']?.startsWith('application/json');
          const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, body, certificate });
        });
      }
    );
    sent.on('socket', (socket) =>
      socket.once('secureConnect', () => {
        certificate = (socket as TLSSocket).getPeerX509Certificate()?.toString() ?? '';
      })
    );
    sent.on('error', reject);
    sent.end();
  });
}

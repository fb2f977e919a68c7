import { HeapscopeError } from '../errors.ts';
import type { NodeFacts } from '../model/facts.ts';
import { DEFAULT_ADDRESS_TYPES, kubeletAddress } from './address.ts';
import type { AddressType, KubeletAddress } from './address.ts';
import { BodyPool } from './bodyPool.ts';
import { KEEP_ALIVE_MS, openConnection } from './connection.ts';
import type { KubeletConnection } from './connection.ts';
import { CONTAINERS_PATH, emptyProblem, statusProblem, UnknownPath } from './problem.ts';
import { askThroughApiServer } from './proxy.ts';
import type { ApiServerReader } from './proxy.ts';
import { createTrustSource } from './trust.ts';
import type { ClientCertificateFiles } from './trust.ts';

const DEFAULT_MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** An idle TLS connection takes some 200 KiB. Clusters of more nodes than this rather pay for a new one each round. */
const MOST_KEPT_CONNECTIONS = 2_000;
/** Time between two questions to a kubelet in one round. */
const BETWEEN_QUESTIONS_MS = 1_000;
const SUMMARY_PATH = '/stats/summary';
const CADVISOR_PATH = '/metrics/cadvisor';

/** What a kubelet is shown. The same objects as long as nothing was rotated, so that connections can be kept. */
export interface KubeletCredentials {
  /** Bearer token; sent over HTTPS only. */
  readonly token?: string;
  /** The CA of the cluster, in PEM. */
  readonly ca?: Buffer | string;
  readonly clientCert?: Buffer | string;
  readonly clientKey?: Buffer | string;
}

export interface KubeletClientOptions {
  /** `proxy` goes through the API server; it needs the right to `get` `nodes/proxy`. */
  readonly access: 'direct' | 'proxy';
  readonly https: boolean;
  /** One port for all nodes, or what each node's status says. */
  readonly port: number | 'node-status';
  /** Types of node addresses, the preferred first. */
  readonly addressTypes?: readonly AddressType[];
  /** Accept any certificate. */
  readonly insecureTls?: boolean;
  /** CA certificates of the kubelets, in place of the cluster's. */
  readonly caFiles?: readonly string[];
  /** The same as text. */
  readonly caText?: string;
  /** Shown to kubelets in place of the client certificate of the credentials. */
  readonly clientCertificate?: ClientCertificateFiles;
  readonly maxAnswerBytes?: number;
  /** Asked before each request, so it should be quick. */
  readonly credentials?: () => KubeletCredentials;
  /** How many nodes there are, if that is known. */
  readonly nodeCount?: () => number;
  /** Needed for `proxy`. */
  readonly apiServer?: ApiServerReader;
  /** Unix ms. */
  readonly now?: () => number;
}

export interface KubeletAnswer {
  readonly body: Buffer;
  /** When the answer was complete, Unix ms. */
  readonly receivedMs: number;
  readonly durationMs: number;
}

/** Asks kubelets for their statistics and cAdvisor's metrics over connections that are kept from round to round, one per node. */
export interface KubeletClient {
  /** Rejects with a `kubelet_*` error at the deadline or whatever else goes wrong. */
  readSummary(node: NodeFacts, options: ReadOptions): Promise<KubeletAnswer>;
  /** The same for `/metrics/cadvisor`; asked while the summary is under way, it comes after it on the same connection. */
  readCadvisor(node: NodeFacts, options: ReadOptions): Promise<KubeletAnswer>;
  /**
   * What old kubelets answer `POST /stats/container/` with: all containers, each with its newest stats of the window.
   * Undefined for kubelets that do not have it, which is those since Kubernetes 1.20. Rejects like
   * {@link KubeletClient.readSummary}.
   */
  readContainers(node: NodeFacts, options: ReadOptions & StatsWindow): Promise<KubeletAnswer | undefined>;
  /** Takes back the body of an answer that nobody reads any more, for the answers to come. */
  giveBack(body: Buffer): void;
  /** Closes the connection of a node that is gone. */
  forget(nodeName: string): void;
  close(): Promise<void>;
}

export interface ReadOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** Samples taken at these times are wanted; Unix ms. */
export interface StatsWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A question, sent by POST where it has a body. */
type Read = (path: string, node: NodeFacts, options: ReadOptions, json?: string) => Promise<Buffer>;

/** Opens nothing before the first {@link KubeletClient.readSummary}. */
export function createKubeletClient(options: KubeletClientOptions): KubeletClient {
  const now = options.now ?? Date.now;
  const connections = new Map<string, KubeletConnection>();
  const bodies = new BodyPool();
  const read = options.access === 'direct' ? directReader(options, connections, bodies) : proxyReader(options);
  const ask = async (path: string, node: NodeFacts, request: ReadOptions, json?: string): Promise<KubeletAnswer> => {
    const begunMs = performance.now();
    const body = await read(path, node, request, json);
    return { body, receivedMs: now(), durationMs: performance.now() - begunMs };
  };
  return {
    readSummary: (node, request) => ask(SUMMARY_PATH, node, request),
    readCadvisor: (node, request) => ask(CADVISOR_PATH, node, request),
    readContainers: (node, request) =>
      ask(CONTAINERS_PATH, node, request, questionFor(request)).catch((error: unknown) => {
        if (error instanceof UnknownPath) {
          return undefined;
        }
        throw error;
      }),
    giveBack: (body) => bodies.giveBack(body),
    forget(nodeName) {
      void connections.get(nodeName)?.close();
      connections.delete(nodeName);
    },
    async close() {
      const open = [...connections.values()];
      connections.clear();
      await Promise.all(open.map((connection) => connection.close()));
    },
  };
}

/** The question as Heapster asked it: one sample of every container below the root. */
function questionFor({ fromMs, toMs }: StatsWindow): string {
  const [start, end] = [fromMs, toMs].map((timeMs) => new Date(timeMs).toISOString().replace('.000Z', 'Z'));
  return JSON.stringify({ containerName: '/', num_stats: 1, start, end, subcontainers: true });
}

function directReader(
  options: KubeletClientOptions,
  connections: Map<string, KubeletConnection>,
  bodies: BodyPool
): Read {
  const { https, port, addressTypes = DEFAULT_ADDRESS_TYPES, maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES } = options;
  const credentials = options.credentials ?? ((): KubeletCredentials => ({}));
  const trustFor = createTrustSource({
    caFiles: options.caFiles ?? [],
    caText: options.caText,
    clientCertificate: options.clientCertificate,
    insecureTls: options.insecureTls ?? false,
    now: options.now ?? Date.now,
  });

  function connectionTo(node: NodeFacts, shown: KubeletCredentials): KubeletConnection {
    const address = kubeletAddress(node, addressTypes, port);
    const trust = https ? trustFor(shown) : undefined;
    const kept = connections.get(node.name);
    if (kept && kept.trust === trust && sameAddress(kept.asked.address, address)) {
      return kept;
    }
    void kept?.close();
    const connection = openConnection({ nodeName: node.name, https, address }, trust, bodies, keepAliveMs());
    connections.set(node.name, connection);
    return connection;
  }

  function keepAliveMs(): number {
    return (options.nodeCount?.() ?? 0) > MOST_KEPT_CONNECTIONS ? BETWEEN_QUESTIONS_MS : KEEP_ALIVE_MS;
  }

  return async (path, node, { deadlineMs, signal }, json) => {
    const shown = credentials();
    const connection = connectionTo(node, shown);
    const headers: Record<string, string> =
      https && shown.token ? { accept: '*/*', authorization: `Bearer ${shown.token}` } : { accept: '*/*' };
    const answer = await connection.ask({ path, headers, json, deadlineMs, maxBytes: maxAnswerBytes, signal });
    if (answer.status !== 200) {
      throw statusProblem(connection.asked, path, answer.status, answer.body);
    }
    if (answer.body.length === 0) {
      throw emptyProblem(connection.asked, path);
    }
    return answer.body;
  };
}

function proxyReader(options: KubeletClientOptions): Read {
  const { apiServer, https, port, maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES } = options;
  if (!apiServer) {
    throw new HeapscopeError(
      'internal',
      'Kubelets cannot be asked through the API server: no connection to it was given.'
    );
  }
  return (path, node, { deadlineMs, signal }, json) => {
    const asked = { path, json, nodeName: node.name, https, port };
    return askThroughApiServer(apiServer, { ...asked, deadlineMs, signal, maxBytes: maxAnswerBytes });
  };
}

function sameAddress(a: KubeletAddress | undefined, b: KubeletAddress): boolean {
  return a !== undefined && a.host === b.host && a.port === b.port;
}

import type { MetricQuery, NamesResponse, Notice, QueryResponse } from '../../../contract/grafana.ts';
import { createQueryEngine } from '../../../query/queryEngine.ts';
import { MINUTE_MS, storeCluster, timeMs } from '../../../query/testing/storedCluster.ts';
import { HeadStore } from '../../../store/headStore.ts';
import { totalsBatch } from '../../../store/testing/batches.ts';
import { createApp } from '../../app.ts';
import { createAuthentication } from '../../auth.ts';
import { startServer, type RunningServer } from '../../server.ts';
import { createGrafanaRouter } from '../router.ts';
import { Streams } from '../streams.ts';
import { RoundsByHand } from './roundsByHand.ts';

export const WHOLE = 'token-of-the-whole-cluster';
export const SHOP = 'token-of-the-shop';
export const NOBODY = 'token-of-nobody';
export const RANGE = { fromMs: timeMs('10:00'), toMs: timeMs('10:02') };
export const NODE_NOTICE: Notice = { severity: 'warning', text: 'Node worker-2 did not answer in the last round.' };
export const COUNT_NOTICE: Notice = { severity: 'warning', text: '1 of 2 nodes did not answer in the last round.' };

const CLUSTER = `
cluster
  cpu/usage_rate 300 300 300
  cpu/node_capacity 12000 12000 12000
node worker-1 | zone=a
  cpu/usage_rate 200 200 200
  cpu/node_capacity 4000 4000 4000
namespace shop | team=red
  cpu/usage_rate 30 40 50
  pods/running 2 2 2
  pods/pending 0 0 1
namespace bank | team=blue
  cpu/usage_rate 7 7 7
  pods/running 1 1 1
workload shop/Deployment/web
  cpu/usage_rate 30 40 50
pod shop/web-1 on worker-1 of Deployment/web | app=web
  cpu/usage_rate 10 - 20
  cpu/request 100 100 100
pod shop/web-2 on worker-2 of Deployment/web | app=web
  cpu/usage_rate 20 20 30
pod bank/vault on worker-1 | app=vault secret=yes
  cpu/usage_rate 7 7 7
container bank/vault/safe on worker-1 | app=vault
  cpu/usage_rate 7 7 7
sys_container worker-1/kubelet on worker-1
  cpu/usage_rate 9 9 9
filesystem worker-1 on worker-1 called /
  filesystem/usage 1 1 1
filesystem bank/vault on worker-1 called Volume:gold claim gold-0
  filesystem/usage 1 1 1
filesystem shop/web-1 on worker-1 called Volume:data claim data-0
  filesystem/usage 1 2 3
  filesystem/limit 4 4 4
interface worker-1 on worker-1 called eth7
  network/interface_rx 1 1 1
`;

/** What a query of a test says; wrong ones too. */
type Asked = Partial<Record<keyof MetricQuery, unknown>>;

/** The plugin's door over HTTP on this machine, before a small stored cluster or before none. */
export class ServedCluster {
  private readonly server: RunningServer;
  private readonly head: HeadStore;
  private readonly rounds: RoundsByHand;
  readonly streams: Streams;
  /** Sentences that the server logged as its own faults. */
  readonly faults: string[];

  private constructor(
    server: RunningServer,
    head: HeadStore,
    streams: Streams,
    rounds: RoundsByHand,
    faults: string[]
  ) {
    this.server = server;
    this.head = head;
    this.streams = streams;
    this.rounds = rounds;
    this.faults = faults;
  }

  static async start(content: 'filled' | 'empty'): Promise<ServedCluster> {
    const faults: string[] = [];
    const log = { warn: () => undefined, error: (_: object, sentence: string) => faults.push(sentence) };
    const head = content === 'filled' ? storeCluster(CLUSTER) : new HeadStore({ windowMs: MINUTE_MS, maxBytes: 0 });
    const rounds = new RoundsByHand();
    const streams = new Streams({ rounds, most: 3, mostPerAsker: 2, log });
    const app = createApp({
      doors: [{ path: '/api/grafana/v1', access: 'token', router: routerOver(head, streams) }],
      authentication: createAuthentication({ mode: 'token', tokens: TOKENS }),
      log,
      countRequest: () => undefined,
    });
    const server = await startServer({ app, port: 0, listenIp: '127.0.0.1', log });
    return new ServedCluster(server, head, streams, rounds, faults);
  }

  /** Ends the streams, then the server, as the backend does. */
  close(graceMs = 100): Promise<void> {
    this.streams.close();
    return this.server.close(graceMs);
  }

  /** Stores a further round in which the cluster uses this much CPU, and tells that it is there. */
  commitRound(timestampMs: number, usageMillicores: number): void {
    const rows = { cluster: [{ key: '', names: {}, values: { 'cpu/usage_rate': usageMillicores } }] };
    this.head.append(totalsBatch(timestampMs, rows));
    this.head.commit(timestampMs);
    this.rounds.end();
  }

  /** Any request. A body that is a text is sent as it is. */
  fetch(method: string, path: string, token?: string, body?: unknown): Promise<Response> {
    return fetch(`${this.server.url}api/grafana/v1/${path}`, {
      method,
      headers: { ...(token && { authorization: `Bearer ${token}` }), 'content-type': 'application/json' },
      body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
    });
  }

  /** The status and the body of an answer. */
  async ask(path: string, token: string | undefined, body?: unknown): Promise<{ status: number; body: unknown }> {
    const method = /^(query|names|stream)/.test(path) ? 'POST' : 'GET';
    const response = await this.fetch(method, path, token, body);
    return { status: response.status, body: await response.json() };
  }

  /** The answers to queries by their `refId`. */
  async query(queries: ReadonlyArray<Asked & { refId: string }>, token = WHOLE): Promise<QueryResponse['results']> {
    const { status, body } = await this.ask('query', token, { ...RANGE, queries });
    expect(status).toBe(200);
    return (body as QueryResponse).results;
  }

  /** Names of the series that a query is answered with, such as `shop/web-1`. */
  async series(asked: Asked, token = WHOLE): Promise<string[]> {
    const { A } = await this.query([{ refId: 'A', ...asked }], token);
    expect(A.error).toBeUndefined();
    const fields = A.frames[0].schema.fields.filter(({ type }) => type === 'number');
    return fields.map(({ labels }) => Object.values(labels ?? {}).join('/'));
  }

  async names(asked: object, token = WHOLE): Promise<NamesResponse> {
    const { status, body } = await this.ask('names', token, { ...RANGE, ...asked });
    expect(status).toBe(200);
    return body as NamesResponse;
  }
}

/** A filter for one name. */
export function named(dimension: string, value: string) {
  return { dimension, operator: '=', values: [value] };
}

const TOKENS = [
  { token: WHOLE, namespaces: 'all' as const },
  { token: SHOP, namespaces: ['shop'] },
  { token: NOBODY, namespaces: [] },
];

function routerOver(head: HeadStore, streams: Streams) {
  return createGrafanaRouter({
    streams,
    engine: createQueryEngine(head, MINUTE_MS, { maxSeries: 10, maxPoints: 8 }),
    health: (mayNameNodes) => ({
      version: '1.2.3',
      nodes: { total: 2, answering: 1 },
      namespaces: 22,
      pods: 333,
      metrics: 4,
      newestTimestampMs: RANGE.toMs,
      oldestTimestampMs: RANGE.fromMs,
      resolutionMs: MINUTE_MS,
      problems: [(mayNameNodes ? NODE_NOTICE : COUNT_NOTICE).text],
    }),
    notices: (_range, mayNameNodes) => [mayNameNodes ? NODE_NOTICE : COUNT_NOTICE],
    firstDataMs: () => 100_000,
    nowMs: () => 55_000,
  });
}

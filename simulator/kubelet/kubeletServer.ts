import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { sendInPieces } from '../sending.ts';
import { mayDo } from '../access.ts';
import type { Accounts } from '../access.ts';
import type { Fault, Faults } from '../faults.ts';
import type { SimNode } from '../world/nodes.ts';
import type { World } from '../world/world.ts';
import type { AnswerOptions } from './answer.ts';
import { ByteWriter } from './byteWriter.ts';
import { readJson } from '../api/readJson.ts';
import { cadvisorBytes, cadvisorText } from './cadvisor.ts';
import type { CadvisorOptions } from './cadvisor.ts';
import { containerInfosText } from './containerInfos.ts';
import type { ContainersQuestion } from './containerInfos.ts';
import { resourceMetricsText } from './resourceMetrics.ts';
import { spoil, spoilMetrics } from './spoiled.ts';
import { spoilContainers } from './spoiledContainers.ts';
import { summaryBytes, summaryText } from './summary.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Where old kubelets tell their containers. */
export const CONTAINERS_PATH = '/stats/container';

const HUGE_BYTES = 50 * 1024 * 1024;

/** What the kubelets of a simulator share. */
export interface KubeletSetting {
  world: World;
  accounts: Accounts;
  faults: Faults;
  now: () => number;
  pressure: boolean;
  /** Whether kubelets answer `POST /stats/container/`, as those before Kubernetes 1.20. */
  oldKubelets: boolean;
  /** Summaries answered so far. */
  answers: number;
}

/** Answers a request to the kubelet of a node, faults included. */
export function answerKubelet(
  setting: KubeletSetting,
  node: SimNode,
  request: IncomingMessage,
  response: ServerResponse
): void {
  if (request.method === 'POST') {
    void readJson(request).then((body) => answerAsked(setting, node, request, response, body));
    return;
  }
  request.resume();
  answerAsked(setting, node, request, response, undefined);
}

function answerAsked(
  setting: KubeletSetting,
  node: SimNode,
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown
): void {
  const fault = faultAt(setting, node, pathOf(request));
  setting.world.advance(setting.now());
  if (!node.reachable || fault?.kind === 'hanging') {
    return;
  }
  if (fault?.kind === 'slow') {
    const timer = setTimeout(() => answerInTime(setting, node, request, response, fault, body), fault.delayMs);
    response.on('close', () => clearTimeout(timer));
    return;
  }
  answerInTime(setting, node, request, response, fault, body);
}

function answerInTime(
  setting: KubeletSetting,
  node: SimNode,
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
  body: unknown
): void {
  const url = new URL(request.url ?? '/', 'http://kubelet');
  const path = pathOf(request);
  if (path === '/healthz') {
    return plain(response, 200, 'ok');
  }
  const subresource = path.startsWith('/stats') ? 'stats' : path.startsWith('/metrics') ? 'metrics' : 'proxy';
  const denied = refusal(setting.accounts, request, subresource, fault);
  if (denied) {
    return plain(response, denied.status, denied.text);
  }
  if (path === '/stats/summary') {
    setting.answers++;
    return fault
      ? sendSpoiled(response, kubeletSummary(setting, node, url.searchParams, fault), fault, 'application/json')
      : sendBytes(response, 'application/json', (out) =>
          summaryBytes(out, node, setting.now(), answerOptions(setting, url.searchParams, undefined))
        );
  }
  if (path === '/metrics/cadvisor') {
    return fault
      ? sendSpoiled(response, kubeletCadvisor(setting, node, fault), fault, METRICS_TYPE)
      : sendBytes(response, METRICS_TYPE, (out) =>
          cadvisorBytes(out, node, setting.now(), cadvisorOptions(setting, undefined))
        );
  }
  if (path === CONTAINERS_PATH && setting.oldKubelets && request.method === 'POST') {
    return answerContainers(setting, node, response, fault, body);
  }
  if (path === '/metrics/resource') {
    return plain(response, 200, resourceMetricsText(node, setting.now()), METRICS_TYPE);
  }
  plain(response, 404, '404: Page Not Found');
}

function answerContainers(
  setting: KubeletSetting,
  node: SimNode,
  response: ServerResponse,
  fault: Fault | undefined,
  body: unknown
): void {
  const question = readQuestion(body, fault);
  if (!question) {
    return plain(response, 400, 'Invalid request');
  }
  const text = kubeletContainers(setting, node, question, fault);
  if (fault?.kind === 'huge') {
    return sendLong(response, '{', text.slice(1), `${text.slice(1, -1)},`);
  }
  sendSpoiled(response, text, fault, 'application/json');
}

/** The summary of a node right now, with the faults that concern its content. */
export function kubeletSummary(
  setting: KubeletSetting,
  node: SimNode,
  search: URLSearchParams,
  fault: Fault | undefined
): string {
  return spoil(summaryText(node, setting.now(), answerOptions(setting, search, fault)), fault);
}

/** cAdvisor's metrics of a node right now, with the faults that concern their content. */
export function kubeletCadvisor(setting: KubeletSetting, node: SimNode, fault: Fault | undefined): string {
  return spoilMetrics(cadvisorText(new ByteWriter(), node, setting.now(), cadvisorOptions(setting, fault)), fault);
}

/** The containers of a node right now, with the faults that concern their content. */
export function kubeletContainers(
  setting: KubeletSetting,
  node: SimNode,
  question: ContainersQuestion,
  fault: Fault | undefined
): string {
  setting.answers++;
  return spoilContainers(containerInfosText(node, setting.now(), question), fault);
}

/** What is asked for; undefined where that is not all containers below the root, each with one sample of some time. */
export function readQuestion(body: unknown, fault: Fault | undefined): ContainersQuestion | undefined {
  const { containerName, subcontainers, num_stats: count, start, end } = (body ?? {}) as Record<string, unknown>;
  const [fromMs, toMs] = [Date.parse(String(start)), Date.parse(String(end))];
  const isWhole = containerName === '/' && subcontainers === true && count === 1;
  return isWhole && toMs > fromMs ? { fromMs, toMs, skewMs: skewOf(fault) } : undefined;
}

/** The fault of a node, if it concerns a path. */
export function faultAt({ faults }: KubeletSetting, { name }: SimNode, path: string): Fault | undefined {
  const fault = faults.of(name);
  return fault?.path === undefined || fault.path === path ? fault : undefined;
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return new URL(url, 'http://kubelet').pathname.replace(/(.)\/$/, '$1');
}

function skewOf(fault: Fault | undefined): number {
  return fault?.kind === 'clockSkew' ? (fault.skewMs ?? 0) : 0;
}

function cadvisorOptions({ pressure }: KubeletSetting, fault: Fault | undefined): CadvisorOptions {
  return { pressure, skewMs: skewOf(fault) };
}

function answerOptions(setting: KubeletSetting, search: URLSearchParams, fault: Fault | undefined): AnswerOptions {
  return {
    onlyCpuAndMemory: search.get('only_cpu_and_memory') === 'true',
    pressure: setting.pressure,
    skewMs: skewOf(fault),
  };
}

function refusal(
  accounts: Accounts,
  request: IncomingMessage,
  subresource: string,
  fault: Fault | undefined
): { status: number; text: string } | undefined {
  const account = accounts.ofHeader(request.headers.authorization);
  const status = fault?.kind === 'status' ? fault.status : undefined;
  if (!account || account.groups?.includes('system:unauthenticated') || status === 401) {
    return { status: 401, text: 'Unauthorized' };
  }
  const verb = request.method === 'POST' ? 'create' : 'get';
  if (status === 403 || !mayDo(account, { verb, resource: `nodes/${subresource}` })) {
    const text = `Forbidden (user=${account.username}, verb=${verb}, resource=nodes, subresource(s)=[${subresource}])\n`;
    return { status: 403, text };
  }
  if (status === 404) {
    return { status, text: '404: Page Not Found' };
  }
  return status === undefined ? undefined : { status, text: 'Internal Error: failed to list pod stats' };
}

function plain(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

const freeWriters: ByteWriter[] = [];

/** Without a length, as the real one: Go's server sends bodies of this size in chunks. */
function sendBytes(response: ServerResponse, type: string, write: (out: ByteWriter) => Buffer): void {
  const out = freeWriters.pop() ?? new ByteWriter();
  response.setHeader('content-type', type);
  const bytes = write(out);
  // Until they are sent, the writer's bytes are in use; then the next answer may have them.
  const done = (): number => freeWriters.push(out);
  if (response.socket instanceof TLSSocket) {
    return sendInPieces(response, bytes, done);
  }
  response.write(bytes, done);
  response.end();
}

function sendSpoiled(response: ServerResponse, text: string, fault: Fault | undefined, type: string): void {
  response.setHeader('content-type', fault?.kind === 'garbage' ? 'text/html' : type);
  if (fault?.kind === 'huge') {
    return type === METRICS_TYPE ? sendLong(response, text, '', text) : sendHuge(response, text);
  }
  if (fault?.kind === 'cutOff') {
    response.write(text.slice(0, text.length / 2), 'latin1', () => setTimeout(() => response.destroy(), 20));
    return;
  }
  response.end(text, 'latin1');
}

/** A summary that goes on for 50 MB: its last pod again and again. */
function sendHuge(response: ServerResponse, text: string): void {
  const start = text.lastIndexOf('\n  {');
  const again = Buffer.from(`${text.slice(start, text.lastIndexOf('\n ]'))},`, 'latin1');
  const block = Buffer.concat(Array.from({ length: 50 }, () => again)).toString('latin1');
  sendLong(response, text.slice(0, start), text.slice(start + 1), block);
}

/** 50 MB of a text repeated, between a begin and an end. */
function sendLong(response: ServerResponse, begin: string, end: string, repeated: string): void {
  const block = Buffer.from(repeated, 'latin1');
  let sent = 0;
  const more = (): void => {
    while (!response.destroyed && sent < HUGE_BYTES) {
      sent += block.length;
      if (!response.write(block)) {
        response.once('drain', more);
        return;
      }
    }
    response.end(end, 'latin1');
  };
  response.write(begin, 'latin1');
  more();
}

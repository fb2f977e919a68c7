import type { IncomingMessage, ServerResponse } from 'node:http';
import { mayDo } from '../access.ts';
import type { Account } from '../access.ts';
import { API_TARGET } from '../faults.ts';
import type { Fault } from '../faults.ts';
import {
  CONTAINERS_PATH,
  METRICS_TYPE,
  faultAt,
  kubeletCadvisor,
  kubeletContainers,
  kubeletSummary,
  readQuestion,
} from '../kubelet/kubeletServer.ts';
import type { KubeletSetting } from '../kubelet/kubeletServer.ts';
import { badRequest, notFound, sendFailure, sendText, UNAUTHORIZED } from './answers.ts';
import type { Failure } from './answers.ts';
import { sendList } from './lists.ts';
import type { ObjectStore } from './objectStore.ts';
import { readJson } from './readJson.ts';
import { objectJson, RESOURCES } from './resources.ts';
import type { Form, Resource } from './resources.ts';
import { reviewAccess, reviewToken } from './reviews.ts';
import { parseFields } from './selection.ts';
import { sendWatch } from './watches.ts';

const VERSION = { major: '1', minor: '35', gitVersion: 'v1.35.1', gitCommit: 'simulated', platform: 'linux/amd64' };
const REVIEWS = {
  '/apis/authentication.k8s.io/v1/tokenreviews': { resource: 'tokenreviews', review: reviewToken },
  '/apis/authorization.k8s.io/v1/subjectaccessreviews': { resource: 'subjectaccessreviews', review: reviewAccess },
};

/** What the API server works with; the rest it shares with the kubelets. */
export interface ApiSetting extends KubeletSetting {
  store: ObjectStore;
}

/** Answers a request to the API server, faults included. */
export async function answerApi(
  setting: ApiSetting,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  setting.world.advance(setting.now());
  const fault = setting.faults.of(API_TARGET);
  if (fault?.kind === 'hanging') {
    request.resume();
    return;
  }
  if (fault?.kind === 'slow') {
    await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  }
  const url = new URL(request.url ?? '/', 'http://api');
  if (['/healthz', '/readyz', '/livez'].includes(url.pathname)) {
    return sendText(response, 200, 'ok', 'text/plain; charset=utf-8');
  }
  const account = setting.accounts.ofHeader(request.headers.authorization);
  const failure = account ? faultFailure(fault) : UNAUTHORIZED;
  if (!account || failure) {
    request.resume();
    return sendFailure(response, failure ?? UNAUTHORIZED);
  }
  if (url.pathname === '/version') {
    return sendText(response, 200, JSON.stringify(VERSION, null, 2));
  }
  await route(setting, account, url, request, response);
}

function faultFailure(fault: Fault | undefined): Failure | undefined {
  if (fault?.kind !== 'status') {
    return undefined;
  }
  const code = fault.status ?? 500;
  return code === 401
    ? UNAUTHORIZED
    : { code, reason: code === 403 ? 'Forbidden' : 'InternalError', message: `simulated failure ${code}` };
}

async function route(
  setting: ApiSetting,
  account: Account,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const review = Object.entries(REVIEWS).find(([path]) => path === url.pathname)?.[1];
  if (review) {
    const denied =
      request.method === 'POST' ? denial(account, 'create', review.resource) : badRequest('only POST is allowed here');
    if (denied) {
      return sendFailure(response, denied);
    }
    const body = await readJson(request);
    return sendText(response, 201, JSON.stringify(review.review(setting.accounts, body)));
  }
  const [resource, rest, namespace] = findResource(url.pathname);
  const isPassedOn = request.method === 'POST' && rest[1] === 'proxy';
  const body = isPassedOn ? await readJson(request) : void request.resume();
  if ((request.method !== 'GET' && !isPassedOn) || !resource) {
    return sendFailure(
      response,
      request.method === 'GET'
        ? notFound(url.pathname)
        : badRequest(`${request.method} is not supported by the simulator`)
    );
  }
  const [name, ...sub] = rest;
  if (sub.length > 0) {
    const parts = [resource.name, name, ...sub];
    return proxyToKubelet(setting, account, { url, parts, isPost: isPassedOn, body }, response);
  }
  if (name !== undefined) {
    return sendOne(setting, account, { resource, name, namespace, form: formOf(request) }, response);
  }
  await sendMany(setting, account, { resource, namespace, form: formOf(request), search: url.searchParams }, response);
}

/** The resource of a path, what follows its name, and the namespace in it. */
function findResource(path: string): [Resource | undefined, string[], string | undefined] {
  for (const resource of Object.values(RESOURCES)) {
    if (!path.startsWith(`${resource.root}/`)) {
      continue;
    }
    const parts = path
      .slice(resource.root.length + 1)
      .split('/')
      .filter((each) => each !== '')
      .map(decodeURIComponent);
    if (parts[0] === resource.name) {
      return [resource, parts.slice(1), undefined];
    }
    if (resource.namespaced && parts[0] === 'namespaces' && parts[2] === resource.name) {
      return [resource, parts.slice(3), parts[1]];
    }
  }
  return [undefined, [], undefined];
}

function formOf(request: IncomingMessage): Form {
  return /as=PartialObjectMetadata(List)?;g=meta\.k8s\.io;v=v1/.test(request.headers.accept ?? '')
    ? 'metadata'
    : 'full';
}

function denial(account: Account, verb: string, resource: string, namespace?: string): Failure | undefined {
  if (mayDo(account, { verb, resource, namespace })) {
    return undefined;
  }
  const group = resource === 'replicasets' ? 'apps' : resource === 'jobs' ? 'batch' : '';
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const message = `${resource} is forbidden: User "${account.username}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
  return { code: 403, reason: 'Forbidden', message, details: { kind: resource } };
}

async function sendMany(
  setting: ApiSetting,
  account: Account,
  wish: { resource: Resource; namespace: string | undefined; form: Form; search: URLSearchParams },
  response: ServerResponse
): Promise<void> {
  const watching = ['true', '1'].includes(wish.search.get('watch') ?? '');
  const denied = denial(account, watching ? 'watch' : 'list', wish.resource.name, wish.namespace);
  const fields = parseFields(wish.search.get('fieldSelector'));
  if (denied || 'code' in fields) {
    return sendFailure(response, denied ?? (fields as Failure));
  }
  if (wish.search.get('labelSelector')) {
    return sendFailure(response, badRequest('the simulator does not select by labels; leave labelSelector out'));
  }
  if (watching) {
    return sendWatch(response, setting.store, { ...wish, fields });
  }
  await sendList(response, setting.store, { ...wish, fields });
}

function sendOne(
  setting: ApiSetting,
  account: Account,
  wish: { resource: Resource; name: string; namespace: string | undefined; form: Form },
  response: ServerResponse
): void {
  const denied = denial(account, 'get', wish.resource.name, wish.namespace);
  const stored = setting.store.find(wish.resource.name, wish.name, wish.namespace);
  if (denied || !stored) {
    const message = `${wish.resource.name} "${wish.name}" not found`;
    const missing = { code: 404, reason: 'NotFound', message, details: { name: wish.name, kind: wish.resource.name } };
    return sendFailure(response, denied ?? missing);
  }
  sendText(response, 200, objectJson(wish.resource, setting.store.text(stored), wish.form, true));
}

function proxyToKubelet(
  setting: ApiSetting,
  account: Account,
  { url, parts, isPost, body }: { url: URL; parts: string[]; isPost: boolean; body: unknown },
  response: ServerResponse
): void {
  const [resource, name, proxy, ...path] = parts;
  const node = resource === 'nodes' ? setting.world.nodes.find((each) => each.name === name) : undefined;
  const asked = `/${path.join('/')}`.replace(/\/$/, '');
  const known = isPost ? (setting.oldKubelets ? [CONTAINERS_PATH] : []) : ['/stats/summary', '/metrics/cadvisor'];
  if (!node || proxy !== 'proxy' || !known.includes(asked)) {
    return sendFailure(response, notFound(url.pathname));
  }
  const denied = denial(account, isPost ? 'create' : 'get', 'nodes/proxy');
  if (denied) {
    return sendFailure(response, denied);
  }
  const fault = faultAt(setting, node, asked);
  if (!node.reachable || fault?.kind === 'refusing' || fault?.kind === 'restartedKubelet') {
    const message = `error trying to reach service: dial tcp 127.0.0.1:${node.kubeletPort}: connect: connection refused`;
    return sendFailure(response, { code: 503, reason: 'ServiceUnavailable', message });
  }
  if (asked === '/metrics/cadvisor') {
    return sendText(response, 200, kubeletCadvisor(setting, node, fault), METRICS_TYPE);
  }
  if (isPost) {
    const question = readQuestion(body, fault);
    return question
      ? sendText(response, 200, kubeletContainers(setting, node, question, fault))
      : sendFailure(response, badRequest('the question is not one for all containers'));
  }
  setting.answers++;
  sendText(response, 200, kubeletSummary(setting, node, url.searchParams, fault));
}

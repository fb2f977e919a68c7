import { GROUP, VERSION } from './group.ts';
import { badRequest } from './statusFailure.ts';
import type { AccessAsked } from './types.ts';

const LONGEST_ADDRESS = 8_192;
const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** A request as Kubernetes reads it: the rights are asked about, and the answer is chosen, by this and nothing else. */
export interface RequestInfo {
  readonly method: string;
  /** Without a slash at its end; `/` of the root. */
  readonly path: string;
  readonly parameters: URLSearchParams;
  /** Below the version of the group: what the path names. */
  readonly target?: ResourceTarget;
  readonly asked: AccessAsked;
}

export interface ResourceTarget {
  readonly verb: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Reads method and address. Throws a `Status` if the address cannot be read. */
export function readRequestInfo(method: string, url: string): RequestInfo {
  if (url.length > LONGEST_ADDRESS) {
    throw badRequest(`the address is longer than ${LONGEST_ADDRESS} characters`);
  }
  const [rawPath, ...query] = url.split('?');
  const parameters = new URLSearchParams(query.join('?'));
  const segments = rawPath.split('/').slice(1).map(decode);
  if (segments.length > 1 && segments.at(-1) === '') {
    segments.pop();
  }
  const path = `/${segments.join('/')}`;
  const [root, group, version, ...rest] = segments;
  const target =
    root === 'apis' && group === GROUP && version === VERSION && rest.length > 0
      ? readTarget(method, rest, parameters)
      : undefined;
  const asked: AccessAsked = target
    ? { resourceAttributes: { group: GROUP, version: VERSION, ...target } }
    : { nonResourceAttributes: { path, verb: VERBS[method] ?? method.toLowerCase() } };
  return { method, path, parameters, target, asked };
}

function readTarget(method: string, rest: readonly string[], parameters: URLSearchParams): ResourceTarget {
  const isNamespaced = rest[0] === 'namespaces' && rest.length > 2;
  const namespace = isNamespaced ? rest[1] : undefined;
  const [resource, name, ...below] = isNamespaced ? rest.slice(2) : rest;
  const subresource = below.length > 0 ? below.join('/') : undefined;
  const verb = verbOf(method, name, parameters);
  // One object that is picked from a list by its name may be allowed where the list is not.
  const picked = verb === 'list' || verb === 'watch' ? pickedName(parameters) : undefined;
  return definedOnly({ verb, resource, subresource, namespace, name: name ?? picked });
}

function verbOf(method: string, name: string | undefined, parameters: URLSearchParams): string {
  const verb = VERBS[method] ?? method.toLowerCase();
  if (name !== undefined) {
    return verb;
  }
  switch (verb) {
    case 'get':
      return isTrue(parameters.get('watch')) ? 'watch' : 'list';
    case 'delete':
      return 'deletecollection';
    default:
      return verb;
  }
}

function pickedName(parameters: URLSearchParams): string | undefined {
  const [, name] = /^metadata\.name==?([a-z0-9.-]+)$/.exec(parameters.get('fieldSelector') ?? '') ?? [];
  return name;
}

/** A switch in a query, as Kubernetes reads it. */
export function isTrue(value: string | null): boolean {
  return value !== null && !['false', '0'].includes(value.toLowerCase());
}

function definedOnly(target: ResourceTarget): ResourceTarget {
  return Object.fromEntries(
    Object.entries(target).filter(([, value]) => value !== undefined)
  ) as unknown as ResourceTarget;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest('the path holds a percent sign that encodes nothing');
  }
}

import { GROUP } from './group.ts';
import type { RequestInfo } from './requestInfo.ts';

interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly retryAfterSeconds?: number;
}

/** A failure that is answered as a Kubernetes `Status`. */
export class StatusFailure extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails, cause?: unknown) {
    super(message, { cause });
    this.name = 'StatusFailure';
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The object that is sent. */
  get body(): object {
    const { message, reason, details, code } = this;
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code };
  }
}

/** Nobody is known to ask. */
export function unauthorized(): StatusFailure {
  return new StatusFailure(401, 'Unauthorized', 'Unauthorized');
}

/** Somebody asks who may not. */
export function forbidden(user: string, { asked }: RequestInfo): StatusFailure {
  if ('nonResourceAttributes' in asked) {
    const { verb, path } = asked.nonResourceAttributes;
    const message = `forbidden: User ${JSON.stringify(user)} cannot ${verb} path ${JSON.stringify(path)}`;
    return new StatusFailure(403, 'Forbidden', message, {});
  }
  const { verb, resource, subresource, namespace, name } = asked.resourceAttributes;
  const what = name === undefined ? '' : ` ${JSON.stringify(name)}`;
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const message = `${resource}.${GROUP}${what} is forbidden: User ${JSON.stringify(user)} cannot ${verb} resource ${JSON.stringify(full)} in API group ${JSON.stringify(GROUP)} ${where}`;
  return new StatusFailure(403, 'Forbidden', message, { name, group: GROUP, kind: resource });
}

/** There is no such object. `kind` is what the sentence calls it, with its group if it has one. */
export function notFound(kind: string, name: string, group = ''): StatusFailure {
  const full = group === '' ? kind : `${kind}.${group}`;
  const message = `${full} ${JSON.stringify(name)} not found`;
  return new StatusFailure(404, 'NotFound', message, { name, group: group || undefined, kind });
}

/** There is no such path. */
export function noSuchPath(): StatusFailure {
  return new StatusFailure(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): StatusFailure {
  const message = 'the server does not allow this method on the requested resource';
  return new StatusFailure(405, 'MethodNotAllowed', message, {});
}

export function notWatched(resource: string): StatusFailure {
  const message = `watch is not supported on resources of kind "${resource}.${GROUP}"`;
  return new StatusFailure(405, 'MethodNotAllowed', message, { group: GROUP, kind: resource });
}

export function notAcceptable(types: readonly string[]): StatusFailure {
  const message = `only the following media types are accepted: ${types.join(', ')}`;
  return new StatusFailure(406, 'NotAcceptable', message);
}

export function badRequest(message: string): StatusFailure {
  return new StatusFailure(400, 'BadRequest', message);
}

/** The cluster did not say who somebody is or what they may do. Nobody is let in meanwhile. */
export function reviewFailed(cause: unknown): StatusFailure {
  const message =
    'Heapscope could not ask the API server who asks or what they may do (TokenReview, SubjectAccessReview); its log has the details. Try again.';
  return new StatusFailure(503, 'ServiceUnavailable', message, { retryAfterSeconds: 1 }, cause);
}

export function internalError(cause: unknown): StatusFailure {
  const message = 'Heapscope could not answer by a fault of its own; its log has the details.';
  return new StatusFailure(500, 'InternalError', message, undefined, cause);
}

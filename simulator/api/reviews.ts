import { mayDo } from '../access.ts';
import type { Accounts } from '../access.ts';

type Json = Record<string, unknown>;

function part(value: unknown, name: string): Json {
  const inner = typeof value === 'object' && value !== null ? (value as Json)[name] : undefined;
  return typeof inner === 'object' && inner !== null ? (inner as Json) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Answers a TokenReview: whose token it is. */
export function reviewToken(accounts: Accounts, body: unknown): Json {
  const spec = part(body, 'spec');
  const account = accounts.ofToken(textOf(spec.token) ?? '');
  const audiences = Array.isArray(spec.audiences) ? spec.audiences : ['https://kubernetes.default.svc.cluster.local'];
  const user = account && {
    username: account.username,
    uid: `uid-of-${account.username}`,
    groups: [...(account.groups ?? []), 'system:authenticated'],
  };
  const status = user
    ? { authenticated: true, user, audiences }
    : { user: {}, error: '[invalid bearer token, token lookup failed]' };
  return { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, spec, status };
}

/** Answers a SubjectAccessReview: whether the user may do it. */
export function reviewAccess(accounts: Accounts, body: unknown): Json {
  const spec = part(body, 'spec');
  const wish = part(spec, 'resourceAttributes');
  const other = part(spec, 'nonResourceAttributes');
  const account = accounts.ofUser(textOf(spec.user) ?? '');
  const resource = [textOf(wish.resource), textOf(wish.subresource)].filter(Boolean).join('/');
  const allowed =
    account !== undefined &&
    mayDo(account, {
      verb: textOf(wish.verb) ?? textOf(other.verb) ?? '',
      resource: resource === '' ? undefined : resource,
      namespace: textOf(wish.namespace),
      path: textOf(other.path),
    });
  const status = allowed
    ? { allowed, reason: `RBAC: allowed by the simulator's rules of ${account.username}` }
    : { allowed };
  return { kind: 'SubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec, status };
}

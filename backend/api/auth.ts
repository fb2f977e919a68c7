import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { HeapscopeError } from '../errors.ts';
import { createKubernetesCheck } from './authKubernetes.ts';
import type { KubernetesCheckOptions } from './authKubernetes.ts';
import { setScope } from './scope.ts';
import type { Scope } from './scope.ts';

/** A token this backend knows and what it may see. */
export interface TokenGrant extends Scope {
  readonly token: string;
}

/** Who may ask: everybody, who knows a token, or whom the cluster trusts. */
export type AuthOptions =
  | { readonly mode: 'none' }
  | { readonly mode: 'token'; readonly tokens: readonly TokenGrant[] }
  | ({ readonly mode: 'kubernetes' } & KubernetesCheckOptions);

/** Finds what a token may see; undefined if nobody knows the token. */
export type TokenCheck = (token: string) => Scope | undefined | Promise<Scope | undefined>;

const LONGEST_TOKEN = 16_384;

/** Middleware that lets known askers pass with their scope and answers 401 to the others. */
export function createAuthentication(options: AuthOptions): RequestHandler {
  if (options.mode === 'none') {
    return (_request, response, next) => {
      setScope(response, { namespaces: 'all' });
      next();
    };
  }
  const check = options.mode === 'token' ? createTokenCheck(options.tokens) : createKubernetesCheck(options);
  return async (request, response, next) => {
    const token = bearerToken(request.headers.authorization);
    const scope = await check(token);
    if (scope === undefined) {
      throw new HeapscopeError('unauthorized', 'The bearer token is not one that this backend knows.');
    }
    setScope(response, scope, hashOf(token).toString('base64'));
    next();
  };
}

/** Compares against every known token in constant time, so that the time of the answer tells nothing. */
export function createTokenCheck(grants: readonly TokenGrant[]): TokenCheck {
  const known = grants.map((grant) => ({ hash: hashOf(grant.token), scope: { namespaces: grant.namespaces } }));
  return (token) => {
    const hash = hashOf(token);
    let found: Scope | undefined;
    for (const { hash: expected, scope } of known) {
      if (timingSafeEqual(hash, expected)) {
        found = scope;
      }
    }
    return found;
  };
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function bearerToken(header: string | undefined): string {
  if (header === undefined) {
    throw new HeapscopeError(
      'unauthorized',
      'This address needs a token; send the header "Authorization: Bearer TOKEN".'
    );
  }
  const [, token] = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(header) ?? [];
  if (token === undefined || token.length > LONGEST_TOKEN) {
    throw new HeapscopeError('unauthorized', 'The header Authorization must be "Bearer TOKEN".');
  }
  return token;
}

import type { Response } from 'express';
import { HeapscopeError } from '../errors.ts';

/** What the asker may see: everything, or some namespaces only. */
export interface Scope {
  readonly namespaces: 'all' | readonly string[];
}

/** Writes down what the asker of this request may see; `asker` tells one token from another without holding it. */
export function setScope(response: Response, scope: Scope, asker = ''): void {
  response.locals.scope = scope;
  response.locals.asker = asker;
}

/** Who asks, as far as tokens tell: the same for requests with the same token, and for all requests without one. */
export function askerOf(response: Response): string {
  const asker: unknown = response.locals.asker;
  return typeof asker === 'string' ? asker : '';
}

/** What the asker of this request may see. A door that is reached without authentication sees nothing. */
export function scopeOf(response: Response): Scope {
  const scope: unknown = response.locals.scope;
  return isScope(scope) ? scope : { namespaces: [] };
}

/** Refuses askers that are bound to namespaces, for answers about the whole cluster. */
export function requireWholeCluster(response: Response): void {
  if (scopeOf(response).namespaces !== 'all') {
    throw new HeapscopeError(
      'forbidden',
      'This token is bound to namespaces and may not see the state of the whole cluster.'
    );
  }
}

function isScope(value: unknown): value is Scope {
  return typeof value === 'object' && value !== null && 'namespaces' in value;
}

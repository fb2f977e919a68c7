import { HeapscopeError } from '../errors.ts';
import { objectAt } from './json.ts';
import type { JsonObject } from './json.ts';

/** Name of the ConfigMap in `kube-system`. */
export const AUTHENTICATION_CONFIG_MAP = 'extension-apiserver-authentication';

/** Whom the API server tells its extensions to trust: what the ConfigMap `extension-apiserver-authentication` says. */
export interface AuthenticationConfig {
  /** CA of the aggregator's client certificate (PEM); empty: no request header is trusted. */
  readonly requestHeaderCa: string;
  /** Common names the aggregator's certificate may have; empty: any. */
  readonly allowedNames: readonly string[];
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
  /** CA of the client certificates of users (PEM); empty: none is accepted. */
  readonly clientCa: string;
}

/** What the ConfigMap says. Throws a sentence if it is not what it should be. */
export function readAuthenticationConfig(object: JsonObject): AuthenticationConfig {
  const data = objectAt(object, 'data');
  const text = (key: string): string => (typeof data[key] === 'string' ? data[key] : '');
  return {
    requestHeaderCa: text('requestheader-client-ca-file'),
    allowedNames: listOf(text('requestheader-allowed-names'), 'requestheader-allowed-names'),
    usernameHeaders: listOf(text('requestheader-username-headers'), 'requestheader-username-headers'),
    uidHeaders: listOf(text('requestheader-uid-headers'), 'requestheader-uid-headers'),
    groupHeaders: listOf(text('requestheader-group-headers'), 'requestheader-group-headers'),
    extraHeaderPrefixes: listOf(text('requestheader-extra-headers-prefix'), 'requestheader-extra-headers-prefix'),
    clientCa: text('client-ca-file'),
  };
}

/** Lists stand in the ConfigMap as JSON. A list that cannot be read must not become an empty one, which allows all. */
function listOf(text: string, key: string): string[] {
  if (text === '') {
    return [];
  }
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw unreadable(`its ${key} is not JSON`, cause);
  }
  if (list === null) {
    return [];
  }
  if (!Array.isArray(list) || list.some((entry) => typeof entry !== 'string')) {
    throw unreadable(`its ${key} is not a list of texts`);
  }
  return list as string[];
}

/** The ConfigMap cannot be had, or not be used. */
export function unreadable(why: string, cause?: unknown): HeapscopeError {
  return new HeapscopeError(
    'cluster_unreachable',
    `The ConfigMap kube-system/${AUTHENTICATION_CONFIG_MAP} cannot be used: ${why}.`,
    { cause }
  );
}

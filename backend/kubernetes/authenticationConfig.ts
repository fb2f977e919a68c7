import { HeapscopeError } from '../errors.ts';
import type { RawAnswer } from './apiClient.ts';
import { isObject, objectAt } from './json.ts';

const NAME = 'extension-apiserver-authentication';
const PATH = `/api/v1/namespaces/kube-system/configmaps/${NAME}`;
const MAX_BYTES = 4 * 1024 * 1024;

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

export interface RawReader {
  read(path: string, options: { signal?: AbortSignal; maxBytes: number }): Promise<RawAnswer>;
}

/** Reads the ConfigMap as it is now. Rejects with a sentence if it cannot be had or is not what it should be. */
export async function readAuthenticationConfig(api: RawReader, signal?: AbortSignal): Promise<AuthenticationConfig> {
  const { status, body, complete } = await api.read(PATH, { signal, maxBytes: MAX_BYTES });
  if (status !== 200 || !complete) {
    throw unreadable(status === 403 ? 'the service account may not read it' : `the API server answered ${status}`);
  }
  let object: unknown;
  try {
    object = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw unreadable('the answer is not JSON', cause);
  }
  if (!isObject(object)) {
    throw unreadable('the answer is no object');
  }
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

function unreadable(why: string, cause?: unknown): HeapscopeError {
  return new HeapscopeError(
    'cluster_unreachable',
    `The ConfigMap kube-system/${NAME} cannot be used: ${why}. Bind the service account to the role extension-apiserver-authentication-reader in kube-system.`,
    { cause }
  );
}

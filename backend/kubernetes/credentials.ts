import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dispatcher } from 'undici';
import { HeapscopeError, sentenceOf } from '../errors.ts';
import { describeConnection, SERVICE_ACCOUNT_FOLDER } from './connection.ts';
import type { ConnectionOptions, InClusterConnection, UrlConnection } from './connection.ts';

/** TLS material as `tls.connect` takes it. */
export interface TlsMaterial {
  readonly ca?: Buffer | string;
  readonly cert?: Buffer | string;
  readonly key?: Buffer | string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Everything a request to the API server needs, as it is at one moment. */
export interface Credentials {
  /** Base address; its path (of a gateway in front) is kept before every request's. */
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
  /** The bearer token among the headers, if there is one. */
  readonly token?: string;
  /** Goes through the proxy that the kubeconfig names; called when the connection is first made. */
  readonly openProxy?: () => Promise<Dispatcher>;
}

/** Reads credentials anew at each call: files may have been rotated. `wasRefused` if the last ones were of no use. */
export type CredentialsReader = (wasRefused: boolean) => Promise<Credentials>;

/** The reader that fits the kind of connection. */
export function credentialsReader(connection: ConnectionOptions): CredentialsReader {
  switch (connection.kind) {
    case 'kubeconfig':
      // The generated client behind it costs 25 MB of heap, so only those who have a kubeconfig load it.
      return lateReader(async () => (await import('./kubeconfig.ts')).kubeconfigReader(connection));
    case 'in-cluster':
      return () => readServiceAccount(connection);
    case 'url':
      return () => readUrl(connection);
  }
}

function lateReader(open: () => Promise<CredentialsReader>): CredentialsReader {
  let reader: Promise<CredentialsReader> | undefined;
  return async (wasRefused) => (await (reader ??= open()))(wasRefused);
}

async function readServiceAccount(connection: InClusterConnection): Promise<Credentials> {
  const folder = connection.serviceAccountFolder ?? SERVICE_ACCOUNT_FOLDER;
  const token = await readText(join(folder, 'token'), connection);
  const ca = connection.insecure ? undefined : await readText(join(folder, 'ca.crt'), connection);
  const server = serverUrl(connection.apiServerUrl ?? 'https://kubernetes.default.svc', connection);
  return plainCredentials(server, { token, ca, insecure: connection.insecure });
}

async function readUrl(connection: UrlConnection): Promise<Credentials> {
  const token = connection.tokenFile ? await readText(connection.tokenFile, connection) : undefined;
  const ca = connection.caFile && !connection.insecure ? await readText(connection.caFile, connection) : undefined;
  return plainCredentials(serverUrl(connection.url, connection), { token, ca, insecure: connection.insecure });
}

function plainCredentials(server: URL, parts: { token?: string; ca?: string; insecure?: boolean }): Credentials {
  const sendToken = parts.token && server.protocol === 'https:';
  return {
    server,
    headers: sendToken ? { authorization: `Bearer ${parts.token}` } : {},
    tls: { ...(parts.ca ? { ca: parts.ca } : {}), ...(parts.insecure ? { rejectUnauthorized: false } : {}) },
    ...(parts.token ? { token: parts.token } : {}),
  };
}

async function readText(path: string, connection: ConnectionOptions): Promise<string> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    if (text !== '') {
      return text;
    }
  } catch (cause) {
    throw unreadable(path, connection, sentenceOf(cause), cause);
  }
  throw unreadable(path, connection, 'the file is empty');
}

function unreadable(path: string, connection: ConnectionOptions, why: string, cause?: unknown): HeapscopeError {
  const advice =
    connection.kind === 'in-cluster'
      ? 'Run inside a pod with a mounted service account token, or name a kubeconfig.'
      : 'Check the path and its permissions.';
  return new HeapscopeError(
    'cluster_unreachable',
    `Could not read ${path} for ${describeConnection(connection)}: ${why}. ${advice}`,
    { cause }
  );
}

/** The address as a URL with `http:` or `https:`; anything else is an error that names it. */
export function serverUrl(address: string, connection: ConnectionOptions): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) {
    return url;
  }
  throw new HeapscopeError(
    'cluster_unreachable',
    `"${address}" of ${describeConnection(connection)} is not the address of an API server. Write it as https://HOST:PORT.`
  );
}

import { KubeConfig } from '@kubernetes/client-node';
import type { RequestContext } from '@kubernetes/client-node';
import { statSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import type { Dispatcher } from 'undici';
import { HeapscopeError, sentenceOf } from '../errors.ts';
import { describeConnection } from './connection.ts';
import type { KubeconfigConnection } from './connection.ts';
import { serverUrl } from './credentials.ts';
import type { Credentials, CredentialsReader, TlsMaterial } from './credentials.ts';

/**
 * Reads a kubeconfig with all it may name: certificates, token files, exec plugins, OIDC, a proxy. It is parsed anew
 * each time, except where a plugin keeps a credential: then only when the file changed or the credential was refused.
 */
export function kubeconfigReader(connection: KubeconfigConnection): CredentialsReader {
  let kept: { readonly config: KubeConfig; readonly changedMs: number } | undefined;
  return async (wasRefused) => {
    const changedMs = connection.path ? changeTime(connection.path) : 0;
    const config = kept && !wasRefused && kept.changedMs === changedMs ? kept.config : open(connection);
    const user = config.getCurrentUser();
    kept = user?.exec || user?.authProvider ? { config, changedMs } : undefined;
    return credentialsOf(config, connection);
  };
}

function changeTime(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function open(connection: KubeconfigConnection): KubeConfig {
  const config = load(connection);
  chooseContext(config, connection);
  return config;
}

async function credentialsOf(config: KubeConfig, connection: KubeconfigConnection): Promise<Credentials> {
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    throw problem(
      connection,
      `names no cluster for the context "${config.getCurrentContext()}"`,
      'Correct the context.'
    );
  }
  const server = serverUrl(cluster.server, connection);
  const options = await authenticate(config, connection);
  const headers = plainHeaders(options);
  return {
    server,
    headers,
    tls: tlsOf(options),
    ...(headers.authorization?.startsWith('Bearer ') ? { token: headers.authorization.slice('Bearer '.length) } : {}),
    ...(cluster.proxyUrl ? { openProxy: () => proxyOf(config, connection) } : {}),
  };
}

function load(connection: KubeconfigConnection): KubeConfig {
  const config = new KubeConfig();
  try {
    if (connection.path) {
      config.loadFromFile(connection.path);
    } else {
      config.loadFromDefault();
    }
  } catch (cause) {
    throw problem(
      connection,
      // What is wrong with YAML comes with a drawing of the place; its first line says it.
      `could not be read: ${sentenceOf(cause).split('\n', 1)[0]}`,
      'Check the path, its permissions and its YAML.',
      cause
    );
  }
  if (!connection.path && ['loaded-context', 'inClusterContext'].includes(config.getCurrentContext())) {
    throw problem(connection, 'does not exist', 'Name one, or set KUBECONFIG.');
  }
  return config;
}

function chooseContext(config: KubeConfig, connection: KubeconfigConnection): void {
  const name = connection.context ?? config.getCurrentContext();
  if (!name) {
    throw problem(connection, 'has no current context', 'Name one, or set it with `kubectl config use-context`.');
  }
  const context = config.getContextObject(name);
  if (!context) {
    const known = config.getContexts().map((entry) => entry.name);
    throw problem(
      connection,
      `has no context "${name}"`,
      known.length > 0 ? `It has: ${known.join(', ')}.` : 'It has none.'
    );
  }
  config.setCurrentContext(name);
  if (!config.getCurrentUser()) {
    // Without a user the client leaves out even the CA of the cluster.
    const user = { name: context.user || 'anonymous' };
    config.addUser(user);
    config.contexts = config.contexts.map((entry) => (entry.name === name ? { ...entry, user: user.name } : entry));
  }
  const cluster = config.getCurrentCluster();
  if (cluster?.server.startsWith('http:')) {
    // The client refuses plain HTTP unless told that there is no TLS to verify.
    config.clusters = config.clusters.map((entry) => (entry === cluster ? { ...entry, skipTLSVerify: true } : entry));
  }
}

async function authenticate(config: KubeConfig, connection: KubeconfigConnection): Promise<RequestOptions> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
    return options;
  } catch (cause) {
    throw problem(
      connection,
      `gave no credential for the context "${config.getCurrentContext()}": ${sentenceOf(cause).trim()}`,
      'Check the files and the plugin it names, for example with `kubectl get nodes`.',
      cause
    );
  }
}

function plainHeaders(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name.toLowerCase()] = String(value).trim();
  }
  if (options.auth) {
    headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  return headers;
}

function tlsOf(options: RequestOptions): TlsMaterial {
  const material: Record<string, unknown> = {};
  for (const name of ['ca', 'cert', 'key', 'servername', 'rejectUnauthorized'] as const) {
    if (options[name] !== undefined && options[name] !== null) {
      material[name] = options[name];
    }
  }
  return material;
}

/** The dispatcher that client-node builds for HTTP, HTTPS and SOCKS proxies; it hands it to whoever asks for security. */
async function proxyOf(config: KubeConfig, connection: KubeconfigConnection): Promise<Dispatcher> {
  let dispatcher: Dispatcher | undefined;
  const context: Pick<RequestContext, 'setHeaderParam'> & { setDispatcher(found: Dispatcher): void } = {
    setHeaderParam: () => undefined,
    setDispatcher: (found) => {
      dispatcher = found;
    },
  };
  await config.applySecurityAuthentication(context as unknown as RequestContext);
  if (!dispatcher) {
    throw problem(connection, 'names a proxy that cannot be used', 'Correct its `proxy-url`.');
  }
  return dispatcher;
}

function problem(connection: KubeconfigConnection, what: string, advice: string, cause?: unknown): HeapscopeError {
  const subject = describeConnection(connection);
  return new HeapscopeError(
    'cluster_unreachable',
    `${subject[0].toUpperCase()}${subject.slice(1)} ${what}. ${advice}`,
    {
      cause,
    }
  );
}

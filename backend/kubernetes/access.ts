import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import { sentenceOf } from '../errors.ts';
import type { Clock } from './clock.ts';
import { credentialsReader } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import type { ConnectionOptions } from './connection.ts';

/** How often files and plugins are asked again; tokens of service accounts are replaced well before they expire. */
export const REREAD_MS = 50_000;
/** After a 401 credentials are read at once, but not more often than this. */
const REREAD_AFTER_REFUSAL_MS = 1_000;

/** What a kubelet may be shown: the credentials of the API server's connection. */
export interface KubeletCredentials {
  readonly token?: string;
  readonly ca?: Buffer | string;
  readonly clientCert?: Buffer | string;
  readonly clientKey?: Buffer | string;
}

/** Credentials with the connections that were opened with them. */
export interface OpenAccess {
  readonly credentials: Credentials;
  readonly dispatcher: Dispatcher;
  readonly kubelet: KubeletCredentials;
}

/** Keeps the credentials of a connection fresh, and replaces its sockets when TLS material changes. */
export interface Access {
  /** Rejects with a sentence as long as credentials were never readable; later keeps the last good ones. */
  current(): Promise<OpenAccess>;
  /** The last good credentials, without reading. */
  latest(): OpenAccess | undefined;
  /** Why the last reading failed, while the credentials before it are still in use. */
  problem(): string | undefined;
  /** Reads again before the next request: the server refused what it was given. */
  refused(): void;
  close(): Promise<void>;
}

/** Opens nothing yet: the first {@link Access.current} reads. */
export function createAccess(connection: ConnectionOptions, clock: Clock): Access {
  const read = credentialsReader(connection);
  let open: OpenAccess | undefined;
  let readMs = -Infinity;
  let stale = false;
  let reading: Promise<OpenAccess> | undefined;
  let problem: string | undefined;

  async function reread(): Promise<OpenAccess> {
    const wasRefused = stale;
    readMs = clock.now();
    stale = false;
    try {
      open = await reopen(open, await read(wasRefused));
      problem = undefined;
    } catch (error) {
      problem = sentenceOf(error);
      if (!open) {
        throw error;
      }
    }
    return open;
  }

  return {
    current() {
      const ageMs = clock.now() - readMs;
      const due = !open || ageMs >= REREAD_MS || (stale && ageMs >= REREAD_AFTER_REFUSAL_MS);
      if (open && !due) {
        return Promise.resolve(open);
      }
      reading ??= reread().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    latest: () => open,
    problem: () => problem,
    refused() {
      stale = true;
    },
    async close() {
      await open?.dispatcher.destroy();
    },
  };
}

async function reopen(previous: OpenAccess | undefined, credentials: Credentials): Promise<OpenAccess> {
  if (previous && sameConnection(previous.credentials, credentials)) {
    const { tls } = previous.credentials;
    const sameToken = previous.credentials.token === credentials.token;
    return {
      credentials: { ...credentials, tls },
      dispatcher: previous.dispatcher,
      kubelet: sameToken ? previous.kubelet : kubeletCredentials({ ...credentials, tls }),
    };
  }
  const dispatcher = await (credentials.openProxy?.() ?? directDispatcher(credentials));
  // Watches that still run end within their own time; they are then opened on the new connections.
  void previous?.dispatcher.close().catch(() => undefined);
  return { credentials, dispatcher, kubelet: kubeletCredentials(credentials) };
}

function directDispatcher(credentials: Credentials): Dispatcher {
  return new Agent({ allowH2: false, connect: { ...credentials.tls, keepAliveInitialDelay: 30_000 } });
}

function kubeletCredentials({ token, tls }: Credentials): KubeletCredentials {
  return {
    ...(token ? { token } : {}),
    ...(tls.ca ? { ca: tls.ca } : {}),
    ...(tls.cert ? { clientCert: tls.cert } : {}),
    ...(tls.key ? { clientKey: tls.key } : {}),
  };
}

function sameConnection(a: Credentials, b: Credentials): boolean {
  return (
    a.server.href === b.server.href &&
    Boolean(a.openProxy) === Boolean(b.openProxy) &&
    a.tls.servername === b.tls.servername &&
    a.tls.rejectUnauthorized === b.tls.rejectUnauthorized &&
    sameText(a.tls.ca, b.tls.ca) &&
    sameText(a.tls.cert, b.tls.cert) &&
    sameText(a.tls.key, b.tls.key)
  );
}

function sameText(a: Buffer | string | undefined, b: Buffer | string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && String(a) === String(b));
}

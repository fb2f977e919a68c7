import { createServer as createHttpServer } from 'node:http';
import type { RequestListener, Server, ServerOptions } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { constants } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import { HeapscopeError, sentenceOf } from '../errors.ts';
import type { ServerLog } from './errorAnswers.ts';

/** Certificate chain and private key, PEM. */
export interface TlsPair {
  readonly certificate: string;
  readonly key: string;
  /** Authorities that clients are asked for a certificate of (PEM). Whether one was shown is for the routes to judge. */
  readonly clientCas?: readonly string[];
}

export interface StartOptions {
  readonly app: RequestListener;
  readonly port: number;
  /** Undefined: all addresses. */
  readonly listenIp?: string;
  readonly tls?: TlsPair;
  /** Flags for sentences about the address and the certificate. */
  readonly flags?: ServerFlags;
  readonly log: ServerLog;
  /** Connections at the same time. Default 1024. */
  readonly maxConnections?: number;
}

/** How the settings of a server are called. */
export interface ServerFlags {
  readonly port: string;
  readonly address: string;
  readonly certificate: string;
}

const MAIN_FLAGS: ServerFlags = {
  port: '--heapster-port',
  address: '--listen-ip',
  certificate: '--tls-cert and --tls-key',
};

/** A server that listens. */
export interface RunningServer {
  /** The port it got, also where 0 was asked for. */
  readonly port: number;
  /** Address to open on this machine. */
  readonly url: string;
  /** Takes a renewed certificate for new connections. Throws a sentence and keeps the old one if it cannot be used. */
  renewTls(pair: TlsPair): void;
  /** Takes no new requests, lets running ones finish for `graceMs`, then ends every connection. */
  close(graceMs: number): Promise<void>;
}

/** Grafana's proxy reuses idle connections for 90 s; ours must live longer, or requests meet a closed one. */
const KEEP_ALIVE_MS = 95_000;
const LIMITS: ServerOptions = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  // Old clients write the names of all pods of a namespace into the address.
  maxHeaderSize: 262_144,
};

/** Listens for HTTP, or HTTPS with a certificate. Rejects with a sentence when the address cannot be had. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { server, renewTls } = createServer(options);
  server.maxConnections = options.maxConnections ?? 1_024;
  reportDrops(server, options.log);
  let closing = false;
  server.prependListener('request', (_request, response) => {
    if (closing) {
      response.setHeader('Connection', 'close');
    }
  });
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${options.tls ? 'https' : 'http'}://${hostFor(options.listenIp)}:${port}/`,
    renewTls,
    close(graceMs) {
      closing = true;
      return closeServer(server, graceMs);
    },
  };
}

function createServer({ app, tls, flags = MAIN_FLAGS }: StartOptions): {
  server: Server;
  renewTls: (pair: TlsPair) => void;
} {
  if (tls === undefined) {
    return { server: createHttpServer(LIMITS, app), renewTls: () => undefined };
  }
  const clients = tls.clientCas ? { requestCert: true, rejectUnauthorized: false } : {};
  const server = createHttpsServer({ ...LIMITS, ...clients, ...secureOptions(tls, flags) }, app);
  return { server, renewTls: (pair) => server.setSecureContext(secureOptions(pair, flags)) };
}

/** Throws a sentence for a pair that cannot be used, before anything of it is. */
function secureOptions({ certificate, key, clientCas }: TlsPair, flags: ServerFlags): SecureContextOptions {
  const options: SecureContextOptions = {
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    // A session that is taken up again would bring along what was found of the client's certificate back then.
    ...(clientCas ? { ca: [...clientCas], secureOptions: constants.SSL_OP_NO_TICKET } : {}),
  };
  try {
    createSecureContext(options);
  } catch (cause) {
    throw new HeapscopeError('bad_config', `${flags.certificate} cannot be used: ${sentenceOf(cause)}.`, { cause });
  }
  return options;
}

function reportDrops(server: Server, log: ServerLog): void {
  let reported = false;
  server.on('drop', () => {
    if (!reported) {
      reported = true;
      log.warn(
        { maxConnections: server.maxConnections },
        'Connections are refused: there are as many as the server takes.'
      );
    }
  });
}

function listen(server: Server, { port, listenIp, log, flags = MAIN_FLAGS }: StartOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(error, { port, listenIp, flags })));
    server.listen({ port, host: listenIp }, () => {
      server.removeAllListeners('error');
      server.on('error', (error) => log.error({ error }, 'The HTTP server had a failure.'));
      resolve();
    });
  });
}

function listenFailure(
  cause: NodeJS.ErrnoException,
  { port, listenIp, flags }: { port: number; listenIp: string | undefined; flags: ServerFlags }
): HeapscopeError {
  const where = listenIp === undefined ? `port ${port}` : `port ${port} of ${listenIp}`;
  const reasons: Record<string, string> = {
    EADDRINUSE: `Cannot listen on ${where}: it is in use. Stop the other program, or choose another ${flags.port}.`,
    EACCES: `Cannot listen on ${where}: not allowed. Choose a ${flags.port} above 1023.`,
    EADDRNOTAVAIL: `Cannot listen on ${where}: this machine does not have the address. Correct ${flags.address}.`,
  };
  return new HeapscopeError('bad_config', reasons[cause.code ?? ''] ?? `Cannot listen on ${where}: ${cause.message}.`, {
    cause,
  });
}

function hostFor(listenIp: string | undefined): string {
  if (listenIp === undefined || listenIp === '0.0.0.0' || listenIp === '::') {
    return 'localhost';
  }
  return listenIp.includes(':') ? `[${listenIp}]` : listenIp;
}

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    // A connection that is still answering becomes idle later; it must not wait for its keep-alive time.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearTimeout(force);
      clearInterval(sweep);
      resolve();
    });
    server.closeIdleConnections();
  });
}

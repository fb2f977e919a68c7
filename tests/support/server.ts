import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A real server on the loopback address, for one test. */
export interface TestServer {
  readonly port: number;
  readonly url: string;
  /** Connections accepted so far. */
  connectionCount(): number;
  /** Closes idle connections, as a server does when they were silent for too long. */
  closeIdleConnections(): void;
  close(): Promise<void>;
}

/** Serves over HTTPS if there are TLS options, otherwise over HTTP; on the given port or any free one. */
export async function serve(answer: RequestListener, tls?: ServerOptions, port = 0): Promise<TestServer> {
  const server: Server = tls ? createTlsServer(tls, answer) : createServer(answer);
  let connectionCount = 0;
  server.on(tls ? 'secureConnection' : 'connection', () => {
    connectionCount += 1;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: chosen } = server.address() as AddressInfo;
  return {
    port: chosen,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${chosen}`,
    connectionCount: () => connectionCount,
    closeIdleConnections: () => server.closeIdleConnections(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

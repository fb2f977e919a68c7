import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { ServerCertificate } from '../certificates.ts';

/** An HTTP or HTTPS server that can go away and come back on the same port. */
export class ApiListener {
  readonly #server: Server;
  readonly #host: string;
  #port: number;

  constructor(
    host: string,
    port: number,
    certificate: ServerCertificate | undefined,
    answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  ) {
    this.#host = host;
    this.#port = port;
    this.#server = certificate ? createHttpsServer(certificate) : createHttpServer();
    this.#server.keepAliveTimeout = 95_000;
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      answer(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    });
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    if (this.#server.listening) {
      return;
    }
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, this.#host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const address = this.#server.address();
    this.#port = typeof address === 'object' && address !== null ? address.port : this.#port;
  }

  /** Cuts all connections; watches end, and what is under way is lost. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  async close(): Promise<void> {
    if (this.#server.listening) {
      const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
      this.cut();
      await closed;
    }
  }
}

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type { Agent } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { KeyPair } from './certificates.ts';

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: Record<string, unknown>;
  /** The certificate that the server showed (PEM). */
  readonly certificate: string;
}

/** How it is asked, and by whom. */
export interface Asking {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly client?: KeyPair;
  readonly agent?: Agent;
  /** The authority of the server; without one its certificate is not verified. */
  readonly ca?: string;
}

/** Asks a server on the loopback address by HTTPS. */
export function askTls(
  port: number,
  path: string,
  { token, headers, client, ca, ...rest }: Asking = {}
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let certificate = '';
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        agent: false,
        ...(client ?? {}),
        ...(ca === undefined ? { rejectUnauthorized: false } : { ca }),
        headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
        ...rest,
      },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString();
          const isJson = answer.headers['content-type']?.startsWith('application/json');
          const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, body, certificate });
        });
      }
    );
    sent.on('socket', (socket) =>
      socket.once('secureConnect', () => {
        certificate = (socket as TLSSocket).getPeerX509Certificate()?.toString() ?? '';
      })
    );
    sent.on('error', reject);
    sent.end();
  });
}

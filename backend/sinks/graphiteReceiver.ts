import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import { codeOf, HeapscopeError, sentenceOf } from '../errors.ts';
import type { Receiver } from './deliveryQueue.ts';

/** A Graphite that takes its plaintext protocol. */
export interface GraphiteTarget {
  readonly protocol: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
  /** First steps of every path. */
  readonly prefix: string;
}

const TAKEN_WITHIN_MS = 30_000;
/** A datagram that no usual network has to cut. */
const LONGEST_DATAGRAM = 1_400;

/** Opens the receiver of a target. */
export function openGraphite(target: GraphiteTarget): Receiver {
  return target.protocol === 'tcp' ? new GraphiteStream(target) : new GraphiteDatagrams(target);
}

function titleOf({ protocol, host, port }: GraphiteTarget): string {
  return `Graphite at ${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function unreachable(cause: unknown): HeapscopeError {
  const sentence = `It cannot be reached (${sentenceOf(cause) || codeOf(cause)}).`;
  return new HeapscopeError('sink_unreachable', sentence, { cause });
}

/** Lines over one connection, which is opened anew when it was lost. Graphite never answers: taken is what was sent off. */
class GraphiteStream implements Receiver {
  readonly title: string;
  private readonly target: GraphiteTarget;
  private socket?: Socket;

  constructor(target: GraphiteTarget) {
    this.target = target;
    this.title = titleOf(target);
  }

  async send(body: Buffer, _isPacked: boolean, signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TAKEN_WITHIN_MS)]);
    try {
      const socket = this.socket ?? (await this.dial(limit));
      await written(socket, body, limit);
    } catch (error) {
      this.socket?.destroy();
      this.socket = undefined;
      throw unreachable(error);
    }
  }

  close(): Promise<void> {
    const { socket } = this;
    this.socket = undefined;
    return new Promise((resolve) => {
      if (!socket || socket.destroyed) {
        resolve();
      } else {
        socket.once('close', () => resolve());
        socket.end(() => socket.destroy());
      }
    });
  }

  private dial(signal: AbortSignal): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: this.target.host, port: this.target.port, keepAlive: true });
      const abort = () => socket.destroy(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      socket.on('error', reject);
      // Nothing it may say is of use; reading is how its end is noticed.
      socket.resume();
      socket.once('end', () => socket.destroy());
      socket.once('close', () => {
        signal.removeEventListener('abort', abort);
        if (this.socket === socket) {
          this.socket = undefined;
        }
      });
      socket.once('connect', () => {
        signal.removeEventListener('abort', abort);
        this.socket = socket;
        resolve(socket);
      });
    });
  }
}

/** Resolves when the operating system has taken all of it; rejects when the connection ends before. */
function written(socket: Socket, body: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error?: Error | null) => {
      signal.removeEventListener('abort', abort);
      socket.removeListener('close', closed);
      return error ? reject(error) : resolve();
    };
    const abort = () => finish(signal.reason as Error);
    const closed = () => finish(new Error('the connection was closed'));
    signal.addEventListener('abort', abort, { once: true });
    socket.once('close', closed);
    socket.write(body, finish);
  });
}

/** Whole lines in datagrams; whether they arrive nobody says. */
class GraphiteDatagrams implements Receiver {
  readonly title: string;
  private readonly target: GraphiteTarget;
  private readonly sockets = new Map<number, DatagramSocket>();

  constructor(target: GraphiteTarget) {
    this.target = target;
    this.title = titleOf(target);
  }

  async send(body: Buffer): Promise<void> {
    try {
      const { address, family } = await lookup(this.target.host);
      const socket = this.socketOf(family);
      for (const datagram of datagramsOf(body)) {
        await sent(socket, datagram, this.target.port, address);
      }
    } catch (error) {
      throw unreachable(error);
    }
  }

  async close(): Promise<void> {
    for (const socket of this.sockets.values()) {
      await new Promise<void>((resolve) => socket.close(resolve));
    }
    this.sockets.clear();
  }

  private socketOf(family: number): DatagramSocket {
    let socket = this.sockets.get(family);
    if (!socket) {
      socket = createSocket(family === 6 ? 'udp6' : 'udp4');
      socket.unref();
      this.sockets.set(family, socket);
    }
    return socket;
  }
}

function sent(socket: DatagramSocket, datagram: Buffer, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(datagram, port, address, (error) => (error ? reject(error) : resolve()));
  });
}

/** Cuts lines into datagrams between lines; a line that is longer than one travels alone. */
export function* datagramsOf(body: Buffer): Generator<Buffer> {
  let from = 0;
  let end = 0;
  while (end < body.length) {
    const lineBreak = body.indexOf(0x0a, end);
    const lineEnd = lineBreak < 0 ? body.length : lineBreak + 1;
    if (lineEnd - from > LONGEST_DATAGRAM && end > from) {
      yield body.subarray(from, end);
      from = end;
    }
    end = lineEnd;
  }
  if (end > from) {
    yield body.subarray(from, end);
  }
}

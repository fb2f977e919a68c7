import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createSocketServer } from 'node:net';
import type { Server as SocketServer, Socket } from 'node:net';
import type { CertificateAuthority } from '../certificates.ts';
import type { Fault } from '../faults.ts';
import type { SimNode } from '../world/nodes.ts';

const IDLE_MS = 95_000;
/** Beyond this many nodes, groups of nodes share a certificate that carries all their names. */
const OWN_CERTIFICATES = 500;
const GROUP_SIZE = 20;
const OF_THE_CONNECTION: ReadonlySet<Fault['kind'] | undefined> = new Set<Fault['kind']>([
  'refusing',
  'restartedKubelet',
  'hanging',
  'wrongCertificate',
]);

interface Listening {
  listener: SocketServer;
  sockets: Set<Socket>;
  fault: Fault | undefined;
}

/** The listening sockets of all kubelets: a port of its own for each node, HTTP behind it only once somebody calls. */
export class KubeletListeners {
  readonly #host: string;
  readonly #authority: CertificateAuthority | undefined;
  readonly #answer: (node: SimNode, request: IncomingMessage, response: ServerResponse) => void;
  readonly #listening = new Map<SimNode, Listening>();
  /** By group of nodes; made when the first connection comes, since TLS contexts are costly. */
  readonly #servers = new Map<string, HttpServer>();
  #nodes: SimNode[] | undefined;

  /** With an authority the kubelets speak TLS, with certificates that carry the node's name and no address. */
  constructor(
    host: string,
    authority: CertificateAuthority | undefined,
    answer: (node: SimNode, request: IncomingMessage, response: ServerResponse) => void
  ) {
    this.#host = host;
    this.#authority = authority;
    this.#answer = answer;
  }

  /** Opens a listener for a node; on the port it had before, if it had one. */
  async open(node: SimNode): Promise<void> {
    const before = this.#listening.get(node);
    const listener = createSocketServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#connected(node, socket)
    );
    const sockets = before?.sockets ?? new Set<Socket>();
    this.#listening.set(node, { listener, sockets, fault: before?.fault });
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen({ port: node.kubeletPort, host: this.#host, backlog: 64 }, () => resolve());
    });
    const address = listener.address();
    node.kubeletPort = typeof address === 'object' && address !== null ? address.port : node.kubeletPort;
  }

  /** Makes connections fit to a fault: closed for refusing ones, with another's certificate, or as they should be. */
  async apply(node: SimNode, fault: Fault | undefined): Promise<void> {
    const listening = this.#listening.get(node);
    if (!listening) {
      return;
    }
    const refuses = fault?.kind === 'refusing' || fault?.kind === 'restartedKubelet';
    if (OF_THE_CONNECTION.has(listening.fault?.kind) || OF_THE_CONNECTION.has(fault?.kind)) {
      cutAll(listening.sockets);
    }
    listening.fault = fault;
    if (refuses && listening.listener.listening) {
      await close(listening.listener);
    } else if (!refuses && !listening.listener.listening) {
      await this.open(node);
    }
  }

  async closeAll(): Promise<void> {
    for (const { listener, sockets } of this.#listening.values()) {
      cutAll(sockets);
      if (listener.listening) {
        await close(listener);
      }
    }
    this.#listening.clear();
  }

  #connected(node: SimNode, socket: Socket): void {
    const listening = this.#listening.get(node);
    if (!listening) {
      socket.destroy();
      return;
    }
    listening.sockets.add(socket);
    socket.on('close', () => listening.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    if (!node.reachable || listening.fault?.kind === 'hanging') {
      // A machine that hangs takes the connection and never says anything, not even in TLS.
      socket.on('end', () => socket.end()).resume();
      return;
    }
    this.#serverOf(node, listening.fault).emit('connection', socket);
  }

  /** The HTTP server behind a node's port: one for all without TLS, else one for each certificate. */
  #serverOf(node: SimNode, fault: Fault | undefined): HttpServer {
    const names = this.#authority ? this.#certificateNames(node, fault) : ['plain'];
    let server = this.#servers.get(names[0]);
    if (!server) {
      const certificate = this.#authority?.issue(`system:node:${names[0]}`, names);
      server = this.#prepare(certificate ? createHttpsServer(certificate) : createHttpServer());
      this.#servers.set(names[0], server);
    }
    return server;
  }

  #certificateNames(node: SimNode, fault: Fault | undefined): string[] {
    if (fault?.kind === 'wrongCertificate') {
      return [`not-${node.name}`];
    }
    if (this.#listening.size <= OWN_CERTIFICATES) {
      return [node.name];
    }
    this.#nodes ??= [...this.#listening.keys()].sort((a, b) => a.index - b.index);
    const from = node.index - (node.index % GROUP_SIZE);
    return this.#nodes.slice(from, from + GROUP_SIZE).map((each) => each.name);
  }

  #prepare(server: HttpServer): HttpServer {
    server.keepAliveTimeout = IDLE_MS;
    server.requestTimeout = 0;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const node = this.#nodeOfPort(request.socket.localPort);
      if (node) {
        this.#answer(node, request, response);
      } else {
        request.socket.destroy();
      }
    });
    server.on('clientError', (_error, socket) => socket.destroy());
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  }

  #ports = new Map<number, SimNode>();

  #nodeOfPort(port: number | undefined): SimNode | undefined {
    if (port !== undefined && !this.#ports.has(port)) {
      this.#ports = new Map([...this.#listening.keys()].map((node) => [node.kubeletPort, node]));
    }
    return this.#ports.get(port ?? 0);
  }
}

function cutAll(sockets: Set<Socket>): void {
  sockets.forEach((socket) => socket.destroy());
}

function close(listener: SocketServer): Promise<void> {
  return new Promise((resolve) => listener.close(() => resolve()));
}

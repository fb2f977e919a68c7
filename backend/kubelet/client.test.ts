import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { RequestListener } from 'node:http';
import { serve } from '../../tests/support/server.ts';
import type { TestServer } from '../../tests/support/server.ts';
import type { NodeFacts } from '../model/facts.ts';
import { createKubeletClient } from './client.ts';
import type { KubeletClient, KubeletClientOptions } from './client.ts';

const open: Array<{ close(): Promise<void> }> = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

/** A node as the API server tells it, at the loopback address. */
function node(name: string, changes: Partial<NodeFacts> = {}): NodeFacts {
  return {
    name,
    uid: name,
    labels: {},
    annotations: {},
    createdMs: 0,
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    kubeletVersion: 'v1.35.0',
    operatingSystem: 'linux',
    externalId: '',
    unschedulable: false,
    conditions: { Ready: 'True' },
    capacity: {},
    allocatable: {},
    ...changes,
  };
}

async function kubelet(answer: RequestListener): Promise<TestServer> {
  const server = await serve(answer);
  open.push(server);
  return server;
}

function client(port: KubeletClientOptions['port'], changes: Partial<KubeletClientOptions> = {}): KubeletClient {
  const made = createKubeletClient({ access: 'direct', https: false, port, ...changes });
  open.push(made);
  return made;
}

/** Listens for bare connections; answers with the port. */
async function listenRaw(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    async close() {
      server.close();
      sockets.forEach((socket) => socket.destroy());
    },
  });
  return (server.address() as AddressInfo).port;
}

const soon = { deadlineMs: 5_000 };

test('the body of the summary comes whole, with the time it was complete', async () => {
  const text = JSON.stringify({ node: { nodeName: 'worker-1' }, filler: 'x'.repeat(300_000) });
  const paths: Array<string | undefined> = [];
  const server = await kubelet((request, response) => {
    paths.push(request.url);
    response.end(text);
  });
  const answer = await client(server.port, { now: () => 1_700_000_000_000 }).readSummary(node('worker-1'), soon);
  expect(answer.body.toString()).toBe(text);
  expect(answer.receivedMs).toBe(1_700_000_000_000);
  expect(answer.durationMs).toBeGreaterThan(0);
  expect(paths).toEqual(['/stats/summary']);
});

test('one connection per node is kept from round to round', async () => {
  const server = await kubelet((_, response) => response.end('{}'));
  const kubelets = client(server.port);
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([kubelets.readSummary(node('a'), soon), kubelets.readSummary(node('b'), soon)]);
  }
  expect(server.connectionCount()).toBe(2);
});

test('a kept connection that the kubelet closed meanwhile is replaced without an error', async () => {
  let answers = 0;
  const server = await kubelet((request, response) => {
    answers += 1;
    if (answers === 2) {
      // What a kubelet does whose idle timeout ends just as the request arrives.
      request.socket.destroy();
    } else {
      response.end('{}');
    }
  });
  const kubelets = client(server.port);
  await kubelets.readSummary(node('a'), soon);
  expect((await kubelets.readSummary(node('a'), soon)).body.toString()).toBe('{}');
  expect(answers).toBe(3);
});

test('the connection of a forgotten node is closed', async () => {
  const closed = Promise.withResolvers<void>();
  const server = await kubelet((request, response) => {
    request.socket.once('close', () => closed.resolve());
    response.end('{}');
  });
  const kubelets = client(server.port);
  await kubelets.readSummary(node('a'), soon);
  kubelets.forget('a');
  await closed.promise;
});

test('a node whose address changed is asked at the new one', async () => {
  const before = await kubelet((_, response) => response.end('{"from":"before"}'));
  const after = await kubelet((_, response) => response.end('{"from":"after"}'));
  const kubelets = client('node-status');
  await kubelets.readSummary(node('a', { kubeletPort: before.port }), soon);
  const answer = await kubelets.readSummary(node('a', { kubeletPort: after.port }), soon);
  expect(answer.body.toString()).toBe('{"from":"after"}');
});

test('no token is sent over plain HTTP', async () => {
  const seen: Array<string | undefined> = [];
  const server = await kubelet((request, response) => {
    seen.push(request.headers.authorization);
    response.end('{}');
  });
  await client(server.port, { credentials: () => ({ token: 'secret' }) }).readSummary(node('a'), soon);
  expect(seen).toEqual([undefined]);
});

const FORBIDDEN =
  'Forbidden (user=system:serviceaccount:default:nobody, verb=get, resource=nodes, subresource(s)=[stats])';

test.each([
  [401, 'Unauthorized', 'kubelet_unauthorized', /did not accept the credential \(401\)/],
  [
    403,
    FORBIDDEN,
    'kubelet_forbidden',
    /^Kubelet on node worker-2 refused the request \(403\)\. Allow the service account default\/nobody `get` on `nodes\/stats`\.$/,
  ],
  [404, '404: Page Not Found', 'kubelet_status', /has no \/stats\/summary \(404\)/],
  [500, 'out of memory', 'kubelet_status', /status 500 \("out of memory"\)/],
  [302, '', 'kubelet_status', /redirect \(302\), which is not followed/],
  [400, 'Client sent an HTTP request to an HTTPS server.\n', 'kubelet_refused', /speaks HTTPS at .* Turn HTTPS/],
  [200, '', 'kubelet_unreadable', /sent an empty answer/],
])('status %d with the body "%s" becomes %s', async (status, body, code, sentence) => {
  const server = await kubelet((_, response) => {
    response.writeHead(status, { location: '/elsewhere' }).end(body);
  });
  const answer = client(server.port).readSummary(node('worker-2'), soon);
  await expect(answer).rejects.toMatchObject({ code, message: expect.stringMatching(sentence) });
});

describe('containers one by one', () => {
  const window = { fromMs: Date.parse('2026-11-21T11:59:00Z'), toMs: Date.parse('2026-11-21T12:00:00.250Z') };
  const ask = { deadlineMs: 1000, ...window };

  test('are asked for by POST as Heapster did it', async () => {
    const asked: string[] = [];
    const { port } = await kubelet((request, response) => {
      void text(request).then((body) => {
        asked.push(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`);
        response.end('{"/":{}}');
      });
    });
    const answer = await client(port).readContainers(node('a'), ask);
    expect(answer?.body.toString()).toBe('{"/":{}}');
    expect(asked).toEqual([
      'POST /stats/container/ application/json ' +
        '{"containerName":"/","num_stats":1,"start":"2026-11-21T11:59:00Z","end":"2026-11-21T12:00:00.250Z","subcontainers":true}',
    ]);
  });

  test.each([404, 405])('are not there where a kubelet answers with %d', async (status) => {
    const { port } = await kubelet((_request, response) => response.writeHead(status).end('404: Page Not Found'));
    expect(await client(port).readContainers(node('a'), ask)).toBeUndefined();
  });

  test('need another right than the summary', async () => {
    const said = 'Forbidden (user=system:serviceaccount:kube-system:heapster, verb=create, resource=nodes)';
    const { port } = await kubelet((_request, response) => response.writeHead(403).end(said));
    await expect(client(port).readContainers(node('a'), ask)).rejects.toMatchObject({
      code: 'kubelet_forbidden',
      message:
        'Kubelet on node a refused the request (403). Allow the service account kube-system/heapster `create` on `nodes/stats`, which POST /stats/container/ needs; with the source kubernetes.summary_api `get` is enough.',
    });
  });
});

test('a kubelet that does not listen is refused, and named with its address', async () => {
  const server = await kubelet(() => undefined);
  await server.close();
  await expect(client(server.port).readSummary(node('worker-3'), soon)).rejects.toMatchObject({
    code: 'kubelet_refused',
    message: `Kubelet on node worker-3 refused the connection at 127.0.0.1:${server.port}. Check that the kubelet runs and listens there.`,
  });
});

test('a hanging kubelet is given up at the deadline, before or within its answer', async () => {
  const server = await kubelet((request, response) => {
    if (request.headers.host?.startsWith('localhost')) {
      response.write('{"node":');
    }
  });
  const silent = client(server.port).readSummary(node('a'), { deadlineMs: 50 });
  await expect(silent).rejects.toMatchObject({ code: 'kubelet_timeout', message: expect.stringContaining('0.05 s') });
  const local = node('b', { addresses: [{ type: 'Hostname', address: 'localhost' }] });
  const half = client(server.port).readSummary(local, { deadlineMs: 300 });
  await expect(half).rejects.toMatchObject({
    code: 'kubelet_timeout',
    message: expect.stringContaining('sent only 8 bytes within 0.3 s'),
  });
});

test('a connection that is never accepted ends at the deadline, and the next round dials anew', async () => {
  // A TLS client waits here for a handshake that never comes.
  let dialled = 0;
  const port = await listenRaw(() => {
    dialled += 1;
  });
  const kubelets = client(port, { https: true });
  for (let round = 0; round < 2; round += 1) {
    await expect(kubelets.readSummary(node('a'), { deadlineMs: 100 })).rejects.toMatchObject({
      code: 'kubelet_timeout',
    });
  }
  expect(dialled).toBe(2);
});

test('an answer of 50 MB is cut at the limit, told beforehand or not', async () => {
  let sentBytes = 0;
  const server = await kubelet((request, response) => {
    const part = Buffer.alloc(1024 * 1024, 0x20);
    if (request.headers.host?.startsWith('localhost')) {
      response.setHeader('content-length', 50 * part.length);
    }
    const send = (): void => {
      while (sentBytes < 50 * part.length && !response.destroyed) {
        sentBytes += part.length;
        if (!response.write(part)) {
          response.once('drain', send);
          return;
        }
      }
      response.end();
    };
    send();
  });
  const tooLarge = { code: 'kubelet_too_large', message: expect.stringContaining('more than 32 MiB') };
  await expect(client(server.port).readSummary(node('a'), soon)).rejects.toMatchObject(tooLarge);
  sentBytes = 0;
  const local = node('b', { addresses: [{ type: 'Hostname', address: 'localhost' }] });
  await expect(client(server.port).readSummary(local, soon)).rejects.toMatchObject(tooLarge);
  expect(sentBytes).toBeLessThan(20 * 1024 * 1024);
});

test('an answer that is cut off is an error, not half an answer', async () => {
  const server = await kubelet((_, response) => {
    response.write('{"node":{"nodeName"', () => response.destroy());
  });
  await expect(client(server.port).readSummary(node('a'), soon)).rejects.toMatchObject({
    code: 'kubelet_unreadable',
    message: 'Kubelet on node a cut its answer off after 19 bytes. Look at the kubelet log of that node.',
  });
});

test('something that is not HTTP is named so', async () => {
  const port = await listenRaw((socket) => socket.once('data', () => socket.end('220 mail.example ESMTP\r\n')));
  await expect(client(port).readSummary(node('a'), soon)).rejects.toMatchObject({
    code: 'kubelet_unreadable',
    message: expect.stringContaining('not HTTP'),
  });
});

test('a name that DNS does not know is an address problem', async () => {
  const lost = node('a', { addresses: [{ type: 'InternalDNS', address: 'no-such-host.invalid' }] });
  await expect(client(10250).readSummary(lost, soon)).rejects.toMatchObject({
    code: 'kubelet_address',
    message: expect.stringContaining('no-such-host.invalid of node a is not known to DNS'),
  });
});

test('a stop signal ends a question at once', async () => {
  const stop = new AbortController();
  const server = await kubelet(() => stop.abort());
  await expect(
    client(server.port).readSummary(node('a'), { deadlineMs: 60_000, signal: stop.signal })
  ).rejects.toMatchObject({ code: 'kubelet_timeout' });
});

test('the other nodes are answered while one hangs', async () => {
  const hanging = await kubelet(() => undefined);
  const quick = await kubelet((_, response) => response.end('{}'));
  const kubelets = client('node-status');
  const slow = kubelets.readSummary(node('slow', { kubeletPort: hanging.port }), { deadlineMs: 2_000 });
  const answer = await kubelets.readSummary(node('quick', { kubeletPort: quick.port }), soon);
  expect(answer.body.toString()).toBe('{}');
  await kubelets.close();
  await expect(slow).rejects.toMatchObject({ name: 'HeapscopeError' });
});

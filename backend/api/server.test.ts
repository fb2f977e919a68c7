import { Agent, get } from 'node:http';
import type { RequestListener } from 'node:http';
import { get as getByTls } from 'node:https';
import { connect } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createAuthority } from '../../tests/support/certificates.ts';
import { startServer } from './server.ts';
import { rememberingLog, serve } from './testdata/serve.ts';

const hello: RequestListener = (_request, response) => void response.end('hello');

test('a port in use is a sentence that names it and the flag', async () => {
  const first = await serve(hello);
  await expect(
    startServer({ app: hello, port: first.port, listenIp: '127.0.0.1', log: rememberingLog() })
  ).rejects.toThrow(
    `Cannot listen on port ${first.port} of 127.0.0.1: it is in use. Stop the other program, or choose another --heapster-port.`
  );
  await first.close(0);
});

test('an address this machine does not have is a sentence', async () => {
  await expect(startServer({ app: hello, port: 0, listenIp: '192.0.2.1', log: rememberingLog() })).rejects.toThrow(
    'Correct --listen-ip'
  );
});

test('a certificate that cannot be used is a sentence', async () => {
  const tls = { certificate: 'no', key: 'no' };
  await expect(startServer({ app: hello, port: 0, tls, log: rememberingLog() })).rejects.toThrow(
    '--tls-cert and --tls-key cannot be used'
  );
});

test('closing ends idle keep-alive connections at once', async () => {
  const server = await serve(hello);
  const agent = new Agent({ keepAlive: true });
  await new Promise<void>((resolve) => get(server.url, { agent }, (answer) => answer.resume().on('end', resolve)));
  const startedMs = performance.now();
  await server.close(60_000);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  agent.destroy();
});

test('closing lets a running answer finish', async () => {
  let finish = (): void => undefined;
  const arrived = Promise.withResolvers<void>();
  const server = await serve((_request, response) => {
    finish = () => void response.end('finished');
    arrived.resolve();
  });
  const answer = fetch(server.url);
  await arrived.promise;
  const closed = server.close(60_000);
  finish();
  expect(await (await answer).text()).toBe('finished');
  await closed;
});

test('closing ends what does not finish in its time', async () => {
  const arrived = Promise.withResolvers<void>();
  const server = await serve(() => arrived.resolve());
  const answer = fetch(server.url).catch(() => 'ended');
  await arrived.promise;
  await server.close(20);
  expect(await answer).toBe('ended');
});

test('what is not HTTP is answered with 400 and hurts nobody', async () => {
  const server = await serve(hello);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write('this is no HTTP\r\n\r\n'));
    socket.on('data', (data) => resolve(data.toString()));
    socket.on('error', reject);
  });
  expect(answer).toContain('400 Bad Request');
  expect(await (await fetch(server.url)).text()).toBe('hello');
  await server.close(0);
});

test('a certificate makes it HTTPS, and a renewed one is shown to new connections', async () => {
  const authority = await createAuthority('test authority');
  const pairOf = async (commonName: string): Promise<{ certificate: string; key: string }> => {
    const { cert, key } = await authority.issue({ commonName, ips: ['127.0.0.1'] });
    return { certificate: cert, key };
  };
  const tls = await pairOf('first');
  const server = await startServer({ app: hello, port: 0, listenIp: '127.0.0.1', tls, log: rememberingLog() });
  const shownName = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const asked = getByTls(server.url, { ca: authority.caPem, agent: false }, (answer) => {
        resolve((answer.socket as TLSSocket).getPeerCertificate().subject.CN);
        answer.resume();
      });
      asked.on('error', reject);
    });
  expect(server.url).toMatch(/^https:/);
  expect(await shownName()).toBe('first');
  server.renewTls(await pairOf('second'));
  expect(await shownName()).toBe('second');
  await server.close(0);
});

import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { RequestListener } from 'node:http';
import { createAuthority } from '../../tests/support/certificates.ts';
import type { CertificateWishes, TestAuthority } from '../../tests/support/certificates.ts';
import { serve } from '../../tests/support/server.ts';
import type { TestServer } from '../../tests/support/server.ts';
import type { NodeFacts } from '../model/facts.ts';
import { createKubeletClient } from './client.ts';
import type { KubeletClient, KubeletClientOptions } from './client.ts';

const soon = { deadlineMs: 5_000 };
const open: Array<{ close(): Promise<void> }> = [];
let authority: TestAuthority;
let folder: string;

beforeAll(async () => {
  authority = await createAuthority('cluster CA');
  folder = await mkdtemp(join(tmpdir(), 'heapscope-trust-'));
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

afterAll(() => rm(folder, { recursive: true }));

function node(name: string, address = '127.0.0.1'): NodeFacts {
  const type = address === '127.0.0.1' ? 'InternalIP' : 'Hostname';
  return { name, addresses: [{ type, address }] } as unknown as NodeFacts;
}

async function kubelet(wishes: CertificateWishes, answer: RequestListener = (_, response) => response.end('{}')) {
  const server = await serve(answer, await authority.issue(wishes));
  open.push(server);
  return server;
}

function client(server: TestServer, changes: Partial<KubeletClientOptions> = {}): KubeletClient {
  const credentials = { token: 'secret', ca: authority.caPem };
  const made = createKubeletClient({
    access: 'direct',
    https: true,
    port: server.port,
    credentials: () => credentials,
    ...changes,
  });
  open.push(made);
  return made;
}

test('a connection that ended is taken up again by its session', async () => {
  const reused: boolean[] = [];
  const server = await kubelet({ ips: ['127.0.0.1'] }, (request, response) => {
    reused.push((request.socket as TLSSocket).isSessionReused());
    response.setHeader('connection', 'close').end('{}');
  });
  const kubelets = client(server);
  for (let round = 1; round <= 3; round++) {
    await kubelets.readSummary(node('worker-1'), soon);
  }
  expect(reused).toEqual([false, true, true]);
});

test('a cluster of thousands of nodes keeps no idle connections', async () => {
  const ended: Array<Promise<unknown>> = [];
  const server = await kubelet({ ips: ['127.0.0.1'] }, (request, response) => {
    ended.push(once(request.socket, 'close'));
    response.end('{}');
  });
  await client(server, { nodeCount: () => 5_000 }).readSummary(node('worker-1'), soon);
  await Promise.all(ended);
  expect(ended).toHaveLength(1);
});

test('a certificate for the IP is accepted, and the token goes with the request', async () => {
  const seen: Array<string | undefined> = [];
  const server = await kubelet({ ips: ['127.0.0.1'] }, (request, response) => {
    seen.push(request.headers.authorization);
    response.end('{}');
  });
  await client(server).readSummary(node('worker-1'), soon);
  expect(seen).toEqual(['Bearer secret']);
});

test('a certificate without the IP is accepted for the name of the node', async () => {
  const server = await kubelet({ dnsNames: ['worker-1'] });
  await expect(client(server).readSummary(node('worker-1'), soon)).resolves.toBeDefined();
});

test('a certificate for the host name that was dialled is accepted', async () => {
  const server = await kubelet({ dnsNames: ['localhost'] });
  await expect(client(server).readSummary(node('worker-1', 'localhost'), soon)).resolves.toBeDefined();
});

test('a certificate for another name is refused', async () => {
  const server = await kubelet({ dnsNames: ['worker-2'], ips: ['127.0.0.2'] });
  await expect(client(server).readSummary(node('worker-1'), soon)).rejects.toMatchObject({
    code: 'kubelet_certificate',
    message: expect.stringContaining('valid neither for 127.0.0.1 nor for the name worker-1'),
  });
});

test('a certificate of another authority is refused, whatever its name', async () => {
  const other = await createAuthority('somebody');
  const server = await kubelet({ dnsNames: ['worker-1'], ips: ['127.0.0.1'] });
  const refused = client(server, { credentials: () => ({ ca: other.caPem }) }).readSummary(node('worker-1'), soon);
  await expect(refused).rejects.toMatchObject({
    code: 'kubelet_certificate',
    message: expect.stringContaining('no trusted CA signed'),
  });
});

test('an expired certificate is refused', async () => {
  const server = await kubelet({
    dnsNames: ['worker-1'],
    notBefore: new Date('2020-01-01'),
    notAfter: new Date('2021-01-01'),
  });
  await expect(client(server).readSummary(node('worker-1'), soon)).rejects.toMatchObject({
    code: 'kubelet_certificate',
    message: expect.stringContaining('has expired'),
  });
});

test('verification is off only where that was said', async () => {
  const server = await kubelet({ dnsNames: ['elsewhere'] });
  await expect(
    client(server, { insecureTls: true, credentials: () => ({}) }).readSummary(node('a'), soon)
  ).resolves.toBeDefined();
});

test('own CA files take the place of the CA of the cluster', async () => {
  const other = await createAuthority('somebody');
  const caFile = join(folder, 'kubelet-ca.crt');
  await writeFile(caFile, authority.caPem);
  const server = await kubelet({ dnsNames: ['worker-1'] });
  const kubelets = client(server, { caFiles: [caFile], credentials: () => ({ ca: other.caPem }) });
  await expect(kubelets.readSummary(node('worker-1'), soon)).resolves.toBeDefined();
});

test('a CA may be given as text', async () => {
  const other = await createAuthority('somebody');
  const server = await kubelet({ dnsNames: ['worker-1'] });
  const kubelets = client(server, { caText: authority.caPem, credentials: () => ({ ca: other.caPem }) });
  await expect(kubelets.readSummary(node('worker-1'), soon)).resolves.toBeDefined();
});

test('a client certificate of its own is shown beside the token, and the next one once its files change', async () => {
  const seen: string[] = [];
  const server = await serve(
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerX509Certificate()!;
      seen.push(`${subject} ${request.headers.authorization}`);
      response.end('{}');
    },
    { ...(await authority.issue({ dnsNames: ['worker-1'] })), requestCert: true, ca: authority.caPem }
  );
  open.push(server);
  const files = { certificateFile: join(folder, 'client.crt'), keyFile: join(folder, 'client.key') };
  const write = async (commonName: string, changedMs: number): Promise<void> => {
    const { cert, key } = await authority.issue({ commonName });
    await writeFile(files.certificateFile, cert);
    await writeFile(files.keyFile, key);
    await utimes(files.certificateFile, changedMs / 1_000, changedMs / 1_000);
  };
  let nowMs = 0;
  await write('first', 1_000);
  const kubelets = client(server, { clientCertificate: files, now: () => nowMs });
  await kubelets.readSummary(node('worker-1'), soon);
  await write('second', 2_000);
  nowMs += 60_000;
  await kubelets.readSummary(node('worker-1'), soon);
  expect(seen).toEqual(['CN=first Bearer secret', 'CN=second Bearer secret']);
});

test('a client certificate that is not there is named', async () => {
  const server = await kubelet({ dnsNames: ['worker-1'] });
  const clientCertificate = { certificateFile: join(folder, 'missing.crt'), keyFile: join(folder, 'missing.key') };
  await expect(client(server, { clientCertificate }).readSummary(node('worker-1'), soon)).rejects.toMatchObject({
    code: 'kubelet_certificate',
    message: expect.stringContaining('missing.crt'),
  });
});

test('a CA file that is not there is named', async () => {
  const server = await kubelet({ dnsNames: ['worker-1'] });
  const kubelets = client(server, { caFiles: [join(folder, 'missing.crt')] });
  await expect(kubelets.readSummary(node('worker-1'), soon)).rejects.toMatchObject({
    code: 'kubelet_certificate',
    message: expect.stringContaining('missing.crt'),
  });
});

test('a rotated CA is taken up, and a rotated token needs no new connection', async () => {
  const next = await createAuthority('next cluster CA');
  const seen: Array<string | undefined> = [];
  const server = await kubelet({ dnsNames: ['worker-1'] }, (request, response) => {
    seen.push(request.headers.authorization);
    response.end('{}');
  });
  let credentials = { token: 'first', ca: authority.caPem };
  const kubelets = client(server, { credentials: () => credentials });
  await kubelets.readSummary(node('worker-1'), soon);
  credentials = { ...credentials, token: 'second' };
  await kubelets.readSummary(node('worker-1'), soon);
  expect(seen).toEqual(['Bearer first', 'Bearer second']);
  expect(server.connectionCount()).toBe(1);
  credentials = { ...credentials, ca: next.caPem };
  await expect(kubelets.readSummary(node('worker-1'), soon)).rejects.toMatchObject({ code: 'kubelet_certificate' });
});

test('HTTPS asked of a plain HTTP port is named so', async () => {
  const server = await serve((_, response) => response.end('{}'));
  open.push(server);
  await expect(client(server).readSummary(node('worker-1'), soon)).rejects.toMatchObject({
    code: 'kubelet_refused',
    message: expect.stringContaining('does not speak TLS as expected'),
  });
});

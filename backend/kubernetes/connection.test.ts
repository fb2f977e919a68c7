import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { createAuthority } from '../../tests/support/certificates.ts';
import type { TestAuthority } from '../../tests/support/certificates.ts';
import { until } from '../../tests/support/until.ts';
import { createAccess, REREAD_MS } from './access.ts';
import { createApiClient } from './apiClient.ts';
import { inClusterUrl } from './connection.ts';
import type { ConnectionOptions } from './connection.ts';
import { createDirectory } from './directory.ts';
import { probeCluster } from './probe.ts';
import { node } from './testing/objects.ts';
import { ScriptedApi } from './testing/scriptedApi.ts';

let authority: TestAuthority;
let api: ScriptedApi;
let folder: string;
/** `Authorization` of every request. */
let shown: Array<string | undefined>;

beforeAll(async () => {
  authority = await createAuthority('cluster CA');
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heapscope-connection-'));
  const pair = await authority.issue({ ips: ['127.0.0.1'], dnsNames: ['kubernetes'] });
  api = new ScriptedApi({ ...pair, ca: authority.caPem, requestCert: true, rejectUnauthorized: false });
  shown = [];
  api.interrupt = (request) => {
    shown.push(request.headers.authorization);
    return false;
  };
  await api.start();
  await file('ca.crt', authority.caPem);
});

afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

interface KubeconfigWishes {
  readonly server?: string;
  readonly user?: object;
  readonly cluster?: object;
}

/** A kubeconfig with the contexts `lab` (current) and `other`. */
function kubeconfig(wishes: KubeconfigWishes = {}): Promise<string> {
  const cluster = { server: wishes.server ?? api.url, 'certificate-authority': 'ca.crt', ...wishes.cluster };
  return file(
    'config',
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'lab',
      clusters: [{ name: 'lab', cluster }],
      users: [{ name: 'ann', user: wishes.user ?? { token: 'from-kubeconfig' } }],
      contexts: [
        { name: 'lab', context: { cluster: 'lab', user: 'ann' } },
        { name: 'other', context: { cluster: 'lab' } },
      ],
    })
  );
}

const probe = (connection: ConnectionOptions) => probeCluster(connection, 5_000);
const fine = { ok: true, version: 'v1.35.0' };
const host = (): string => new URL(api.url).host;

test('a kubeconfig with a token and a CA beside it', async () => {
  expect(await probe({ kind: 'kubeconfig', path: await kubeconfig() })).toEqual(fine);
  expect(shown[0]).toBe('Bearer from-kubeconfig');
});

test('another context of a kubeconfig, without a user', async () => {
  expect(await probe({ kind: 'kubeconfig', path: await kubeconfig(), context: 'other' })).toEqual(fine);
  expect(shown[0]).toBeUndefined();
});

test('a kubeconfig with a client certificate', async () => {
  const subjects: string[] = [];
  api.interrupt = (request) => {
    const { socket } = request as unknown as { socket: TLSSocket };
    subjects.push(String(socket.getPeerCertificate().subject?.CN));
    return false;
  };
  const { cert, key } = await authority.issue({ commonName: 'ann' });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const user = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
  expect(await probe({ kind: 'kubeconfig', path: await kubeconfig({ user }) })).toEqual(fine);
  expect(subjects[0]).toBe('ann');
});

test('a kubeconfig with an exec plugin', async () => {
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'from-plugin' },
  };
  const plugin = await file('plugin.mjs', `console.log(${JSON.stringify(JSON.stringify(credential))})`);
  const exec = { apiVersion: credential.apiVersion, command: process.execPath, args: [plugin] };
  expect(await probe({ kind: 'kubeconfig', path: await kubeconfig({ user: { exec } }) })).toEqual(fine);
  expect(shown[0]).toBe('Bearer from-plugin');
});

test('a plugin is run once for the credential it gives, and again when that is refused', async () => {
  const runs = join(folder, 'runs');
  const plugin = await file(
    'plugin.mjs',
    `import { appendFileSync, readFileSync } from 'node:fs';
     appendFileSync(${JSON.stringify(runs)}, 'x');
     console.log(JSON.stringify({ status: { token: 'run-' + readFileSync(${JSON.stringify(runs)}, 'utf8').length } }));`
  );
  const exec = { command: process.execPath, args: [plugin] };
  let nowMs = 0;
  const access = createAccess(
    { kind: 'kubeconfig', path: await kubeconfig({ user: { exec } }) },
    { now: () => nowMs, pause: () => Promise.resolve() }
  );
  for (let round = 0; round < 3; round += 1) {
    expect((await access.current()).credentials.token).toBe('run-1');
    nowMs += REREAD_MS;
  }
  access.refused();
  expect((await access.current()).credentials.token).toBe('run-2');
  await access.close();
});

test('a kubeconfig with a server name, and one with a plain HTTP server', async () => {
  const named = await kubeconfig({ cluster: { 'tls-server-name': 'kubernetes' } });
  expect(await probe({ kind: 'kubeconfig', path: named })).toEqual(fine);
  const plain = new ScriptedApi();
  await plain.start();
  expect(await probe({ kind: 'kubeconfig', path: await kubeconfig({ server: plain.url }) })).toEqual(fine);
  await plain.stop();
});

test('a kubeconfig with a proxy', async () => {
  const tunnels: Array<string | undefined> = [];
  const proxy = createServer();
  proxy.on('connect', (request, socket: Duplex) => {
    tunnels.push(request.url);
    const onward = connect(Number(new URL(api.url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const path = await kubeconfig({ cluster: { 'proxy-url': `http://127.0.0.1:${port}` } });
  expect(await probe({ kind: 'kubeconfig', path })).toEqual(fine);
  expect(tunnels[0]).toBe(host());
  proxy.close();
});

test('the service account of a pod, at the address Kubernetes tells', async () => {
  await file('token', 'from-service-account\n');
  const connection = { kind: 'in-cluster', apiServerUrl: api.url, serviceAccountFolder: folder } as const;
  expect(await probe(connection)).toEqual(fine);
  expect(shown[0]).toBe('Bearer from-service-account');
  expect(inClusterUrl({ KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443' })).toBe(
    'https://10.0.0.1:6443'
  );
  expect(inClusterUrl({ KUBERNETES_SERVICE_HOST: 'fd00::1' })).toBe('https://[fd00::1]:443');
  expect(inClusterUrl({})).toBeUndefined();
});

test('a plain address: verified by its CA file, or not at all; a token never goes over HTTP', async () => {
  const tokenFile = await file('own-token', 'own');
  expect(await probe({ kind: 'url', url: api.url, caFile: join(folder, 'ca.crt'), tokenFile })).toEqual(fine);
  expect(await probe({ kind: 'url', url: api.url, insecure: true })).toEqual(fine);
  const plain = new ScriptedApi();
  plain.interrupt = api.interrupt;
  await plain.start();
  expect(await probe({ kind: 'url', url: `${plain.url}/`, tokenFile })).toEqual(fine);
  await plain.stop();
  expect(shown).toEqual(['Bearer own', 'Bearer own', undefined, undefined, undefined, undefined]);
});

test('a rotated token is read within the minute, and at once after a refusal', async () => {
  await file('token', 'first');
  let nowMs = 0;
  const access = createAccess(
    { kind: 'in-cluster', apiServerUrl: api.url, serviceAccountFolder: folder },
    { now: () => nowMs, pause: () => Promise.resolve() }
  );
  const client = createApiClient(access);
  const get = () => client.json({ verb: 'get', resource: 'version', path: '/version' });
  await get();
  await file('token', 'second');
  await get();
  nowMs += REREAD_MS;
  await get();
  expect(shown).toEqual(
    ['Bearer first', 'Bearer second'].flatMap((token, index) => (index === 0 ? [token, token] : [token]))
  );
  expect(access.latest()?.kubelet).toMatchObject({ token: 'second', ca: authority.caPem.trim() });
  await file('token', 'third');
  const { interrupt } = api;
  api.interrupt = (request, url, response) =>
    interrupt(request, url, response) ||
    (request.headers.authorization !== 'Bearer third' && Boolean(response.writeHead(401).end()));
  nowMs += 2_000;
  await expect(get()).rejects.toThrow('did not accept the credential (401)');
  await get();
  expect(shown.at(-1)).toBe('Bearer third');
  await access.close();
});

test('a token file that vanishes later leaves the last token in use, and is told', async () => {
  await file('token', 'first');
  let nowMs = 0;
  const access = createAccess(
    { kind: 'in-cluster', apiServerUrl: api.url, serviceAccountFolder: folder },
    { now: () => nowMs, pause: () => Promise.resolve() }
  );
  await access.current();
  await rm(join(folder, 'token'));
  nowMs += REREAD_MS;
  expect((await access.current()).credentials.token).toBe('first');
  expect(access.problem()).toContain(join(folder, 'token'));
  await access.close();
});

test('a directory goes on over a rotated certificate authority', async () => {
  await file('token', 'first');
  api.put('/api/v1/nodes', node('worker-1'));
  let nowMs = 0;
  const directory = createDirectory({
    connection: { kind: 'in-cluster', apiServerUrl: api.url, serviceAccountFolder: folder },
    log: { info: () => undefined, warn: () => undefined },
    clock: {
      now: () => nowMs,
      pause: (_, signal) => new Promise((resolve) => setTimeout(resolve, signal.aborted ? 0 : 3)),
    },
    retryMs: { first: 2, most: 10 },
  });
  directory.start();
  await directory.whenSynced(AbortSignal.timeout(5_000));
  const before = directory.kubeletCredentials();
  expect(directory.kubeletCredentials()).toBe(before);
  await api.stop();
  const next = await createAuthority('next CA');
  const replaced = new ScriptedApi(await next.issue({ ips: ['127.0.0.1'] }));
  await replaced.start();
  await file('ca.crt', next.caPem);
  nowMs += REREAD_MS;
  await until('the new CA', () => directory.kubeletCredentials().ca === next.caPem.trim());
  await directory.stop();
  await replaced.stop();
});

test.each<[string, () => Promise<ConnectionOptions> | ConnectionOptions, () => RegExp]>([
  [
    'a kubeconfig that is not there',
    () => ({ kind: 'kubeconfig', path: '/no/such/config' }),
    () => /^Kubeconfig \/no\/such\/config could not be read: .*ENOENT/,
  ],
  [
    'a kubeconfig that is not YAML',
    async () => ({ kind: 'kubeconfig', path: await file('config', '{[') }),
    () => /could not be read: /,
  ],
  [
    'an unknown context',
    async () => ({ kind: 'kubeconfig', path: await kubeconfig(), context: 'prod' }),
    () => /has no context "prod"\. It has: lab, other\./,
  ],
  [
    'a plugin that fails',
    async () => ({ kind: 'kubeconfig', path: await kubeconfig({ user: { exec: { command: '/no/such/plugin' } } }) }),
    () => /gave no credential for the context "lab": .*ENOENT/,
  ],
  [
    'no service account',
    () => ({ kind: 'in-cluster', serviceAccountFolder: '/no/such' }),
    () => /^Could not read \/no\/such\/token .*Run inside a pod/,
  ],
  [
    'an address that is none',
    () => ({ kind: 'url', url: 'nonsense' }),
    () => /^"nonsense" of nonsense is not the address/,
  ],
  [
    'a port where nobody listens',
    () => ({ kind: 'url', url: 'http://127.0.0.1:1' }),
    () => /at 127\.0\.0\.1:1 was refused\./,
  ],
  [
    'a name DNS does not know',
    () => ({ kind: 'url', url: 'https://api.invalid' }),
    () => /api\.invalid of the API server is not known to DNS/,
  ],
  [
    'a certificate of an unknown CA',
    () => ({ kind: 'url', url: api.url }),
    () => /not signed by a CA that Heapscope was given/,
  ],
  [
    'a certificate for another name',
    async () => ({ kind: 'kubeconfig', path: await kubeconfig({ cluster: { 'tls-server-name': 'other' } }) }),
    () => /is not for that name/,
  ],
  [
    'HTTP asked of an HTTPS port',
    () => ({ kind: 'url', url: api.url.replace('https', 'http') }),
    () => /The request to the API server at .* failed/,
  ],
])('%s is told in a sentence', async (_, connection, sentence) => {
  expect(await probe(await connection())).toEqual({ ok: false, sentence: expect.stringMatching(sentence()) });
});

test.each([
  [401, 'did not accept the credential (401)'],
  [403, 'forbids Heapscope to list nodes (403). Allow "ann" `list` and `watch` on `nodes`.'],
  [404, 'does not know nodes (404)'],
  [500, 'failed to list nodes (500)'],
])('status %d of the API server is told in a sentence', async (status, sentence) => {
  api.interrupt = (_request, _url, response) =>
    Boolean(
      response.writeHead(status).end('{"kind":"Status","message":"nodes is forbidden: User \\"ann\\" cannot list"}')
    );
  const answer = await probe({ kind: 'url', url: api.url, insecure: true });
  expect(answer).toEqual({ ok: false, sentence: expect.stringContaining(sentence) });
});

test('something that answers with a web page is told in a sentence', async () => {
  api.interrupt = (_request, _url, response) => Boolean(response.end('<html>welcome</html>'));
  const answer = await probe({ kind: 'url', url: api.url, insecure: true });
  expect(answer).toEqual({ ok: false, sentence: expect.stringContaining('(200): the answer is not JSON.') });
});

test('an API server that does not answer is told after the time that was given', async () => {
  api.interrupt = () => true;
  const answer = await probeCluster({ kind: 'url', url: api.url, insecure: true }, 50);
  expect(answer).toEqual({
    ok: false,
    sentence: expect.stringContaining(`No answer from the API server at ${host()}`),
  });
});

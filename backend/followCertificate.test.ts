import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { createAuthority, type KeyPair, type TestAuthority } from '../tests/support/certificates.ts';
import { manualClock } from '../tests/support/manualClock.ts';
import { startServer, type RunningServer, type TlsPair } from './api/server.ts';
import { followCertificate, LOOK_EVERY_MS } from './followCertificate.ts';

let authority: TestAuthority;
let folder: string;

beforeAll(async () => {
  authority = await createAuthority('test authority');
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heapscope-certificate-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const issue = (commonName: string): Promise<KeyPair> => authority.issue({ commonName, ips: ['127.0.0.1'] });
const certificateFile = () => join(folder, 'tls.crt');
const keyFile = () => join(folder, 'tls.key');
const read = (): TlsPair => ({
  certificate: readFileSync(certificateFile(), 'utf8'),
  key: readFileSync(keyFile(), 'utf8'),
});

function write({ cert, key }: KeyPair): void {
  writeFileSync(certificateFile(), cert);
  writeFileSync(keyFile(), key);
}

/** A new version of a mounted secret, put in place as the kubelet does: one link to a folder is exchanged. */
function mount({ cert, key }: KeyPair, version: string): void {
  const versionFolder = join(folder, `..${version}`);
  mkdirSync(versionFolder);
  writeFileSync(join(versionFolder, 'tls.crt'), cert);
  writeFileSync(join(versionFolder, 'tls.key'), key);
  symlinkSync(`..${version}`, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
}

/** The name in the certificate that the server shows to a new connection. */
function shownName({ url }: RunningServer): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { ca: authority.caPem, agent: false }, (answer) => {
      resolve((answer.socket as TLSSocket).getPeerCertificate().subject.CN);
      answer.resume();
    });
    asked.on('error', reject);
  });
}

/** A server with the pair that the files hold, and a certificate that is followed. */
async function startFollowed() {
  const clock = manualClock(0);
  const sentences: string[] = [];
  const log = {
    info: (sentence: string) => void sentences.push(sentence),
    warn: (sentence: string) => void sentences.push(sentence),
  };
  const tls = read();
  const server = await startServer({
    app: (_request, response) => void response.end(),
    port: 0,
    listenIp: '127.0.0.1',
    tls,
    log: { warn: () => undefined, error: () => undefined },
  });
  const stopping = new AbortController();
  const following = followCertificate({ current: tls, read, renew: server.renewTls, clock, log }, stopping.signal);
  return {
    server,
    sentences,
    async look(): Promise<void> {
      await clock.sleeperUntil(clock.nowMs() + 1);
      clock.moveTo(clock.nowMs() + LOOK_EVERY_MS);
      await clock.sleeperUntil(clock.nowMs() + 1);
    },
    async stop(): Promise<void> {
      stopping.abort(new Error('The test ends.'));
      await following;
      await server.close(0);
    },
  };
}

test('a certificate that was renewed on disk is shown to new connections', async () => {
  write(await issue('first'));
  const followed = await startFollowed();
  await followed.look();
  expect(await shownName(followed.server)).toBe('first');
  write(await issue('second'));
  await followed.look();
  expect(await shownName(followed.server)).toBe('second');
  expect(followed.sentences).toEqual(['The certificate of --tls-cert was renewed; new connections are shown it.']);
  await followed.stop();
});

test('a mounted secret is followed through the exchange of its link', async () => {
  mount(await issue('first'), 'v1');
  symlinkSync(join('..data', 'tls.crt'), certificateFile());
  symlinkSync(join('..data', 'tls.key'), keyFile());
  const followed = await startFollowed();
  mount(await issue('second'), 'v2');
  rmSync(join(folder, '..v1'), { recursive: true });
  await followed.look();
  expect(await shownName(followed.server)).toBe('second');
  await followed.stop();
});

test('a pair that does not fit keeps the old one, is logged once, and gives way to a good one', async () => {
  write(await issue('first'));
  const followed = await startFollowed();
  writeFileSync(certificateFile(), (await issue('other')).cert);
  for (let looks = 0; looks < 4; looks++) {
    await followed.look();
  }
  expect(await shownName(followed.server)).toBe('first');
  expect(followed.sentences).toHaveLength(1);
  expect(followed.sentences[0]).toMatch(
    /^--tls-cert and --tls-key cannot be used: .+ The certificate from before is still shown; put a pair in place that fits together\.$/
  );
  write(await issue('second'));
  await followed.look();
  expect(await shownName(followed.server)).toBe('second');
  expect(followed.sentences).toHaveLength(2);
  await followed.stop();
});

test('files that are written one after the other are no reason to complain', async () => {
  write(await issue('first'));
  const followed = await startFollowed();
  const second = await issue('second');
  writeFileSync(certificateFile(), second.cert);
  await followed.look();
  writeFileSync(keyFile(), second.key);
  await followed.look();
  expect(await shownName(followed.server)).toBe('second');
  expect(followed.sentences).toHaveLength(1);
  await followed.stop();
});

test('a file that is gone keeps the old pair and is logged once', async () => {
  write(await issue('first'));
  const followed = await startFollowed();
  rmSync(keyFile());
  for (let looks = 0; looks < 4; looks++) {
    await followed.look();
  }
  expect(await shownName(followed.server)).toBe('first');
  expect(followed.sentences).toEqual([expect.stringContaining('ENOENT')]);
  await followed.stop();
});

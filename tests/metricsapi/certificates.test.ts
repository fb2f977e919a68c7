import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOOK_EVERY_MS } from '../../backend/followCertificate.ts';
import { createAuthority } from '../support/certificates.ts';
import type { KeyPair } from '../support/certificates.ts';
import { until } from '../support/until.ts';
import { startReviewingApi } from './reviewingApi.ts';
import type { ReviewingApi } from './reviewingApi.ts';
import { serveMetrics } from './servedMetrics.ts';
import type { ServedMetrics } from './servedMetrics.ts';

let api: ReviewingApi;
let served: ServedMetrics;
let folder: string;

beforeEach(async () => {
  api = await startReviewingApi();
  folder = mkdtempSync(join(tmpdir(), 'metrics-api-'));
});

afterEach(async () => {
  await served.close();
  await api.close();
  rmSync(folder, { recursive: true });
});

function write({ cert, key }: KeyPair): void {
  writeFileSync(join(folder, 'apiserver.crt'), cert);
  writeFileSync(join(folder, 'apiserver.key'), key);
}

test('without files it shows a certificate that it signed itself, for the names of this machine', async () => {
  served = await serveMetrics(api, [`--cert-dir=${folder}`]);
  const { certificate } = await served.ask('/livez');
  expect((await served.ask('/livez', { ca: certificate })).status).toBe(200);
});

test('a certificate that is renewed on disk is shown to new connections', async () => {
  const authority = await createAuthority('serving');
  const wishes = { commonName: 'heapscope', ips: ['127.0.0.1'] };
  write(await authority.issue(wishes));
  served = await serveMetrics(api, [`--cert-dir=${folder}`]);
  const before = await served.ask('/livez', { ca: authority.caPem });
  const renewed = await authority.issue(wishes);
  write(renewed);
  served.clock.moveTo(served.clock.nowMs() + LOOK_EVERY_MS);
  await until('the new certificate', async () => (await served.ask('/livez')).certificate !== before.certificate);
  expect((await served.ask('/livez', { ca: authority.caPem })).certificate.trim()).toBe(renewed.cert.trim());
});

test('files that do not fit together leave the certificate from before in place', async () => {
  const authority = await createAuthority('serving');
  const wishes = { commonName: 'heapscope', ips: ['127.0.0.1'] };
  write(await authority.issue(wishes));
  const files = [`--tls-cert-file=${folder}/apiserver.crt`, `--tls-private-key-file=${folder}/apiserver.key`];
  served = await serveMetrics(api, files);
  writeFileSync(join(folder, 'apiserver.crt'), (await authority.issue(wishes)).cert);
  await until('the warning', () => {
    served.clock.moveTo(served.clock.nowMs() + LOOK_EVERY_MS);
    return served.log.some((line) => line.includes('--tls-cert-file and --tls-private-key-file cannot be used'));
  });
  expect((await served.ask('/livez', { ca: authority.caPem })).status).toBe(200);
});

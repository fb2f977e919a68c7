import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RoundWriter } from '../../backend/store/roundWriter.ts';
import { readTop } from '../replay/readTop.ts';
import type { Shown, TopTables } from '../replay/readTop.ts';
import { startReplay } from '../replay/replayLine.ts';
import type { ReplayLine } from '../replay/replayLine.ts';
import { createAuthority } from '../support/certificates.ts';
import { readRecording } from '../support/recordings.ts';
import type { TestServer } from '../support/server.ts';
import { startFront } from './front.ts';
import { startReviewingApi, trustOf } from './reviewingApi.ts';
import type { ReviewingApi } from './reviewingApi.ts';
import { serveMetrics } from './servedMetrics.ts';
import type { ServedMetrics } from './servedMetrics.ts';

/**
 * The real `kubectl` asks a front that speaks to us as the aggregator does, while a recorded cluster is collected. What it
 * prints is held against what it printed when the same cluster was asked through metrics-server.
 */
const FIRST_MS = Date.parse('2026-11-21T11:27:00Z');
const ROUNDS = 10;
/** Summaries are cut to whole seconds: over 10 s, two cut times make up to 10 % of difference. */
const RATE_TOLERANCE = 0.1;

let api: ReviewingApi;
let served: ServedMetrics;
let line: ReplayLine;
let front: TestServer;
let folder: string;
const recorded: TopTables[] = [];
const ours: TopTables[] = [];

beforeAll(async () => {
  const authority = await createAuthority('front');
  api = await startReviewingApi();
  api.setConfigMap(trustOf(authority.caPem));
  api.allowed.add('jane');
  const recording = readRecording('three-generations');
  const beside: RoundWriter = {
    append: (batch) => served.writer.append(batch),
    commit: (timestampMs) => served.writer.commit(timestampMs),
  };
  line = await startReplay(recording, undefined, [beside]);
  served = await serveMetrics(api, ['--metric-resolution=15s'], line.directory);
  const aggregator = await authority.issue({ commonName: 'front-proxy-client' });
  front = await startFront({ metricsPort: served.port, apiUrl: line.apiUrl, aggregator, user: 'jane' });
  folder = mkdtempSync(join(tmpdir(), 'kubectl-'));
  writeFileSync(join(folder, 'kubeconfig'), kubeconfig(front.url));
  for (let moment = 0; moment < ROUNDS; moment += 1) {
    const askedMs = Date.parse(recording.kubelets['lab-node-1'][moment].askedAt);
    await line.collect(moment, FIRST_MS + moment * 15_000, askedMs);
    if (moment > 0) {
      const tables = await Promise.all([
        kubectl('top nodes'),
        kubectl('top pods -A'),
        kubectl('top pods -A --containers'),
      ]);
      ours[moment] = readTop(tables.join('\n'));
    }
  }
  recorded.push(...recording.kubectlTop!.map(readTop));
}, 120_000);

afterAll(async () => {
  await front.close();
  await served.close();
  await line.close();
  await api.close();
  rmSync(folder, { recursive: true });
});

function kubeconfig(server: string): string {
  const named = (name: string, value: object) => [{ name, ...value }];
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: named('test', { cluster: { server } }),
    contexts: named('test', { context: { cluster: 'test', user: 'jane' } }),
    users: named('jane', { user: { token: 'token-of-jane' } }),
  });
}

async function kubectl(command: string): Promise<string> {
  const words = [`--kubeconfig=${folder}/kubeconfig`, `--cache-dir=${folder}/cache`, ...command.split(' ')];
  return (await promisify(execFile)('kubectl', words, { maxBuffer: 2 ** 24 })).stdout;
}

/** What crash loops print depends on the moment in which one looks. */
const isSteady = (name: string): boolean => !/\/(boom|eat|tick|oomer|crashy|mixed)/.test(name);

function misses(level: keyof TopTables, extraMillicores: number, toleranceMib: number): string[] {
  const found: string[] = [];
  for (let round = 2; round < ROUNDS; round += 1) {
    for (const [name, shown] of Object.entries(recorded[round][level]).filter(([each]) => isSteady(each))) {
      const near = [round - 1, round, round + 1].flatMap((each) => ours[each]?.[level][name] ?? []);
      if (!ours[round][level][name] || !agrees(shown, near, extraMillicores, toleranceMib)) {
        found.push(`${name} in round ${round}: ${JSON.stringify(shown)}, ours ${JSON.stringify(near)}`);
      }
    }
  }
  return found;
}

/** A sample counts until there is a newer one, so that ours may be that of the round before or after. */
function agrees(shown: Shown, near: readonly Shown[], extraMillicores: number, toleranceMib: number): boolean {
  const rates = near.map(({ cpuMillicores }) => cpuMillicores);
  const least = Math.min(...rates) * (1 - RATE_TOLERANCE) - extraMillicores;
  const most = Math.max(...rates) * (1 + RATE_TOLERANCE) + extraMillicores;
  const isRate = shown.cpuMillicores >= least && shown.cpuMillicores <= most;
  return isRate && near.some(({ memoryMib }) => Math.abs(memoryMib - shown.memoryMib) <= toleranceMib);
}

test('kubectl top nodes prints what it printed with metrics-server', () => {
  expect(Object.keys(recorded[5].node)).toHaveLength(3);
  expect(misses('node', 1, 0)).toEqual([]);
});

test('kubectl top pods prints what it printed with metrics-server', () => {
  expect(Object.keys(recorded[5].pod).length).toBeGreaterThan(20);
  expect(misses('pod', 2, 1)).toEqual([]);
});

test('kubectl top pods --containers prints what it printed with metrics-server', () => {
  expect(misses('container', 1, 0)).toEqual([]);
});

test('kubectl top takes namespaces, names and selectors', async () => {
  const one = await kubectl('top pod alloc-0 -n data-pipeline');
  expect(one).toMatch(/^NAME +CPU\(cores\) +MEMORY\(bytes\) *\nalloc-0 +\d+m +\d+Mi *\n$/);
  const selected = await kubectl('top pods -n shop -l app=burner --no-headers');
  expect(selected.trim().split('\n')).toHaveLength(3);
  await expect(kubectl('top pod nope -n shop')).rejects.toThrow('pods "nope" not found');
});

test('kubectl get prints tables', async () => {
  const nodes = await kubectl('get nodemetrics');
  expect(nodes).toMatch(/^NAME +CPU +MEMORY +WINDOW *\nlab-node-1 +\d+[num] +\d+Ki +\d+s *\n/);
  const pods = await kubectl('get podmetrics -A');
  expect(pods).toMatch(/^NAMESPACE +NAME +CPU +MEMORY +WINDOW *\n/);
  expect(pods).toMatch(/\nshop +native-sidecar +\d+[num] +\d+[KM]i +\d+s *\n/);
  expect(await kubectl('get podmetrics -n shop -o name --field-selector=metadata.name=pod-level')).toBe(
    'podmetrics.metrics.k8s.io/pod-level\n'
  );
});

test('kubectl get --raw and api-resources find everything', async () => {
  const raw = JSON.parse(await kubectl('get --raw /apis/metrics.k8s.io/v1beta1/nodes')) as { items: object[] };
  expect(raw).toMatchObject({ kind: 'NodeMetricsList', apiVersion: 'metrics.k8s.io/v1beta1' });
  expect(raw.items).toHaveLength(3);
  const names = await kubectl('api-resources --api-group=metrics.k8s.io -o name');
  expect(names.trim().split('\n').sort()).toEqual(['nodes.metrics.k8s.io', 'pods.metrics.k8s.io']);
});

test('kubectl says who may not', async () => {
  api.allowed.delete('jane');
  served.clock.moveTo(served.clock.nowMs() + 10_000);
  await expect(kubectl('get --raw /apis/metrics.k8s.io/v1beta1/nodes')).rejects.toThrow(
    'User "jane" cannot list resource "nodes" in API group "metrics.k8s.io" at the cluster scope'
  );
  api.allowed.add('jane');
  served.clock.moveTo(served.clock.nowMs() + 10_000);
});

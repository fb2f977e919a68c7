import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { FaultRequest } from '../../simulator/faults.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { manualClock } from '../support/manualClock.ts';
import { runBackend } from '../support/runningBackend.ts';
import type { RunningBackend } from '../support/runningBackend.ts';

/** Three simulated nodes over HTTPS, of which one misbehaves; backend and kubelets share the clock of the test. */
const clock = manualClock(Date.parse('2026-11-21T12:00:00Z'));
const [GOOD, BAD, FINE] = ['control-plane-1', 'worker-2', 'worker-1'];
const folder = mkdtempSync(join(tmpdir(), 'heapscope-bad-input-'));

let simulator: Simulator;
let backend: RunningBackend;

beforeAll(async () => {
  simulator = await startSimulator({ nodes: 3, podsPerNode: 8, now: clock.nowMs, apiHttps: true, kubeletHttps: true });
  const path = join(folder, 'kubeconfig');
  writeFileSync(path, simulator.kubeconfigYaml());
  backend = await runBackend({ kind: 'kubeconfig', path }, clock, ['--kubelet-timeout=1s']);
}, 20_000);

afterAll(async () => {
  await backend.stop();
  await simulator.stop();
  rmSync(folder, { recursive: true });
});

afterEach(() => simulator.faults.clear());

/** What the kubelet of a node says of its memory at this very moment. */
async function saysItself(node: string): Promise<number> {
  const { port } = new URL(simulator.kubeletUrl(node));
  const headers = { authorization: `Bearer ${simulator.token}` };
  const options = { host: '127.0.0.1', port, path: '/stats/summary', ca: simulator.caPem, servername: node, headers };
  const body = await new Promise<string>((resolve, reject) => {
    get(options, (response) => resolve(text(response))).on('error', reject);
  });
  return (JSON.parse(body) as { node: { memory: { workingSetBytes: number } } }).node.memory.workingSetBytes;
}

/** The value of a metric per node, as a panel gets it for the newest round. */
async function perNode(metric: string): Promise<Record<string, number | null | undefined>> {
  const { values } = await backend.panel({ level: 'node', metric });
  return Object.fromEntries([GOOD, BAD, FINE].map((node) => [node, values[node]?.[0]]));
}

/** State and sentence of a node on the status page. */
async function onStatusPage(node: string): Promise<{ state: string; sentence: string | undefined }> {
  const { nodes } = await backend.status();
  const row = nodes.name.indexOf(node);
  return { state: nodes.state[row], sentence: nodes.errors[row] };
}

async function expectOthersUntouched(): Promise<void> {
  const memory = await perNode('memory/working_set');
  // A kubelet that repeats its sample has no rate in that round.
  const lately = { fromMs: clock.nowMs() - 30_000, toMs: clock.nowMs() };
  const rates = (await backend.panel({ level: 'node', metric: 'cpu/usage_rate' }, lately)).values;
  for (const node of [GOOD, FINE]) {
    expect(await onStatusPage(node)).toEqual({ state: 'ok', sentence: undefined });
    expect(memory[node]).toBe(await saysItself(node));
    expect(Math.max(...rates[node].map(Number))).toBeGreaterThan(0);
  }
}

/** Two rounds as they should be, so that every node has a rate. */
async function twoGoodRounds(): Promise<void> {
  await backend.nextRound();
  await backend.nextRound();
  const memory = await perNode('memory/working_set');
  expect(memory[BAD]).toBe(await saysItself(BAD));
  expect((await backend.status()).problems).toEqual([]);
}

const COUNT = '1 of 3 nodes did not answer in the last round. ';
const AT = '127\\.0\\.0\\.1:\\d+';

describe.each<[string, FaultRequest, RegExp]>([
  [
    'forbids',
    { kind: 'status', status: 403 },
    /^Kubelet on node worker-2 refused the request \(403\)\. Allow the user "simulator-admin" `get` on `nodes\/stats`\.$/,
  ],
  [
    'does not know the token',
    { kind: 'status', status: 401 },
    /^Kubelet on node worker-2 did not accept the credential \(401\)\. Turn on webhook token authentication of the kubelet, or check the token\.$/,
  ],
  [
    'fails',
    { kind: 'status', status: 500 },
    /^Kubelet on node worker-2 answered with status 500 \(".*"\)\. Look at the kubelet log of that node\.$/,
  ],
  [
    'refuses connections',
    'refusing',
    new RegExp(
      `^Kubelet on node worker-2 refused the connection at ${AT}\\. Check that the kubelet runs and listens there\\.$`
    ),
  ],
  [
    'hangs',
    'hanging',
    new RegExp(
      `^Kubelet on node worker-2 did not answer within 1 s at ${AT}\\. Check the load of the node and the network path to it\\.$`
    ),
  ],
  [
    'shows a certificate of somebody else',
    'wrongCertificate',
    /^Kubelet on node worker-2 shows a certificate that .*\. (Give the kubelet a serving certificate|Let the cluster sign) .*\.$/,
  ],
  [
    'answers garbage',
    'garbage',
    /^Kubelet on node worker-2 answered \d+ bytes that are not a summary: Expected an object, found "<!DOCTYPE.*Ask it by hand for \/stats\/summary and look at the answer\.$/,
  ],
  [
    'answers JSON of other types',
    'wrongTypes',
    /^Kubelet on node worker-2 answered \d+ bytes that are not a summary: Expected .*Ask it by hand for/,
  ],
  [
    'answers nothing',
    'emptyBody',
    /^Kubelet on node worker-2 sent an empty answer\. Ask it by hand for \/stats\/summary and look at its log\.$/,
  ],
  [
    'sends half an answer',
    'cutOff',
    /^Kubelet on node worker-2 cut its answer off after \d+ bytes\. Look at the kubelet log of that node\.$/,
  ],
  [
    'sends 50 MB',
    'huge',
    /^Kubelet on node worker-2 sends more than 32 MiB\. Raise the limit of an answer, or look at what the kubelet sends\.$/,
  ],
])('a kubelet that %s', (_what, fault, sentence) => {
  test('is named in one sentence on the status page and beside the panel; the other nodes are untouched', async () => {
    await twoGoodRounds();
    await simulator.faults.set(BAD, fault);
    const badMs = await backend.nextRound();

    expect(await onStatusPage(BAD)).toEqual({ state: 'failing', sentence: expect.stringMatching(sentence) });
    expect((await backend.status()).problems).toEqual([{ severity: 'error', text: expect.stringMatching(sentence) }]);
    const { notices } = await backend.panel({ level: 'cluster', metric: 'cpu/usage_rate' });
    expect(notices).toEqual([{ severity: 'warning', text: expect.stringContaining(COUNT) }]);
    expect(notices[0].text.slice(COUNT.length)).toMatch(sentence);
    await expectOthersUntouched();
    expect((await perNode('memory/working_set'))[BAD]).toBeUndefined();
    expect((await perNode('cpu/node_allocatable'))[BAD]).toBeGreaterThan(0);

    await simulator.faults.clear();
    await backend.nextRound();
    expect(await onStatusPage(BAD)).toEqual({ state: 'ok', sentence: undefined });
    const range = { fromMs: badMs - 15_000, toMs: clock.nowMs() };
    const { values } = await backend.panel({ level: 'node', metric: 'memory/working_set' }, range);
    expect(values[BAD].map((value) => value === null)).toEqual([false, true, false]);
  }, 20_000);
});

describe('a kubelet whose values are odd', () => {
  test('keeps those beyond 2^53, and the rates from them', async () => {
    await twoGoodRounds();
    await simulator.faults.set(BAD, 'beyond2to53');
    await backend.nextRound();
    await backend.nextRound();
    expect(await onStatusPage(BAD)).toEqual({ state: 'ok', sentence: undefined });
    expect((await perNode('cpu/usage'))[BAD]).toBeGreaterThan(2 ** 53);
    const rate = (await perNode('cpu/usage_rate'))[BAD];
    expect(rate).toBeGreaterThan(0);
    expect(rate).toBeLessThan(64_000);
    await expectOthersUntouched();
  });

  test.each<[string, FaultRequest]>([
    ['negative ones', 'negative'],
    ['those of 2^64 and more', 'beyond2to64'],
  ])('leaves out %s, says how many, and keeps the rest', async (_what, fault) => {
    await twoGoodRounds();
    await simulator.faults.set(BAD, fault);
    await backend.nextRound();
    expect(await onStatusPage(BAD)).toEqual({
      state: 'ok',
      sentence: expect.stringMatching(
        /^Kubelet on node worker-2 sent \d+ values that cannot be \(negative, or 2\^64 and more\); they were left out\.$/
      ),
    });
    expect((await perNode('cpu/usage'))[BAD]).toBeUndefined();
    expect((await perNode('memory/usage'))[BAD]).toBeGreaterThan(0);
    await expectOthersUntouched();
  });

  test('is taken as it is where values are missing', async () => {
    await twoGoodRounds();
    await simulator.faults.set(BAD, 'missingBlocks');
    await backend.nextRound();
    await backend.nextRound();
    expect(await onStatusPage(BAD)).toEqual({ state: 'ok', sentence: undefined });
    expect((await perNode('cpu/usage_rate'))[BAD]).toBeGreaterThan(0);
    expect((await perNode('ephemeral_storage/usage'))[BAD]).toBeUndefined();
    await expectOthersUntouched();
  });

  test('is told to set its clock where its times lie in the future; its values are kept under our time', async () => {
    await twoGoodRounds();
    await simulator.faults.set(BAD, { kind: 'clockSkew', skewMs: 3_600_000 });
    await backend.nextRound();
    await backend.nextRound();
    expect(await onStatusPage(BAD)).toEqual({
      state: 'ok',
      sentence: expect.stringMatching(
        /^The clock of node worker-2 is 3\d\d\d s ahead of this machine's\. Set both by NTP; its values are kept under our time\.$/
      ),
    });
    expect((await perNode('memory/working_set'))[BAD]).toBeGreaterThan(0);
    expect((await perNode('cpu/usage_rate'))[BAD]).toBeGreaterThan(0);
    const future = { fromMs: clock.nowMs() + 1, toMs: clock.nowMs() + 7_200_000 };
    expect((await backend.panel({ level: 'node', metric: 'memory/working_set' }, future)).values).toEqual({});
    await expectOthersUntouched();
  });
});

test('after all of this the backend is healthy', async () => {
  await twoGoodRounds();
  expect((await fetch(`${backend.url}/healthz`)).status).toBe(200);
  expect(backend.log.filter((text) => / ERROR /.test(text))).toEqual([]);
});

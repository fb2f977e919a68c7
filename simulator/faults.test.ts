import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import type { FaultRequest } from './faults.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const NODE = 'worker-1';

let clockMs = NOON;
let cluster: Simulator;

beforeEach(async () => {
  clockMs = NOON;
  cluster = await startSimulator({ now: () => clockMs });
});

afterEach(() => cluster.stop());

function ask(signal?: AbortSignal): Promise<Response> {
  const headers = { authorization: `Bearer ${cluster.token}` };
  return fetch(`${cluster.kubeletUrl(NODE)}/stats/summary`, { headers, signal });
}

async function textWith(fault: FaultRequest): Promise<string> {
  await cluster.faults.set(NODE, fault);
  return (await ask()).text();
}

function codeOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: string } };
  return cause?.code ?? String(error);
}

test('slow: the answer comes, late', async () => {
  await cluster.faults.set(NODE, { kind: 'slow', delayMs: 150 });
  const before = performance.now();
  expect((await ask()).status).toBe(200);
  expect(performance.now() - before).toBeGreaterThan(140);
});

test('hanging: nothing comes until somebody gives up', async () => {
  await cluster.faults.set(NODE, 'hanging');
  await expect(ask(AbortSignal.timeout(150))).rejects.toThrow(/timeout/);
  await cluster.faults.clear(NODE);
  expect((await ask()).status).toBe(200);
});

test('refusing: the connection is refused, and after the fault the port is the same', async () => {
  const url = cluster.kubeletUrl(NODE);
  await cluster.faults.set(NODE, 'refusing');
  expect(codeOf(await ask().catch((error: unknown) => error))).toBe('ECONNREFUSED');
  await cluster.faults.clear(NODE);
  expect(cluster.kubeletUrl(NODE)).toBe(url);
  expect((await ask()).status).toBe(200);
});

test.each([401, 403, 404, 500])('status %d: the kubelet answers with it', async (status) => {
  await cluster.faults.set(NODE, { kind: 'status', status });
  expect((await ask()).status).toBe(status);
});

test('cutOff: half of the answer, then the connection breaks', async () => {
  await cluster.faults.set(NODE, 'cutOff');
  const response = await ask();
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow('terminated');
});

test('garbage and emptyBody: no JSON at all', async () => {
  expect(await textWith('garbage')).toMatch(/^<!DOCTYPE html>/);
  expect(await textWith('emptyBody')).toBe('');
});

test('huge: more than 50 MB come', async () => {
  await cluster.faults.set(NODE, 'huge');
  let bytes = 0;
  for await (const chunk of (await ask()).body ?? []) {
    bytes += (chunk as Uint8Array).length;
  }
  expect(bytes).toBeGreaterThan(50 * 1024 * 1024);
});

test('negative, beyond2to53 and beyond2to64: numbers nobody should send', async () => {
  expect(await textWith('negative')).toMatch(/"usageCoreNanoSeconds": -\d/);
  const digits = async (fault: FaultRequest): Promise<bigint> =>
    BigInt(/"usageCoreNanoSeconds": (\d+)/.exec(await textWith(fault))?.[1] ?? 0);
  expect(await digits('beyond2to53')).toBeGreaterThan(2n ** 53n);
  expect(await digits('beyond2to64')).toBeGreaterThan(2n ** 64n);
});

test('missingBlocks and wrongTypes: still JSON, but not as agreed', async () => {
  const missing = JSON.parse(await textWith('missingBlocks'));
  expect(missing.node).not.toHaveProperty('fs');
  expect(missing.pods.some((pod: object) => !('cpu' in pod))).toBe(true);
  const wrong = JSON.parse(await textWith('wrongTypes'));
  expect(wrong.node.cpu.usageNanoCores).toBe('fast');
  expect(wrong.node.systemContainers).toBe('none');
});

test('clockSkew: times lie ahead', async () => {
  const text = await textWith({ kind: 'clockSkew', skewMs: 7_200_000 });
  expect(text).toContain('"2026-11-21T14:00:00Z"');
  expect(text).not.toContain('"2026-11-21T12:00:00Z"');
});

test('restartedKubelet: refused, then no rates for twenty seconds and a new start of the kubelet', async () => {
  await cluster.faults.set(NODE, { kind: 'restartedKubelet', downMs: 4000 });
  expect(codeOf(await ask().catch((error: unknown) => error))).toBe('ECONNREFUSED');
  clockMs += 6000;
  await cluster.settled();
  const rates = (text: string): number[] =>
    [...text.matchAll(/"usageNanoCores": (\d+)/g)].map(([, value]) => Number(value));
  const early = await (await ask()).text();
  const system = JSON.parse(early).node.systemContainers.find((each: { name: string }) => each.name === 'kubelet');
  expect(system.startTime).toBe('2026-11-21T12:00:04Z');
  expect(rates(early).filter((value) => value > 0).length).toBeLessThan(5);
  expect(system.cpu.usageCoreNanoSeconds).toBeGreaterThan(1e9);
  clockMs += 30_000;
  expect(rates(await (await ask()).text()).filter((value) => value > 0).length).toBeGreaterThan(40);
});

test('the API server can be down, unwilling and slow', async () => {
  const nodes = (): Promise<Response> =>
    fetch(`${cluster.apiUrl}/api/v1/nodes`, { headers: { authorization: `Bearer ${cluster.token}` } });
  await cluster.faults.set('api', 'refusing');
  expect(codeOf(await nodes().catch((error: unknown) => error))).toBe('ECONNREFUSED');
  await cluster.faults.set('api', { kind: 'status', status: 401 });
  expect((await nodes()).status).toBe(401);
  await cluster.faults.set('api', { kind: 'slow', delayMs: 20 });
  expect((await nodes()).status).toBe(200);
  await cluster.faults.clear();
  expect((await nodes()).status).toBe(200);
});

test('faults are set over HTTP too, and mistakes get a sentence', async () => {
  const post = async (body: unknown): Promise<[number, string]> => {
    const response = await fetch(`${cluster.controlUrl}/simulator/faults`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    return [response.status, await response.text()];
  };
  expect((await post({ node: NODE, fault: 'status', status: 403 }))[0]).toBe(200);
  expect((await ask()).status).toBe(403);
  expect((await post({ node: NODE, fault: null }))[1].trim()).toBe('[]');
  expect((await ask()).status).toBe(200);
  expect(await post({ node: 'nowhere', fault: 'slow' })).toEqual([
    400,
    expect.stringContaining('There is no node \\"nowhere\\"'),
  ]);
  expect(await post({ node: NODE, fault: 'tired' })).toEqual([
    400,
    expect.stringContaining('is not one of slow, hanging'),
  ]);
  const status = (await (await fetch(`${cluster.controlUrl}/simulator/status`)).json()) as Record<string, number>;
  expect(status).toMatchObject({ nodes: 3, answers: 1, cpuMs: expect.any(Number), rssBytes: expect.any(Number) });
});

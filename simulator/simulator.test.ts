import { createServer } from 'node:net';
import { request as httpsRequest } from 'node:https';
import { startSimulator } from './simulator.ts';
import type { Simulator, SimulatorOptions } from './simulator.ts';
import { keyPaths, recordedKeyPaths } from './testdata/keyPaths.ts';

const NOON = Date.UTC(2026, 10, 21, 12);

interface Summary {
  node: { nodeName: string; systemContainers: Array<Sample & { name: string }> };
  pods: Array<
    Sample & { podRef: { name: string; namespace: string; uid: string }; containers: Array<Sample & { name: string }> }
  >;
}
interface Sample {
  startTime: string;
  cpu?: { time: string; usageNanoCores: number; usageCoreNanoSeconds: number };
}

let clockMs = NOON;
const running: Simulator[] = [];

async function simulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const started = await startSimulator({ now: () => clockMs, ...options });
  running.push(started);
  return started;
}

function ask(of: Simulator, node: string, path = '/stats/summary', signal?: AbortSignal): Promise<Response> {
  return fetch(of.kubeletUrl(node) + path, { headers: { authorization: `Bearer ${of.token}` }, signal });
}

async function summary(of: Simulator, node: string): Promise<Summary> {
  return (await ask(of, node)).json() as Promise<Summary>;
}

/** Every counter of a summary by the item and the run that it counts. */
function counters(of: Summary): Map<string, number> {
  const items = of.pods.flatMap((pod) => [
    { name: `${pod.podRef.uid}`, ...pod },
    ...pod.containers.map((container) => ({ ...container, name: `${pod.podRef.uid}/${container.name}` })),
  ]);
  const found = [...items, ...of.node.systemContainers].filter((item) => item.cpu);
  return new Map(found.map((item) => [`${item.name}@${item.startTime}`, item.cpu?.usageCoreNanoSeconds ?? 0]));
}

beforeEach(() => {
  clockMs = NOON;
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

describe('the world', () => {
  test('is the same for the same seed and time, and another for another seed', async () => {
    const [one, same, other] = [await simulator(), await simulator(), await simulator({ seed: 2 })];
    const text = await (await ask(one, 'worker-1')).text();
    expect(await (await ask(same, 'worker-1')).text()).toBe(text);
    expect(await (await ask(other, 'worker-1')).text()).not.toBe(text);
  });

  test('does not depend on when it was looked at before', async () => {
    const watched = await simulator({ seed: 7 });
    for (let minute = 0; minute < 90; minute++) {
      clockMs = NOON + minute * 60_000;
      watched.operator.pods();
    }
    const fresh = await simulator({ seed: 7 });
    expect(await (await ask(watched, 'worker-2')).text()).toBe(await (await ask(fresh, 'worker-2')).text());
    const names = (of: Simulator): string[] =>
      of.operator
        .pods()
        .map((pod) => `${pod.namespace}/${pod.name}`)
        .sort();
    expect(names(watched)).toEqual(names(fresh));
  });

  test('has thirty pods with about sixty containers on each worker', async () => {
    const cluster = await simulator({ nodes: 10 });
    const { pods } = await summary(cluster, 'worker-3');
    const containers = pods.reduce((sum, pod) => sum + pod.containers.length, 0);
    expect(pods.length).toBeGreaterThanOrEqual(28);
    expect(pods.length).toBeLessThanOrEqual(33);
    expect(containers).toBeGreaterThan(50);
    expect(containers).toBeLessThan(72);
  });

  test('never lets a counter fall while its start time stays, over hours of rollouts, jobs, leaks and crash loops', async () => {
    const cluster = await simulator({ nodes: 3 });
    const newest = new Map<string, number>();
    let restarts = 0;
    for (let minute = 0; minute < 150; minute += 3) {
      clockMs = NOON + minute * 60_000;
      for (const node of ['control-plane-1', 'worker-1']) {
        for (const [key, value] of counters(await summary(cluster, node))) {
          expect([key, value >= (newest.get(key) ?? 0)]).toEqual([key, true]);
          restarts += newest.has(key) ? 0 : 1;
          newest.set(key, value);
        }
      }
    }
    expect(restarts).toBeGreaterThan(150);
  }, 30_000);

  test('says what a container will have used, to the nanosecond', async () => {
    const cluster = await simulator();
    const { pods } = await summary(cluster, 'worker-1');
    const pod = pods.find((each) => each.podRef.namespace === 'shop' && each.containers.length > 1);
    const { name: podName, namespace } = pod?.podRef ?? { name: '', namespace: '' };
    const sample = pod?.containers[0];
    const expectedAt = (ms: number): bigint =>
      cluster.operator.expectedCpuNanoseconds(namespace, podName, sample?.name ?? '', ms);
    const shownMs = Date.parse(sample?.cpu?.time ?? '');
    const shown = BigInt(sample?.cpu?.usageCoreNanoSeconds ?? 0);
    // The time is cut to whole seconds.
    expect(shown).toBeGreaterThanOrEqual(expectedAt(shownMs));
    expect(shown).toBeLessThanOrEqual(expectedAt(shownMs + 999));
  });

  test('repeats samples, as its items have clocks of their own', async () => {
    const cluster = await simulator();
    const before = counters(await summary(cluster, 'worker-1'));
    clockMs += 12_000;
    const after = counters(await summary(cluster, 'worker-1'));
    const repeated = [...before].filter(([key, value]) => value > 0 && after.get(key) === value);
    expect(repeated.length).toBeGreaterThan(0);
    expect(repeated.length).toBeLessThan(before.size / 2);
  });

  test('scales, rolls out and deletes when told to', async () => {
    const { operator } = await simulator({ nodes: 4 });
    const carts = (): string[] =>
      operator
        .pods()
        .filter((pod) => pod.name.startsWith('cart-'))
        .map((pod) => pod.name);
    const before = carts();
    operator.scale('shop', 'cart', 5);
    expect(carts()).toHaveLength(before.length + 2);
    operator.scale('shop', 'cart', 2);
    clockMs += 60_000;
    expect(carts()).toHaveLength(2);
    const [deleted, kept] = carts();
    operator.deletePod('shop', deleted);
    clockMs += 60_000;
    expect(carts()).toContain(kept);
    expect(carts()).not.toContain(deleted);
    operator.rollout('shop', 'cart');
    clockMs += 240_000;
    expect(carts()).toHaveLength(2);
    expect(carts()).not.toContain(kept);
  });
});

describe('a kubelet', () => {
  test('answers in the exact shape of a recorded 1.35 one', async () => {
    const cluster = await simulator({ nodes: 10 });
    const full = new Set<string>();
    const short = new Set<string>();
    for (const node of cluster.nodes) {
      keyPaths(await summary(cluster, node), full);
      keyPaths(await (await ask(cluster, node, '/stats/summary/?only_cpu_and_memory=true')).json(), short);
    }
    const claims = [...full].filter((path) => path.includes('pvcRef'));
    expect(claims.sort()).toEqual(['', '.name', '.namespace'].map((end) => `pods[].volume[].pvcRef${end}`));
    expect([...full].filter((path) => !path.includes('pvcRef')).sort()).toEqual(recordedKeyPaths('summary'));
    expect([...short].sort()).toEqual(recordedKeyPaths('onlyCpuAndMemory'));
  });

  test('indents by one space and prints digits beyond 2^53 exactly', async () => {
    const cluster = await simulator({ nodes: 30 });
    const texts = await Promise.all(cluster.nodes.map(async (node) => (await ask(cluster, node)).text()));
    texts.forEach((text) =>
      expect(JSON.stringify(JSON.parse(text), null, 1).split('\n')).toHaveLength(text.split('\n').length)
    );
    const largest = texts.flatMap((text) =>
      [...text.matchAll(/"usageCoreNanoSeconds": (\d+)/g)].map(([, digits]) => BigInt(digits))
    );
    expect(largest.some((value) => value > 2n ** 53n)).toBe(true);
    expect(largest.every((value) => value % 1000n === 0n)).toBe(true);
  });

  test('wants a token that may read node stats', async () => {
    const accounts = [{ token: 'poor', username: 'system:serviceaccount:default:nobody', rules: [] }];
    const cluster = await simulator({ accounts });
    const url = `${cluster.kubeletUrl('worker-1')}/stats/summary`;
    const anonymous = await fetch(url);
    expect([anonymous.status, await anonymous.text()]).toEqual([401, 'Unauthorized']);
    const poor = await fetch(url, { headers: { authorization: 'Bearer poor' } });
    expect(poor.status).toBe(403);
    expect(await poor.text()).toBe(
      'Forbidden (user=system:serviceaccount:default:nobody, verb=get, resource=nodes, subresource(s)=[stats])\n'
    );
  });

  test('falls silent now and then, and its node turns NotReady', async () => {
    const cluster = await simulator({ nodes: 8 });
    let seen = 0;
    for (let second = 0; second < 3 * 2400; second += 15) {
      clockMs = NOON + second * 1000;
      cluster.world.advance(clockMs);
      seen += cluster.world.nodes.filter((node) => !node.ready && !node.reachable).length;
    }
    expect(seen).toBeGreaterThan(0);
    expect(cluster.world.nodes.filter((node) => !node.ready).length).toBeLessThanOrEqual(1);
  });
});

describe('TLS', () => {
  function connect(url: string, cluster: Simulator, servername: string): Promise<number | string> {
    return new Promise((resolve) => {
      const headers = { authorization: `Bearer ${cluster.token}` };
      const request = httpsRequest(url, { ca: cluster.caPem, servername, headers, agent: false }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      });
      request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      request.end();
    });
  }

  test('verifies kubelets against the name of the node and nothing else', async () => {
    const cluster = await simulator({ kubeletHttps: true, apiHttps: true });
    const url = `${cluster.kubeletUrl('worker-1')}/stats/summary`;
    expect(await connect(url, cluster, 'worker-1')).toBe(200);
    expect(await connect(url, cluster, 'worker-2')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await connect(url, cluster, '')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await connect(`${cluster.apiUrl}/api/v1/nodes`, cluster, 'localhost')).toBe(200);
    await cluster.faults.set('worker-1', 'wrongCertificate');
    expect(await connect(url, cluster, 'worker-1')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test('writes a kubeconfig that carries the authority', async () => {
    const cluster = await simulator({ apiHttps: true });
    const yaml = cluster.kubeconfigYaml();
    expect(yaml).toContain(`server: ${cluster.apiUrl}`);
    expect(yaml).toContain(Buffer.from(cluster.caPem).toString('base64'));
    expect(yaml).toContain(`token: ${cluster.token}`);
  });
});

test('stopping frees every port', async () => {
  const cluster = await simulator({ nodes: 5 });
  const ports = [cluster.apiUrl, cluster.controlUrl, ...cluster.nodes.map((node) => cluster.kubeletUrl(node))];
  await cluster.stop();
  running.length = 0;
  for (const url of ports) {
    const probe = createServer();
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject).listen(Number(new URL(url).port), '127.0.0.1', () => probe.close(() => resolve()));
    });
  }
});

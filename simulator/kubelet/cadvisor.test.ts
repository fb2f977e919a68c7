import { decodeCadvisor } from '../../backend/kubelet/decodeCadvisor.ts';
import { valuesOf } from '../../tests/support/batches.ts';
import { readRecordedCadvisor } from '../../tests/support/recordings.ts';
import { startSimulator } from '../simulator.ts';
import type { Simulator } from '../simulator.ts';

const NOON = Date.UTC(2026, 10, 21, 12);

let clockMs = NOON;
let cluster: Simulator;

beforeEach(async () => {
  clockMs = NOON;
  cluster = await startSimulator({ nodes: 4, now: () => clockMs });
});

afterEach(() => cluster.stop());

async function ask(node = 'worker-1', path = '/metrics/cadvisor'): Promise<Response> {
  return fetch(`${cluster.kubeletUrl(node)}${path}`, { headers: { authorization: `Bearer ${cluster.token}` } });
}

async function decoded(node = 'worker-1') {
  return decodeCadvisor(Buffer.from(await (await ask(node)).arrayBuffer()), node, clockMs);
}

/** Each family with the labels of its lines, in their order. */
function shapeOf(text: string): Map<string, string> {
  const shape = new Map<string, string>();
  for (const [, name, labels = ''] of text.matchAll(/^([a-z_0-9]+)(?:\{(.*)\})? \S+/gm)) {
    shape.set(name, [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label).join(','));
  }
  return shape;
}

test('the answer has the families, labels and order of a recorded 1.35 kubelet, and disks of containers beside', async () => {
  const recorded = shapeOf(readRecordedCadvisor()['lab-node-2']);
  const simulated = shapeOf(await (await ask()).text());
  const disks = ['container_fs_reads_bytes_total', 'container_fs_writes_bytes_total'];
  const containers = (shape: Map<string, string>) =>
    [...shape].filter(([name]) => name.startsWith('container_') && !disks.includes(name) && !name.endsWith('_error'));
  expect(containers(simulated)).toEqual(containers(recorded));
  expect(disks.map((name) => simulated.get(name))).toEqual(
    Array(2).fill('container,device,id,image,name,namespace,pod')
  );
});

test('it is many times as long as the summary', async () => {
  const length = async (path: string) => (await (await ask('worker-1', path)).arrayBuffer()).byteLength;
  expect(await length('/metrics/cadvisor')).toBeGreaterThan(10 * (await length('/stats/summary')));
});

test('it names the pods and sampled containers that the summary has', async () => {
  const { tables, badLines, rejectedValues } = await decoded();
  const summary = (await (await ask('worker-1', '/stats/summary')).json()) as {
    pods: Array<{ podRef: { name: string; namespace: string }; containers: Array<{ name: string; cpu?: object }> }>;
  };
  const pods = summary.pods.map(({ podRef }) => `${podRef.namespace}/${podRef.name}`);
  expect([...tables.pod.keys].sort()).toEqual(pods.sort());
  const containers = summary.pods.flatMap(({ podRef, containers: all }) =>
    all.filter(({ cpu }) => cpu).map(({ name }) => `${podRef.namespace}/${podRef.name}/${name}`)
  );
  expect([...tables.container.keys].sort()).toEqual(containers.sort());
  expect([badLines, rejectedValues]).toEqual([0, 0]);
});

test('counters never fall while the start stays, and what is throttled is a part of the periods', async () => {
  const before = new Map<string, number>();
  let throttled = 0;
  for (let minute = 0; minute < 90; minute += 5) {
    clockMs = NOON + minute * 60_000;
    const { container } = (await decoded()).tables;
    const [periods, throttledPeriods] = ['cpu/periods', 'cpu/throttled_periods'].map((metric) =>
      valuesOf(container, metric)
    );
    for (const [metric, column] of container.columns) {
      container.keys.forEach((key, row) => {
        const counter = `${metric} of ${key} since ${container.startTimesMs[row]}`;
        expect([counter, column.values[row] < (before.get(counter) ?? 0)]).toEqual([counter, false]);
        before.set(counter, column.values[row]);
      });
    }
    for (const [key, count] of Object.entries(throttledPeriods)) {
      expect(Number(count)).toBeLessThanOrEqual(Number(periods[key]));
      throttled += Number(count);
    }
  }
  expect(throttled).toBeGreaterThan(0);
}, 60_000);

test('faults concern it as they do the summary', async () => {
  await cluster.faults.set('worker-1', { kind: 'status', status: 403 });
  expect(await (await ask()).text()).toContain('subresource(s)=[metrics]');
  await cluster.faults.set('worker-1', 'beyond2to64');
  expect((await decoded()).rejectedValues).toBeGreaterThan(50);
  await cluster.faults.set('worker-1', 'wrongTypes');
  expect((await decoded()).badLines).toBeGreaterThan(50);
  await cluster.faults.set('worker-1', 'missingBlocks');
  expect((await decoded()).tables.pod.keys).toEqual([]);
});

test('a fault of one path leaves the other as it is, even if it hangs', async () => {
  await cluster.faults.set('worker-1', { kind: 'garbage', path: '/metrics/cadvisor' });
  expect(await (await ask()).text()).toMatch(/^<!DOCTYPE html>/);
  expect(await (await ask('worker-1', '/stats/summary')).json()).toHaveProperty('node');
  await cluster.faults.set('worker-1', { kind: 'hanging', path: '/metrics/cadvisor' });
  expect((await ask('worker-1', '/stats/summary')).status).toBe(200);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultRequest } from '../../simulator/faults.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { manualClock } from '../support/manualClock.ts';
import { runBackend } from '../support/runningBackend.ts';
import type { RunningBackend } from '../support/runningBackend.ts';

/** Three simulated nodes with `--cadvisor-metrics`, of which one misbehaves at `/metrics/cadvisor` and nowhere else. */
const [BAD, FINE] = ['worker-2', 'worker-1'];
const PATH = '/metrics/cadvisor';
const MISSING = 'CPU throttling and disk values of node worker-2 are missing\\. Kubelet on node worker-2';
const folder = mkdtempSync(join(tmpdir(), 'heapscope-cadvisor-'));

afterAll(() => rmSync(folder, { recursive: true }));

type Case = [what: string, fault: FaultRequest, sentence: string];

const OF_CONTENT: Case[] = [
  [
    'answers garbage',
    { kind: 'garbage', path: PATH },
    `${MISSING} answered \\d+ bytes that are no metrics: they begin`,
  ],
  ['answers nothing', { kind: 'emptyBody', path: PATH }, `${MISSING} sent an empty answer`],
  [
    'shows the machine only',
    { kind: 'missingBlocks', path: PATH },
    'Kubelet on node worker-2 names no pods in /metrics',
  ],
  [
    'counts in words',
    { kind: 'wrongTypes', path: PATH },
    'Kubelet on node worker-2 sent \\d+ lines that cannot be read',
  ],
  [
    'counts below 0',
    { kind: 'negative', path: PATH },
    'and \\d+ values that cannot be in /metrics/cadvisor; they were',
  ],
  ['counts beyond 2^64', { kind: 'beyond2to64', path: PATH }, 'and \\d+ values that cannot be in /metrics/cadvisor'],
];
const OF_TRANSPORT: Case[] = [
  [
    'forbids',
    { kind: 'status', status: 403, path: PATH },
    `${MISSING} refused the request \\(403\\)\\. Allow the user`,
  ],
  ['does not have it', { kind: 'status', status: 404, path: PATH }, `${MISSING} has no /metrics/cadvisor \\(404\\)`],
  ['hangs', { kind: 'hanging', path: PATH }, `${MISSING} did not answer within 1 s`],
  ['cuts it off', { kind: 'cutOff', path: PATH }, `${MISSING} cut its answer off after \\d+ bytes`],
  ['sends 50 MB', { kind: 'huge', path: PATH }, `${MISSING} sends more than 32 MiB`],
];

describe.each([['direct'], ['proxy']])('kubelets by --kubelet-access=%s', (access) => {
  const clock = manualClock(Date.parse('2026-11-21T12:00:00Z'));
  let simulator: Simulator;
  let backend: RunningBackend;

  beforeAll(async () => {
    simulator = await startSimulator({
      nodes: 3,
      podsPerNode: 8,
      now: clock.nowMs,
      apiHttps: true,
      kubeletHttps: true,
    });
    const path = join(folder, `kubeconfig-${access}`);
    writeFileSync(path, simulator.kubeconfigYaml());
    const flags = ['--cadvisor-metrics', '--kubelet-timeout=1s', `--kubelet-access=${access}`];
    backend = await runBackend({ kind: 'kubeconfig', path }, clock, flags);
  }, 20_000);

  afterAll(async () => {
    await backend.stop();
    await simulator.stop();
  });

  afterEach(() => simulator.faults.clear());

  /** Bytes written per second, as a panel shows it for the newest rounds. */
  async function writeRates(): Promise<Record<string, number>> {
    const lately = { fromMs: clock.nowMs() - 30_000, toMs: clock.nowMs() };
    const { values } = await backend.panel({ level: 'node', metric: 'disk/write_rate' }, lately);
    return Object.fromEntries(Object.entries(values).map(([node, list]) => [node, Math.max(...list.map(Number))]));
  }

  async function sentenceOf(node: string): Promise<[state: string, sentence: string | undefined]> {
    const { nodes } = await backend.status();
    const row = nodes.name.indexOf(node);
    return [nodes.state[row], nodes.errors[row]];
  }

  test('give disk rates at every level, and the pods of a node add up to it', async () => {
    await backend.nextRound();
    await backend.nextRound();
    const perNode = await backend.panel({ level: 'node', metric: 'disk/write_rate' });
    const summed = await backend.panel({ level: 'pod', metric: 'disk/write_rate', groupBy: ['node'] });
    const workloads = await backend.panel({ level: 'workload', metric: 'disk/write_rate', aggregation: 'sum' });
    expect(Object.keys(perNode.values).length).toBeGreaterThan(1);
    for (const [node, values] of Object.entries(perNode.values)) {
      expect(values[0]).toBeCloseTo(Number(summed.values[node][0]), 6);
    }
    const [all] = Object.values((await backend.panel({ level: 'cluster', metric: 'disk/write_rate' })).values);
    expect(all[0]).toBeGreaterThan(0);
    expect(Object.values(workloads.values)[0][0]).toBeLessThanOrEqual(Number(all[0]) * 1.000001);
    expect(await sentenceOf(BAD)).toEqual(['ok', undefined]);
  });

  test.each([...OF_CONTENT, ...(access === 'direct' ? OF_TRANSPORT : [])])(
    'a node that %s keeps its summary, the others everything, and the status page says so',
    async (_what, fault, sentence) => {
      await backend.nextRound();
      await simulator.faults.set(BAD, fault);
      await backend.nextRound();
      await backend.nextRound();
      expect(await sentenceOf(BAD)).toEqual(['ok', expect.stringMatching(new RegExp(sentence))]);
      const { values, notices } = await backend.panel({ level: 'node', metric: 'memory/working_set' });
      expect(values[BAD][0]).toBeGreaterThan(0);
      expect(notices).toEqual([]);
      expect((await writeRates())[FINE]).toBeGreaterThan(0);
      expect(await sentenceOf(FINE)).toEqual(['ok', undefined]);

      await simulator.faults.clear();
      await backend.nextRound();
      await backend.nextRound();
      expect(await sentenceOf(BAD)).toEqual(['ok', undefined]);
      expect((await writeRates())[BAD]).toBeGreaterThan(0);
      expect(backend.log.filter((text) => / ERROR /.test(text))).toEqual([]);
    }
  );
});

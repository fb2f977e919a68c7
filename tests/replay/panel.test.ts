import type { NamesResponse } from '../../backend/contract/grafana.ts';
import { manualClock } from '../support/manualClock.ts';
import { readRecording } from '../support/recordings.ts';
import { runBackend } from '../support/runningBackend.ts';
import type { RunningBackend } from '../support/runningBackend.ts';
import { replayCluster } from './replayCluster.ts';
import type { ReplayCluster } from './replayCluster.ts';

/** The backend as it is started, on the recording of three kubelet generations, asked over HTTP like Grafana does. */
const FIRST_MS = Date.parse('2026-11-21T11:27:00Z');

let cluster: ReplayCluster;
let backend: RunningBackend;

beforeAll(async () => {
  cluster = await replayCluster(readRecording('three-generations'));
  await cluster.turnTo(0);
  backend = await runBackend({ kind: 'url', url: cluster.api.url }, manualClock(FIRST_MS), ['--kubelet-https=false']);
  for (const moment of [1, 2, 3]) {
    await cluster.turnTo(moment);
    await backend.nextRound();
  }
}, 20_000);

afterAll(async () => {
  await backend.stop();
  await cluster.close();
});

const range = { fromMs: FIRST_MS, toMs: FIRST_MS + 45_000 };

test('a panel shows the CPU of a node round by round, with a gap where there is no rate yet', async () => {
  const { values, notices } = await backend.panel({ level: 'node', metric: 'cpu/usage_rate' }, range);
  expect(notices).toEqual([]);
  expect(Object.keys(values).toSorted()).toEqual(['lab-node-1', 'lab-node-2', 'lab-node-3']);
  // lab-node-1: 10909161454 ns in 10 s, 20522216254 ns in 20 s, 13513351048 ns in 10 s
  expect(values['lab-node-1'][0]).toBeNull();
  expect(values['lab-node-1'][1]).toBeCloseTo(10_909_161_454 / 10 / 1e6, 6);
  expect(values['lab-node-1'][2]).toBeCloseTo(20_522_216_254 / 20 / 1e6, 6);
  expect(values['lab-node-1'][3]).toBeCloseTo(13_513_351_048 / 10 / 1e6, 6);
});

test('a panel shows a workload as the sum over all nodes', async () => {
  const filters = [{ dimension: 'workload' as const, operator: '=' as const, values: ['web'] }];
  const query = { level: 'pod' as const, metric: 'memory/working_set', filters, groupBy: ['workload' as const] };
  const { values } = await backend.panel(query, { fromMs: range.toMs, toMs: range.toMs });
  // f8wc5 and qpnkx on lab-node-1, 7t6sn and ttp96 on lab-node-2, hk4sd and fch9j on lab-node-3
  expect(values).toEqual({ web: [1_163_264 + 1_236_992 + 1_183_744 + 1_167_360 + 1_171_456 + 1_163_264] });
});

test('the namespaces and pods to choose from are all there are, also those without a running pod', async () => {
  const ask = async (dimension: string): Promise<string[]> => {
    const body = JSON.stringify({ ...range, dimension });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${backend.url}/api/grafana/v1/names`, { method: 'POST', headers, body });
    return ((await answer.json()) as NamesResponse).names;
  };
  expect(await ask('namespace')).toEqual([
    'data-pipeline',
    'default',
    'empty-quarter',
    'kube-node-lease',
    'kube-public',
    'kube-system',
    'shop',
  ]);
  const pods = await ask('pod');
  expect(pods).toHaveLength(32);
  expect(pods).toEqual(
    expect.arrayContaining(['crashy', 'no-image', 'oomer', 'unschedulable', 'static-proxy-lab-node-3'])
  );
});

test('the status page says that all is well', async () => {
  const { nodeStates, problems, nodes, round } = await backend.status();
  expect(nodeStates).toMatchObject({ ok: 3, failing: 0 });
  expect(problems).toEqual([]);
  expect(round.number).toBe(4);
  expect(nodes.memoryBytes).toEqual([6_212_661_248, 6_212_956_160, 6_210_125_824]);
});

import type { MetricsResponse } from '../../backend/contract/grafana.ts';
import { CATALOGUE } from '../../backend/model/catalogue.ts';
import { manualClock } from '../support/manualClock.ts';
import { readRecordedCadvisor, readRecording } from '../support/recordings.ts';
import { runBackend } from '../support/runningBackend.ts';
import type { RunningBackend } from '../support/runningBackend.ts';
import { replayCluster } from './replayCluster.ts';
import type { ReplayCluster } from './replayCluster.ts';

const FIRST_MS = Date.parse('2026-11-21T11:27:00Z');
const namesOf = (...origins: string[]) =>
  CATALOGUE.filter(({ origin }) => origins.includes(origin)).map(({ name }) => name);
const OF_OLD_KUBELETS = namesOf('cadvisor');

let cluster: ReplayCluster;
let backend: RunningBackend | undefined;

beforeEach(async () => {
  const recorded = readRecordedCadvisor();
  const nodes = ['lab-node-1', 'lab-node-2', 'lab-node-3'];
  const answers = Object.fromEntries(nodes.map((node) => [node, () => recorded[node]]));
  cluster = await replayCluster(readRecording('three-generations'), answers);
  await cluster.turnTo(0);
});

afterEach(async () => {
  await backend?.stop();
  await cluster.close();
});

async function start(flags: string[]): Promise<RunningBackend> {
  const connection = { kind: 'url', url: cluster.api.url } as const;
  backend = await runBackend(connection, manualClock(FIRST_MS), ['--kubelet-https=false', ...flags]);
  return backend;
}

async function switchedOff({ url }: RunningBackend): Promise<string[]> {
  const { metrics } = (await (await fetch(`${url}/api/grafana/v1/metrics`)).json()) as MetricsResponse;
  return metrics.filter(({ switchOn }) => switchOn !== undefined).map(({ name }) => name);
}

test('switched off, nobody is asked for it: pickers mark its metrics, and panels say why they are empty', async () => {
  const running = await start([]);
  expect(await switchedOff(running)).toEqual(namesOf('cadvisor', 'cadvisor_metrics'));
  const { values, notices } = await running.panel({ level: 'container', metric: 'cpu/periods' });
  expect([values, notices]).toEqual([
    {},
    [{ severity: 'info', text: 'cpu/periods is not collected. Start Heapscope with --cadvisor-metrics to have it.' }],
  ]);
  expect((await running.panel({ level: 'node', metric: 'memory/working_set' })).notices).toEqual([]);
  expect(cluster.cadvisorAnswers()).toBe(0);
});

test('switched on, each kubelet is asked once a round, and only what old kubelets alone tell is marked', async () => {
  const running = await start(['--cadvisor-metrics']);
  expect(await switchedOff(running)).toEqual(OF_OLD_KUBELETS);
  const { values, notices } = await running.panel({ level: 'container', metric: 'cpu/periods' });
  expect(Object.values(values).flat()).toContain(1281);
  expect(notices).toEqual([]);
  expect(cluster.cadvisorAnswers()).toBe(3);
  expect(await (await fetch(`${running.url}/metrics`)).text()).toContain(
    'heapscope_cadvisor_scrapes_total{outcome="ok"} 3'
  );
});

import { request } from 'node:https';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { freePort } from '../../backend/sinks/testing/freePort.ts';
import { replayCluster } from '../replay/replayCluster.ts';
import type { ReplayCluster } from '../replay/replayCluster.ts';
import { manualClock } from '../support/manualClock.ts';
import { readRecording } from '../support/recordings.ts';
import { runBackend } from '../support/runningBackend.ts';

/** The port of `metrics.k8s.io` as a part of the whole backend. */
const FIRST_MS = Date.parse('2026-11-21T11:27:00Z');

let cluster: ReplayCluster;
beforeEach(async () => {
  cluster = await replayCluster(readRecording('three-generations'));
  await cluster.turnTo(0);
});
afterEach(() => cluster.close());

function statusOf(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, agent: false, rejectUnauthorized: false };
    const sent = request(options, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('it is ready as soon as rounds have brought two samples, and ends with the backend', async () => {
  const port = await freePort();
  const flags = ['--kubelet-https=false', `--secure-port=${port}`];
  const backend = await runBackend({ kind: 'url', url: cluster.api.url }, manualClock(FIRST_MS), flags);
  expect(await statusOf(port, '/readyz')).toBe(500);
  expect(await statusOf(port, '/apis/metrics.k8s.io/v1beta1/nodes')).toBe(401);
  for (const moment of [1, 2]) {
    await cluster.turnTo(moment);
    await backend.nextRound();
  }
  expect(await statusOf(port, '/readyz')).toBe(200);
  const { problems } = await backend.status();
  expect(problems.map(({ text }) => text).join()).toContain('extension-apiserver-authentication');
  await backend.stop();
  await expect(statusOf(port, '/livez')).rejects.toThrow('ECONNREFUSED');
});

test('with a selector only its nodes are asked, and others are no trouble', async () => {
  const flags = ['--kubelet-https=false', '-l', 'kubernetes.io/hostname in (lab-node-1,lab-node-3)'];
  const backend = await runBackend({ kind: 'url', url: cluster.api.url }, manualClock(FIRST_MS), flags);
  await backend.nextRound();
  const { nodes, nodeStates } = await backend.status();
  expect([...nodes.name].sort()).toEqual(['lab-node-1', 'lab-node-3']);
  expect(nodeStates).toMatchObject({ ok: 2 });
  const { values } = await backend.panel({ level: 'pod', metric: 'memory/working_set', groupBy: ['node'] } as never);
  expect(Object.keys(values).sort()).toEqual(['lab-node-1', 'lab-node-3']);
  await backend.stop();
});

test('a port that is in use is told by the name of its flag', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const flags = ['--kubelet-https=false', `--secure-port=${port}`];
  const starting = runBackend({ kind: 'url', url: cluster.api.url }, manualClock(FIRST_MS), flags);
  await expect(starting).rejects.toThrow('choose another --secure-port');
  other.close();
});

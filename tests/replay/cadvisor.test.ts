import { readRecordedCadvisor, readRecording } from '../support/recordings.ts';
import { startReplay } from './replayLine.ts';
import type { ReplayLine } from './replayLine.ts';

/** The three generations with `--cadvisor-metrics`. One answer was recorded: the second is it again, 20 s and some work on. */
const FIRST_MS = Date.parse('2026-11-21T11:27:00Z');
const [FIRST, SECOND] = [FIRST_MS, FIRST_MS + 15_000];

const recorded = readRecordedCadvisor();
const BURNER = 'shop/burner-65fdcc9774-c8mq4';

/** The answer of the 1.35 kubelet 20 s on: its burner was throttled in 60 of 200 periods, for 4.5 s. */
function later(text: string): string {
  const said: Record<string, [from: string, to: string]> = {
    periods: ['146', '346'],
    throttled_periods: ['0', '60'],
    throttled_seconds: ['0', '4.5'],
  };
  return text
    .split('\n')
    .map((line) => {
      const [, family] = /^container_cpu_cfs_(\w+)_total\{container="burn"/.exec(line) ?? [];
      return family ? line.replace(`} ${said[family][0]} 1795260416088`, `} ${said[family][1]} 1795260436088`) : line;
    })
    .join('\n');
}

let line: ReplayLine;

beforeAll(async () => {
  line = await startReplay(readRecording('three-generations'), {
    'lab-node-1': () => recorded['lab-node-1'],
    'lab-node-2': (moment) => (moment === 0 ? recorded['lab-node-2'] : later(recorded['lab-node-2'])),
    'lab-node-3': (moment) => (moment === 0 ? recorded['lab-node-3'] : undefined),
  });
  await line.collect(0, FIRST, FIRST - 500);
  await line.collect(1, SECOND, SECOND - 500);
}, 30_000);

afterAll(() => line.close());

test('counters stand beside those of the summary, for containers with a limit and pods with one of their own', () => {
  expect(line.values('container', 'cpu/periods', FIRST)).toEqual({
    'shop/burner-65fdcc9774-s2m8x/burn': 1281,
    'shop/web-67779d9ccf-qpnkx/httpd': 45,
    'shop/web-67779d9ccf-f8wc5/httpd': 44,
    'data-pipeline/mixed-wtwjn/steady': 119,
    'shop/pod-level/a': 3,
    'shop/pod-level/b': 3,
    [`${BURNER}/burn`]: 146,
    'shop/web-67779d9ccf-ttp96/httpd': 10,
    'shop/web-67779d9ccf-7t6sn/httpd': 10,
    'data-pipeline/mixed-wn6v4/steady': 2,
    'shop/burner-65fdcc9774-qpjkw/burn': 142,
    'shop/web-67779d9ccf-hk4sd/httpd': 10,
    'shop/web-67779d9ccf-fch9j/httpd': 6,
    'data-pipeline/mixed-nlwtw/steady': 189,
  });
  expect(line.values('pod', 'cpu/periods', FIRST)).toEqual({
    'shop/burner-65fdcc9774-s2m8x': 1293,
    'shop/pod-level': 14,
    [BURNER]: 120,
    'shop/burner-65fdcc9774-qpjkw': 117,
  });
  expect(line.values('container', 'memory/working_set', FIRST)[`${BURNER}/burn`]).toBeGreaterThan(0);
});

test('rates go by the times of the lines, and add up to the workload, the namespace, the node and the cluster', () => {
  const share = line.values('container', 'cpu/throttling', SECOND);
  expect(share).toEqual({ [`${BURNER}/burn`]: 60 / 200 });
  // 4.5 s withheld in 20 s, 200 periods in 20 s
  expect(line.values('container', 'cpu/throttled_rate', SECOND)).toEqual({ [`${BURNER}/burn`]: 225 });
  expect(line.values('container', 'cpu/periods_rate', SECOND)).toEqual({ [`${BURNER}/burn`]: 10 });
  expect(line.values('pod', 'cpu/throttling', SECOND)).toEqual({ [BURNER]: 60 / 200 });
  expect(line.values('pod', 'cpu/throttled_rate', SECOND)).toEqual({ [BURNER]: 225 });
  expect(line.values('workload', 'cpu/throttled_rate', SECOND)).toEqual({ 'shop/Deployment/burner': 225 });
  expect(line.values('namespace', 'cpu/throttled_periods_rate', SECOND)).toEqual({ shop: 3 });
  expect(line.values('node', 'cpu/throttled_rate', SECOND)).toEqual({ 'lab-node-2': 225 });
  expect(line.values('cluster', 'cpu/throttled_rate', SECOND)).toEqual({ '': 225 });
});

test('a node whose second answer fails keeps its summary, and says what is missing', () => {
  expect(line.collector.report('lab-node-3')).toMatchObject({
    state: 'ok',
    problem: {
      code: 'kubelet_cadvisor',
      message: expect.stringMatching(
        /^CPU throttling and disk values of node lab-node-3 are missing\. Kubelet on node lab-node-3 has no \/metrics\/cadvisor \(404\)\./
      ),
    },
  });
  expect(line.values('node', 'memory/working_set', SECOND)['lab-node-3']).toBeGreaterThan(0);
  expect(line.values('cluster', 'nodes/answered', SECOND)).toEqual({ '': 3 });
  expect(line.values('pod', 'cpu/periods', SECOND)).not.toHaveProperty('shop/burner-65fdcc9774-qpjkw');
  expect(line.collector.report('lab-node-1')?.problem).toBeUndefined();
});

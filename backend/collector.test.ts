import { aDirectory, aNode, aPod } from '../tests/support/facts.ts';
import { manualClock } from '../tests/support/manualClock.ts';
import { until } from '../tests/support/until.ts';
import { Collector } from './collector.ts';
import type { CollectorOptions } from './collector.ts';
import { HeapscopeError } from './errors.ts';
import type { NodeFacts, PodFacts } from './model/facts.ts';
import { HeadStore } from './store/headStore.ts';

const R = 60_000;
const FIRST = Date.parse('2026-11-21T12:00:00Z');
const neverAborted = new AbortController().signal;

type Answer = { body: Buffer; receivedMs: number; durationMs: number };
type Ask = (node: NodeFacts, options: { deadlineMs: number }) => Promise<Answer> | Answer;

/** A summary of a node with one container that has used `cpuNs`, sampled at `atMs`. */
function summary(node: string, cpuNs: number | string, atMs: number, more: object = {}): Answer {
  const time = new Date(atMs).toISOString();
  const startTime = new Date(FIRST - 3600_000).toISOString();
  const measured = {
    startTime,
    cpu: { time, usageCoreNanoSeconds: 0 },
    memory: { time, workingSetBytes: 5, usageBytes: 7 },
  };
  const answer = {
    node: { nodeName: node, ...measured, ...more },
    pods: [
      { podRef: { name: `on-${node}`, namespace: 'shop' }, ...measured, containers: [{ name: 'main', ...measured }] },
    ],
  };
  const text = JSON.stringify(answer).replaceAll('"usageCoreNanoSeconds":0', `"usageCoreNanoSeconds":${cpuNs}`);
  return { body: Buffer.from(text), receivedMs: atMs + 500, durationMs: 12 };
}

function start(
  ask: Ask,
  nodes: NodeFacts[] = [aNode('worker-1'), aNode('worker-2')],
  pods: PodFacts[] = [],
  cadvisor?: CollectorOptions['cadvisor']
) {
  const clock = manualClock(FIRST + 1_000 * R);
  const head = new HeadStore({ windowMs: 15 * R, maxBytes: 1e8 });
  const asked: string[] = [];
  const scrapes: string[] = [];
  const forgotten: string[] = [];
  const logged: string[] = [];
  const options: CollectorOptions = {
    resolutionMs: R,
    deadlineMs: 5_000,
    directory: { ...aDirectory(pods), nodes: () => nodes },
    kubelets: {
      async readSummary(node, request) {
        asked.push(node.name);
        return ask(node, request);
      },
      forget: (name) => forgotten.push(name),
    },
    cadvisor,
    writer: head,
    clock,
    telemetry: {
      observeStep: () => undefined,
      observeRound: () => undefined,
      countScrape: (outcome) => scrapes.push(outcome),
    },
    log: { info: (sentence) => logged.push(sentence), warn: (sentence) => logged.push(sentence) },
  };
  const collector = new Collector(options);
  return {
    collector,
    logged,
    head,
    clock,
    asked,
    scrapes,
    forgotten,
    nodes,
    collect: (endMs: number) => collector.collectRound(endMs, neverAborted),
    points: (table: 'node' | 'container' | 'cluster' | 'pod', key: string, metric: string) =>
      head.exactPoints(table, key, metric, 0, Infinity).map(({ value }) => value),
  };
}

const refused = () => Promise.reject(new HeapscopeError('kubelet_refused', 'Kubelet on node worker-2 refused.'));

test('each node goes down the line on its own, and the round becomes visible as a whole', async () => {
  const last = Promise.withResolvers<Answer>();
  const line = start((node) => (node.name === 'worker-1' ? summary('worker-1', 1e9, FIRST) : last.promise));
  const collecting = line.collect(FIRST);
  await until('worker-1 has answered', () => line.collector.report('worker-1')?.state === 'ok');
  expect(line.head.rounds()).toEqual([]);
  last.resolve(summary('worker-2', 2e9, FIRST));
  await collecting;
  expect(line.head.rounds()).toEqual([FIRST]);
  expect(line.points('node', 'worker-1', 'cpu/usage')).toEqual([1e9]);
  expect(line.points('cluster', '', 'memory/working_set')).toEqual([10]);
});

test('the second round has rates', async () => {
  let round = 0;
  const line = start((node) => summary(node.name, 1e9 + round * 6e9, FIRST + round * R - 500));
  await line.collect(FIRST);
  round = 1;
  await line.collect(FIRST + R);
  // 6 s of CPU time in 60 s
  expect(line.points('node', 'worker-1', 'cpu/usage_rate')).toEqual([100]);
  expect(line.points('container', 'shop/on-worker-2/main', 'cpu/usage_rate')).toEqual([100]);
});

test('a counter beyond 2^53 keeps all its digits from the kubelet to the store', async () => {
  const line = start((node) => summary(node.name, '9007199254740993', FIRST));
  await line.collect(FIRST);
  expect(line.points('container', 'shop/on-worker-1/main', 'cpu/usage')).toEqual([9_007_199_254_740_993n]);
});

test('and its rate comes from the last digits: 6 ns in 60 s', async () => {
  let round = 0;
  const line = start((node) => summary(node.name, `90071992547409${round === 0 ? 93 : 99}`, FIRST + round * R));
  await line.collect(FIRST);
  round = 1;
  await line.collect(FIRST + R);
  expect(line.points('node', 'worker-1', 'cpu/usage_rate')).toEqual([1e-7]);
});

test('a node that hangs delays nobody: the others are read meanwhile, and keep their values', async () => {
  const hanging = Promise.withResolvers<Answer>();
  const line = start((node) => (node.name === 'worker-2' ? hanging.promise : summary(node.name, 1, FIRST)));
  const collecting = line.collect(FIRST);
  await until('worker-1 has answered', () => line.collector.report('worker-1') !== undefined);
  expect(line.asked.toSorted()).toEqual(['worker-1', 'worker-2']);
  expect(line.collector.report('worker-1')).toMatchObject({ state: 'ok', durationMs: 12 });
  hanging.reject(new HeapscopeError('kubelet_timeout', 'Kubelet on node worker-2 did not answer within 5 s.'));
  await collecting;
  expect(line.points('node', 'worker-1', 'memory/working_set')).toEqual([5]);
  expect(line.points('node', 'worker-2', 'memory/working_set')).toEqual([]);
  expect(line.collector.report('worker-2')?.problem?.message).toBe(
    'Kubelet on node worker-2 did not answer within 5 s.'
  );
});

test('a node that fails keeps what the API server knows of it and its pods', async () => {
  const pods = [aPod('shop/on-worker-2', { nodeName: 'worker-2' })];
  const line = start((node) => (node.name === 'worker-2' ? refused() : summary(node.name, 1, FIRST)), undefined, pods);
  await line.collect(FIRST);
  expect(line.points('node', 'worker-2', 'cpu/node_allocatable')).toEqual([1800]);
  expect(line.points('node', 'worker-2', 'kubelet/answered')).toEqual([0]);
  expect(line.points('node', 'worker-2', 'pods/running')).toEqual([1]);
  expect(line.points('pod', 'shop/on-worker-2', 'restart_count')).toEqual([0]);
  expect(line.points('cluster', '', 'nodes/answered')).toEqual([1]);
  expect(line.scrapes.toSorted()).toEqual(['kubelet_refused', 'ok']);
});

test('after a failed round rates begin anew, and the last answer is remembered', async () => {
  const answers = [() => summary('worker-1', 1e9, FIRST), refused, () => summary('worker-1', 9e9, FIRST + 2 * R)];
  const line = start(() => answers.shift()!(), [aNode('worker-1')]);
  await line.collect(FIRST);
  await line.collect(FIRST + R);
  expect(line.collector.report('worker-1')).toMatchObject({
    state: 'failing',
    answeredMs: FIRST + 500,
    durationMs: NaN,
  });
  await line.collect(FIRST + 2 * R);
  expect(line.points('node', 'worker-1', 'cpu/usage_rate')).toEqual([]);
  expect(line.points('node', 'worker-1', 'cpu/usage')).toEqual([1e9, 9e9]);
});

test('the log tells when a node begins to fail and when it answers again, and nothing in between', async () => {
  const answers = [refused, refused, () => summary('worker-1', 9e9, FIRST + 2 * R)];
  const line = start(() => answers.shift()!(), [aNode('worker-1')]);
  for (const round of [0, 1, 2]) {
    await line.collect(FIRST + round * R);
  }
  expect(line.logged).toEqual(['Kubelet on node worker-2 refused.', 'Kubelet on node worker-1 answers again.']);
});

test('what the second source lacks is told once, until it is as it should be; the first answer counts all the same', async () => {
  const problem = { code: 'kubelet_cadvisor', message: 'CPU throttling values are missing.' } as const;
  const readings = [{ problem }, { problem }, {}, {}];
  const forgotten: string[] = [];
  const cadvisor = { read: async () => readings.shift()!, forget: (node: string) => forgotten.push(node) };
  let round = 0;
  const line = start((node) => summary(node.name, 1e9, FIRST + round * R), [aNode('worker-1')], [], cadvisor);
  for (; round < 4; round++) {
    await line.collect(FIRST + round * R);
    expect(line.collector.report('worker-1')).toMatchObject({ state: 'ok', problem: round < 2 ? problem : undefined });
  }
  expect(line.logged).toEqual([
    'CPU throttling values are missing.',
    'Kubelet on node worker-1 answers /metrics/cadvisor as it should again.',
  ]);
  expect(line.points('node', 'worker-1', 'memory/working_set')).toEqual([5, 5, 5, 5]);
  line.nodes.pop();
  await line.collect(FIRST + 4 * R);
  expect(forgotten).toEqual(['worker-1']);
});

test('a body that is no summary makes its node fail, and no other', async () => {
  const line = start((node) =>
    node.name === 'worker-2'
      ? { ...summary('worker-2', 1, FIRST), body: Buffer.from('<html>') }
      : summary(node.name, 1, FIRST)
  );
  await line.collect(FIRST);
  expect(line.collector.report('worker-2')).toMatchObject({
    state: 'failing',
    problem: {
      code: 'kubelet_unreadable',
      message: expect.stringMatching(/^Kubelet on node worker-2 answered 6 bytes/),
    },
  });
  expect(line.points('node', 'worker-1', 'memory/working_set')).toEqual([5]);
});

test('a fault of our own in one node is reported, and the round goes on', async () => {
  const line = start((node) => {
    if (node.name === 'worker-2') {
      throw new TypeError('x is not a function');
    }
    return summary(node.name, 1, FIRST);
  });
  await line.collect(FIRST);
  expect(line.collector.report('worker-2')?.problem).toEqual({
    code: 'internal',
    message:
      'The answer of node worker-2 could not be worked through: x is not a function. This is a fault of Heapscope; please report it.',
  });
  expect(line.head.rounds()).toEqual([FIRST]);
});

test.each(['False', 'Unknown'])('a node whose condition Ready is %s is not asked', async (status) => {
  const line = start((node) => summary(node.name, 1, FIRST), [aNode('worker-1', { conditions: { Ready: status } })]);
  await line.collect(FIRST);
  expect(line.asked).toEqual([]);
  expect(line.collector.report('worker-1')).toMatchObject({
    state: 'not_ready',
    problem: {
      code: 'node_not_ready',
      message: `Node worker-1 is not ready (condition Ready is ${status}); its kubelet was not asked. Look at \`kubectl describe node worker-1\`.`,
    },
  });
});

test('a node without that condition is asked, and so is a cordoned one', async () => {
  const nodes = [aNode('bare', { conditions: {} }), aNode('cordoned', { unschedulable: true })];
  const line = start((node) => summary(node.name, 1, FIRST), nodes);
  await line.collect(FIRST);
  expect(line.asked.toSorted()).toEqual(['bare', 'cordoned']);
  expect(line.points('node', 'cordoned', 'condition/schedulable')).toEqual([0]);
});

test.each([
  [
    'a clock ahead of ours',
    'kubelet_clock',
    () =>
      summary('worker-1', 1, FIRST, { memory: { time: new Date(FIRST + 125_500).toISOString(), workingSetBytes: 5 } }),
    "The clock of node worker-1 is 125 s ahead of this machine's. Set both by NTP; its values are kept under our time.",
  ],
  [
    'values that cannot be',
    'kubelet_values',
    () => summary('worker-1', '-4', FIRST),
    'Kubelet on node worker-1 sent 3 values that cannot be (negative, or 2^64 and more); they were left out.',
  ],
  [
    'the name of another node',
    'kubelet_address',
    () => summary('worker-9', 1, FIRST),
    'The kubelet asked for node worker-1 says it is worker-9. Check the addresses in the node status.',
  ],
])('%s is told in a sentence, and what came is used all the same', async (_what, code, answer, message) => {
  const line = start(answer, [aNode('worker-1')]);
  await line.collect(FIRST);
  expect(line.collector.report('worker-1')).toMatchObject({ state: 'ok', problem: { code, message } });
  expect(line.points('node', 'worker-1', 'memory/working_set')).toEqual([5]);
});

test('a node whose address leads to the kubelet of another is told so, and the other keeps its values and pods', async () => {
  const pod = aPod('shop/on-worker-1');
  const line = start(() => summary('worker-1', 1, FIRST), [aNode('worker-1'), aNode('worker-2')], [pod]);
  await line.collect(FIRST);
  await line.collect(FIRST + R);
  expect(line.points('node', 'worker-1', 'memory/working_set')).toEqual([5, 5]);
  expect(line.collector.report('worker-1')?.problem).toBeUndefined();
  expect(line.collector.report('worker-2')?.problem?.message).toBe(
    'The kubelet asked for node worker-2 says it is worker-1. Check the addresses in the node status.'
  );
  // Its pod counts once, on the node that the API server has it on.
  expect(line.points('cluster', '', 'memory/working_set').at(-1)).toBe(5);
  const told = [...line.head.roundOf('worker-2', 'pod', FIRST + R)].map(({ names }) => names.pod);
  expect(told).toEqual([]);
});

test('a node that is gone is forgotten: its report, its counters and its connection', async () => {
  const line = start((node) => summary(node.name, 1, FIRST));
  await line.collect(FIRST);
  line.nodes.splice(1, 1);
  await line.collect(FIRST + R);
  expect([...line.collector.reports()].map(({ node }) => node)).toEqual(['worker-1']);
  expect(line.forgotten).toEqual(['worker-2']);
});

test('a round without any node is stored as well', async () => {
  const line = start(refused, []);
  await line.collect(FIRST);
  expect(line.head.rounds()).toEqual([FIRST]);
  expect(line.points('cluster', '', 'pods/running')).toEqual([0]);
});

test('a stop ends a round that waits for its moments', async () => {
  const line = start((node) => summary(node.name, 1, FIRST));
  const stopping = new AbortController();
  const collecting = line.collector.collectRound(line.clock.nowMs() + 10 * R, stopping.signal);
  stopping.abort(new Error('stop'));
  await expect(collecting).rejects.toThrow('stop');
  expect(line.head.rounds()).toEqual([]);
});

import { describeProblems } from './problems.ts';
import { failing, node, report } from './testdata/report.ts';

const textsOf = (given: ReturnType<typeof report>): string[] => describeProblems(given).map(({ text }) => text);

test('a cluster that is well has no problems', () => {
  expect(describeProblems(report([node('a'), node('b', { cordoned: true })]))).toEqual([]);
});

test("one failing node speaks in its own error's words", () => {
  expect(textsOf(report([failing('a', 'kubelet_forbidden', 'Kubelet on node a refused the request (403).')]))).toEqual([
    'Kubelet on node a refused the request (403).',
  ]);
});

test('many nodes with the same error are one sentence, with the first three names and one example', () => {
  const nodes = ['a', 'b', 'c', 'd', 'e'].map((name) =>
    failing(name, 'kubelet_timeout', `Kubelet on node ${name} was silent.`)
  );
  expect(textsOf(report(nodes))).toEqual([
    '5 nodes have the same problem (a, b, c and 2 more). The first: Kubelet on node a was silent.',
  ]);
});

test('the cluster comes first, then a late round, then the largest group, then nodes that are not ready', () => {
  const nodes = [
    node('x', { state: 'not_ready' }),
    failing('a', 'kubelet_forbidden', 'Forbidden.'),
    failing('b', 'kubelet_timeout', 'Silent.'),
    failing('c', 'kubelet_timeout', 'Silent.'),
  ];
  const cluster = { name: 'test', apiServer: '', problems: ['The API server does not answer.'] };
  const texts = textsOf(report(nodes, { cluster, nowMs: 200_000 }));
  expect(texts.map((text) => text.split(/[ :(]/).slice(0, 3).join(' '))).toEqual([
    'The API server',
    'The last round',
    '2 nodes have',
    'Forbidden.',
    'Node x is',
  ]);
});

test('a round is late after one and a half resolutions and some patience, not before', () => {
  expect(textsOf(report([], { nowMs: 165_000 }))).toEqual([]);
  expect(textsOf(report([], { nowMs: 166_000 }))).toEqual([
    'The last round of collection ended 105 s ago, although there is one every 60 s. Look at the log and the CPU of this process.',
  ]);
});

test('5,000 failing nodes are described by a handful of sentences', () => {
  const nodes = Array.from({ length: 5_000 }, (_, index) =>
    failing(`n${index}`, index % 2 ? 'kubelet_timeout' : 'kubelet_refused', 'Failed.')
  );
  expect(describeProblems(report(nodes))).toHaveLength(2);
});

import { aNode } from '../tests/support/facts.ts';
import { HeapscopeError } from './errors.ts';
import { ContainerReader } from './kubelet/containerReader.ts';
import { Statistics, type KubeletAnswer, type ToldBy } from './statistics.ts';

const END = Date.parse('2026-11-21T12:00:00Z');
const signal = new AbortController().signal;
const answer: KubeletAnswer = { body: Buffer.from('{}'), receivedMs: END, durationMs: 1 };

function start(containers: NonNullable<ToldBy['readContainers']>, reader: ContainerReader | undefined) {
  const asked: string[] = [];
  const logged: string[] = [];
  const statistics = new Statistics({
    resolutionMs: 10_000,
    deadlineMs: 5_000,
    kubelets: {
      readSummary(node) {
        asked.push(`summary of ${node.name}`);
        return Promise.resolve(answer);
      },
      readContainers(node, options) {
        const [from, to] = [options.fromMs, options.toMs].map((timeMs) => (timeMs - END) / 1000);
        asked.push(`containers of ${node.name} from ${from} to ${to}`);
        return containers(node, options);
      },
    },
    containers: reader,
    log: { info: (sentence) => logged.push(sentence) },
  });
  return { statistics, asked, logged };
}

test('without a reader of containers only the summary is asked for', async () => {
  const { statistics, asked } = start(() => Promise.resolve(answer), undefined);
  expect(await statistics.ask(aNode('a'), END, signal)).toEqual({ answer, source: undefined });
  expect(asked).toEqual(['summary of a']);
});

test('old kubelets are asked for samples of the window and of a minute before it', async () => {
  const { statistics, asked } = start(() => Promise.resolve(answer), new ContainerReader());
  expect(await statistics.ask(aNode('a'), END, signal)).toEqual({ answer, source: 'containers' });
  expect(asked).toEqual(['containers of a from -70 to 0']);
});

test('a kubelet that has none gives its summary in the same round and from then on; the first one is logged', async () => {
  const { statistics, asked, logged } = start(() => Promise.resolve(undefined), new ContainerReader());
  for (const name of ['a', 'a', 'b']) {
    expect((await statistics.ask(aNode(name), END, signal)).source).toBeUndefined();
  }
  expect(asked.map((question) => question.split(' from')[0])).toEqual([
    'containers of a',
    'summary of a',
    'summary of a',
    'containers of b',
    'summary of b',
  ]);
  expect(logged).toEqual([expect.stringContaining('Kubelet on node a has no /stats/container/')]);
  statistics.forget('a');
  await statistics.ask(aNode('a'), END, signal);
  expect(asked.slice(-2)).toEqual([expect.stringContaining('containers of a'), 'summary of a']);
});

test('a kubelet that fails is not asked for anything else', async () => {
  const refusal = new HeapscopeError('kubelet_forbidden', 'No.');
  const { statistics, asked } = start(() => Promise.reject(refusal), new ContainerReader());
  await expect(statistics.ask(aNode('a'), END, signal)).rejects.toBe(refusal);
  await expect(statistics.ask(aNode('a'), END, signal)).rejects.toBe(refusal);
  expect(asked).toHaveLength(2);
});

import { reportNotices, reportProblems, type NoticeSources } from './notices.ts';

const MINUTE_MS = 60_000;
const NEWEST = { fromMs: 0, toMs: 10 * MINUTE_MS };

/** A cluster of five nodes, of which those named do not answer. */
function sourcesWith(silent: readonly string[], changes: Partial<NoticeSources> = {}): NoticeSources {
  const reports = ['a', 'b', 'c', 'd', 'e'].map((name) =>
    silent.includes(name)
      ? { state: 'failing', problem: { message: `Kubelet on node ${name} is silent.` } }
      : { state: 'ok' }
  );
  return {
    resolutionMs: MINUTE_MS,
    nowMs: () => 10 * MINUTE_MS,
    engine: { rounds: () => [9 * MINUTE_MS, 10 * MINUTE_MS] },
    collector: { reports: () => reports },
    directory: { nodes: () => reports, problems: () => [] },
    ...changes,
  };
}

const texts = (sources: NoticeSources, mayNameNodes: boolean, range = NEWEST) =>
  reportNotices(sources, range, mayNameNodes).map(({ text }) => text);

test('nodes that do not answer are counted, and the first three named', () => {
  expect(texts(sourcesWith([]), true)).toEqual([]);
  expect(texts(sourcesWith(['a', 'c']), true)).toEqual([
    '2 of 5 nodes did not answer in the last round. Kubelet on node a is silent. Kubelet on node c is silent.',
  ]);
  expect(texts(sourcesWith(['a', 'b', 'c', 'd']), true)[0]).toMatch(/node c is silent\. And 1 more\.$/);
});

test('who may not see nodes learns how many do not answer, and no more', () => {
  expect(texts(sourcesWith([]), false)).toEqual([]);
  const count = '2 of 5 nodes did not answer in the last round; what runs there is missing.';
  expect(texts(sourcesWith(['a', 'c']), false)).toEqual([count]);
  const directory = { nodes: () => Array(5), problems: () => ['The API server https://10.0.0.1 refused the token.'] };
  expect(reportProblems(sourcesWith(['a', 'c'], { directory }), false)).toEqual([
    'The cluster cannot be watched as it should; its status page says why.',
    count,
  ]);
  expect(reportProblems(sourcesWith([]), false)).toEqual([]);
});

test('"Save & test" of who may see everything repeats every sentence, those about the cluster first', () => {
  const directory = { nodes: () => Array(5), problems: () => ['The API server does not answer.'] };
  expect(reportProblems(sourcesWith(['b'], { directory }), true)).toEqual([
    'The API server does not answer.',
    'Kubelet on node b is silent.',
  ]);
});

test('a range that ends before the newest rounds has no notice about the nodes of now', () => {
  expect(texts(sourcesWith(['a']), true, { fromMs: 0, toMs: 8.5 * MINUTE_MS })).toEqual([
    'Nothing before 1970-01-01T00:09:00.000Z is kept. Choose a later range, or give --data-dir, or raise --head-window or --head-memory.',
  ]);
});

test('rounds that fail to come are told', () => {
  const sources = sourcesWith([], { nowMs: () => 14 * MINUTE_MS });
  expect(texts(sources, false, { fromMs: 0, toMs: 14 * MINUTE_MS })).toEqual([
    'The newest data are 240 s old. Look at the status page of Heapscope.',
  ]);
});

test('what was read before a restart and is not back yet is told of ranges that have it', () => {
  const history = () => ({ problem: undefined, damages: [], oldestMs: 1, unreadSinceMs: 5 * MINUTE_MS });
  const sources = sourcesWith([], { history });
  expect(texts(sources, true)).toEqual([
    'The last rounds before the restart, from 1970-01-01T00:05:00.000Z on, are being read from the log: they are there in a moment.',
  ]);
  expect(texts(sources, true, { fromMs: 0, toMs: 4 * MINUTE_MS })).toEqual([]);
});

test('a history that cannot be written is told beside panels; its path only to those who may see nodes', () => {
  const problem = 'The history in /data cannot be written: the disk is full.';
  const history = () => ({ problem, damages: [], oldestMs: 0 });
  const sources = { ...sourcesWith([]), history };
  const range = { fromMs: 9.5 * MINUTE_MS, toMs: 10 * MINUTE_MS };
  expect(texts(sources, true, range)).toContain(problem);
  expect(texts(sources, false, range)).toEqual(['The history cannot be written; values go on in memory meanwhile.']);
});

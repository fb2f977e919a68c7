import { TroubleLog } from './troubleLog.ts';

const REFUSED = 'Connection to the API server at 10.0.0.1 was refused.';
const FORBIDDEN = 'The API server forbids Heapscope to list pods (403).';

let log: string[];
const open = (told?: string) =>
  new TroubleLog({ info: (sentence) => log.push(sentence), warn: (sentence) => log.push(`! ${sentence}`) }, told);

beforeEach(() => {
  log = [];
});

test('what all watches suffer from alike is logged once, and once when the last of them works again', () => {
  const troubles = open();
  for (const resource of ['nodes', 'namespaces', 'pods', 'nodes']) {
    troubles.report(resource, REFUSED);
  }
  expect(log).toEqual([`! ${REFUSED}`]);
  troubles.report('pods', undefined);
  troubles.report('pods', REFUSED);
  troubles.report('nodes', undefined);
  troubles.report('pods', undefined);
  expect(log).toHaveLength(1);
  troubles.report('namespaces', undefined);
  expect(log).toEqual([`! ${REFUSED}`, 'Watching namespaces, nodes, pods works again.']);
});

test('another sentence is logged when it comes, and the old one again when it comes back after all was well', () => {
  const troubles = open();
  troubles.report('pods', REFUSED);
  troubles.report('pods', FORBIDDEN);
  troubles.report('pods', undefined);
  troubles.report('pods', REFUSED);
  expect(log).toEqual([`! ${REFUSED}`, `! ${FORBIDDEN}`, 'Watching pods works again.', `! ${REFUSED}`]);
});

test('what was told before the start is not told again until it changes', () => {
  const troubles = open(REFUSED);
  troubles.report('nodes', REFUSED);
  troubles.report('pods', REFUSED);
  expect(log).toEqual([]);
  troubles.report('pods', undefined);
  troubles.report('nodes', undefined);
  troubles.report('nodes', REFUSED);
  expect(log).toEqual(['Watching nodes, pods works again.', `! ${REFUSED}`]);
});

test('what was told before the start and had passed by then is told when it comes', () => {
  const troubles = open(REFUSED);
  troubles.startedWell();
  troubles.report('nodes', REFUSED);
  expect(log).toEqual([`! ${REFUSED}`]);
});

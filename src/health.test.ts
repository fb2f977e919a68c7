import { checkHealth } from './health';
import { answer, datasourceWith, HEALTHY, refuse } from './testing/backend';

const NOW_MS = Date.UTC(2026, 4, 1, 13);
const NODES = { results: { A: answer([{ node: 'worker-1' }]) } };

const check = (answers: Parameters<typeof datasourceWith>[0], address = 'http://heapscope:8082') =>
  checkHealth(address, datasourceWith(answers).client, NOW_MS);

test('"Save & test" says what Heapscope sees', async () => {
  await expect(check({ health: () => HEALTHY, query: () => NODES })).resolves.toEqual({
    status: 'success',
    message:
      'Heapscope 0.1.0 sees 3 nodes (3 answering), 42 pods in 5 namespaces and 97 metrics. ' +
      'The newest values are 20 s old; a round comes every 60 s.',
    details: undefined,
  });
});

test('"Save & test" runs the query panels run, over the last quarter of an hour', async () => {
  const query = jest.fn(() => NODES);
  await check({ health: () => HEALTHY, query });
  expect(query).toHaveBeenCalledWith({
    fromMs: NOW_MS - 900_000,
    toMs: NOW_MS,
    queries: [{ refId: 'A', level: 'node', metric: 'memory/working_set' }],
  });
});

test('nodes that do not answer are a warning with their sentences', async () => {
  const health = { ...HEALTHY, nodes: { total: 3, answering: 2 }, problems: ['Node worker-3 refused the connection.'] };
  const result = await check({ health: () => health, query: () => NODES });
  expect(result).toMatchObject({ status: 'warning', details: { message: 'Node worker-3 refused the connection.' } });
  expect(result.message).toContain('3 nodes (2 answering)');
});

test.each([
  ['', /Give the address/],
  ['heapscope', /is no address/],
  ['ftp://heapscope', /must begin with http/],
  ['http://me:secret@heapscope', /must not contain a user or password/],
  ['http://heapscope:8082/', /without a slash/],
])('the address %p is corrected before anything is asked', async (address, expected) => {
  const health = jest.fn();
  expect(await check({ health }, address)).toMatchObject({ status: 'error', message: expect.stringMatching(expected) });
  expect(health).not.toHaveBeenCalled();
});

test('a backend that cannot be reached, a wrong token and one that is not ready each get their sentence', async () => {
  expect((await check({})).message).toMatch(/cannot reach/);
  const refused = () => refuse(400, { message: 'Authentication to data source failed' });
  expect((await check({ health: refused })).message).toMatch(/refused the token/);
  const message = 'No data yet; the first are expected in about 40 s.';
  expect(await check({ health: () => refuse(503, { code: 'not_ready', message }) })).toEqual({
    status: 'error',
    message,
  });
});

test('a cluster without nodes and nodes without values are errors', async () => {
  const none = { ...HEALTHY, nodes: { total: 0, answering: 0 } };
  expect((await check({ health: () => none, query: () => ({ results: { A: { frames: [] } } }) })).message).toMatch(
    /sees no nodes/
  );
  expect((await check({ health: () => HEALTHY, query: () => ({ results: { A: { frames: [] } } }) })).message).toMatch(
    /knows 3 nodes, but has no values/
  );
});

test('a query that fails is the failure of the test', async () => {
  const error = { code: 'internal', message: 'The store is closed.' };
  const result = await check({ health: () => HEALTHY, query: () => ({ results: { A: { frames: [], error } } }) });
  expect(result).toMatchObject({
    status: 'error',
    message: 'Heapscope answers, but a query failed: The store is closed.',
  });
});

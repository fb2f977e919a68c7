import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Answer } from './ask.ts';
import { conform } from './conform.ts';
import { findKits, readKit, type Kit } from './kit.ts';
import { conforms, report } from './report.ts';

const folder = fileURLToPath(new URL('./kit', import.meta.url));
const names = readdirSync(folder).sort();
const kitOf = (name: string): Kit => readKit(findKits(`${folder}/${name}`)[0]);

test.each(names)(
  'the recording %s of the real Heapster is told the same, but for what the design chose',
  async (name) => {
    const result = await conform(kitOf(name));
    expect([...result.batches.unexplained, ...result.requests.unexplained]).toEqual([]);
    expect(result.batches.agreed + result.requests.agreed).toBeGreaterThan(0);
  }
);

test('one digit, one label, one status and one word more or less are found', async () => {
  const kit = kitOf('before-first-batch-1.6');
  const change = (name: string, changed: Partial<Kit['requests'][number]>): Kit => ({
    ...kit,
    requests: kit.requests.map((request) => (request.name === name ? { ...request, ...changed } : request)),
  });
  const changes: Array<[string, Partial<Kit['requests'][number]>]> = [
    ['rm-pods', { status: 404 }],
    ['nodes', { body: '["node-a"]' }],
    ['cluster-badtime', { body: 'timestamp argument cannot be parsed' }],
    ['rm-node', { contentType: 'application/json' }],
  ];
  for (const [name, changed] of changes) {
    const result = await conform(change(name, changed));
    expect(result.requests.unexplained).toHaveLength(1);
    expect(result.requests.unexplained[0]).toContain(name);
    expect(conforms(result)).toBe(false);
    expect(report([result])).toContain('0 of 1 runs conform');
  }
});

test('a value of a batch that is off by one is found', async () => {
  const kit = kitOf('apiserver-r10-1.6');
  const [first, ...rest] = kit.batches;
  const set = first.sets['node:node-a'];
  const usage = { int: String(BigInt(set.metrics['cpu/usage'].int ?? '0') + 1n) };
  const sets = { ...first.sets, 'node:node-a': { ...set, metrics: { ...set.metrics, 'cpu/usage': usage } } };
  const { batches } = await conform({ ...kit, batches: [{ ...first, sets }, ...rest], requests: [] });
  expect(batches.unexplained).toEqual([expect.stringContaining('node:node-a cpu/usage')]);
});

test('a pod without its pause container, or with twice of it, is found', async () => {
  const kit = kitOf('cadvisor-r10-1.5.4');
  const [first, second] = kit.batches;
  const key = 'namespace:default/pod:web-1';
  const usage = BigInt(first.sets[key].metrics['memory/usage'].int ?? '');
  for (const other of [usage - 1_900_000n, usage + 1n]) {
    const set = { ...first.sets[key], metrics: { ...first.sets[key].metrics, 'memory/usage': { int: String(other) } } };
    const batches = [{ ...first, sets: { ...first.sets, [key]: set } }, second];
    const result = await conform({ ...kit, rounds: kit.rounds.slice(0, 2), batches, requests: [] });
    expect(result.batches.unexplained).toContainEqual(expect.stringContaining(`${key} memory/usage`));
  }
});

test('a pod that two nodes told of may be on the other one in the recording, with all it takes along', async () => {
  const kit = kitOf('apiserver-r10-1.6');
  const key = 'namespace:default/pod:web-1';
  const [batch] = kit.batches;
  const home = batch.sets[key].labels.nodename;
  const other = Object.values(batch.sets).find(({ labels }) => labels.type === 'node' && labels.nodename !== home)!;
  const { nodename, hostname, host_id } = other.labels;
  const moved = (sets: typeof batch.sets) =>
    Object.fromEntries(
      Object.entries(sets).map(([each, set]) =>
        each.startsWith(key) ? [each, { ...set, labels: { ...set.labels, nodename, hostname, host_id } }] : [each, set]
      )
    );
  const [round] = kit.rounds;
  const podOf = (name: string) => (round.answers[name].body as { pods: Array<{ podRef: { name: string } }> }).pods;
  const pod = podOf(home).find(({ podRef }) => podRef.name === 'web-1')!;
  const body = { ...(round.answers[nodename].body as object), pods: [...podOf(nodename), pod] };
  const answers = { ...round.answers, [nodename]: { ...round.answers[nodename], body } };
  const both = { ...kit, batches: [{ ...batch, sets: moved(batch.sets) }], requests: [] };
  const told = await conform({ ...both, rounds: [{ ...round, answers }] });
  expect(told.batches.unexplained).toEqual([]);
  expect(told.batches.departed.get('twice')).toBeGreaterThan(0);
  // Told by one node only, it is nothing but wrong.
  expect((await conform({ ...both, rounds: [round] })).batches.unexplained.length).toBeGreaterThan(0);
});

test('only after its last batch can a run have ended at a round', async () => {
  const kit = kitOf('crash-missing-usedbytes-1.6');
  expect((await conform(kit)).batches.departed.get('crash')).toBe(1);
  const { batches } = await conform({ ...kit, batches: kit.batches.toSpliced(1, 1) });
  expect(batches.unexplained).toContainEqual(expect.stringContaining('stored no batch'));
});

test('a recording of a source that is not offered does not pass', async () => {
  const kit = kitOf('before-first-batch-1.6');
  const result = await conform({ ...kit, run: { ...kit.run, source: 'prometheus' } });
  expect(conforms(result)).toBe(false);
});

const withRequests = (kit: Kit, isWanted: (request: Kit['requests'][number]) => boolean): Kit => ({
  ...kit,
  requests: kit.requests.filter(isWanted),
});
const nonsense = ({ body, ...answer }: Answer): Answer => ({
  ...answer,
  body: body.startsWith('[') ? '["nonsense"]' : body.replace(/"(value|intValue|floatValue)": ?\d/g, '$&9'),
});

describe('what departs has to follow from the rounds', () => {
  test('lists and uids of the historical API, whatever InfluxDB made of them', async () => {
    const kit = withRequests(kitOf('historical-r10-1.6'), ({ name }) =>
      /^(historical-off-or-on|hist-(nodes|freecontainers|namespaces|pods|pods-unknown|podid.*)|agg-podid)$/.test(name)
    );
    const [told, changed] = [await conform(kit), await conform(kit, nonsense)];
    expect([told.requests.unexplained, told.requests.departed.get('historical')]).toEqual([[], 10]);
    // What is refused has no list to change: the list of uids of which one is unknown.
    expect(changed.requests.unexplained).toHaveLength(9);
    const requests = kit.requests.map((request) => ({ ...request, status: 200, body: '["nonsense"]' }));
    expect((await conform({ ...kit, requests })).requests.unexplained).toHaveLength(kit.requests.length);
  });

  test('the historical API of a Heapster that had none', async () => {
    const kit = withRequests(kitOf('apiserver-r10-1.6'), ({ name }) => name === 'historical-off-or-on');
    expect((await conform(kit)).requests.departed.get('historical')).toBe(1);
    expect((await conform(kit, nonsense)).requests.unexplained).toHaveLength(1);
  });

  test('aggregates, bucket by bucket', async () => {
    const kit = withRequests(kitOf('historical-r10-1.6'), ({ name }) => name === 'agg-cluster-bucket');
    expect((await conform(kit)).requests.departed.get('fallen')).toBe(1);
    expect((await conform(kit, nonsense)).requests.unexplained).toHaveLength(1);
    const [request] = kit.requests;
    // No counter fell in the first bucket.
    const body = request.body?.replace('1705.75', '1705.5');
    expect(body).not.toBe(request.body);
    const { requests } = await conform({ ...kit, requests: [{ ...request, body }] });
    expect(requests.unexplained).toEqual([expect.stringContaining('12:05:00Z')]);
  });

  test('points that Heapster had forgotten', async () => {
    const isForgotten = ({ path }: { path: string }) => /model\/nodes\/node-a\/metrics\/memory\/rss$/.test(path);
    const kit = withRequests(kitOf('overlap-r10-1.6'), isForgotten);
    const newest = kit.requests[0].body?.match(/"value"/g)?.length ?? 0;
    expect((await conform(kit)).requests.departed.get('kept')).toBe(1);
    let count = 0;
    // Only a value that was not recorded is changed.
    const changeFirst = (answer: Answer): Answer => ({
      ...answer,
      body: answer.body.replace(/"value": \d/g, (digit, at: number) => {
        count++;
        return at < answer.body.indexOf('"value"') + 1 ? `${digit}9` : digit;
      }),
    });
    expect((await conform(kit, changeFirst)).requests.unexplained).toHaveLength(1);
    expect(count).toBeGreaterThan(newest);
  });

  test('names of metrics', async () => {
    const kit = withRequests(kitOf('historical-r10-1.6'), ({ name }) => /^hist-.*names/.test(name));
    const [told, changed] = [await conform(kit), await conform(kit, nonsense)];
    expect(told.requests.unexplained).toEqual([]);
    expect(told.requests.departed.get('historical')).toBeGreaterThan(0);
    const addOne = ({ body, ...answer }: Answer): Answer => ({ ...answer, body: body.replace('[', '["cpu/limit2",') });
    const more = await conform(kit, addOne);
    expect([changed, more].map(({ requests }) => requests.unexplained.length)).toEqual(
      new Array(2).fill(kit.requests.length)
    );
  });

  test('lists, export and resource metrics where Heapster took a late batch for the newest', async () => {
    const full = kitOf('overlap-r10-1.6');
    const asked = /^(nodes|allkeys|metric-export|rm-nodes|rm-pods-all|rm-node2?)$/;
    const kit: Kit = {
      ...full,
      rounds: full.rounds.filter(({ windowEnd }) => windowEnd <= '2026-11-21T12:06:40Z'),
      batches: full.batches.slice(0, full.batches.findIndex(({ timestamp }) => timestamp.includes('12:06:30')) + 1),
      requests: full.requests
        .filter(({ name }) => asked.test(name))
        .map((request) =>
          /^(nodes|allkeys)$/.test(request.name) ? { ...request, body: '[\n  "node-b"\n ]' } : request
        ),
    };
    const told = await conform(kit);
    expect([told.requests.unexplained, told.requests.departed.get('order')]).toEqual([[], 7]);
    const change = ({ body, ...answer }: Answer): Answer => ({
      ...answer,
      body: body.replace(/("value": ?|"memory": ?"|"node-a|node:node-a)(\d?)/, '$19$2'),
    });
    // One node has no rate yet: a 404 has nothing to change.
    expect((await conform(kit, change)).requests.unexplained).toHaveLength(6);
  });

  test('rates of rounds that were stored out of order', async () => {
    const kit = kitOf('overlap-r10-1.6');
    const batches = kit.batches.slice(0, 11).map((batch) => {
      if (!batch.timestamp.includes('12:06:30')) {
        return batch;
      }
      const set = batch.sets['node:node-c'];
      const usage = { int: String(BigInt(set.metrics['cpu/usage'].int ?? '') - 1_000_000_000n) };
      const metrics = { ...set.metrics, 'cpu/usage': usage };
      return { ...batch, sets: { ...batch.sets, 'node:node-c': { ...set, metrics } } };
    });
    const rounds = kit.rounds.filter(({ windowEnd }) => windowEnd <= '2026-11-21T12:06:40Z');
    const told = await conform({ ...kit, rounds, batches: kit.batches.slice(0, 11), requests: [] });
    expect([told.batches.unexplained, told.batches.departed.get('order') ?? 0]).toEqual([[], expect.any(Number)]);
    expect(told.batches.departed.get('order')).toBeGreaterThan(100);
    const { unexplained } = (await conform({ ...kit, rounds, batches, requests: [] })).batches;
    expect(unexplained).toContainEqual(expect.stringContaining('12:06:40Z node:node-c cpu/usage_rate'));
    expect(unexplained).toContainEqual(expect.stringContaining('12:06:40Z node:node-c cpu/node_utilization'));
  });

  test("what 1.5.4's export did not mean", async () => {
    const kit = withRequests(kitOf('summary-r10-1.5.4'), ({ name }) => name === 'metric-export-schema');
    const short: Kit = { ...kit, rounds: kit.rounds.slice(0, 1), batches: kit.batches.slice(0, 1) };
    expect((await conform(short)).requests.departed.get('version')).toBe(1);
    for (const [from, to] of [
      ['"uptime"', '"nonsense"'],
      ['"cumulative"', '"gauge"'],
      ['"pod_id"', '"nonsense"'],
      ['"ephemeral_storage/usage"', '"nonsense"'],
    ]) {
      const change = ({ body, ...answer }: Answer): Answer => ({ ...answer, body: body.replace(from, to) });
      expect((await conform(short, change)).requests.unexplained).toHaveLength(1);
    }
  });

  test('values that 1.5.4 did not know', async () => {
    const kit = kitOf('summary-r10-1.5.4');
    const [first, second] = kit.batches;
    const [pod, node] = ['namespace:default/pod:web-1', 'node:node-a'];
    const short = { ...kit, rounds: kit.rounds.slice(0, 2), requests: [] };
    expect((await conform({ ...short, batches: [first, second] })).batches.unexplained).toEqual([]);
    const later = { ...second.sets[pod], scrapeTime: new Date(Date.parse(second.timestamp) + 3_000).toISOString() };
    const metrics = { ...second.sets[node].metrics, 'ephemeral_storage/usage': { int: '1' } };
    const sets = { ...second.sets, [pod]: later, [node]: { ...second.sets[node], metrics } };
    const { unexplained } = (await conform({ ...short, batches: [first, { ...second, sets }] })).batches;
    expect(unexplained).toContainEqual(expect.stringContaining(`${pod} cpu/usage_rate`));
    expect(unexplained).toContainEqual(expect.stringContaining(`${node} ephemeral_storage/usage`));
  });

  test("the other version's resource metrics API", async () => {
    const kit = withRequests(kitOf('apiserver-r10-1.6'), ({ name }) => /^rmold-(nodes|pods|node|pod)$/.test(name));
    expect((await conform(kit)).requests.departed.get('groups')).toBe(4);
    const change = ({ body, ...answer }: Answer): Answer => ({ ...answer, body: body.replace(/"memory": "/, '$&9') });
    expect((await conform(kit, change)).requests.unexplained).toHaveLength(4);
  });
});

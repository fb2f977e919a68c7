import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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

test('a recording of a source that is not offered does not pass', async () => {
  const kit = kitOf('before-first-batch-1.6');
  const result = await conform({ ...kit, run: { ...kit.run, source: 'prometheus' } });
  expect(conforms(result)).toBe(false);
});

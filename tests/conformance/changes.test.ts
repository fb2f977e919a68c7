import { fileURLToPath } from 'node:url';
import { conform } from './conform.ts';
import { parseKeepingDigits } from './exactJson.ts';
import { readKit, type ApiObject, type Kit, type ObjectChange, type RecordedBatch } from './kit.ts';
import { conforms } from './report.ts';

const KIT = readKit(fileURLToPath(new URL('./kit/apiserver-r10-1.6', import.meta.url)));
const BEFORE = '2026-11-21T12:04:41Z';
const BETWEEN = '2026-11-21T12:05:07Z';
const FIRST_AFTER = '2026-11-21T12:05:10Z';
const WEB_1 = 'namespace:default/pod:web-1';

type Pod = ApiObject & {
  readonly metadata: { readonly uid: string; readonly labels: Readonly<Record<string, string>> };
};

const podNamed = (wanted: string): Pod =>
  KIT.objects.pods.items.find(({ metadata }) => metadata.name === wanted) as unknown as Pod;
const withMetadata = (pod: Pod, metadata: object): Pod => ({ ...pod, metadata: { ...pod.metadata, ...metadata } });
const withPods = (items: readonly ApiObject[]): Kit['objects'] => ({ ...KIT.objects, pods: { items } });
const change = (at: string, type: ObjectChange['type'], object: ApiObject, kind = 'Pod'): ObjectChange => ({
  at,
  type,
  kind,
  object,
});

/** The recorded batches with labels of a pod and of its containers as they are from a time on. */
const relabelled = (batches: readonly RecordedBatch[], labels: Readonly<Record<string, string>>): RecordedBatch[] =>
  batches.map((batch) => ({
    ...batch,
    sets: Object.fromEntries(
      Object.entries(batch.sets).map(([key, set]) => {
        const told = Object.entries(labels).filter(([name]) => name in set.labels);
        const isOf = batch.timestamp >= FIRST_AFTER && key.startsWith(WEB_1);
        return [key, isOf ? { ...set, labels: { ...set.labels, ...Object.fromEntries(told) } } : set];
      })
    ),
  }));

test('objects that became what they were before the first batch conform like those that were so all along', async () => {
  const [web1, web2, multi] = ['web-1', 'web-2', 'multi'].map(podNamed);
  const former = withMetadata(web1, { uid: 'former', labels: { app: 'former' } });
  const extra = withMetadata(web2, { name: 'extra', uid: 'extra' });
  const other = withMetadata(multi, { labels: { app: 'other' } });
  const node = KIT.objects.nodes.items[0];
  const rest = KIT.objects.pods.items.filter((pod) => ![web1, web2, multi].includes(pod as Pod));
  const objects = {
    ...withPods([...rest, former, extra, other]),
    nodes: { items: KIT.objects.nodes.items.slice(1) },
  };
  const changes = [
    change(BEFORE, 'ADDED', node, 'Node'),
    change(BEFORE, 'ADDED', web2),
    change(BEFORE, 'MODIFIED', multi),
    change(BEFORE, 'DELETED', extra),
    change(BEFORE, 'DELETED', former),
    change(BEFORE, 'ADDED', web1),
  ];
  const named = (text: string | undefined) => text?.replaceAll('nope', 'extra');
  const ofExtra = KIT.requests
    .filter(({ name }) => name === 'rm-pod-unknown')
    .map((request) => ({ ...request, path: named(request.path) ?? '', body: named(request.body) }));
  const kit: Kit = { ...KIT, objects, requests: [...KIT.requests, ...ofExtra] };
  const changed = await conform({ ...kit, changes });
  expect([...changed.batches.unexplained, ...changed.requests.unexplained]).toEqual([]);
  // Each of the changes is needed; what is added under a name replaces what had it.
  for (const missing of changes.filter(({ object }) => object !== former)) {
    const without = await conform({ ...kit, changes: changes.filter((each) => each !== missing) });
    expect([missing.object.metadata.name, conforms(without)]).toEqual([missing.object.metadata.name, false]);
  }
});

test('what a pod is labelled with counts from the batch on before which it changed', async () => {
  const changes = [change(BETWEEN, 'MODIFIED', withMetadata(podNamed('web-1'), { labels: { app: 'new' } }))];
  const kit: Kit = { ...KIT, changes, requests: [] };
  const batches = relabelled(KIT.batches, { labels: 'app:new' });
  expect((await conform({ ...kit, batches })).batches.unexplained).toEqual([]);
  const { unexplained } = (await conform(kit)).batches;
  expect(unexplained.length).toBeGreaterThan(0);
  expect(unexplained.every((each) => each.includes(WEB_1) && each >= FIRST_AFTER)).toBe(true);
});

test('a pod that is made again under its name has the new uid from then on', async () => {
  const pod = podNamed('web-1');
  const uid = 'ffffffff-0000-4000-8000-000000000000';
  const changes = [change(BETWEEN, 'DELETED', pod), change(BETWEEN, 'ADDED', withMetadata(pod, { uid }))];
  const rounds = KIT.rounds.map((round) =>
    round.windowEnd < FIRST_AFTER
      ? round
      : (parseKeepingDigits(JSON.stringify(round).replaceAll(pod.metadata.uid, uid)) as typeof round)
  );
  const result = await conform({
    ...KIT,
    rounds,
    changes,
    batches: relabelled(KIT.batches, { pod_id: uid }),
    requests: [],
  });
  expect(result.batches.unexplained).toEqual([]);
});

test('what changes after the last batch counts for the requests after it', async () => {
  const pod = podNamed('web-2');
  const wanted = /^(rm-pod2|rm-pods-ns|rm-pod-unknown)$/;
  const [list, , unknown] = KIT.requests.filter(({ name }) => wanted.test(name));
  expect([list.name, unknown.name]).toEqual(['rm-pods-ns', 'rm-pod-unknown']);
  const gone = { status: unknown.status, contentType: unknown.contentType, contentEncoding: unknown.contentEncoding };
  const requests = KIT.requests
    .filter(({ name }) => wanted.test(name))
    .map((request) =>
      request.name === 'rm-pod2' ? { ...request, ...gone, body: unknown.body?.replaceAll('nope', 'web-2') } : request
    );
  // Asked for its list before, and for itself after.
  const changes = [change('2026-11-21T12:05:35.615Z', 'DELETED', pod)];
  const deleted = await conform({ ...KIT, changes, requests });
  expect(deleted.requests.unexplained).toEqual([]);
  const earlier = [{ ...changes[0], at: '2026-11-21T12:05:35.612Z' }];
  expect((await conform({ ...KIT, changes: earlier, requests })).requests.unexplained).toEqual([
    expect.stringContaining('rm-pods-ns'),
  ]);
  expect((await conform({ ...KIT, requests })).requests.unexplained).toEqual([expect.stringContaining('rm-pod2')]);
});

test('a change of a kind that is not known is no pod', async () => {
  const changes = [change(BEFORE, 'DELETED', podNamed('web-1'), 'Service')];
  await expect(conform({ ...KIT, changes })).rejects.toThrow('of the kind "Service"');
});

describe('flags of a recording', () => {
  const withFlags = (...otherFlags: string[]): Kit => ({ ...KIT, run: { ...KIT.run, otherFlags } });
  const only = (kit: Kit, name: string, changed: object = {}): Kit => ({
    ...kit,
    rounds: kit.rounds.slice(0, 1),
    batches: kit.batches.slice(0, 1),
    requests: kit.requests.filter((each) => each.name === name).map((request) => ({ ...request, ...changed })),
  });

  test('one that is not heeded is told', async () => {
    const result = await conform(withFlags('--allowed-users=me', '--v=4'));
    expect(result.batches.unexplained).toEqual([
      'The recording was made with --allowed-users=me, which a replay does not heed.',
    ]);
  });

  test('without the export it is an empty list', async () => {
    const kit = only(withFlags('--disable_export'), 'metric-export', { body: '[]\n' });
    expect((await conform(kit)).requests.unexplained).toEqual([]);
    expect((await conform({ ...kit, run: KIT.run })).requests.unexplained).toHaveLength(1);
  });

  test('without the metric sink there is no model, and what Heapster ended at is answered', async () => {
    const gone = { status: 404, contentType: 'text/plain; charset=utf-8', body: '404 page not found\n' };
    const kit = only(withFlags('--disable-metric-sink=true'), 'nodes', { ...gone, contentEncoding: undefined });
    expect((await conform(kit)).requests.agreed).toBe(1);
    expect((await conform({ ...kit, run: KIT.run })).requests.unexplained).toHaveLength(1);
    const ended = only(withFlags('--disable-metric-sink'), 'rm-nodes', { status: 0, body: undefined, error: 'EOF' });
    expect((await conform(ended)).requests.departed.get('crash')).toBe(1);
  });
});

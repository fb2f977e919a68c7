import { nodeBatch, totalsBatch, type Rows } from '../store/testing/batches.ts';
import { STALE, type SampleGrid } from './sampleGrid.ts';
import { SeriesBook } from './seriesBook.ts';

const POD = { namespace: 'shop', pod: 'web-1', node: 'a', workloadKind: 'Deployment', workload: 'web' };
const NAMES = 'namespace=shop node=a pod=web-1 workload=web workload_kind=Deployment';
const INFO = `heapscope_pod_info{${NAMES}}`;

/** Every sample as `name{labels}`, with its value or `ends`. */
function draw(grids: readonly SampleGrid[]): Record<string, number | 'ends'> {
  const drawn: Record<string, number | 'ends'> = {};
  for (const grid of grids) {
    for (let row = 0; row < grid.rowCount; row++) {
      const pairs = grid.labels(row);
      const labels = pairs.flatMap((name, index) => (index % 2 === 0 ? [`${name}=${pairs[index + 1]}`] : []));
      grid.metrics.forEach(({ name }, index) => {
        const value = grid.values[row * grid.metrics.length + index];
        const key = `${name}{${labels.join(' ')}}`;
        if (!Number.isNaN(value)) {
          expect(drawn).not.toHaveProperty([key]);
          drawn[key] = value === STALE ? 'ends' : value;
        }
      });
    }
  }
  return drawn;
}

function podRows(values: Record<string, number>, names = {}): Rows {
  return { pod: [{ key: 'shop/web-1', names: { ...POD, ...names }, values }] };
}

let book: SeriesBook;
beforeEach(() => {
  book = new SeriesBook();
});

test('values are sent in base units, under the names of the catalogue', () => {
  const rows = podRows({ 'cpu/usage_rate': 250, 'memory/working_set': 1e6, 'cpu/usage': 5e9, 'no/such': 1 });
  expect(draw(book.take(nodeBatch('a', 60_000, rows)))).toEqual({
    [`heapscope_pod_cpu_usage_rate_cores{${NAMES}}`]: 0.25,
    [`heapscope_pod_memory_working_set_bytes{${NAMES}}`]: 1e6,
    [`heapscope_pod_cpu_usage_seconds_total{${NAMES}}`]: 5,
    [INFO]: 1,
  });
});

test('what Kubernetes says of a pod is in its info series', () => {
  const names = {
    uid: 'u1',
    hostNetwork: false,
    labels: { 'app.kubernetes.io/name': 'web', tier: 'front', empty: '' },
  };
  const drawn = draw(book.take(nodeBatch('a', 60_000, podRows({}, names))));
  expect(Object.keys(drawn)).toEqual([
    'heapscope_pod_info{host_network=false label_app_kubernetes_io_name=web label_keys=,app.kubernetes.io/name,empty,tier, ' +
      'label_tier=front namespace=shop node=a pod=web-1 uid=u1 workload=web workload_kind=Deployment}',
  ]);
});

test('of two labels that become the same name the first counts, and a key named keys stays apart', () => {
  const labels = { 'a.b': 'first', a_b: 'second', keys: 'mine' };
  const [name] = Object.keys(draw(book.take(nodeBatch('a', 60_000, podRows({}, { labels })))));
  expect(name).toContain('label_a_b=first label_keys=,a.b,a_b,keys, label_keys_=mine');
});

test('a series whose value is gone ends, once', () => {
  const take = (timestampMs: number, values: Record<string, number>) => {
    const drawn = draw(book.take(nodeBatch('a', timestampMs, podRows(values))));
    book.endRound();
    return drawn[`heapscope_pod_memory_rss_bytes{${NAMES}}`];
  };
  expect(take(1, { 'memory/rss': 5, 'cpu/usage': 1 })).toBe(5);
  expect(take(2, { 'memory/rss': NaN, 'cpu/usage': 1 })).toBe('ends');
  expect(take(3, { 'memory/rss': NaN, 'cpu/usage': 1 })).toBeUndefined();
  expect(take(4, { 'memory/rss': 6 })).toBe(6);
  // The column itself is gone.
  expect(take(5, { 'cpu/usage': 1 })).toBe('ends');
  expect(take(6, { 'cpu/usage': 1 })).toBeUndefined();
});

test('all series of a pod end when it goes', () => {
  book.take(nodeBatch('a', 1, podRows({ 'memory/rss': 5, 'cpu/usage': NaN })));
  const other = { key: 'shop/web-2', names: { ...POD, pod: 'web-2' }, values: { 'memory/rss': 7 } };
  const drawn = draw(book.take(nodeBatch('a', 2, { pod: [other] })));
  expect(drawn).toEqual({
    [`heapscope_pod_memory_rss_bytes{${NAMES}}`]: 'ends',
    [INFO]: 'ends',
    [`heapscope_pod_memory_rss_bytes{${NAMES.replace('web-1', 'web-2')}}`]: 7,
    [INFO.replace('web-1', 'web-2')]: 1,
  });
});

test('a pod that changes its names or labels ends under the old ones', () => {
  const take = (timestampMs: number, names: object) =>
    draw(book.take(nodeBatch('a', timestampMs, podRows({ 'memory/rss': 5 }, names))));
  take(1, {});
  expect(take(2, { labels: { app: 'web' } })).toEqual({
    [`heapscope_pod_memory_rss_bytes{${NAMES}}`]: 5,
    [`heapscope_pod_info{label_app=web label_keys=,app, ${NAMES}}`]: 1,
    [INFO]: 'ends',
  });
  const renamed = take(3, { labels: { app: 'web' }, workload: 'shop' });
  expect(renamed).toMatchObject({
    [`heapscope_pod_memory_rss_bytes{${NAMES}}`]: 'ends',
    [`heapscope_pod_memory_rss_bytes{${NAMES.replace('workload=web', 'workload=shop')}}`]: 5,
  });
});

test('a node without a batch in a round ends with all it had, and a round that has it ends nothing', () => {
  book.take(nodeBatch('a', 1, podRows({ 'memory/rss': 5 })));
  book.take(totalsBatch(1, { cluster: [{ key: '', names: {}, values: { 'nodes/count': 1 } }] }));
  expect(book.endRound()).toEqual([]);
  book.take(totalsBatch(2, { cluster: [{ key: '', names: {}, values: { 'nodes/count': 0 } }] }));
  expect(draw(book.endRound())).toEqual({ [`heapscope_pod_memory_rss_bytes{${NAMES}}`]: 'ends', [INFO]: 'ends' });
  book.take(totalsBatch(3, { cluster: [{ key: '', names: {}, values: { 'nodes/count': 0 } }] }));
  expect(book.endRound()).toEqual([]);
});

test('file systems are named by what they belong to, and are no objects of their own', () => {
  const volume = { resourceId: 'Volume:data', persistentVolumeClaim: 'data-web-1' };
  const rows: Rows = {
    filesystem: [
      { key: '1', names: { ...POD, ...volume, owner: 'pod' }, values: { 'filesystem/usage': 10 } },
      { key: '2', names: { node: 'a', resourceId: '/', owner: 'node' }, values: { 'filesystem/usage': 20 } },
    ],
  };
  expect(draw(book.take(nodeBatch('a', 1, rows)))).toEqual({
    'heapscope_pod_filesystem_usage_bytes{namespace=shop node=a persistentvolumeclaim=data-web-1 pod=web-1 resource_id=Volume:data workload=web workload_kind=Deployment}': 10,
    'heapscope_node_filesystem_usage_bytes{node=a resource_id=/}': 20,
  });
});

test('values are copied: the memory of a batch serves the next node', () => {
  const batch = nodeBatch('a', 1, podRows({ 'memory/rss': 5 }));
  const grids = book.take(batch);
  batch.tables.pod!.columns.get('memory/rss')!.values.fill(99);
  expect(draw(grids)).toMatchObject({ [`heapscope_pod_memory_rss_bytes{${NAMES}}`]: 5 });
});

import { HeapsterLabels } from './heapsterLabels.ts';
import { writeInfluxLines, type InfluxLayout } from './influxLines.ts';
import { FACTS, NO_RULES, nodeBatch, ROUND_MS, totals } from './testing/sinkBatches.ts';

const PLAIN: InfluxLayout = { clusterName: 'default', withFields: false, withoutCounters: false };
const END = `${ROUND_MS}000000`;

function linesOf(batch: Parameters<typeof writeInfluxLines>[0], layout: Partial<InfluxLayout> = {}, rules = NO_RULES) {
  const lines: string[] = [];
  let count = 0;
  writeInfluxLines(batch, new HeapsterLabels(rules, FACTS), { ...PLAIN, ...layout }, (line, values) => {
    expect(line.endsWith(` ${END}\n`)).toBe(true);
    lines.push(line.slice(0, -END.length - 2));
    count += values;
  });
  return { lines, count };
}

const OF_POD = 'labels=example.org/team:blue\\,tier:front,namespace_name=shop,nodename=worker-1,pod_name=web-1';

test('nodes carry their labels, whole numbers are integers, and rates beside CPU are floats', () => {
  const tags = 'cluster_name=default,labels=zone:a,nodename=worker-1,type=node';
  expect(
    linesOf(nodeBatch()).lines.filter((line) => line.includes('type=node') && !line.includes('resource_id'))
  ).toEqual([
    `cpu/usage,${tags} value=9007199254740993i`,
    `cpu/usage_rate,${tags} value=1234i`,
    `cpu/node_capacity,${tags} value=4000`,
    `memory/usage,${tags} value=8000000000i`,
    // Unsigned 64 bits as Heapster kept them: with a sign.
    `network/rx,${tags} value=-1i`,
    `network/rx_rate,${tags} value=1.5`,
  ]);
});

test('pods and containers carry namespace, pod, labels and image; what the kubelet did not report has amounts only', () => {
  const { lines } = linesOf(nodeBatch());
  expect(lines).toContain(`uptime,cluster_name=default,${OF_POD},type=pod value=60000i`);
  expect(lines).toContain(`network/tx_rate,cluster_name=default,${OF_POD},type=pod value=0.25`);
  const app = `cluster_name=default,container_base_image=registry.example/shop/web-1:1,container_name=app,${OF_POD},type=pod_container`;
  expect(lines).toContain(`cpu/usage_rate,${app} value=99i`);
  expect(lines).toContain(`custom/queue,${app} value=3`);
  expect(lines).toContain(`nvidia.com/gpu/request,${app} value=1i`);
  expect(lines).toContain(`restart_count,${app} value=2i`);
  expect(lines.filter((line) => line.includes('container_name=unseen')).map((line) => line.split(',')[0])).toEqual([
    'cpu/request',
    'memory/request',
  ]);
  expect(lines.some((line) => line.includes('pod_name=finished'))).toBe(false);
});

test('system containers have node and name, and totals the six metrics Heapster summed', () => {
  expect(linesOf(nodeBatch()).lines).toContain(
    'cpu/usage_rate,cluster_name=default,container_name=docker-daemon,nodename=worker-1,type=sys_container value=12i'
  );
  expect(linesOf(totals()).lines).toEqual([
    'cpu/usage_rate,cluster_name=default,type=cluster value=112i',
    'memory/usage,cluster_name=default,type=cluster value=500000000i',
    'cpu/usage_rate,cluster_name=default,namespace_name=shop,type=ns value=112i',
    'memory/usage,cluster_name=default,namespace_name=shop,type=ns value=500000000i',
  ]);
});

test('file systems and accelerators are those Heapster knew, with their own labels beside those of their object', () => {
  const parts = linesOf(nodeBatch()).lines.filter((line) => /^(filesystem|accelerator)/.test(line));
  const app = `cluster_name=default,container_base_image=registry.example/shop/web-1:1,container_name=app`;
  expect(parts).toEqual([
    'filesystem/usage,cluster_name=default,labels=zone:a,nodename=worker-1,resource_id=/,type=node value=1000000000i',
    `filesystem/usage,cluster_name=default,${OF_POD},resource_id=Volume:data,type=pod value=3000000000i`,
    `filesystem/usage,${app},${OF_POD},resource_id=logs,type=pod_container value=5000000000i`,
    `accelerator/duty_cycle,accelerator_id=GPU-1,${app},${OF_POD.replace(
      'namespace_name',
      'make=nvidia,model=Tesla\\ K80,namespace_name'
    )},type=pod_container value=50i`,
  ]);
});

test('with fields there is a measurement per group of metrics, and a line per object and group', () => {
  const { lines, count } = linesOf(nodeBatch(), { withFields: true });
  const tags = 'cluster_name=default,labels=zone:a,nodename=worker-1,type=node';
  expect(lines).toContain(`cpu,${tags} usage=9007199254740993i,usage_rate=1234i,node_capacity=4000`);
  expect(lines).toContain(`uptime,cluster_name=default,${OF_POD},type=pod value=60000i`);
  expect(lines.some((line) => line.startsWith('nvidia.com,') && line.endsWith(' gpu/request=1i'))).toBe(true);
  expect(count).toBe(linesOf(nodeBatch()).count);
});

test('counters whose rate is written can be left out', () => {
  const names = linesOf(nodeBatch(), { withoutCounters: true }).lines.map((line) => line.split(',')[0]);
  expect(names).not.toContain('cpu/usage');
  expect(names).not.toContain('network/rx');
  expect(names).toEqual(expect.arrayContaining(['uptime', 'cpu/usage_rate', 'restart_count']));
});

test('labels are joined by the chosen separator without the ignored ones, and stored ones are tags too', () => {
  const rules = {
    labelSeparator: ' ',
    ignoreLabels: ['tier'],
    storeLabels: [{ name: 'team', key: 'example.org/team' }],
  };
  expect(linesOf(nodeBatch(), { clusterName: 'east' }, rules).lines).toContain(
    'uptime,cluster_name=east,labels=example.org/team:blue,namespace_name=shop,nodename=worker-1,pod_name=web-1,team=blue,type=pod value=60000i'
  );
});

test('of a node that did not answer nothing is written, as Heapster left it out', () => {
  expect(linesOf(nodeBatch(ROUND_MS, { node: { 'kubelet/answered': 0, 'cpu/node_capacity': 4000 } })).lines).toEqual(
    []
  );
});

test('where Heapster reckoned otherwise, its value is written, or none where it had none', () => {
  const own = {
    'heapster:cpu/usage_rate': 1200,
    'heapster:memory/usage': -1,
    'heapster:network/tx_rate': 2.5,
    'heapster:start': 1,
  };
  const lines = linesOf(nodeBatch(ROUND_MS, { node: own })).lines.filter((line) => line.includes('type=node'));
  const written = lines.map((line) => `${line.split(',')[0]} ${line.split(' ').at(-1)}`);
  expect(written).toEqual(expect.arrayContaining(['cpu/usage_rate value=1200i', 'network/tx_rate value=2.5']));
  expect(written.some((line) => line.startsWith('memory/usage') || line.startsWith('heapster'))).toBe(false);
});

test('a rate that misses a whole millicore by rounding alone counts as that', () => {
  const { lines } = linesOf(nodeBatch(ROUND_MS, { app: { 'cpu/usage_rate': 249.99999999999997 } }));
  expect(lines.some((line) => line.startsWith('cpu/usage_rate') && line.endsWith('value=250i'))).toBe(true);
});

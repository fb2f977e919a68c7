import type { NodeBatch, TotalsBatch } from '../../model/batch.ts';
import type { Labels } from '../../model/facts.ts';
import type { SeriesQuery } from '../../model/seriesQuery.ts';
import { nodeBatch, totalsBatch, type Row } from '../../store/testing/batches.ts';

export const MINUTE_MS = 60_000;
export const ROUNDS = 33;
/** The whole cluster missed this round. */
const MISSED = 13;

interface TestPod {
  readonly namespace: string;
  readonly pod: string;
  readonly node: string;
  readonly workload?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly hostNetwork: boolean;
  /** Rounds in which it is there. */
  readonly from: number;
  readonly to: number;
  readonly seed: number;
}

const PODS: readonly TestPod[] = [
  pod('shop/web-1', 'a', 'web', { app: 'web', tier: 'front' }, 1, 99),
  pod('shop/web-2', 'b', 'web', { app: 'web', tier: '' }, 1, 17),
  pod('shop/web-3', 'b', 'web', { app: 'web' }, 9, 99),
  pod('shop/db-1', 'a', 'db', { app: 'db', rank: '12' }, 1, 99),
  pod('bank/db-1', 'b', 'db', { app: 'db', rank: '7' }, 3, 21),
  pod('bank/web-1', 'c', 'web', { app: 'web' }, 1, 99),
  pod('bank/lonely', 'c', undefined, {}, 12, 30),
  { ...pod('bank/agent', 'a', 'agent', { app: 'agent' }, 1, 99), hostNetwork: true },
];

function pod(
  name: string,
  node: string,
  workload: string | undefined,
  labels: Readonly<Record<string, string>>,
  from: number,
  to: number
): TestPod {
  const [namespace, short] = name.split('/');
  return { namespace, pod: short, node, workload, labels, hostNetwork: false, from, to, seed: name.length * 7 + from };
}

/** Rounds of a small cluster in which pods come and go, counters begin anew, and one round is missing. */
export function clusterRounds(
  beginMs: number
): Array<{ timestampMs: number; batches: Array<NodeBatch | TotalsBatch> }> {
  const rounds = Array.from({ length: ROUNDS }, (_, index) => index + 1).filter((round) => round !== MISSED);
  return rounds.map((round) => {
    const timestampMs = beginMs + round * MINUTE_MS;
    const there = PODS.filter(({ from, to }) => from <= round && round <= to);
    const nodes = ['a', 'b', 'c'].filter((node) => node !== 'c' || round < 15 || round > 18);
    const shown = there.filter(({ node }) => nodes.includes(node));
    return {
      timestampMs,
      batches: [
        ...nodes.map((node) =>
          nodeOf(
            node,
            timestampMs,
            round,
            shown.filter((one) => one.node === node)
          )
        ),
        totalsBatch(timestampMs, {
          cluster: [{ key: '', names: {}, values: { 'cpu/node_allocatable': 9000, 'nodes/count': nodes.length } }],
          namespace: ['shop', 'bank'].map((namespace) => ({
            key: namespace,
            names: { namespace },
            values: {
              restart_count: sum(shown.filter((one) => one.namespace === namespace).map((one) => restarts(one, round))),
            },
          })),
        }),
      ],
    };
  });
}

function nodeOf(node: string, timestampMs: number, round: number, pods: readonly TestPod[]): NodeBatch {
  const labels: Labels = node === 'c' ? { zone: 'south', 'node-role/worker': '' } : { zone: 'north' };
  const nodeRow: Row = {
    key: node,
    names: { node, labels, uid: `uid-${node}` },
    values: { 'memory/working_set': 1e9 + round * 1e6, 'cpu/node_capacity': node === 'a' ? 2000 : 4000 },
  };
  return nodeBatch(node, timestampMs, {
    node: [nodeRow],
    pod: pods.map((one) => podRow(one, round)),
    container: pods.flatMap((one) => ['main', 'side'].map((container) => containerRow(one, container, round))),
    filesystem: pods.filter(({ workload }) => workload === 'db').map((one) => volumeRow(one, round)),
  });
}

function podRow(one: TestPod, round: number): Row {
  return {
    key: `${one.namespace}/${one.pod}`,
    names: { ...namesOf(one), uid: `uid-${one.namespace}-${one.pod}` },
    values: {
      'cpu/usage_rate': cpu(one, round),
      'memory/working_set': 1e7 + cpu(one, round) * 1e4,
      'cpu/request': one.seed % 2 === 0 ? 0 : 250,
      restart_count: restarts(one, round),
      'network/rx': BigInt(2 ** 53) + BigInt(round * 1001),
    },
  };
}

function containerRow(one: TestPod, container: string, round: number): Row {
  return {
    key: `${one.namespace}/${one.pod}/${container}`,
    names: { ...namesOf(one), container },
    values: { 'cpu/usage_rate': cpu(one, round) / 2, restart_count: restarts(one, round) },
  };
}

function volumeRow(one: TestPod, round: number): Row {
  return {
    key: `pod/${one.namespace}/${one.pod}/Volume:data`,
    names: { ...namesOf(one), owner: 'pod', resourceId: 'Volume:data', persistentVolumeClaim: `data-${one.pod}` },
    values: { 'filesystem/usage': 1e6 * round },
  };
}

function namesOf({ namespace, pod: name, node, workload, labels, hostNetwork }: TestPod) {
  const owner = workload === undefined ? {} : { workloadKind: 'Deployment', workload };
  return { namespace, pod: name, node, labels, hostNetwork, ...owner };
}

function cpu({ seed }: TestPod, round: number): number {
  return ((seed * 7919 + round * 104_729) % 1000) + seed;
}

/** Grows, and begins anew now and then. */
function restarts({ seed }: TestPod, round: number): number {
  return (round + seed) % (7 + (seed % 5));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

const CPU: SeriesQuery = { level: 'pod', metric: 'cpu/usage_rate' };

/** Questions of every kind about that cluster. */
export const CLUSTER_QUERIES: Readonly<Record<string, SeriesQuery>> = {
  'per object': CPU,
  'a counter beyond 2^53': { level: 'pod', metric: 'network/rx' },
  'the cluster': { level: 'cluster', metric: 'nodes/count' },
  volumes: { level: 'pod', metric: 'filesystem/usage', filters: [{ labelSelector: 'app' }] },
  'by name': { ...CPU, filters: [{ dimension: 'namespace', operator: '=', values: ['shop'] }] },
  'not by name': { ...CPU, filters: [{ dimension: 'workload', operator: '!=', values: ['web'] }] },
  'by list': { ...CPU, filters: [{ dimension: 'pod', operator: 'in', values: ['web-1', 'db-1', ''] }] },
  'not by list': { ...CPU, filters: [{ dimension: 'pod', operator: 'notin', values: ['web-1', 'lonely'] }] },
  'by pattern': { ...CPU, filters: [{ dimension: 'workload', operator: '=~', values: ['.*'] }] },
  'not by pattern': { ...CPU, filters: [{ dimension: 'pod', operator: '!~', values: ['(?i)WEB-[12]'] }] },
  'by label': { ...CPU, filters: [{ dimension: 'label:app', operator: '=', values: ['web'] }] },
  'not by label': { ...CPU, filters: [{ dimension: 'label:app', operator: '!=', values: ['web'] }] },
  'by empty label': { ...CPU, filters: [{ dimension: 'label:tier', operator: 'in', values: ['front', ''] }] },
  'by label pattern': { ...CPU, filters: [{ dimension: 'label:tier', operator: '=~', values: ['.*'] }] },
  'by label that is there': { ...CPU, filters: [{ labelSelector: 'tier' }] },
  'by label that is not': { ...CPU, filters: [{ labelSelector: '!tier,app!=db' }] },
  'by number': { ...CPU, filters: [{ labelSelector: 'rank>9' }] },
  'by host network': { ...CPU, filters: [{ dimension: 'host_network', operator: '!=', values: ['true'] }] },
  'containers by label': { level: 'container', metric: 'cpu/usage_rate', filters: [{ labelSelector: 'app in (db)' }] },
  'nodes by label': { level: 'node', metric: 'memory/working_set', filters: [{ labelSelector: 'node-role/worker' }] },
  minimum: { ...CPU, overTime: 'min' },
  maximum: { ...CPU, overTime: 'max' },
  sum: { ...CPU, overTime: 'sum' },
  last: { ...CPU, overTime: 'last' },
  median: { ...CPU, overTime: 'p50' },
  percentile: { ...CPU, overTime: 'p95' },
  increase: { level: 'pod', metric: 'restart_count', overTime: 'increase' },
  'increase of sums': { level: 'namespace', metric: 'restart_count', overTime: 'increase' },
  'increase of groups': { level: 'container', metric: 'restart_count', overTime: 'increase', groupBy: ['workload'] },
  'groups by name': { ...CPU, groupBy: ['namespace', 'workload'] },
  'groups by label': { ...CPU, groupBy: ['label:app', 'label:tier'], aggregation: 'max' },
  'groups of containers by label': { level: 'container', metric: 'cpu/usage_rate', groupBy: ['label:app'] },
  'groups by host network': { ...CPU, groupBy: ['host_network'], aggregation: 'count' },
  average: { ...CPU, aggregation: 'avg' },
  smallest: { ...CPU, aggregation: 'min', overTime: 'max' },
  'share of request': { ...CPU, denominator: 'request' },
  'share of request of groups': { ...CPU, denominator: 'request', groupBy: ['namespace'] },
  'share of node': { ...CPU, denominator: 'capacity' },
  'share of node of groups': { ...CPU, denominator: 'capacity', groupBy: ['node'] },
  'share of cluster': { ...CPU, denominator: 'allocatable', groupBy: ['namespace'] },
  top: { ...CPU, limit: { count: 3, order: 'top' } },
  'bottom by maximum': { ...CPU, limit: { count: 2, order: 'bottom', by: 'max' } },
  'top by last': { ...CPU, limit: { count: 2, order: 'top', by: 'last' } },
  'top groups': { ...CPU, groupBy: ['workload'], limit: { count: 2, order: 'top' } },
  'top shares': { ...CPU, denominator: 'request', limit: { count: 2, order: 'top' } },
  'one value': { ...CPU, instant: true, overTime: 'p95' },
  'one value of groups': { ...CPU, instant: true, overTime: 'max', groupBy: ['namespace'] },
  'one last value of groups': { ...CPU, instant: true, aggregation: 'sum' },
  'one increase': { level: 'pod', metric: 'restart_count', instant: true, overTime: 'increase', aggregation: 'sum' },
  'one value of the top': { ...CPU, instant: true, limit: { count: 2, order: 'top' } },
  'one value of the top groups': {
    ...CPU,
    instant: true,
    overTime: 'avg',
    groupBy: ['workload'],
    limit: { count: 2, order: 'top' },
  },
};

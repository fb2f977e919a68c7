import { batchOf, MINUTE_MS, tableOf, type Row } from '../../../tests/support/batches.ts';
import type { NodeBatch, TotalsBatch } from '../../model/batch.ts';
import type { LabelRules, ObjectFacts } from '../heapsterLabels.ts';

export const ROUND_MS = 30_000_000 * MINUTE_MS;

export const NO_RULES: LabelRules = { labelSeparator: ',', storeLabels: [], ignoreLabels: [] };

export const FACTS: ObjectFacts = {
  imageOf: (namespace, pod, container) => (container === 'app' ? `registry.example/${namespace}/${pod}:1` : undefined),
  hostnameOf: (node) => `${node}.example.org`,
};

const labels = { tier: 'front', 'example.org/team': 'blue' };
const pod = { node: 'worker-1', namespace: 'shop', pod: 'web-1', workloadKind: 'Deployment', workload: 'web', labels };

/** One object of every kind, with metrics Heapster had and such as it had not. */
export function nodeBatch(
  endMs = ROUND_MS,
  values: Partial<Record<'node' | 'pod' | 'app', Row['values']>> = {}
): NodeBatch {
  const requests = { 'cpu/request': 250, 'memory/request': 64e6, restart_count: 2 };
  return batchOf(
    {
      node: [
        {
          names: { node: 'worker-1', uid: 'u', labels: { zone: 'a' } },
          values: {
            'kubelet/answered': 1,
            'cpu/usage': 9007199254740993n,
            'cpu/usage_rate': 1234.9,
            'cpu/node_capacity': 4000,
            'memory/usage': 8e9,
            'memory/available': 1,
            'network/rx': 18446744073709551615n,
            'network/rx_rate': 1.5,
            restart_count: 2,
            ...values.node,
          },
        },
      ],
      pod: [
        {
          names: { ...pod, uid: 'p' },
          values: { uptime: 60_000, 'network/tx_rate': 0.25, 'memory/swap_usage': 1, ...requests, ...values.pod },
        },
        { names: { ...pod, pod: 'finished', reported: false }, values: { restart_count: 1 } },
      ],
      container: [
        {
          names: { ...pod, container: 'app' },
          values: {
            'cpu/usage_rate': 99.99,
            'custom/queue': 3,
            'nvidia.com/gpu/request': 1,
            ...requests,
            ...values.app,
          },
        },
        { names: { ...pod, container: 'unseen', reported: false }, values: requests },
      ],
      sys_container: [{ names: { node: 'worker-1', container: 'docker-daemon' }, values: { 'cpu/usage_rate': 12.3 } }],
      filesystem: [
        {
          names: { node: 'worker-1', owner: 'node', resourceId: '/' },
          values: { 'filesystem/usage': 1e9, 'filesystem/inodes_used': 3 },
        },
        { names: { node: 'worker-1', owner: 'node', resourceId: 'imagefs' }, values: { 'filesystem/usage': 2e9 } },
        { names: { ...pod, owner: 'pod', resourceId: 'Volume:data' }, values: { 'filesystem/usage': 3e9 } },
        { names: { ...pod, owner: 'pod', resourceId: 'ephemeral-storage' }, values: { 'filesystem/usage': 4e9 } },
        {
          names: { ...pod, container: 'app', owner: 'container', resourceId: 'logs' },
          values: { 'filesystem/usage': 5e9 },
        },
      ],
      interface: [
        { names: { node: 'worker-1', owner: 'node', interface: 'eth0' }, values: { 'network/interface_rx': 7 } },
      ],
      accelerator: [
        {
          names: {
            ...pod,
            container: 'app',
            owner: 'container',
            make: 'nvidia',
            model: 'Tesla K80',
            acceleratorId: 'GPU-1',
          },
          values: { 'accelerator/duty_cycle': 50 },
        },
      ],
    },
    endMs
  );
}

/** The sums of the same round; most of them Heapster had not. */
export function totals(endMs = ROUND_MS): TotalsBatch {
  const values = { 'cpu/usage_rate': 112.29, 'memory/usage': 5e8, 'memory/working_set': 4e8, 'pods/running': 1 };
  return {
    timestampMs: endMs,
    tables: {
      cluster: tableOf([{ names: {}, values: { ...values, 'nodes/count': 1 } }]),
      namespace: tableOf([{ names: { namespace: 'shop', uid: 'n' }, values }, { names: { namespace: 'empty' } }]),
      workload: tableOf([{ names: { namespace: 'shop', workloadKind: 'Deployment', workload: 'web' }, values }]),
    },
  };
}

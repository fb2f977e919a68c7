import type { MetricDefinition } from './catalogueTypes.ts';
import { SUMMED_FROM_PODS } from './catalogueLevels.ts';

const STORED = ['cluster', 'node', 'namespace', 'workload', 'pod', 'container'] as const;
const STORAGE_SHARES = {
  request: ['ephemeral_storage/request'],
  limit: ['ephemeral_storage/limit'],
  capacity: ['ephemeral_storage/node_capacity'],
  allocatable: ['ephemeral_storage/node_allocatable'],
};

const FILESYSTEM = {
  levels: ['node', 'pod', 'container'],
  kind: 'gauge',
  origin: 'summary',
  labels: ['resource_id'],
} as const;

/** Local storage, file systems and volumes. */
export const storageMetrics: readonly MetricDefinition[] = [
  {
    name: 'ephemeral_storage/usage',
    levels: STORED,
    unit: 'bytes',
    kind: 'gauge',
    origin: 'summary',
    heapster: true,
    sumToPod: true,
    sumFromPods: SUMMED_FROM_PODS,
    denominators: STORAGE_SHARES,
    description: 'Local storage in use: writable layers, logs and local volumes; of a node, its root file system.',
  },
  {
    ...FILESYSTEM,
    name: 'filesystem/usage',
    unit: 'bytes',
    heapster: true,
    denominators: { capacity: ['filesystem/limit'] },
    description: 'Bytes in use on a file system or volume.',
  },
  {
    ...FILESYSTEM,
    name: 'filesystem/limit',
    unit: 'bytes',
    heapster: true,
    description: 'Size of a file system or volume.',
  },
  {
    ...FILESYSTEM,
    name: 'filesystem/available',
    unit: 'bytes',
    heapster: true,
    denominators: { capacity: ['filesystem/limit'] },
    description: 'Bytes left on a file system or volume.',
  },
  { ...FILESYSTEM, name: 'filesystem/inodes', unit: 'count', heapster: true, description: 'Inodes a file system has.' },
  {
    ...FILESYSTEM,
    name: 'filesystem/inodes_free',
    unit: 'count',
    heapster: true,
    denominators: { capacity: ['filesystem/inodes'] },
    description: 'Inodes left on a file system.',
  },
  {
    ...FILESYSTEM,
    name: 'filesystem/inodes_used',
    unit: 'count',
    heapster: false,
    denominators: { capacity: ['filesystem/inodes'] },
    description: 'Inodes in use on a file system or volume.',
  },
];

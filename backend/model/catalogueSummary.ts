import type { MetricDefinition } from './catalogueTypes.ts';

const ALL = ['cluster', 'node', 'namespace', 'workload', 'pod', 'container', 'sys_container'] as const;
const MEASURED = ['node', 'pod', 'container', 'sys_container'] as const;
const SUMMED_FROM_PODS = ['namespace', 'workload', 'cluster'] as const;
const TRAFFIC = ['cluster', 'node', 'namespace', 'workload', 'pod'] as const;
const STORED = ['cluster', 'node', 'namespace', 'workload', 'pod', 'container'] as const;

const CPU_SHARES = {
  request: ['cpu/actual_request', 'cpu/request'],
  limit: ['cpu/actual_limit', 'cpu/limit'],
  capacity: ['cpu/node_capacity'],
  allocatable: ['cpu/node_allocatable'],
};
const MEMORY_SHARES = {
  request: ['memory/actual_request', 'memory/request'],
  limit: ['memory/actual_limit', 'memory/limit'],
  capacity: ['memory/node_capacity'],
  allocatable: ['memory/node_allocatable'],
};
const STORAGE_SHARES = {
  request: ['ephemeral_storage/request'],
  limit: ['ephemeral_storage/limit'],
  capacity: ['ephemeral_storage/node_capacity'],
  allocatable: ['ephemeral_storage/node_allocatable'],
};

const processor: MetricDefinition[] = [
  { name: 'uptime', levels: MEASURED, unit: 'ms', kind: 'cumulative', origin: 'summary', heapster: true, description: 'Time since the object started, on the clock of Heapscope.' },
  { name: 'cpu/usage', levels: MEASURED, unit: 'ns', kind: 'cumulative', origin: 'summary', heapster: true, clock: 'cpu', description: 'CPU time used since the start, over all cores.' },
  { name: 'cpu/usage_rate', levels: ALL, unit: 'millicores', kind: 'gauge', origin: 'derived', heapster: true, rateOf: 'cpu/usage', rateScale: 1e-6, clock: 'cpu', sumToPod: true, sumFromPods: SUMMED_FROM_PODS, denominators: CPU_SHARES, description: 'CPU in use, between two samples.' },
  { name: 'cpu/usage_rate_kubelet', levels: MEASURED, unit: 'millicores', kind: 'gauge', origin: 'summary', heapster: false, clock: 'cpu', denominators: CPU_SHARES, description: 'CPU in use as the kubelet itself computes it (`usageNanoCores`); 0 for some 20 s after the kubelet restarts.' },
  { name: 'cpu/load', levels: MEASURED, unit: 'count', kind: 'gauge', origin: 'cadvisor', heapster: true, description: 'Smoothed number of runnable threads.' },
];

const memory: MetricDefinition[] = [
  { name: 'memory/usage', levels: ALL, unit: 'bytes', kind: 'gauge', origin: 'summary', heapster: true, clock: 'memory', sumToPod: true, sumFromPods: SUMMED_FROM_PODS, denominators: MEMORY_SHARES, description: 'Memory in use, page cache included.' },
  { name: 'memory/working_set', levels: ALL, unit: 'bytes', kind: 'gauge', origin: 'summary', heapster: true, clock: 'memory', sumToPod: true, sumFromPods: SUMMED_FROM_PODS, denominators: MEMORY_SHARES, description: 'Memory that cannot be freed under pressure; what the eviction manager and `kubectl top` look at.' },
  { name: 'memory/rss', levels: ALL, unit: 'bytes', kind: 'gauge', origin: 'summary', heapster: true, clock: 'memory', sumToPod: true, sumFromPods: SUMMED_FROM_PODS, denominators: MEMORY_SHARES, description: 'Anonymous memory and swap cache, without files.' },
  { name: 'memory/cache', levels: MEASURED, unit: 'bytes', kind: 'gauge', origin: 'cadvisor', heapster: true, description: 'Page cache.' },
  { name: 'memory/available', levels: MEASURED, unit: 'bytes', kind: 'gauge', origin: 'summary', heapster: false, clock: 'memory', description: 'Memory left before the limit (of a node: before its capacity); only where there is a limit.' },
  { name: 'memory/page_faults', levels: MEASURED, unit: 'count', kind: 'cumulative', origin: 'summary', heapster: true, clock: 'memory', description: 'Page faults since the start.' },
  { name: 'memory/page_faults_rate', levels: MEASURED, unit: 'count/s', kind: 'gauge', origin: 'derived', heapster: true, rateOf: 'memory/page_faults', clock: 'memory', sumToPod: true, description: 'Page faults per second.' },
  { name: 'memory/major_page_faults', levels: MEASURED, unit: 'count', kind: 'cumulative', origin: 'summary', heapster: true, clock: 'memory', description: 'Page faults that had to read from disk, since the start.' },
  { name: 'memory/major_page_faults_rate', levels: MEASURED, unit: 'count/s', kind: 'gauge', origin: 'derived', heapster: true, rateOf: 'memory/major_page_faults', clock: 'memory', sumToPod: true, description: 'Page faults per second that had to read from disk.' },
  { name: 'memory/swap_usage', levels: ALL, unit: 'bytes', kind: 'gauge', origin: 'summary', heapster: false, clock: 'memory', sumToPod: true, sumFromPods: SUMMED_FROM_PODS, description: 'Swap in use (KEP-2400).' },
  { name: 'memory/swap_available', levels: MEASURED, unit: 'bytes', kind: 'gauge', origin: 'summary', heapster: false, clock: 'memory', description: 'Swap left (KEP-2400).' },
];

const network: MetricDefinition[] = (['rx', 'tx'] as const).flatMap((direction) => {
  const word = direction === 'rx' ? 'received' : 'sent';
  const common = { levels: TRAFFIC, kind: 'gauge', origin: 'derived', clock: 'network', sumFromPods: SUMMED_FROM_PODS, skipHostNetwork: true } as const;
  const counter = { levels: ['node', 'pod'], kind: 'cumulative', origin: 'summary', clock: 'network' } as const;
  return [
    { ...counter, name: `network/${direction}`, unit: 'bytes', heapster: true, description: `Bytes ${word} on the default interface since the start.` },
    { ...common, name: `network/${direction}_rate`, unit: 'bytes/s', heapster: true, rateOf: `network/${direction}`, description: `Bytes ${word} per second on the default interface; sums leave out pods on the host's network.` },
    { ...counter, name: `network/${direction}_errors`, unit: 'count', heapster: true, description: `Errors while bytes were ${word}, on the default interface since the start.` },
    { ...common, name: `network/${direction}_errors_rate`, unit: 'count/s', heapster: true, rateOf: `network/${direction}_errors`, description: `Errors per second while bytes were ${word}, on the default interface.` },
    { ...counter, name: `network/interface_${direction}`, unit: 'bytes', heapster: false, labels: ['interface'], description: `Bytes ${word} per interface since the start.` },
    { levels: ['node', 'pod'], kind: 'gauge', origin: 'derived', clock: 'network', name: `network/interface_${direction}_rate`, unit: 'bytes/s', heapster: false, labels: ['interface'], rateOf: `network/interface_${direction}`, description: `Bytes ${word} per second and interface.` },
    { ...counter, name: `network/interface_${direction}_errors`, unit: 'count', heapster: false, labels: ['interface'], description: `Errors while bytes were ${word}, per interface since the start.` },
  ] satisfies MetricDefinition[];
});

const FILESYSTEM = { levels: ['node', 'pod', 'container'], kind: 'gauge', origin: 'summary', labels: ['resource_id'] } as const;

const storage: MetricDefinition[] = [
  { name: 'ephemeral_storage/usage', levels: STORED, unit: 'bytes', kind: 'gauge', origin: 'summary', heapster: true, sumToPod: true, sumFromPods: SUMMED_FROM_PODS, denominators: STORAGE_SHARES, description: 'Local storage in use: writable layers, logs and local volumes; of a node, its root file system.' },
  { ...FILESYSTEM, name: 'filesystem/usage', unit: 'bytes', heapster: true, denominators: { capacity: ['filesystem/limit'] }, description: 'Bytes in use on a file system or volume.' },
  { ...FILESYSTEM, name: 'filesystem/limit', unit: 'bytes', heapster: true, description: 'Size of a file system or volume.' },
  { ...FILESYSTEM, name: 'filesystem/available', unit: 'bytes', heapster: true, denominators: { capacity: ['filesystem/limit'] }, description: 'Bytes left on a file system or volume.' },
  { ...FILESYSTEM, name: 'filesystem/inodes', unit: 'count', heapster: true, description: 'Inodes a file system has.' },
  { ...FILESYSTEM, name: 'filesystem/inodes_free', unit: 'count', heapster: true, denominators: { capacity: ['filesystem/inodes'] }, description: 'Inodes left on a file system.' },
  { ...FILESYSTEM, name: 'filesystem/inodes_used', unit: 'count', heapster: false, denominators: { capacity: ['filesystem/inodes'] }, description: 'Inodes in use on a file system or volume.' },
];

const DISK_IO = { levels: MEASURED, origin: 'cadvisor', labels: ['resource_id'], heapster: true } as const;
const ACCELERATOR = { levels: ['container'], kind: 'gauge', origin: 'cadvisor', labels: ['make', 'model', 'accelerator_id'], heapster: true } as const;

const other: MetricDefinition[] = [
  { name: 'process/count', levels: ['node', 'pod', 'namespace', 'workload', 'cluster'], unit: 'count', kind: 'gauge', origin: 'summary', heapster: false, sumFromPods: SUMMED_FROM_PODS, denominators: { capacity: ['process/limit'] }, description: 'Processes of a pod; threads and processes of a node.' },
  { name: 'process/limit', levels: ['node'], unit: 'count', kind: 'gauge', origin: 'summary', heapster: false, description: 'Process ids the node has (`rlimit.maxpid`).' },
  { ...DISK_IO, name: 'disk/io_read_bytes', unit: 'bytes', kind: 'cumulative', description: 'Bytes read per device since the start.' },
  { ...DISK_IO, name: 'disk/io_read_bytes_rate', unit: 'bytes/s', kind: 'gauge', description: 'Bytes read per second and device.' },
  { ...DISK_IO, name: 'disk/io_write_bytes', unit: 'bytes', kind: 'cumulative', description: 'Bytes written per device since the start.' },
  { ...DISK_IO, name: 'disk/io_write_bytes_rate', unit: 'bytes/s', kind: 'gauge', description: 'Bytes written per second and device.' },
  { ...ACCELERATOR, name: 'accelerator/memory_total', unit: 'bytes', description: 'Memory of an accelerator.' },
  { ...ACCELERATOR, name: 'accelerator/memory_used', unit: 'bytes', description: 'Memory of an accelerator in use.' },
  { ...ACCELERATOR, name: 'accelerator/duty_cycle', unit: 'percent', description: 'Share of time in which an accelerator was busy.' },
];

/** What the kubelet's Summary API says, and the rates of its counters; with what only old kubelets' cAdvisor said. */
export const summaryMetrics: readonly MetricDefinition[] = [...processor, ...memory, ...network, ...storage, ...other];

/** Fields of a pressure block, in the order of its metric numbers. */
const PRESSURE_FIELDS = ['total', 'avg10', 'avg60', 'avg300'] as const;
export const PRESSURE_NAMES = (['cpu', 'memory', 'io'] as const).flatMap((resource) =>
  (['some', 'full'] as const).flatMap((extent) => PRESSURE_FIELDS.map((field) => `${resource}/psi_${extent}_${field}`))
);

/** Metrics of nodes, pods, containers and system containers. */
export const MEASURED = [
  'uptime',
  'cpu/usage',
  'cpu/usage_rate_kubelet',
  'memory/usage',
  'memory/working_set',
  'memory/rss',
  'memory/available',
  'memory/page_faults',
  'memory/major_page_faults',
  'memory/swap_usage',
  'memory/swap_available',
  'network/rx',
  'network/rx_errors',
  'network/tx',
  'network/tx_errors',
  'ephemeral_storage/usage',
  'process/count',
  'process/limit',
  'cpu/load',
  'memory/cache',
  ...PRESSURE_NAMES,
];

/** Indexes into {@link MEASURED}: the metric numbers of the tables built from it. */
export const METRIC = {
  uptime: MEASURED.indexOf('uptime'),
  cpuUsage: MEASURED.indexOf('cpu/usage'),
  cpuRateOfKubelet: MEASURED.indexOf('cpu/usage_rate_kubelet'),
  memoryUsage: MEASURED.indexOf('memory/usage'),
  workingSet: MEASURED.indexOf('memory/working_set'),
  rss: MEASURED.indexOf('memory/rss'),
  memoryAvailable: MEASURED.indexOf('memory/available'),
  pageFaults: MEASURED.indexOf('memory/page_faults'),
  majorPageFaults: MEASURED.indexOf('memory/major_page_faults'),
  swapUsage: MEASURED.indexOf('memory/swap_usage'),
  swapAvailable: MEASURED.indexOf('memory/swap_available'),
  /** The first of the four counters of {@link INTERFACE}, in their order. */
  network: MEASURED.indexOf('network/rx'),
  ephemeralUsage: MEASURED.indexOf('ephemeral_storage/usage'),
  processCount: MEASURED.indexOf('process/count'),
  processLimit: MEASURED.indexOf('process/limit'),
  /** These two only where containers are told one by one. */
  cpuLoad: MEASURED.indexOf('cpu/load'),
  memoryCache: MEASURED.indexOf('memory/cache'),
};

/** The first metric number of each pressure block; its four fields follow in order. */
export const PRESSURE = {
  cpu: { some: MEASURED.indexOf('cpu/psi_some_total'), full: MEASURED.indexOf('cpu/psi_full_total') },
  memory: { some: MEASURED.indexOf('memory/psi_some_total'), full: MEASURED.indexOf('memory/psi_full_total') },
  io: { some: MEASURED.indexOf('io/psi_some_total'), full: MEASURED.indexOf('io/psi_full_total') },
};

/** Metrics of file systems and, where containers are told one by one, of the disks beside them. */
export const FILESYSTEM = [
  'filesystem/usage',
  'filesystem/limit',
  'filesystem/available',
  'filesystem/inodes',
  'filesystem/inodes_free',
  'filesystem/inodes_used',
  'disk/io_read_bytes',
  'disk/io_write_bytes',
];
export const INTERFACE = ['rx', 'rx_errors', 'tx', 'tx_errors'].map((name) => `network/interface_${name}`);

/** The kubelet's names of system containers that Heapster renamed. */
export const SYSTEM_CONTAINER_NAMES: Readonly<Record<string, string>> = { runtime: 'docker-daemon', misc: 'system' };

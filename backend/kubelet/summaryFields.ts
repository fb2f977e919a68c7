const PRESSURES = ['cpu', 'memory', 'io'] as const;
const PRESSURE_FIELDS = ['total', 'avg10', 'avg60', 'avg300'] as const;
export const PRESSURE_NAMES = PRESSURES.flatMap((resource) =>
  (['some', 'full'] as const).flatMap((extent) => PRESSURE_FIELDS.map((field) => `${resource}/psi_${extent}_${field}`))
);

/** Metrics of nodes, pods, containers and system containers; their indexes are the metric numbers below. */
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
  ...PRESSURE_NAMES,
];
export const METRIC = Object.fromEntries(MEASURED.map((name, index) => [name, index]));
export const UPTIME = METRIC['uptime'];
export const EPHEMERAL_USAGE = METRIC['ephemeral_storage/usage'];

export const FILESYSTEM = [
  'filesystem/usage',
  'filesystem/limit',
  'filesystem/available',
  'filesystem/inodes',
  'filesystem/inodes_free',
  'filesystem/inodes_used',
];
export const INTERFACE = ['rx', 'rx_errors', 'tx', 'tx_errors'].map((name) => `network/interface_${name}`);

export type Fields = ReadonlyArray<readonly [field: string, metric: number]>;

export const MEMORY_FIELDS: Fields = [
  ['usageBytes', METRIC['memory/usage']],
  ['workingSetBytes', METRIC['memory/working_set']],
  ['rssBytes', METRIC['memory/rss']],
  ['availableBytes', METRIC['memory/available']],
  ['pageFaults', METRIC['memory/page_faults']],
  ['majorPageFaults', METRIC['memory/major_page_faults']],
];
export const SWAP_FIELDS: Fields = [
  ['swapUsageBytes', METRIC['memory/swap_usage']],
  ['swapAvailableBytes', METRIC['memory/swap_available']],
];
export const NETWORK_FIELDS: Fields = ['rxBytes', 'rxErrors', 'txBytes', 'txErrors'].map((field, index) => [
  field,
  METRIC['network/rx'] + index,
]);
export const INTERFACE_FIELDS: Fields = NETWORK_FIELDS.map(([field], index) => [field, index]);
export const FILESYSTEM_FIELDS: Fields = [
  'usedBytes',
  'capacityBytes',
  'availableBytes',
  'inodes',
  'inodesFree',
  'inodesUsed',
].map((field, index) => [field, index]);
export const PRESSURE_OF = Object.fromEntries(
  PRESSURES.map((resource) => [
    resource,
    (['some', 'full'] as const).map((extent) => ({
      extent,
      fields: PRESSURE_FIELDS.map((field) => [field, METRIC[`${resource}/psi_${extent}_${field}`]] as const),
    })),
  ])
);

/** The kubelet's names of system containers that Heapster renamed. */
export const SYSTEM_CONTAINER_NAMES: Readonly<Record<string, string>> = { runtime: 'docker-daemon', misc: 'system' };

/** Metrics read from `/metrics/cadvisor`, in the order of their columns. */
export const CADVISOR_METRICS = [
  'cpu/periods',
  'cpu/throttled_periods',
  'cpu/throttled',
  'disk/read',
  'disk/reads',
  'disk/write',
  'disk/writes',
] as const;

/** A family of lines that is read; all others are passed over. */
export interface CadvisorFamily {
  readonly name: Buffer;
  /** Place in {@link CADVISOR_METRICS}; -1: the time at which the object started. */
  readonly metric: number;
  /** What a value is multiplied by. */
  readonly scale: number;
  /** Whether there is a line per device, whose sum counts. */
  readonly perDevice: boolean;
}

const NANOSECONDS = 1e9;

/** cAdvisor's names: `metrics/prometheus.go` of google/cadvisor. */
export const CADVISOR_FAMILIES: readonly CadvisorFamily[] = [
  family('container_cpu_cfs_periods_total', 'cpu/periods'),
  family('container_cpu_cfs_throttled_periods_total', 'cpu/throttled_periods'),
  family('container_cpu_cfs_throttled_seconds_total', 'cpu/throttled', NANOSECONDS),
  family('container_fs_reads_bytes_total', 'disk/read'),
  family('container_fs_reads_total', 'disk/reads'),
  family('container_fs_writes_bytes_total', 'disk/write'),
  family('container_fs_writes_total', 'disk/writes'),
  { name: Buffer.from('container_start_time_seconds'), metric: -1, scale: 1, perDevice: false },
];

function family(name: string, metric: (typeof CADVISOR_METRICS)[number], scale = 1): CadvisorFamily {
  return {
    name: Buffer.from(name),
    metric: CADVISOR_METRICS.indexOf(metric),
    scale,
    perDevice: metric.startsWith('disk/'),
  };
}

import type { ControlGroup } from './controlGroups.ts';

/** Further labels of a line, by the place that the alphabet gives them among the others. */
export interface MoreLabels {
  /** Behind `container`. */
  first?: string;
  /** Behind `image`. */
  middle?: string;
  /** Behind `pod`. */
  last?: string;
}

/** A family of `/metrics/cadvisor` about control groups. */
export interface GroupFamily {
  name: string;
  type: 'counter' | 'gauge';
  of: (group: ControlGroup) => boolean;
  /** A line per entry; one without further labels if not given. */
  lines?: readonly MoreLabels[];
  /** `container_spec_…` and start times carry no time. */
  timeless?: boolean;
  value: (group: ControlGroup, line: number) => number;
}

type Value = GroupFamily['value'];
type Which = GroupFamily['of'];

const every: Which = () => true;
const limited: Which = ({ throttling }) => throttling !== undefined;
const machine: Which = ({ kind }) => kind === 'root';
const belowMachine: Which = ({ kind }) => kind !== 'root' && kind !== 'sandbox';
const networked: Which = ({ kind }) => kind === 'root' || kind === 'sandbox';
const container: Which = ({ kind }) => kind === 'container';
const zero: Value = () => 0;
const seconds: Value = ({ micros }) => micros / 1e6;

const gauge = (name: string, value: Value, of: Which = every): GroupFamily => ({ name, type: 'gauge', of, value });
const counter = (name: string, value: Value, of: Which = every): GroupFamily => ({ name, type: 'counter', of, value });

/** The file systems that the root control group shows; only the first is a disk. */
const MOUNTS: readonly MoreLabels[] = [
  '/dev/vda1',
  '/dev/shm',
  '/run',
  '/run/lock',
  '/sys/fs/cgroup',
  ...Array.from({ length: 20 }, (_, index) => `/var/lib/kubelet/volumes/${index}/kubernetes.io~projected/token`),
].map((device) => ({ first: `device="${device}",` }));
const DISKS: readonly MoreLabels[] = [{ first: 'device="/dev/vda",' }, { first: 'device="/dev/vdb",' }];

/** Three quarters of what is read or written go to the first disk, the rest to the second; the sum is exact. */
const onDisks = (bytesOf: (group: ControlGroup) => number, size = 1): Value => {
  return (group, line) => {
    const all = Math.floor(bytesOf(group) / size);
    const onFirst = Math.floor(all * 0.75);
    return line === 0 ? onFirst : all - onFirst;
  };
};
const mount = (name: string, ofDisk: Value, type: GroupFamily['type'] = 'counter'): GroupFamily => ({
  name: `container_fs_${name}`,
  type,
  of: machine,
  lines: MOUNTS,
  value: (group, line) => (line === 0 ? ofDisk(group, line) : 0),
});
const disk = (name: string, value: Value): GroupFamily => ({ ...counter(name, value, belowMachine), lines: DISKS });
const interfaces = (what: string, value: Value): GroupFamily => ({
  ...counter(`container_network_${what}_total`, value, networked),
  lines: [{ middle: 'interface="eth0",' }],
});
const spec = (name: string, value: Value, of?: Which): GroupFamily => ({
  ...gauge(`container_spec_${name}`, value, of),
  timeless: true,
});
const memory = (name: string, share: number): GroupFamily =>
  gauge(`container_memory_${name}`, ({ workingSet }) => Math.floor((workingSet * share) / 4096) * 4096);
const pressure = (['cpu', 'io', 'memory'] as const).flatMap((resource) =>
  ['stalled', 'waiting'].map((how) => counter(`container_pressure_${resource}_${how}_seconds_total`, zero))
);
const states = ['iowaiting', 'running', 'sleeping', 'stopped', 'uninterruptible'];
const failures = ['pgfault', 'pgmajfault'].flatMap((type) =>
  ['container', 'hierarchy'].map((scope) => ({ first: `failure_type="${type}",`, last: `,scope="${scope}"` }))
);
const reads = ({ readBytes }: ControlGroup): number => readBytes;
const writes = ({ writtenBytes }: ControlGroup): number => writtenBytes;

/** All families about control groups, in the order of a 1.35 kubelet; `container_fs_…` of single groups as on cgroup v2. */
export const GROUP_FAMILIES: readonly GroupFamily[] = [
  counter('container_cpu_cfs_periods_total', ({ throttling }) => throttling?.periods ?? 0, limited),
  counter('container_cpu_cfs_throttled_periods_total', ({ throttling }) => throttling?.throttledPeriods ?? 0, limited),
  counter('container_cpu_cfs_throttled_seconds_total', ({ throttling }) => throttling?.throttledSeconds ?? 0, limited),
  gauge('container_cpu_load_average_10s', zero),
  gauge('container_cpu_load_d_average_10s', zero),
  counter('container_cpu_system_seconds_total', ({ micros }) => Math.floor(micros * 0.2) / 1e6),
  { ...counter('container_cpu_usage_seconds_total', seconds), lines: [{ first: 'cpu="total",' }] },
  counter('container_cpu_user_seconds_total', ({ micros }) => Math.floor(micros * 0.8) / 1e6),
  gauge('container_file_descriptors', ({ seed }) => 4 + (seed % 60)),
  mount('inodes_free', () => 16_000_000, 'gauge'),
  mount('inodes_total', () => 16_777_216, 'gauge'),
  mount('io_current', zero, 'gauge'),
  mount('io_time_seconds_total', seconds),
  mount('io_time_weighted_seconds_total', seconds),
  mount('limit_bytes', () => 107_321_753_600, 'gauge'),
  mount('read_seconds_total', seconds),
  disk('container_fs_reads_bytes_total', onDisks(reads)),
  mount('reads_merged_total', zero),
  disk('container_fs_reads_total', onDisks(reads, 16_384)),
  mount('sector_reads_total', (group) => reads(group) / 512),
  mount('sector_writes_total', (group) => writes(group) / 512),
  mount('usage_bytes', () => 40_000_000_000, 'gauge'),
  mount('write_seconds_total', seconds),
  disk('container_fs_writes_bytes_total', onDisks(writes)),
  mount('writes_merged_total', zero),
  disk('container_fs_writes_total', onDisks(writes, 8192)),
  gauge('container_last_seen', ({ sampleMs }) => Math.floor(sampleMs / 1000)),
  memory('cache', 0.3),
  counter('container_memory_failcnt', zero),
  { ...counter('container_memory_failures_total', ({ micros }) => Math.floor(micros / 2000)), lines: failures },
  memory('kernel_usage', 0.05),
  memory('mapped_file', 0.1),
  memory('max_usage_bytes', 1.5),
  memory('rss', 0.7),
  gauge('container_memory_swap', zero),
  memory('total_active_file_bytes', 0.1),
  memory('total_inactive_file_bytes', 0.2),
  memory('usage_bytes', 1.2),
  memory('working_set_bytes', 1),
  interfaces('receive_bytes', ({ micros }) => 1200 + micros),
  interfaces('receive_errors', zero),
  interfaces('receive_packets_dropped', zero),
  interfaces('receive_packets', ({ micros }) => Math.floor(micros / 900)),
  interfaces('transmit_bytes', ({ micros }) => 800 + micros),
  interfaces('transmit_errors', zero),
  interfaces('transmit_packets_dropped', zero),
  interfaces('transmit_packets', ({ micros }) => Math.floor(micros / 900)),
  counter('container_oom_events_total', zero),
  ...pressure,
  gauge('container_processes', ({ seed }) => 1 + (seed % 6)),
  gauge('container_sockets', ({ seed }) => seed % 9),
  spec('cpu_period', () => 100_000),
  spec('cpu_quota', ({ limitMillicores }) => limitMillicores * 100, limited),
  spec('cpu_shares', ({ limitMillicores }) => Math.max(2, limitMillicores)),
  spec('memory_limit_bytes', ({ limitBytes }) => limitBytes),
  spec('memory_reservation_limit_bytes', zero),
  spec('memory_swap_limit_bytes', zero),
  {
    ...gauge('container_start_time_seconds', ({ startMs }) => Math.floor(startMs / 1000)),
    timeless: true,
  },
  {
    ...gauge('container_tasks_state', (_group, line) => (states[line] === 'sleeping' ? 3 : 0)),
    lines: states.map((state) => ({ last: `,state="${state}"` })),
  },
  gauge('container_threads', ({ seed }) => 2 + (seed % 40)),
  gauge('container_threads_max', () => 154_000),
  { ...gauge('container_ulimits_soft', () => 1_048_576, container), lines: [{ last: ',ulimit="max_open_files"' }] },
];

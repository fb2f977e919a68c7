import { cpuMicros, cpuMillicores, workingSetBytes } from '../world/curves.ts';
import type { SimNode } from '../world/nodes.ts';
import type { Container, Pod } from '../world/pods.ts';
import { statsUid } from '../world/pods.ts';
import { between, hex, mix } from '../world/random.ts';
import type { NetworkInterface } from './blocks.ts';
import { hostInterfaces, nodeSampleMs } from './host.ts';
import { visiblePods } from './summary.ts';
import { containerUsage, memoryNumbers, podUsage } from './usage.ts';

/** What was asked by `POST /stats/container/`; times in Unix ms. */
export interface ContainersQuestion {
  fromMs: number;
  toMs: number;
  /** Added to every time that is printed. */
  skewMs: number;
}

/** A control group with its newest sample. */
interface Measured {
  path: string;
  labels?: Record<string, string>;
  image?: string;
  alias?: string;
  startMs: number;
  sampleMs: number;
  micros: number;
  millicores: number;
  workingSet: number;
  interfaces?: readonly NetworkInterface[];
  fsBytes?: number;
  seed: number;
}

/** The platform's JSON with what the type library does not know of it yet. */
const EXACT = JSON as unknown as { rawJSON(text: string): unknown };
const PAUSE = 'registry.k8s.io/pause:3.1';
const DISK = { device: '/dev/sda', major: 8, minor: 0 };

/** What a kubelet before Kubernetes 1.20 with Docker answers: its control groups by their paths, as cAdvisor's `info/v1` has them. */
export function containerInfosText(node: SimNode, atMs: number, question: ContainersQuestion): string {
  const groups = [...machine(node, atMs), ...visiblePods(node, atMs).flatMap((pod) => podGroups(node, pod, atMs))];
  const entries = groups.map((group) => [group.path, containerInfo(group, question)] as const);
  return JSON.stringify(Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1))), null, 1);
}

function machine(node: SimNode, atMs: number): Measured[] {
  const sampleMs = nodeSampleMs(node, atMs);
  const shares: Array<[path: string, share: number]> = [
    ['/', 1],
    ['/kubelet', 0.03],
    ['/runtime', 0.04],
    ['/kubepods', 0.86],
    ['/system.slice/sshd.service', 0.001],
  ];
  return shares.map(([path, share]) => ({
    path,
    startMs: node.bootMs,
    sampleMs,
    micros: Math.floor(cpuMicros(node.cpu, node.bootMs, sampleMs) * share),
    millicores: cpuMillicores(node.cpu, node.bootMs, sampleMs) * share,
    workingSet: Math.floor((workingSetBytes(node.memory, node.bootMs, sampleMs) * share) / 4096) * 4096,
    ...(path === '/' ? { interfaces: hostInterfaces(node, atMs), fsBytes: node.fsBytes } : {}),
    seed: node.seed,
  }));
}

function podGroups(node: SimNode, pod: Pod, atMs: number): Measured[] {
  const { startMs, sampleMs, micros } = podUsage(pod, atMs);
  const pause: Measured = {
    ...named(pod, 'POD', startMs),
    image: PAUSE,
    startMs,
    sampleMs,
    micros: 30_000,
    millicores: 0,
    workingSet: 200_704,
    ...(pod.slot.workload.template.hostNetwork ? {} : { interfaces: podInterfaces(pod, micros) }),
    seed: pod.seed,
  };
  return [pause, ...pod.containers.flatMap((container) => containerGroup(node, pod, container, atMs) ?? [])];
}

function containerGroup(node: SimNode, pod: Pod, container: Container, atMs: number): Measured | undefined {
  const usage = containerUsage(pod, container, atMs);
  return (
    usage && {
      ...named(pod, container.template.name, usage.startMs),
      image: `${container.template.image}@docker`,
      ...usage,
      millicores: usage.nanoCores / 1e6,
      fsBytes: node.fsBytes,
      seed: container.seed,
    }
  );
}

function named(pod: Pod, container: string, startMs: number): Pick<Measured, 'path' | 'labels' | 'alias'> {
  const uid = statsUid(pod);
  const id = hex(mix(mix(pod.seed, container.length), Math.floor(startMs / 1000)), 64);
  return {
    path: `/kubepods/pod${uid}/${id}`,
    alias: `k8s_${container}_${pod.name}_${pod.namespace}_${uid}_0`,
    labels: {
      'io.kubernetes.container.name': container,
      'io.kubernetes.pod.name': pod.name,
      'io.kubernetes.pod.namespace': pod.namespace,
      'io.kubernetes.pod.uid': uid,
    },
  };
}

function podInterfaces(pod: Pod, micros: number): NetworkInterface[] {
  const rxBytes = 1200 + Math.floor(micros * between(pod.seed, 54, 0.1, 2.4));
  const txBytes = 800 + Math.floor(micros * between(pod.seed, 55, 0.05, 3));
  return [{ name: 'eth0', rxBytes, txBytes, errors: 0 }];
}

function containerInfo(group: Measured, { fromMs, toMs, skewMs }: ContainersQuestion): unknown {
  const { path, alias, labels, image, startMs, sampleMs, interfaces, fsBytes } = group;
  const isWanted = sampleMs + skewMs >= fromMs && sampleMs + skewMs <= toMs;
  return {
    name: path,
    ...(alias === undefined ? {} : { aliases: [alias], namespace: 'docker' }),
    spec: {
      creation_time: timeText(startMs + skewMs),
      ...(labels ? { labels } : {}),
      has_cpu: true,
      has_memory: true,
      has_network: interfaces !== undefined,
      has_filesystem: fsBytes !== undefined,
      has_diskio: true,
      has_custom_metrics: false,
      ...(image === undefined ? {} : { image }),
    },
    stats: isWanted ? [stats(group, skewMs)] : [],
  };
}

function stats({ sampleMs, micros, millicores, workingSet, interfaces = [], fsBytes, seed }: Measured, skewMs: number) {
  const memory = memoryNumbers(seed, workingSet, 0, micros);
  const nanos = EXACT.rawJSON(micros === 0 ? '0' : `${micros}000`);
  const faults = { pgfault: memory.pageFaults, pgmajfault: memory.majorPageFaults };
  const told = interfaces.map(({ name, rxBytes, txBytes, errors }) => ({
    name,
    rx_bytes: rxBytes,
    rx_packets: Math.floor(rxBytes / 600),
    rx_errors: errors,
    tx_bytes: txBytes,
    tx_packets: Math.floor(txBytes / 600),
    tx_errors: 0,
  }));
  const disk = { Read: Math.floor(micros / 7) * 4096, Write: Math.floor(micros / 5) * 4096 };
  return {
    timestamp: timeText(sampleMs + skewMs),
    cpu: { usage: { total: nanos, per_cpu_usage: [nanos], user: 0, system: 0 }, load_average: Math.floor(millicores) },
    diskio: { io_service_bytes: [{ ...DISK, stats: { ...disk, Total: disk.Read + disk.Write } }] },
    memory: {
      usage: memory.usage,
      cache: memory.usage - memory.workingSet,
      rss: memory.rss,
      working_set: memory.workingSet,
      failcnt: 0,
      container_data: faults,
      hierarchical_data: faults,
    },
    network: { ...told[0], interfaces: told },
    ...(fsBytes === undefined ? {} : { filesystem: [fileSystem(fsBytes, workingSet)] }),
    task_stats: { nr_sleeping: 0, nr_running: 0 },
  };
}

function fileSystem(capacity: number, usage: number): unknown {
  const inodes = { has_inodes: true, inodes: 6_553_600, inodes_free: 6_500_000 };
  return { device: '/dev/sda1', type: 'vfs', capacity, usage, available: capacity - usage, ...inodes };
}

/** A time with nanoseconds, as cAdvisor has it. */
function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('Z', '123456Z');
}

import type { NodeStatus, StatusReport } from '../types.ts';

/** A node that is well. */
export function node(name: string, changes: Partial<NodeStatus> = {}): NodeStatus {
  return {
    name,
    state: 'ok',
    cordoned: false,
    lastScrapeMs: 60_500,
    durationMs: 12.4,
    cpuMillicores: 500.6,
    cpuRequestMillicores: 900,
    cpuAllocatableMillicores: 4_000,
    memoryBytes: 2 ** 31,
    memoryRequestBytes: 2 ** 32,
    memoryAllocatableBytes: 2 ** 33,
    pods: 12,
    ...changes,
  };
}

/** A node whose kubelet does not answer as it should. */
export function failing(name: string, code: string, message: string): NodeStatus {
  return node(name, { state: 'failing', error: { code, message }, cpuMillicores: undefined, memoryBytes: undefined });
}

/** A report of a cluster that is well, at 100 s after the epoch, one round behind it. */
export function report(nodes: readonly NodeStatus[], changes: Partial<StatusReport> = {}): StatusReport {
  return {
    version: '1.2.3',
    startedMs: 0,
    nowMs: 100_000,
    simulated: false,
    cluster: { name: 'test', apiServer: 'https://api', problems: [] },
    round: { number: 1, startedMs: 60_000, durationMs: 900, resolutionMs: 60_000, nextMs: 120_000 },
    head: { oldestMs: 60_000, newestMs: 60_000, bytes: 4_096, objects: 17, windowMs: 900_000 },
    totals: { pods: { Running: 12 }, cpuMillicores: 500, cpuAllocatableMillicores: 4_000 },
    nodes,
    history: {
      timestampsMs: [0, 60_000],
      cpuMillicores: [NaN, 500],
      memoryBytes: [1, 2],
      networkRxBytesPerSecond: [1, 2],
      networkTxBytesPerSecond: [1, 2],
      pods: [12, 12],
    },
    ...changes,
  };
}

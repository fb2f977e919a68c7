import type { Fault } from '../faults.ts';

/** What somebody else says who sits at the kubelet's port. */
export const PAGE_OF_A_PROXY =
  '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n';

const SPOILERS: Partial<Record<Fault['kind'], (text: string) => string>> = {
  emptyBody: () => '',
  garbage: () => PAGE_OF_A_PROXY,
  negative: (text) =>
    text.replace(/"(usageCoreNanoSeconds|usageNanoCores|workingSetBytes|rxBytes|usedBytes)": (\d+)/g, '"$1": -$2'),
  beyond2to53: (text) => addToCounters(text, 9_007_199_254_740_993n),
  beyond2to64: (text) => addToCounters(text, 18_446_744_073_709_551_616n),
  missingBlocks: withoutBlocks,
  wrongTypes: (text) =>
    text
      .replace(/"usageNanoCores": \d+/g, '"usageNanoCores": "fast"')
      .replace(/"time": "[^"]*"/g, '"time": 12')
      .replace(/"memory": \{/g, '"memory": [], "memories": {')
      .replace('"systemContainers": [', '"systemContainers": "none", "others": ['),
};

const METRIC_SPOILERS: Partial<Record<Fault['kind'], (text: string) => string>> = {
  emptyBody: () => '',
  garbage: () => PAGE_OF_A_PROXY,
  negative: (text) => text.replace(/^(container_[a-z_]+_total\{.*\}) (\S+)/gm, '$1 -$2'),
  beyond2to53: (text) => replaceCounters(text, (value) => 9_007_199_254_740_993n + value),
  beyond2to64: (text) => replaceCounters(text, (value) => 18_446_744_073_709_551_616n + value),
  // A kubelet that takes its statistics from the container runtime shows the machine only.
  missingBlocks: (text) => text.replace(/^container_.*\{.*\n/gm, ''),
  wrongTypes: (text) => text.replace(/^(container_[a-z_]+_total\{.*\}) (\S+)/gm, '$1 fast'),
};

/** `/metrics/cadvisor` as a kubelet with this fault would answer it. */
export function spoilMetrics(text: string, fault: Fault | undefined): string {
  const spoiler = fault && METRIC_SPOILERS[fault.kind];
  return spoiler ? spoiler(text) : text;
}

function replaceCounters(text: string, change: (value: bigint) => bigint): string {
  return text.replace(
    /^(container_(?:cpu_cfs_periods|fs_reads_bytes)_total\{.*\}) (\S+)/gm,
    (_, head: string, value: string) => `${head} ${change(BigInt(Math.floor(Number(value))))}`
  );
}

/** A summary as a kubelet with this fault would answer it; faults that don't concern the content leave it as it is. */
export function spoil(text: string, fault: Fault | undefined): string {
  const spoiler = fault && SPOILERS[fault.kind];
  return spoiler ? spoiler(text) : text;
}

function addToCounters(text: string, offset: bigint): string {
  return text.replace(
    /"(usageCoreNanoSeconds|rxBytes|txBytes)": (\d+)/g,
    (_, name: string, digits: string) => `"${name}": ${BigInt(digits) + offset}`
  );
}

/** Leaves out what may be missing: every other pod loses a block, the node its file systems, one container its CPU. */
function withoutBlocks(text: string): string {
  const summary: { node: Record<string, unknown>; pods: Array<Record<string, unknown>> } = JSON.parse(text);
  ['fs', 'runtime', 'rlimit', 'swap', 'systemContainers'].forEach((name) => delete summary.node[name]);
  const blocks = [
    'cpu',
    'memory',
    'network',
    'volume',
    'ephemeral-storage',
    'containers',
    'startTime',
    'process_stats',
  ];
  summary.pods.forEach((pod, index) => delete pod[blocks[index % blocks.length]]);
  const containers = summary.pods.flatMap((pod) => (Array.isArray(pod.containers) ? pod.containers : []));
  containers.forEach((container, index) => delete container[['cpu', 'memory', 'rootfs', 'startTime'][index % 4]]);
  return JSON.stringify(summary, null, 1);
}

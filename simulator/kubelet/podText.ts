import { between, chance, mix, shuffle, wholeBetween } from '../world/random.ts';
import { sampleTimeMs } from '../world/curves.ts';
import { statsUid, tokenVolume } from '../world/pods.ts';
import type { Container, Pod } from '../world/pods.ts';
import { blocksAt } from './blocks.ts';
import type { NetworkInterface } from './blocks.ts';
import { pressureText } from './pressure.ts';
import type { Answer } from './summary.ts';
import { timeText } from './timeText.ts';
import { containerUsage, memoryNumbers, podUsage } from './usage.ts';
import type { PodUsage } from './usage.ts';

const POD = blocksAt(3);
const CONTAINER = blocksAt(5);
const VOLUME_LINE = '\n     ';
const GIB = 1024 ** 3;

/** A pod of the summary; empty while none of its containers runs, as the kubelet leaves such pods out. */
export function podText(answer: Answer, pod: Pod, orderSeed: number, host: readonly NetworkInterface[]): string {
  const containers = pod.containers.map((each) => containerText(answer, pod, each)).filter((text) => text !== '');
  if (containers.length === 0) {
    return '';
  }
  shuffle(mix(orderSeed, pod.seed), containers);
  const usage = podUsage(pod, answer.atMs);
  const blocks = [
    `"podRef": {\n    "name": "${pod.name}",\n    "namespace": "${pod.namespace}",\n    "uid": "${statsUid(pod)}"\n   }`,
    `"startTime": "${timeText(usage.startMs + answer.skewMs)}"`,
    `"containers": [${containers.join(',')}\n   ]`,
    ...podBlocks(answer, pod, usage, host),
  ];
  return `\n  {\n   ${blocks.join(',\n   ')}\n  }`;
}

function podBlocks(answer: Answer, pod: Pod, usage: PodUsage, host: readonly NetworkInterface[]): string[] {
  const time = timeText(usage.sampleMs + answer.skewMs);
  const psi = (kind: number): string => {
    const item = { node: answer.node, shown: answer.pressure, seed: pod.seed, kind, share: 0.2 };
    return pressureText(POD, item, usage.micros, usage.nanoCores);
  };
  const nanoCores = answer.ratesKnown ? usage.nanoCores : 0;
  const limitMib = podLimitMib(pod);
  const memory = memoryNumbers(pod.seed, usage.workingSet, limitMib * 1024 ** 2, 0);
  const blocks = [POD.cpu(time, nanoCores, usage.micros, psi(1)), POD.memory(time, memory, psi(2))];
  if (!answer.onlyCpuAndMemory) {
    if (answer.pressure) {
      blocks.push(POD.io(time, psi(3)));
    }
    blocks.push(networkText(answer, pod, usage, host), ...volumeTexts(answer, pod), ephemeralText(answer, pod, usage));
    blocks.push(`"process_stats": {\n    "process_count": ${processes(pod, usage)}\n   }`);
  }
  blocks.push(POD.swap(time, '', 0));
  return blocks;
}

/** The memory limit that the pod's control group has: only if the pod or each of its containers has one. */
function podLimitMib(pod: Pod): number {
  const { podResources } = pod.slot.workload.template;
  if (podResources) {
    return podResources.limitMib;
  }
  const limits = pod.containers.map((container) => container.template.limitMib);
  return limits.includes(0) ? 0 : limits.reduce((sum, limit) => sum + limit, 0);
}

function processes(pod: Pod, usage: PodUsage): number {
  return usage.runningContainers + wholeBetween(pod.seed, 51, 0, 6);
}

function networkText(answer: Answer, pod: Pod, usage: PodUsage, host: readonly NetworkInterface[]): string {
  const time = timeText(sampleTimeMs(mix(pod.seed, 53), answer.atMs) + answer.skewMs);
  if (pod.slot.workload.template.hostNetwork) {
    return POD.network(time, host[0], host);
  }
  const eth0: NetworkInterface = {
    name: 'eth0',
    rxBytes: 1200 + Math.floor(usage.micros * between(pod.seed, 54, 0.1, 2.4)),
    txBytes: 800 + Math.floor(usage.micros * between(pod.seed, 55, 0.05, 3)),
    errors: chance(pod.seed, 56) < 0.03 ? Math.floor(usage.micros / 6e8) : 0,
  };
  return POD.network(time, eth0, [eth0]);
}

function ephemeralText(answer: Answer, pod: Pod, usage: PodUsage): string {
  const { available, capacity, inodesFree, inodes } = answer.fs;
  const space = POD.space(available, capacity, inodesFree, inodes);
  const ageHours = Math.max(0, answer.atMs - usage.startMs) / 3_600_000;
  const used = 40_960 + Math.floor(Math.min(ageHours, 400) * between(pod.seed, 57, 1, 600)) * 4096;
  return POD.fs('ephemeral-storage', timeText(answer.atMs + answer.skewMs), space, used, 12 + (pod.seed % 60));
}

/** The pod's volumes; static pods and those of the last ten seconds have none yet. */
function volumeTexts(answer: Answer, pod: Pod): string[] {
  const { template } = pod.slot.workload;
  if (template.kind === 'Static' || answer.atMs - pod.createdMs < 20_000) {
    return [];
  }
  const volumes: string[] = [];
  if (template.claim) {
    const capacity = template.claim.gib * GIB;
    // Fills over thirty days, then somebody cleans up.
    const fill = 0.2 + 0.6 * ((answer.atMs / (30 * 86_400_000) + chance(pod.seed, 58)) % 1);
    const reference = `${VOLUME_LINE}"pvcRef": {${VOLUME_LINE} "name": "${template.claim.name}-${pod.name}",${VOLUME_LINE} "namespace": "${pod.namespace}"${VOLUME_LINE}},`;
    volumes.push(volumeText(answer, pod, 1, { name: template.claim.name, capacity, fill, reference }));
  }
  if (template.scratch) {
    volumes.push(
      volumeText(answer, pod, 2, { name: template.scratch, capacity: answer.fs.capacity, fill: 0.002, reference: '' })
    );
  }
  volumes.push(
    volumeText(answer, pod, 3, {
      name: tokenVolume(pod),
      capacity: 33_554_432,
      fill: 12_288 / 33_554_432,
      reference: '',
    })
  );
  return [`"volume": [${volumes.join(',')}\n   ]`];
}

function volumeText(
  answer: Answer,
  pod: Pod,
  index: number,
  volume: { name: string; capacity: number; fill: number; reference: string }
): string {
  const time = timeText(sampleTimeMs(mix(pod.seed, 60 + index), answer.atMs) + answer.skewMs);
  const used = Math.floor((volume.capacity * volume.fill) / 4096) * 4096;
  const inodes = Math.floor(volume.capacity / 16_384);
  const inodesUsed = 9 + Math.floor(used / 4_000_000);
  const fields = [
    `"time": "${time}"`,
    `"availableBytes": ${volume.capacity - used}`,
    `"capacityBytes": ${volume.capacity}`,
    `"usedBytes": ${used}`,
    `"inodesFree": ${inodes - inodesUsed}`,
    `"inodes": ${inodes}`,
    `"inodesUsed": ${inodesUsed}`,
  ];
  return `\n    {${VOLUME_LINE}${fields.join(`,${VOLUME_LINE}`)},${VOLUME_LINE}"name": "${volume.name}"${volume.reference ? `,${volume.reference.slice(0, -1)}` : ''}\n    }`;
}

function containerText(answer: Answer, pod: Pod, container: Container): string {
  const usage = containerUsage(pod, container, answer.atMs);
  if (!usage) {
    return '';
  }
  const { template, seed } = container;
  const time = timeText(usage.sampleMs + answer.skewMs);
  const head = `\n    {\n     "name": "${template.name}",\n     "startTime": "${timeText(usage.startMs + answer.skewMs)}"`;
  if (usage.sampleMs === usage.startMs) {
    // Not sampled yet: the runtime's own word on the working set is all there is.
    return `${head},\n     "memory": {\n      "time": "${time}",\n      "workingSetBytes": ${usage.workingSet}\n     }\n    }`;
  }
  const psi = (kind: number): string => {
    const item = { node: answer.node, shown: answer.pressure, seed, kind, share: 0.16 };
    return pressureText(CONTAINER, item, usage.micros, usage.nanoCores);
  };
  const limitBytes = template.limitMib * 1024 ** 2;
  const blocks = [
    head,
    CONTAINER.cpu(time, answer.ratesKnown ? usage.nanoCores : 0, usage.micros, psi(1)),
    CONTAINER.memory(time, memoryNumbers(seed, usage.workingSet, limitBytes, usage.micros), psi(2)),
  ];
  if (!answer.onlyCpuAndMemory) {
    if (answer.pressure) {
      blocks.push(CONTAINER.io(time, psi(3)));
    }
    blocks.push(...containerFs(answer, container, usage.startMs));
  }
  blocks.push(CONTAINER.swap(time, limitBytes > 0 ? '0' : '', 0));
  return `${blocks.join(',\n     ')}\n    }`;
}

function containerFs(answer: Answer, container: Container, startMs: number): string[] {
  const { available, capacity, inodesFree, inodes } = answer.fs;
  const space = CONTAINER.space(available, capacity, inodesFree, inodes);
  const ageHours = Math.max(0, answer.atMs - startMs) / 3_600_000;
  const rootTime = timeText(sampleTimeMs(mix(container.seed, 67), answer.atMs) + answer.skewMs);
  const rootUsed = 28_672 + (container.seed % 900) * 4096 + Math.floor(Math.min(ageHours, 200) * 3) * 4096;
  const root = CONTAINER.fs('rootfs', rootTime, space, rootUsed, 7 + (container.seed % 40));
  if (!answer.logs) {
    return [root];
  }
  const logsUsed = Math.floor((ageHours * between(container.seed, 68, 20, 2400)) % 2560) * 4096;
  return [
    root,
    CONTAINER.fs('logs', timeText(answer.atMs + answer.skewMs), space, logsUsed, 1 + Math.floor(logsUsed / 5_000_000)),
  ];
}

import { between, chance, mix, shuffle, wholeBetween } from '../world/random.ts';
import { sampleTimeMs } from '../world/curves.ts';
import { statsUid } from '../world/pods.ts';
import type { Container, Pod } from '../world/pods.ts';
import type { Answer } from './answer.ts';
import { blocksAt } from './blocks.ts';
import { bytesOf } from './byteWriter.ts';
import { writeContainer } from './containerBlocks.ts';
import { pressureWriter } from './pressure.ts';
import { containerUsage, memoryNumbers, podUsage } from './usage.ts';
import type { ContainerUsage, PodUsage } from './usage.ts';
import { writeVolumes } from './volumeBlocks.ts';

const POD = blocksAt(3);
const COMMA = bytesOf(',');
const NAME = bytesOf('\n  {\n   "podRef": {\n    "name": "');
const NAMESPACE = bytesOf('",\n    "namespace": "');
const UID = bytesOf('",\n    "uid": "');
const START_TIME = bytesOf('"\n   },\n   "startTime": "');
const CONTAINERS = bytesOf('",\n   "containers": [');
const END_OF_CONTAINERS = bytesOf('\n   ],\n   ');
const PROCESS_COUNT = bytesOf('"process_stats": {\n    "process_count": ');
const END_OF_PROCESSES = bytesOf('\n   },\n   ');
const END = bytesOf('\n  }');
const EPHEMERAL = bytesOf('"ephemeral-storage"');

/** Writes a pod of the summary; false, with nothing written, while none of its containers runs. */
export function writePod(answer: Answer, pod: Pod, first: boolean): boolean {
  const { out, atMs } = answer;
  const running: Array<{ container: Container; usage: ContainerUsage }> = [];
  for (const container of pod.containers) {
    const usage = containerUsage(pod, container, atMs);
    if (usage) {
      running.push({ container, usage });
    }
  }
  if (running.length === 0) {
    return false;
  }
  const usage = podUsage(pod, atMs);
  out
    .bytes(first ? NOTHING : COMMA)
    .bytes(NAME)
    .text(pod.name)
    .bytes(NAMESPACE)
    .text(pod.namespace);
  out.bytes(UID).text(statsUid(pod)).bytes(START_TIME).bytes(answer.time(usage.startMs)).bytes(CONTAINERS);
  shuffle(mix(answer.orderSeed, pod.seed), running).forEach((each, index) =>
    writeContainer(answer, each.container, each.usage, index === 0)
  );
  out.bytes(END_OF_CONTAINERS);
  writePodBlocks(answer, pod, usage);
  out.bytes(END);
  return true;
}

const NOTHING = bytesOf('');

function writePodBlocks(answer: Answer, pod: Pod, usage: PodUsage): void {
  const { out } = answer;
  const time = answer.time(usage.sampleMs);
  const pressure = pressureWriter(answer, POD, { seed: pod.seed, share: 0.2 }, usage.micros, usage.nanoCores);
  POD.cpu(out, time, answer.ratesKnown ? usage.nanoCores : 0, usage.micros, pressure);
  out.bytes(POD.next);
  // A pod's own control group has seen no page faults: the kubelet says 0.
  POD.memory(out, time, memoryNumbers(pod.seed, usage.workingSet, podLimitMib(pod) * 1024 ** 2, 0), pressure);
  out.bytes(POD.next);
  if (!answer.onlyCpuAndMemory) {
    if (answer.pressure) {
      POD.io(out, time, pressure);
      out.bytes(POD.next);
    }
    writeNetwork(answer, pod, usage);
    out.bytes(POD.next);
    writeVolumes(answer, pod);
    writeEphemeral(answer, pod, usage);
    out.bytes(POD.next).bytes(PROCESS_COUNT);
    out.whole(usage.runningContainers + wholeBetween(pod.seed, 51, 0, 6)).bytes(END_OF_PROCESSES);
  }
  POD.swap(out, time, false);
}

/** The memory limit that the pod's control group has: only if the pod or each of its containers has one. */
function podLimitMib(pod: Pod): number {
  const { podResources, containers } = pod.slot.workload.template;
  if (podResources) {
    return podResources.limitMib;
  }
  let sum = 0;
  for (const { limitMib } of containers) {
    if (limitMib === 0) {
      return 0;
    }
    sum += limitMib;
  }
  return sum;
}

function writeNetwork(answer: Answer, pod: Pod, usage: PodUsage): void {
  const time = answer.time(sampleTimeMs(mix(pod.seed, 53), answer.atMs));
  if (pod.slot.workload.template.hostNetwork) {
    POD.network(answer.out, time, answer.interfaces[0], answer.interfaces);
    return;
  }
  const eth0 = {
    name: 'eth0',
    rxBytes: 1200 + Math.floor(usage.micros * between(pod.seed, 54, 0.1, 2.4)),
    txBytes: 800 + Math.floor(usage.micros * between(pod.seed, 55, 0.05, 3)),
    errors: chance(pod.seed, 56) < 0.03 ? Math.floor(usage.micros / 6e8) : 0,
  };
  POD.network(answer.out, time, eth0, [eth0]);
}

function writeEphemeral(answer: Answer, pod: Pod, usage: PodUsage): void {
  const ageHours = Math.max(0, answer.atMs - usage.startMs) / 3_600_000;
  const used = 40_960 + Math.floor(Math.min(ageHours, 400) * between(pod.seed, 57, 1, 600)) * 4096;
  POD.fs(answer.out, EPHEMERAL, answer.time(answer.atMs), answer.podSpace, used, 12 + (pod.seed % 60));
}

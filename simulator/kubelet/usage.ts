import { chance, mix } from '../world/random.ts';
import { cpuMicros, cpuMillicores, sampleTimeMs, workingSetBytes } from '../world/curves.ts';
import { containerAt, sandboxStartMs } from '../world/pods.ts';
import type { Container, Pod } from '../world/pods.ts';
import type { MemoryNumbers } from './blocks.ts';

const PAGE = 4096;

/** What one run of a container has used at a sample of its own. */
export interface ContainerUsage {
  startMs: number;
  sampleMs: number;
  micros: number;
  nanoCores: number;
  workingSet: number;
}

/** The newest sample of a container at `atMs`; undefined while it does not run. */
export function containerUsage(pod: Pod, container: Container, atMs: number): ContainerUsage | undefined {
  const moment = containerAt(pod, container, atMs);
  if (!moment.running) {
    return undefined;
  }
  // A sample from before the run belongs to the run before; the first one is taken right at the start.
  const sampleMs = Math.max(sampleTimeMs(container.seed, atMs), moment.startMs);
  return {
    startMs: moment.startMs,
    sampleMs,
    micros: cpuMicros(container.cpu, moment.startMs, sampleMs),
    nanoCores: Math.floor(cpuMillicores(container.cpu, moment.startMs, sampleMs) * 1000) * 1000,
    workingSet: workingSetBytes(container.memory, moment.startMs, sampleMs),
  };
}

/** CPU that all runs of a container since the pod's sandbox was made have used up to `atMs`, in microseconds. */
function lifetimeMicros(pod: Pod, container: Container, atMs: number): number {
  if (container.life.kind === 'steady') {
    return cpuMicros(container.cpu, container.segmentStartMs, atMs);
  }
  const moment = containerAt(pod, container, atMs);
  const ended = moment.restarts - container.restartsBefore + (moment.running ? 0 : 1);
  const whole = Math.floor((container.cpu.meanMillicores * container.life.runMs) / 1);
  const current = moment.running ? cpuMicros(container.cpu, moment.startMs, atMs) : 0;
  return ended * whole + Math.min(current, whole);
}

/** What a pod has used at a sample of its own. */
export interface PodUsage {
  startMs: number;
  sampleMs: number;
  micros: number;
  nanoCores: number;
  workingSet: number;
  runningContainers: number;
}

/** The newest sample of a pod's own control group. */
export function podUsage(pod: Pod, atMs: number): PodUsage {
  const startMs = sandboxStartMs(pod);
  const sampleMs = Math.max(sampleTimeMs(mix(pod.seed, 83), atMs), startMs);
  const usage: PodUsage = {
    startMs,
    sampleMs,
    micros: 30_000,
    nanoCores: 0,
    workingSet: 100 * PAGE,
    runningContainers: 0,
  };
  for (const container of pod.containers) {
    usage.micros += lifetimeMicros(pod, container, sampleMs);
    const moment = containerAt(pod, container, sampleMs);
    if (moment.running && sampleMs >= moment.startMs) {
      usage.nanoCores += Math.floor(cpuMillicores(container.cpu, moment.startMs, sampleMs) * 1000) * 1000;
      usage.workingSet += workingSetBytes(container.memory, moment.startMs, sampleMs);
      usage.runningContainers++;
    }
  }
  return usage;
}

/** The memory block's numbers that go with a working set. */
export function memoryNumbers(seed: number, workingSet: number, limitBytes: number, micros: number): MemoryNumbers {
  const pages = workingSet / PAGE;
  const cachePages = Math.floor(pages * (0.05 + 0.4 * chance(seed, 41)));
  const pageFaults = Math.floor(micros / (900 + (seed % 4000)));
  return {
    available: limitBytes > 0 ? Math.max(0, limitBytes - workingSet) : undefined,
    usage: (pages + cachePages) * PAGE,
    workingSet,
    rss: Math.max(1, Math.floor(pages * (0.55 + 0.4 * chance(seed, 43)))) * PAGE,
    pageFaults,
    majorPageFaults: Math.floor(pageFaults / 2900),
  };
}

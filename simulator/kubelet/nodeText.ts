import { between, chance, mix, shuffle } from '../world/random.ts';
import { cpuMicros, cpuMillicores, sampleTimeMs, workingSetBytes } from '../world/curves.ts';
import type { CpuCurve } from '../world/curves.ts';
import type { SimNode } from '../world/nodes.ts';
import { blocksAt } from './blocks.ts';
import type { NetworkInterface } from './blocks.ts';
import { pressureText } from './pressure.ts';
import type { Answer } from './summary.ts';
import { timeText } from './timeText.ts';
import { memoryNumbers } from './usage.ts';

const NODE = blocksAt(2);
const SYSTEM = blocksAt(4);
const RUNTIME = blocksAt(3);
const MIB = 1024 ** 2;

/** The machine's network interfaces with `eth0` first; pods with hostNetwork report them as their own. */
export function hostInterfaces(node: SimNode, atMs: number): NetworkInterface[] {
  const sampleMs = sampleTimeMs(mix(node.seed, 31), atMs);
  const micros = cpuMicros(node.cpu, node.bootMs, sampleMs);
  const eth0: NetworkInterface = {
    name: 'eth0',
    rxBytes: 41_000 + Math.floor(micros * between(node.seed, 32, 0.4, 2.5)),
    txBytes: 39_000 + Math.floor(micros * between(node.seed, 33, 0.3, 2.2)),
    errors: chance(node.seed, 34) < 0.1 ? Math.floor(micros / 4e10) : 0,
  };
  const bridge = {
    name: 'cni0',
    rxBytes: Math.floor(eth0.txBytes * 0.7),
    txBytes: Math.floor(eth0.rxBytes * 0.6),
    errors: 0,
  };
  return [eth0, { name: 'ifb0', rxBytes: 0, txBytes: 0, errors: 0 }, bridge];
}

/** The `node` part of a summary. */
export function nodeText(answer: Answer, orderSeed: number, interfaces: readonly NetworkInterface[]): string {
  const { node, atMs, skewMs } = answer;
  const sampleMs = sampleTimeMs(mix(node.seed, 31), atMs);
  const time = timeText(sampleMs + skewMs);
  const micros = cpuMicros(node.cpu, node.bootMs, sampleMs);
  const nanoCores = Math.floor(cpuMillicores(node.cpu, node.bootMs, sampleMs) * 1000) * 1000;
  const psi = (kind: number): string =>
    pressureText(NODE, { node, shown: answer.pressure, seed: node.seed, kind, share: 1 }, micros, nanoCores);
  const workingSet = workingSetBytes(node.memory, node.bootMs, sampleMs);
  const memory = memoryNumbers(node.seed, workingSet, node.memoryBytes, micros);
  const systems = shuffle(mix(orderSeed, 7), systemContainers(answer));
  const blocks = [
    `"nodeName": "${node.name}"`,
    `"systemContainers": [${systems.join(',')}\n  ]`,
    `"startTime": "${timeText(node.bootMs + skewMs)}"`,
    NODE.cpu(time, nanoCores, micros, psi(1)),
    NODE.memory(time, memory, psi(2)),
    ...(answer.onlyCpuAndMemory ? [] : nodeExtras(answer, time, psi(3), interfaces)),
    NODE.swap(time, '0', 0),
  ];
  return `{\n  ${blocks.join(',\n  ')}\n }`;
}

function nodeExtras(answer: Answer, time: string, pressure: string, interfaces: readonly NetworkInterface[]): string[] {
  const { node, atMs, skewMs, fs } = answer;
  const nodeSpace = NODE.space(fs.available, fs.capacity, fs.inodesFree, fs.inodes);
  const runtimeSpace = RUNTIME.space(fs.available, fs.capacity, fs.inodesFree, fs.inodes);
  const fsTime = timeText(sampleTimeMs(mix(node.seed, 35), atMs) + skewMs);
  const images = Math.floor(node.fsBytes * between(node.seed, 36, 0.03, 0.12));
  const processes = 260 + node.pods.length * 14 + (mix(node.seed, Math.floor(atMs / 10_000)) % 25);
  return [
    ...(answer.pressure ? [NODE.io(time, pressure)] : []),
    NODE.network(time, interfaces[0], interfaces),
    NODE.fs('fs', time, nodeSpace, fs.capacity - fs.available, fs.inodes - fs.inodesFree),
    `"runtime": {\n   ${RUNTIME.fs('imageFs', fsTime, runtimeSpace, images, 48_211)},\n   ${RUNTIME.fs('containerFs', fsTime, runtimeSpace, Math.floor(images / 9), 9_107)}\n  }`,
    `"rlimit": {\n   "time": "${timeText(atMs + skewMs)}",\n   "maxpid": 4194304,\n   "curproc": ${processes}\n  }`,
  ];
}

function systemContainers(answer: Answer): string[] {
  const { node, atMs } = answer;
  const podsMib = Math.max(200, node.memory.meanBytes / MIB - 1200);
  const podsCpu: CpuCurve = { ...node.cpu, meanMillicores: node.cpu.meanMillicores * 0.86 };
  const pods = Math.floor(podsMib * (0.95 + 0.05 * chance(node.seed, Math.floor(atMs / 60_000)))) * MIB;
  return [
    systemContainer(answer, 'kubelet', node.kubeletCpu, {
      startMs: node.kubeletStartMs,
      workingSet: 96 * MIB,
      limit: 0,
    }),
    systemContainer(answer, 'runtime', node.runtimeCpu, {
      startMs: node.bootMs + 8000,
      workingSet: 148 * MIB,
      limit: 0,
    }),
    systemContainer(answer, 'pods', podsCpu, {
      startMs: node.bootMs + 21_000,
      workingSet: pods,
      limit: node.memoryBytes,
    }),
  ];
}

function systemContainer(
  answer: Answer,
  name: string,
  cpu: CpuCurve,
  state: { startMs: number; workingSet: number; limit: number }
): string {
  const { node, atMs, skewMs } = answer;
  const seed = mix(node.seed, 37 + name.length);
  const sampleMs = Math.max(sampleTimeMs(seed, atMs), name === 'kubelet' ? state.startMs : 0);
  const time = timeText(sampleMs + skewMs);
  // The counters are those of the control group, which outlives a restart of the process.
  const micros = cpuMicros(cpu, node.bootMs, sampleMs);
  const known = answer.ratesKnown || name === 'pods';
  const nanoCores = known ? Math.floor(cpuMillicores(cpu, state.startMs, sampleMs) * 1000) * 1000 : 0;
  const psi = (kind: number): string =>
    pressureText(SYSTEM, { node, shown: answer.pressure, seed, kind, share: 0.4 }, micros, nanoCores);
  const memory = memoryNumbers(seed, state.workingSet, state.limit, name === 'pods' ? 0 : micros);
  const blocks = [
    `"name": "${name}"`,
    `"startTime": "${timeText(state.startMs + skewMs)}"`,
    SYSTEM.cpu(time, nanoCores, micros, psi(1)),
    SYSTEM.memory(time, memory, psi(2)),
    ...(answer.onlyCpuAndMemory || !answer.pressure ? [] : [SYSTEM.io(time, psi(3))]),
    SYSTEM.swap(time, '', 0),
  ];
  return `\n   {\n    ${blocks.join(',\n    ')}\n   }`;
}

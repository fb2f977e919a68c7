import { between, chance, mix, shuffle } from '../world/random.ts';
import { cpuMicros, cpuMillicores, sampleTimeMs, workingSetBytes } from '../world/curves.ts';
import type { CpuCurve } from '../world/curves.ts';
import type { Answer } from './answer.ts';
import { blocksAt } from './blocks.ts';
import type { PressureWriter } from './blocks.ts';
import { bytesOf } from './byteWriter.ts';
import { nodeSampleMs } from './host.ts';
import { pressureWriter } from './pressure.ts';
import { memoryNumbers } from './usage.ts';

const NODE = blocksAt(2);
const RUNTIME = blocksAt(3);
const SYSTEM = blocksAt(4);
const MIB = 1024 ** 2;
const FS = bytesOf('"fs"');
const IMAGE_FS = bytesOf('"imageFs"');
const CONTAINER_FS = bytesOf('"containerFs"');

/** Writes the `node` part of a summary. */
export function writeNode(answer: Answer): void {
  const { out, node, atMs } = answer;
  const sampleMs = nodeSampleMs(node, atMs);
  const time = answer.time(sampleMs);
  const micros = cpuMicros(node.cpu, node.bootMs, sampleMs);
  const nanoCores = nanoCoresAt(node.cpu, node.bootMs, sampleMs);
  const pressure = pressureWriter(answer, NODE, { seed: node.seed, share: 1 }, micros, nanoCores);
  out.text(`{\n  "nodeName": "${node.name}",\n  "systemContainers": [`);
  shuffle(mix(answer.orderSeed, 7), systemContainers(answer)).forEach((each, index) =>
    writeSystem(answer, each, index === 0)
  );
  out.text('\n  ],\n  "startTime": "').bytes(answer.time(node.bootMs)).text('",\n  ');
  NODE.cpu(out, time, nanoCores, micros, pressure);
  out.bytes(NODE.next);
  const workingSet = workingSetBytes(node.memory, node.bootMs, sampleMs);
  NODE.memory(out, time, memoryNumbers(node.seed, workingSet, node.memoryBytes, micros), pressure);
  out.bytes(NODE.next);
  if (!answer.onlyCpuAndMemory) {
    writeExtras(answer, time, pressure);
  }
  NODE.swap(out, time, true);
  out.text('\n }');
}

function writeExtras(answer: Answer, time: Uint8Array, pressure: PressureWriter): void {
  const { out, node, atMs, fs } = answer;
  const space = RUNTIME.space(fs);
  const fsTime = answer.time(sampleTimeMs(mix(node.seed, 35), atMs));
  const images = Math.floor(node.fsBytes * between(node.seed, 36, 0.03, 0.12));
  const processes = 260 + node.pods.length * 14 + (mix(node.seed, Math.floor(atMs / 10_000)) % 25);
  if (answer.pressure) {
    NODE.io(out, time, pressure);
    out.bytes(NODE.next);
  }
  NODE.network(out, time, answer.interfaces[0], answer.interfaces);
  out.bytes(NODE.next);
  NODE.fs(out, FS, time, NODE.space(fs), fs.capacity - fs.available, fs.inodes - fs.inodesFree);
  out.bytes(NODE.next).text('"runtime": {\n   ');
  RUNTIME.fs(out, IMAGE_FS, fsTime, space, images, 48_211);
  out.bytes(RUNTIME.next);
  RUNTIME.fs(out, CONTAINER_FS, fsTime, space, Math.floor(images / 9), 9_107);
  out.text('\n  },\n  "rlimit": {\n   "time": "').bytes(answer.time(atMs));
  out.text(`",\n   "maxpid": 4194304,\n   "curproc": ${processes}\n  },\n  `);
}

interface SystemContainer {
  name: string;
  cpu: CpuCurve;
  startMs: number;
  workingSet: number;
  limit: number;
}

function systemContainers(answer: Answer): SystemContainer[] {
  const { node, atMs } = answer;
  const podsMib = Math.max(200, node.memory.meanBytes / MIB - 1200);
  const podsCpu: CpuCurve = { ...node.cpu, meanMillicores: node.cpu.meanMillicores * 0.86 };
  const pods = Math.floor(podsMib * (0.95 + 0.05 * chance(node.seed, Math.floor(atMs / 60_000)))) * MIB;
  return [
    { name: 'kubelet', cpu: node.kubeletCpu, startMs: node.kubeletStartMs, workingSet: 96 * MIB, limit: 0 },
    { name: 'runtime', cpu: node.runtimeCpu, startMs: node.bootMs + 8000, workingSet: 148 * MIB, limit: 0 },
    { name: 'pods', cpu: podsCpu, startMs: node.bootMs + 21_000, workingSet: pods, limit: node.memoryBytes },
  ];
}

function writeSystem(answer: Answer, system: SystemContainer, first: boolean): void {
  const { out, node, atMs } = answer;
  const seed = mix(node.seed, 37 + system.name.length);
  const sampleMs = Math.max(sampleTimeMs(seed, atMs), system.startMs);
  const time = answer.time(sampleMs);
  // The counters are those of the control group, which outlives a restart of the process.
  const micros = cpuMicros(system.cpu, node.bootMs, sampleMs);
  const known = answer.ratesKnown || system.name === 'pods';
  const nanoCores = known ? nanoCoresAt(system.cpu, system.startMs, sampleMs) : 0;
  const pressure = pressureWriter(answer, SYSTEM, { seed, share: 0.4 }, micros, nanoCores);
  out.text(`${first ? '' : ','}\n   {\n    "name": "${system.name}",\n    "startTime": "`);
  out.bytes(answer.time(system.startMs)).text('",\n    ');
  SYSTEM.cpu(out, time, nanoCores, micros, pressure);
  out.bytes(SYSTEM.next);
  const faultsFrom = system.name === 'pods' ? 0 : micros;
  SYSTEM.memory(out, time, memoryNumbers(seed, system.workingSet, system.limit, faultsFrom), pressure);
  out.bytes(SYSTEM.next);
  if (!answer.onlyCpuAndMemory && answer.pressure) {
    SYSTEM.io(out, time, pressure);
    out.bytes(SYSTEM.next);
  }
  SYSTEM.swap(out, time, false);
  out.text('\n   }');
}

function nanoCoresAt(cpu: CpuCurve, startMs: number, sampleMs: number): number {
  return Math.floor(cpuMillicores(cpu, startMs, sampleMs) * 1000) * 1000;
}

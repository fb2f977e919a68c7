import { between, mix } from '../world/random.ts';
import { sampleTimeMs } from '../world/curves.ts';
import type { Container } from '../world/pods.ts';
import type { Answer } from './answer.ts';
import { blocksAt } from './blocks.ts';
import { bytesOf } from './byteWriter.ts';
import { pressureWriter } from './pressure.ts';
import { memoryNumbers } from './usage.ts';
import type { ContainerUsage } from './usage.ts';

const CONTAINER = blocksAt(5);
const FIRST_NAME = bytesOf('\n    {\n     "name": "');
const NEXT_NAME = bytesOf(',\n    {\n     "name": "');
const START_TIME = bytesOf('",\n     "startTime": "');
const BLOCKS = bytesOf('",\n     ');
const END = bytesOf('\n    }');
const ROOTFS = bytesOf('"rootfs"');
const LOGS = bytesOf('"logs"');

/** Writes a running container of the summary. */
export function writeContainer(answer: Answer, container: Container, usage: ContainerUsage, first: boolean): void {
  const { out } = answer;
  const { template, seed } = container;
  const time = answer.time(usage.sampleMs);
  out.bytes(first ? FIRST_NAME : NEXT_NAME).text(template.name);
  out.bytes(START_TIME).bytes(answer.time(usage.startMs)).bytes(BLOCKS);
  if (usage.sampleMs === usage.startMs) {
    // Not sampled yet: the runtime's own word on the working set is all there is.
    out.text('"memory": {\n      "time": "').bytes(time).text('",\n      "workingSetBytes": ').whole(usage.workingSet);
    out.text('\n     }').bytes(END);
    return;
  }
  const pressure = pressureWriter(answer, CONTAINER, { seed, share: 0.16 }, usage.micros, usage.nanoCores);
  const limitBytes = template.limitMib * 1024 ** 2;
  CONTAINER.cpu(out, time, answer.ratesKnown ? usage.nanoCores : 0, usage.micros, pressure);
  out.bytes(CONTAINER.next);
  CONTAINER.memory(out, time, memoryNumbers(seed, usage.workingSet, limitBytes, usage.micros), pressure);
  out.bytes(CONTAINER.next);
  if (!answer.onlyCpuAndMemory) {
    if (answer.pressure) {
      CONTAINER.io(out, time, pressure);
      out.bytes(CONTAINER.next);
    }
    writeFileSystems(answer, container, usage.startMs);
  }
  CONTAINER.swap(out, time, limitBytes > 0);
  out.bytes(END);
}

function writeFileSystems(answer: Answer, container: Container, startMs: number): void {
  const { out, atMs, containerSpace } = answer;
  const { seed } = container;
  const ageHours = Math.max(0, atMs - startMs) / 3_600_000;
  const rootTime = answer.time(sampleTimeMs(mix(seed, 67), atMs));
  const rootUsed = 28_672 + (seed % 900) * 4096 + Math.floor(Math.min(ageHours, 200) * 3) * 4096;
  CONTAINER.fs(out, ROOTFS, rootTime, containerSpace, rootUsed, 7 + (seed % 40));
  out.bytes(CONTAINER.next);
  if (answer.logs) {
    // Logs are rotated at 10 MB.
    const used = Math.floor((ageHours * between(seed, 68, 20, 2400)) % 2560) * 4096;
    CONTAINER.fs(out, LOGS, answer.time(atMs), containerSpace, used, 1 + Math.floor(used / 5_000_000));
    out.bytes(CONTAINER.next);
  }
}

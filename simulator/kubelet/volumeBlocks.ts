import { chance, mix } from '../world/random.ts';
import { sampleTimeMs } from '../world/curves.ts';
import { tokenVolume } from '../world/pods.ts';
import type { Pod } from '../world/pods.ts';
import type { Answer } from './answer.ts';
import { bytesOf } from './byteWriter.ts';

const GIB = 1024 ** 3;
const TOKEN_BYTES = 33_554_432;
const FIELDS = ['availableBytes', 'capacityBytes', 'usedBytes', 'inodesFree', 'inodes', 'inodesUsed'];
const NUMBERS = FIELDS.map((name, index) => bytesOf(`${index === 0 ? '"' : ''},\n     "${name}": `));
const START = bytesOf('"volume": [');
const END = bytesOf('\n   ],\n   ');
const FIRST = bytesOf('\n    {\n     "time": "');
const NEXT = bytesOf(',\n    {\n     "time": "');
const NAME = bytesOf(',\n     "name": "');
const END_OF_ONE = bytesOf('"\n    }');
/** A kubelet looks at volumes once in a while; new pods have none to show. */
const KNOWN_AFTER_MS = 20_000;

interface Volume {
  name: string;
  capacity: number;
  used: number;
  /** The claim behind it. */
  claim?: string;
}

/** Writes the pod's volumes and the comma after them; nothing for static and for very new pods. */
export function writeVolumes(answer: Answer, pod: Pod): void {
  if (pod.slot.workload.template.kind === 'Static' || answer.atMs - pod.createdMs < KNOWN_AFTER_MS) {
    return;
  }
  answer.out.bytes(START);
  volumesOf(answer, pod).forEach((volume, index) => writeVolume(answer, pod, volume, index));
  answer.out.bytes(END);
}

function volumesOf(answer: Answer, pod: Pod): Volume[] {
  const { claim, scratch } = pod.slot.workload.template;
  const volumes: Volume[] = [];
  if (claim) {
    const capacity = claim.gib * GIB;
    // Fills over thirty days, then somebody cleans up.
    const fill = 0.2 + 0.6 * ((answer.atMs / (30 * 86_400_000) + chance(pod.seed, 58)) % 1);
    volumes.push({ name: claim.name, capacity, used: pages(capacity * fill), claim: `${claim.name}-${pod.name}` });
  }
  if (scratch) {
    volumes.push({ name: scratch, capacity: answer.fs.capacity, used: pages(answer.fs.capacity * 0.002) });
  }
  volumes.push({ name: tokenVolume(pod), capacity: TOKEN_BYTES, used: 12_288 });
  return volumes;
}

function pages(bytes: number): number {
  return Math.floor(bytes / 4096) * 4096;
}

function writeVolume(answer: Answer, pod: Pod, volume: Volume, index: number): void {
  const { out } = answer;
  const inodes = Math.floor(volume.capacity / 16_384);
  const inodesUsed = 9 + Math.floor(volume.used / 4_000_000);
  out.bytes(index === 0 ? FIRST : NEXT).bytes(answer.time(sampleTimeMs(mix(pod.seed, 61 + index), answer.atMs)));
  out
    .bytes(NUMBERS[0])
    .whole(volume.capacity - volume.used)
    .bytes(NUMBERS[1])
    .whole(volume.capacity);
  out
    .bytes(NUMBERS[2])
    .whole(volume.used)
    .bytes(NUMBERS[3])
    .whole(inodes - inodesUsed);
  out.bytes(NUMBERS[4]).whole(inodes).bytes(NUMBERS[5]).whole(inodesUsed).bytes(NAME).text(volume.name);
  if (volume.claim) {
    out.text(
      `",\n     "pvcRef": {\n      "name": "${volume.claim}",\n      "namespace": "${pod.namespace}"\n     }\n    }`
    );
    return;
  }
  out.bytes(END_OF_ONE);
}

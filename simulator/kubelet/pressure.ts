import { chance, mix } from '../world/random.ts';
import type { Blocks, PressureWriter } from './blocks.ts';
import type { Answer } from './answer.ts';

/**
 * The writer of an item's pressure blocks: nothing where the kubelet has the feature switched off, zeros on cgroup v1
 * hosts and for most items; `share` of the items wait, in proportion to what they use.
 */
export function pressureWriter(
  answer: Answer,
  blocks: Blocks,
  item: { seed: number; share: number },
  micros: number,
  nanoCores: number
): PressureWriter {
  const { out, node } = answer;
  return (kind) => {
    if (!answer.pressure) {
      return;
    }
    if (!node.cgroupV2 || chance(mix(item.seed, 107), kind) > item.share) {
      out.bytes(blocks.zeroPressure);
      return;
    }
    const part = 0.002 + 0.03 * chance(mix(item.seed, 109), kind);
    const now = hundredths(nanoCores * 1e-7 * part);
    const some = [Math.floor(micros * part) * 1000, now, hundredths(now * 0.9), hundredths(now * 0.7)];
    const full = [
      Math.floor(micros * part * 0.3) * 1000,
      hundredths(now * 0.3),
      hundredths(now * 0.25),
      hundredths(now * 0.2),
    ];
    blocks.pressure(out, some, full);
  };
}

function hundredths(value: number): number {
  return Math.min(100, Math.round(value * 100) / 100);
}

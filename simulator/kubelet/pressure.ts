import { chance, mix } from '../world/random.ts';
import type { SimNode } from '../world/nodes.ts';
import type { Blocks } from './blocks.ts';

/** The pressure block of an item, or nothing where the kubelet has the feature switched off. */
export function pressureText(
  blocks: Blocks,
  item: { node: SimNode; shown: boolean; seed: number; kind: number; share: number },
  micros: number,
  nanoCores: number
): string {
  if (!item.shown) {
    return '';
  }
  // Most containers never wait; those that do, wait in proportion to what they use.
  if (!item.node.cgroupV2 || chance(mix(item.seed, 107), item.kind) > item.share) {
    return blocks.zeroPressure;
  }
  const part = 0.002 + 0.03 * chance(mix(item.seed, 109), item.kind);
  const per10 = hundredths(nanoCores * 1e-7 * part);
  const some = {
    total: Math.floor(micros * part) * 1000,
    avg10: per10,
    avg60: hundredths(per10 * 0.9),
    avg300: hundredths(per10 * 0.7),
  };
  const full = {
    total: Math.floor(micros * part * 0.3) * 1000,
    avg10: hundredths(per10 * 0.3),
    avg60: hundredths(per10 * 0.25),
    avg300: hundredths(per10 * 0.2),
  };
  return blocks.pressure(some, full);
}

function hundredths(value: number): number {
  return Math.min(100, Math.round(value * 100) / 100);
}

import { between, chance, mix } from '../world/random.ts';
import type { SimNode } from '../world/nodes.ts';
import { blocksAt } from './blocks.ts';
import type { FsNumbers, NetworkInterface, Space } from './blocks.ts';
import type { ByteWriter } from './byteWriter.ts';
import { hostInterfaces } from './host.ts';
import { timeBytes } from './timeText.ts';

/** What shapes an answer beside the node and the time. */
export interface AnswerOptions {
  /** Only CPU, memory and swap, as `?only_cpu_and_memory=true` asks. */
  onlyCpuAndMemory: boolean;
  /** Whether pressure is printed, as kubelets do unless their feature gate KubeletPSI is off. */
  pressure: boolean;
  /** Added to every time that is printed: the node's clock against the world's. */
  skewMs: number;
}

/** Facts that many blocks of one answer share, and where they are written. */
export interface Answer extends AnswerOptions {
  out: ByteWriter;
  node: SimNode;
  atMs: number;
  orderSeed: number;
  /** Just after its start a kubelet knows no rates: `usageNanoCores` is 0. */
  ratesKnown: boolean;
  fs: FsNumbers;
  podSpace: Space;
  containerSpace: Space;
  interfaces: readonly NetworkInterface[];
  /** Single answers lack the `logs` blocks. */
  logs: boolean;
  /** A time on the node's clock. */
  time(ms: number): Uint8Array;
}

const RATES_KNOWN_AFTER_MS = 20_000;
const INODES = 16_777_216;
const POD = blocksAt(3);
const CONTAINER = blocksAt(5);

/** Gathers what the blocks of an answer share. */
export function beginAnswer(out: ByteWriter, node: SimNode, atMs: number, options: AnswerOptions): Answer {
  const used = node.fsBytes * between(node.seed, 21, 0.15, 0.55) + ((atMs / 1000) % 86_400) * 40_960;
  const usedInodes = Math.floor(INODES * between(node.seed, 22, 0.04, 0.2));
  const fs: FsNumbers = {
    available: node.fsBytes - Math.floor(used / 4096) * 4096,
    capacity: node.fsBytes,
    inodesFree: INODES - usedInodes,
    inodes: INODES,
  };
  return {
    ...options,
    out,
    node,
    atMs,
    orderSeed: mix(mix(node.seed, 101), Math.floor(atMs)),
    ratesKnown: atMs - node.kubeletStartMs >= RATES_KNOWN_AFTER_MS,
    fs,
    podSpace: POD.space(fs),
    containerSpace: CONTAINER.space(fs),
    interfaces: hostInterfaces(node, atMs),
    logs: chance(mix(node.seed, 103), Math.floor(atMs / 15_000)) > 0.06,
    time: (ms) => timeBytes(ms + options.skewMs),
  };
}

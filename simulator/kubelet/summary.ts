import { between, chance, mix, shuffle } from '../world/random.ts';
import type { SimNode } from '../world/nodes.ts';
import { stopMs } from '../world/pods.ts';
import type { Pod } from '../world/pods.ts';
import { hostInterfaces, nodeText } from './nodeText.ts';
import { podText } from './podText.ts';

/** What shapes an answer beside the node and the time. */
export interface AnswerOptions {
  /** Only CPU, memory and swap, as `?only_cpu_and_memory=true` asks. */
  onlyCpuAndMemory: boolean;
  /** Whether pressure is printed, as kubelets do unless their feature gate KubeletPSI is off. */
  pressure: boolean;
  /** Added to every time that is printed: the node's clock against the world's. */
  skewMs: number;
}

/** Facts that many blocks of one answer share. */
export interface Answer extends AnswerOptions {
  node: SimNode;
  atMs: number;
  /** Just after its start a kubelet knows no rates: `usageNanoCores` is 0. */
  ratesKnown: boolean;
  fs: { available: number; capacity: number; inodesFree: number; inodes: number };
  /** Single answers lack the `logs` blocks. */
  logs: boolean;
}

const RATES_KNOWN_AFTER_MS = 20_000;
const INODES = 16_777_216;

/** The text that the node's kubelet answers `/stats/summary` with at `atMs`; the same for the same time and options. */
export function summaryText(node: SimNode, atMs: number, options: AnswerOptions): string {
  const answer = beginAnswer(node, atMs, options);
  const orderSeed = mix(mix(node.seed, 101), Math.floor(atMs));
  const interfaces = hostInterfaces(node, atMs);
  const pods = shuffle(orderSeed, visiblePods(node, atMs)).map((pod) => podText(answer, pod, orderSeed, interfaces));
  const list = pods.filter((text) => text !== '').join(',');
  return `{\n "node": ${nodeText(answer, orderSeed, interfaces)},\n "pods": [${list}\n ]\n}`;
}

/** Pods of which the kubelet has stats: those with a container that runs. */
export function visiblePods(node: SimNode, atMs: number): Pod[] {
  return node.pods.filter((pod) => pod.slot.workload.template.standing === undefined && atMs < stopMs(pod));
}

function beginAnswer(node: SimNode, atMs: number, options: AnswerOptions): Answer {
  const used = node.fsBytes * between(node.seed, 21, 0.15, 0.55) + ((atMs / 1000) % 86_400) * 40_960;
  const usedInodes = Math.floor(INODES * between(node.seed, 22, 0.04, 0.2));
  return {
    ...options,
    node,
    atMs,
    ratesKnown: atMs - node.kubeletStartMs >= RATES_KNOWN_AFTER_MS,
    fs: {
      available: node.fsBytes - Math.floor(used / 4096) * 4096,
      capacity: node.fsBytes,
      inodesFree: INODES - usedInodes,
      inodes: INODES,
    },
    logs: chance(mix(node.seed, 103), Math.floor(atMs / 15_000)) > 0.06,
  };
}

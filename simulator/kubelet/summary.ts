import { mix } from '../world/random.ts';
import type { SimNode } from '../world/nodes.ts';
import { stopMs } from '../world/pods.ts';
import type { Pod } from '../world/pods.ts';
import { beginAnswer } from './answer.ts';
import type { AnswerOptions } from './answer.ts';
import { ByteWriter, bytesOf } from './byteWriter.ts';
import { writeNode } from './nodeBlocks.ts';
import { writePod } from './podBlocks.ts';

const START = bytesOf('{\n "node": ');
const PODS = bytesOf(',\n "pods": [');
const END = bytesOf('\n ]\n}');

/**
 * Writes what the node's kubelet answers `/stats/summary` with at `atMs`; the same for the same time and options. The bytes
 * are the writer's own and valid until it is used again.
 */
export function summaryBytes(out: ByteWriter, node: SimNode, atMs: number, options: AnswerOptions): Buffer {
  const answer = beginAnswer(out.reset(), node, atMs, options);
  out.bytes(START);
  writeNode(answer);
  out.bytes(PODS);
  let first = true;
  for (const pod of inSomeOrder(visiblePods(node, atMs), answer.orderSeed)) {
    first = !writePod(answer, pod, first) && first;
  }
  return out.bytes(END).written();
}

/** The same as text. */
export function summaryText(node: SimNode, atMs: number, options: AnswerOptions): string {
  return summaryBytes(new ByteWriter(), node, atMs, options).toString('latin1');
}

/** Pods of which the kubelet has stats: those that run or wait to run again. */
export function visiblePods(node: SimNode, atMs: number): Pod[] {
  return node.pods.filter((pod) => pod.slot.workload.template.standing === undefined && atMs < stopMs(pod));
}

/** An order that changes from answer to answer and owes nothing to the order in which the pods came to the node. */
function inSomeOrder(pods: readonly Pod[], seed: number): Pod[] {
  const keyed = pods.map((pod) => ({ pod, key: mix(seed, pod.seed) }));
  return keyed.sort((a, b) => a.key - b.key).map(({ pod }) => pod);
}

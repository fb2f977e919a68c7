import { cpuMicros, sampleTimeMs } from '../world/curves.ts';
import type { SimNode } from '../world/nodes.ts';
import { between, chance, mix } from '../world/random.ts';
import type { NetworkInterface } from './blocks.ts';

/** When the machine as a whole was sampled last. */
export function nodeSampleMs(node: SimNode, atMs: number): number {
  return Math.max(node.bootMs, sampleTimeMs(mix(node.seed, 31), atMs));
}

/** The machine's network interfaces with `eth0` first; pods with hostNetwork report them as their own. */
export function hostInterfaces(node: SimNode, atMs: number): NetworkInterface[] {
  const micros = cpuMicros(node.cpu, node.bootMs, nodeSampleMs(node, atMs));
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

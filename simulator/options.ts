import { networkInterfaces } from 'node:os';
import { isIP } from 'node:net';
import type { Account } from './access.ts';
import { hex, mixText } from './world/random.ts';

/** How a simulator is to be; everything has a default. */
export interface SimulatorOptions {
  nodes?: number;
  podsPerNode?: number;
  /** Decides everything that chance decides: the same seed at the same time is the same world. */
  seed?: number;
  kubeletHttps?: boolean;
  apiHttps?: boolean;
  /** The world's clock in milliseconds since 1970. */
  now?: () => number;
  /** The cluster admin's token, which API server and kubelets demand; made from the seed if not given. */
  token?: string;
  /** Further accounts with rights of their own. */
  accounts?: readonly Account[];
  listenHost?: string;
  /** The name or address under which others reach this machine, if `listenHost` isn't it. */
  advertiseHost?: string;
  apiPort?: number;
  controlPort?: number;
  /** Whether kubelets print pressure, as they do by default; without it an answer is a third smaller. */
  pressure?: boolean;
  /** Whether kubelets answer `POST /stats/container/` too, as those before Kubernetes 1.20 with Docker. */
  oldKubelets?: boolean;
  /** Whether machines fall silent now and then, in clusters of six nodes and more. */
  outages?: boolean;
}

/** Options with all defaults filled in. */
export type FullOptions = Required<SimulatorOptions> & {
  /** The address that the nodes have in the API. */
  nodeAddress: string;
};

/** Fills in the defaults; throws a sentence if a number makes no sense. */
export function completeOptions(options: SimulatorOptions): FullOptions {
  const seed = options.seed ?? 1;
  const listenHost = options.listenHost ?? '127.0.0.1';
  const advertiseHost = options.advertiseHost ?? (listenHost === '0.0.0.0' ? ownAddress() : listenHost);
  const full = {
    nodes: 3,
    podsPerNode: 30,
    kubeletHttps: false,
    apiHttps: false,
    now: Date.now,
    token: `simulator-${hex(mixText(seed, 'token'), 32)}`,
    accounts: [],
    apiPort: 0,
    controlPort: 0,
    pressure: true,
    oldKubelets: false,
    outages: true,
    ...options,
    seed,
    listenHost,
    advertiseHost,
    nodeAddress: isIP(advertiseHost) === 4 ? advertiseHost : ownAddress(),
  };
  checkRange('nodes', full.nodes, 1, 10_000);
  checkRange('podsPerNode', full.podsPerNode, 1, 500);
  return full;
}

function checkRange(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new Error(`Simulator option ${name} must be a whole number from ${low} to ${high}, not ${value}.`);
  }
}

/** This machine's first address that is not a loopback one. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.find((each) => each.family === 'IPv4' && !each.internal)?.address ?? '127.0.0.1';
}

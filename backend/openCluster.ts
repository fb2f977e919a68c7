import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from './config/config.ts';
import { describeConnection, type ConnectionOptions } from './kubernetes/connection.ts';
import { probeCluster } from './kubernetes/probe.ts';
import type { Logger } from './telemetry/logger.ts';

/** The cluster that is watched, real or simulated. */
export interface OpenCluster {
  readonly connection: ConnectionOptions;
  readonly name: string;
  readonly simulated: boolean;
  /** What was wrong with it when it was tried, as it was logged. */
  readonly problem?: string;
  /** Ends the simulator, if this process started one. */
  stop(): Promise<void>;
}

const PROBE_MS = 5_000;
const DEMO = { kind: 'simulator', nodes: 5, seed: 1 } as const;

/**
 * The cluster of the configuration. One that was named is waited for, however long; where nobody named any and what the
 * environment offers does not answer, a simulator is started and said so.
 */
export async function openCluster({ cluster }: Config, log: Logger): Promise<OpenCluster> {
  const { connection } = cluster;
  if (connection.kind === 'simulator') {
    return simulate(connection.nodes, connection.seed);
  }
  const name = describeConnection(connection);
  const probe = await probeCluster(connection, PROBE_MS);
  if (probe.ok) {
    log.info(`Watching ${name}, Kubernetes ${probe.version}.`);
  } else if (cluster.chosen === 'automatic' && connection.kind === 'kubeconfig') {
    log.warn(`No cluster can be reached, so a simulated one is shown. ${probe.sentence}`);
    return simulate(DEMO.nodes, DEMO.seed);
  } else {
    log.warn(`${probe.sentence} Trying on.`);
  }
  const problem = probe.ok ? undefined : probe.sentence;
  return { connection, name, simulated: false, problem, stop: () => Promise.resolve() };
}

async function simulate(nodes: number, seed: number): Promise<OpenCluster> {
  // Only a demonstration pays for the simulator.
  const { startSimulator } = await import('../simulator/simulator.ts');
  const simulator = await startSimulator({ nodes, seed, apiHttps: true, kubeletHttps: true });
  const folder = mkdtempSync(join(tmpdir(), 'heapscope-simulator-'));
  const path = join(folder, 'kubeconfig');
  writeFileSync(path, simulator.kubeconfigYaml(), { mode: 0o600 });
  return {
    connection: { kind: 'kubeconfig', path },
    name: `simulator with ${nodes} nodes`,
    simulated: true,
    async stop() {
      await simulator.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

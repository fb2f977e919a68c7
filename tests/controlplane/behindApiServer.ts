import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../backend/sinks/testing/freePort.ts';
import { replayCluster } from '../replay/replayCluster.ts';
import { createAuthority } from '../support/certificates.ts';
import type { TestAuthority } from '../support/certificates.ts';
import { manualClock } from '../support/manualClock.ts';
import { readRecording } from '../support/recordings.ts';
import { ROUND_MS, runBackend } from '../support/runningBackend.ts';
import type { RunningBackend } from '../support/runningBackend.ts';
import type { ControlPlane } from './controlPlane.ts';
import { becomesAvailable, install, serviceAccountFolder } from './installed.ts';

const ROUNDS = 6;

/** The whole backend in the place of metrics-server. */
export interface BehindApiServer {
  readonly backend: RunningBackend;
  /** Where it serves `metrics.k8s.io`. */
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts the backend behind a real API server with our own manifests applied. Nodes and pods are recorded ones, put where
 * the API server keeps its own; six rounds of them are collected. `onInstalled` runs before there is anybody to answer.
 */
export async function startBehind(
  plane: ControlPlane,
  onInstalled = async (): Promise<void> => {},
  ownFlags: readonly string[] = []
): Promise<BehindApiServer> {
  const serving = await createAuthority('heapscope-ca');
  const cluster = await replayCluster(readRecording('three-generations'), {}, (...shown) => plane.etcd.show(...shown));
  await cluster.turnTo(0);
  const port = await freePort();
  await install(plane, { port, caPem: serving.caPem });
  await becomesAvailable(plane, 'False');
  await onInstalled();
  const clock = manualClock(Math.floor(Date.now() / ROUND_MS) * ROUND_MS);
  const folder = await serviceAccountFolder(plane);
  const connection = { kind: 'in-cluster', apiServerUrl: plane.url, serviceAccountFolder: folder } as const;
  const tls = await tlsFlags(plane, serving);
  const flags = ['--kubelet-https=false', `--secure-port=${port}`, ...tls, ...ownFlags];
  const backend = await runBackend(connection, clock, flags);
  for (let moment = 1; moment <= ROUNDS; moment += 1) {
    await cluster.turnTo(moment);
    await backend.nextRound();
  }
  await becomesAvailable(plane, 'True');
  return {
    backend,
    port,
    async close() {
      await backend.stop();
      await cluster.close();
    },
  };
}

/** A certificate for the name by which the aggregator calls the Service. */
async function tlsFlags({ folder }: ControlPlane, serving: TestAuthority): Promise<string[]> {
  const { cert, key } = await serving.issue({ commonName: 'heapscope', dnsNames: ['heapscope.heapscope.svc'] });
  writeFileSync(join(folder, 'heapscope.crt'), cert);
  writeFileSync(join(folder, 'heapscope.key'), key);
  return [`--tls-cert-file=${folder}/heapscope.crt`, `--tls-private-key-file=${folder}/heapscope.key`];
}

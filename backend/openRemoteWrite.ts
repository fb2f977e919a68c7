import { join } from 'node:path';
import type { RemoteConfig } from './config/config.ts';
import { createRemoteWrite, REMOTE_WRITE_DEFAULTS, type RemoteWrite } from './remote/remoteWrite.ts';
import type { RemoteLog } from './remote/receiverState.ts';
import type { Clock } from './rounds.ts';
import type { Telemetry } from './telemetry/selfMetrics.ts';

export interface RemoteWriteParts {
  /** The data directory, where there is one; what waits is kept in a folder of it. */
  readonly dataFolder: string | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'watchRemoteWrite'>;
  readonly log: RemoteLog;
}

/** Starts sending to the receivers of the configuration, joined with the metrics of Heapscope itself. */
export function openRemoteWrite(
  { receivers, maxMemoryBytes, maxDiskBytes }: RemoteConfig,
  { dataFolder, version, clock, telemetry, log }: RemoteWriteParts
): RemoteWrite {
  const remote = createRemoteWrite({
    ...REMOTE_WRITE_DEFAULTS,
    receivers: receivers.map((receiver) => ({ ...receiver, title: `The receiver ${receiver.name}` })),
    folder: dataFolder === undefined ? undefined : join(dataFolder, 'remote-write'),
    maxMemoryBytes,
    maxDiskBytes,
    userAgent: `heapscope/${version}`,
    clock,
    random: Math.random,
    log,
  });
  telemetry.watchRemoteWrite(remote.reports);
  return remote;
}

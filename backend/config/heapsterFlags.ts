import { noEffect, noEffectBare, type ForeignFlag } from './foreignFlag.ts';
import { METRICS_SERVER_FLAGS } from './metricsServerFlags.ts';

const GLOG = 'the log is set by --log-level and --log-format';
const ONLY_TOKENS = 'clients show a bearer token here: use --auth, and --heapster-api for the clients of Heapster';

/** Flags of Heapster and metrics-server that are no settings of ours. */
export const FOREIGN_FLAGS: ReadonlyMap<string, ForeignFlag> = new Map<string, ForeignFlag>([
  ...noEffectBare(GLOG, 'logtostderr', 'alsologtostderr'),
  ...noEffect(GLOG, 'stderrthreshold', 'log-dir', 'log-backtrace-at', 'log-flush-frequency', 'v', 'vmodule'),
  ...noEffect('one process serves all of it', 'max-procs'),
  ...noEffect('each sink has a queue of its own and nobody waits for it', 'sink-export-data-timeout'),
  ...noEffect('the historical API answers from the history kept here', 'historical-source'),
  ...noEffectBare('there is nothing of the kind', 'enable-swagger-ui'),
  ...METRICS_SERVER_FLAGS,
  [
    'api-server',
    {
      kind: 'refused',
      instead: 'the resource metrics API has a port of its own; use --secure-port instead',
      bare: true,
    },
  ],
  ['tls-client-ca', { kind: 'refused', instead: ONLY_TOKENS }],
  ['allowed-users', { kind: 'refused', instead: ONLY_TOKENS }],
]);

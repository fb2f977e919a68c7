/** What becomes of a flag of Heapster that is no setting here. */
export type ForeignFlag =
  | { readonly kind: 'no_effect'; readonly why: string; readonly bare?: true }
  | { readonly kind: 'refused'; readonly instead: string; readonly bare?: true };

const GLOG = 'the log is set by --log-level and --log-format';
const API_SERVER = 'it only matters with --api-server';
const ONLY_TOKENS = 'clients show a bearer token here: use --auth, and --heapster-api for the clients of Heapster';

function noEffect(why: string, ...names: string[]): Array<[string, ForeignFlag]> {
  return names.map((name) => [name, { kind: 'no_effect', why }]);
}

function noEffectBare(why: string, ...names: string[]): Array<[string, ForeignFlag]> {
  return names.map((name) => [name, { kind: 'no_effect', why, bare: true }]);
}

/** Heapster's flags that are no settings of ours, by their name with dashes. `bare`: a switch that needs no value. */
export const FOREIGN_FLAGS: ReadonlyMap<string, ForeignFlag> = new Map<string, ForeignFlag>([
  ...noEffectBare(GLOG, 'logtostderr', 'alsologtostderr'),
  ...noEffect(GLOG, 'stderrthreshold', 'log-dir', 'log-backtrace-at', 'log-flush-frequency', 'v', 'vmodule'),
  ...noEffect('one process serves all of it', 'max-procs'),
  ...noEffect('each sink has a queue of its own and nobody waits for it', 'sink-export-data-timeout'),
  ...noEffectBare('the export belongs to the API that --heapster-api opens and closes', 'disable-export'),
  ...noEffectBare('the history in memory is always on', 'disable-metric-sink'),
  ...noEffect('the historical API answers from the history kept here', 'historical-source'),
  ...noEffect(
    API_SERVER,
    'bind-address',
    'secure-port',
    'cert-dir',
    'tls-cert-file',
    'tls-private-key-file',
    'tls-ca-file',
    'tls-sni-cert-key',
    'client-ca-file',
    'authentication-kubeconfig',
    'authentication-token-webhook-cache-ttl',
    'authorization-kubeconfig',
    'authorization-webhook-cache-authorized-ttl',
    'authorization-webhook-cache-unauthorized-ttl',
    'requestheader-allowed-names',
    'requestheader-client-ca-file',
    'requestheader-extra-headers-prefix',
    'requestheader-group-headers',
    'requestheader-username-headers'
  ),
  ...noEffectBare(API_SERVER, 'authentication-skip-lookup', 'profiling', 'contention-profiling', 'enable-swagger-ui'),
  [
    'api-server',
    {
      kind: 'refused',
      instead: 'this server has no second port for the resource metrics API; leave the flag out',
      bare: true,
    },
  ],
  ['tls-client-ca', { kind: 'refused', instead: ONLY_TOKENS }],
  ['allowed-users', { kind: 'refused', instead: ONLY_TOKENS }],
]);

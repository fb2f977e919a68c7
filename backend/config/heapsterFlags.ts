/** What becomes of a flag of Heapster that is no setting here. */
export type ForeignFlag =
  | { readonly kind: 'no_effect'; readonly why: string; readonly bare?: true }
  | { readonly kind: 'refused'; readonly instead: string; readonly bare?: true }
  | { readonly kind: 'sink' };

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
  ['sink', { kind: 'sink' }],
  ...noEffectBare(GLOG, 'logtostderr', 'alsologtostderr'),
  ...noEffect(GLOG, 'stderrthreshold', 'log-dir', 'log-backtrace-at', 'log-flush-frequency', 'v', 'vmodule'),
  ...noEffect('one process serves all of it', 'max-procs'),
  ...noEffect('there are no sinks to wait for', 'sink-export-data-timeout'),
  ...noEffectBare('there is no export to leave out', 'disable-export'),
  ...noEffectBare('the history in memory is always on', 'disable-metric-sink'),
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
  ['historical-source', { kind: 'refused', instead: 'history is kept here and needs no source; leave the flag out' }],
  ['tls-client-ca', { kind: 'refused', instead: ONLY_TOKENS }],
  ['allowed-users', { kind: 'refused', instead: ONLY_TOKENS }],
]);

const SINK_INSTEAD: Readonly<Record<string, string>> = {
  influxdb: 'Grafana asks this backend directly through the Heapscope datasource, without InfluxDB',
  gcl: 'it was a sink for events, which Heapster itself refused',
};

/** What becomes of `--sink=…`: a remark when it is harmless, a problem when somebody expects data elsewhere. */
export function judgeSink(text: string): { note: string } | { problem: string } {
  const prefix = text.split(':')[0];
  if (prefix === 'metric') {
    return { note: `--sink=${prefix} has no effect: the history in memory is always on.` };
  }
  if (prefix === 'log') {
    return { note: `--sink=${prefix} has no effect: values are not written to the log; ask the API for them.` };
  }
  const instead = SINK_INSTEAD[prefix] ?? 'values are kept here and read by Grafana through the Heapscope datasource';
  return { problem: `--sink=${prefix} is not offered: ${instead}. Leave the flag out.` };
}

/** What becomes of a flag of Heapster or metrics-server that is no setting here. */
export type ForeignFlag =
  | { readonly kind: 'no_effect'; readonly why: string; readonly bare?: true }
  | { readonly kind: 'refused'; readonly instead: string; readonly bare?: true };

const GLOG = 'the log is set by --log-level and --log-format';
const CLUSTER_TRUSTS = 'the ConfigMap extension-apiserver-authentication says whom the cluster trusts';
const CLIENT_CERTIFICATE =
  'kubelets are shown the credential of the API server; put the certificate into a kubeconfig and name that by --kubeconfig';
const NO_AUDIT = 'there is no audit log here; the API server in front has one';
/** Flags of Heapster and metrics-server about the aggregator and client certificates. */
const TRUST_FLAGS = [
  'tls-ca-file',
  'client-ca-file',
  'requestheader-allowed-names',
  'requestheader-client-ca-file',
  'requestheader-extra-headers-prefix',
  'requestheader-group-headers',
  'requestheader-username-headers',
];
const ONLY_TOKENS = 'clients show a bearer token here: use --auth, and --heapster-api for the clients of Heapster';

function noEffect(why: string, ...names: string[]): Array<[string, ForeignFlag]> {
  return names.map((name) => [name, { kind: 'no_effect', why }]);
}

function noEffectBare(why: string, ...names: string[]): Array<[string, ForeignFlag]> {
  return names.map((name) => [name, { kind: 'no_effect', why, bare: true }]);
}

/** Names that settings of ours have in metrics-server. */
export const ALIASES: ReadonlyMap<string, string> = new Map([['kubelet-request-timeout', 'kubelet-timeout']]);

/** Flags of Heapster and metrics-server that are no settings of ours, by their name with dashes. `bare`: a switch that needs no value. */
export const FOREIGN_FLAGS: ReadonlyMap<string, ForeignFlag> = new Map<string, ForeignFlag>([
  ...noEffectBare(GLOG, 'logtostderr', 'alsologtostderr'),
  ...noEffect(GLOG, 'stderrthreshold', 'log-dir', 'log-backtrace-at', 'log-flush-frequency', 'v', 'vmodule'),
  ...noEffect('one process serves all of it', 'max-procs'),
  ...noEffect('each sink has a queue of its own and nobody waits for it', 'sink-export-data-timeout'),
  ...noEffectBare('the export belongs to the API that --heapster-api opens and closes', 'disable-export'),
  ...noEffectBare('the history in memory is always on', 'disable-metric-sink'),
  ...noEffect('the historical API answers from the history kept here', 'historical-source'),
  ...noEffect(CLUSTER_TRUSTS, ...TRUST_FLAGS),
  ...noEffect(
    'it is the API server that Heapscope is connected to',
    'authentication-kubeconfig',
    'authorization-kubeconfig'
  ),
  ...noEffect(
    'answers of the API server are kept for ten seconds',
    'authentication-token-webhook-cache-ttl',
    'authorization-webhook-cache-authorized-ttl',
    'authorization-webhook-cache-unauthorized-ttl'
  ),
  ...noEffect('one certificate serves all names', 'tls-sni-cert-key'),
  ...noEffect('health is open to everybody, and nothing else', 'authorization-always-allow-paths'),
  ...noEffect('TLS 1.2 and newer with the ciphers of Node', 'tls-cipher-suites', 'tls-min-version'),
  ...noEffect('HTTP/1.1 is spoken', 'http2-max-streams-per-connection'),
  ...noEffectBare('HTTP/1.1 is spoken', 'disable-http2-serving'),
  ...noEffectBare('it is always so', 'kubelet-use-node-status-port', 'authentication-skip-lookup'),
  ...noEffectBare('there is nothing of the kind', 'profiling', 'contention-profiling', 'enable-swagger-ui'),
  [
    'api-server',
    {
      kind: 'refused',
      instead: 'the resource metrics API has a port of its own; use --secure-port instead',
      bare: true,
    },
  ],
  ['deprecated-kubelet-completely-insecure', { kind: 'refused', instead: 'use --kubelet-https=false', bare: true }],
  ['kubelet-client-certificate', { kind: 'refused', instead: CLIENT_CERTIFICATE }],
  ['kubelet-client-key', { kind: 'refused', instead: CLIENT_CERTIFICATE }],
  ['node-selector', { kind: 'refused', instead: 'all nodes are asked; leave the flag out' }],
  ['audit-log-path', { kind: 'refused', instead: NO_AUDIT }],
  ['audit-policy-file', { kind: 'refused', instead: NO_AUDIT }],
  ['tls-client-ca', { kind: 'refused', instead: ONLY_TOKENS }],
  ['allowed-users', { kind: 'refused', instead: ONLY_TOKENS }],
]);

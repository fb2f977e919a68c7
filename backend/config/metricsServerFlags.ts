import { noEffect, noEffectBare, refused, type NamedFlag } from './foreignFlag.ts';

const CLUSTER_TRUSTS = 'the ConfigMap extension-apiserver-authentication says whom the cluster trusts';
const OF_NODE = 'TLS 1.2 and newer with the ciphers of Node';
const LOG = 'the log is set by --log-level and --log-format';
const NO_AUDIT = 'there is no audit log here; the API server in front has one';
const NOTHING = 'there is nothing of the kind';

/** Names that settings of ours have in metrics-server. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ['kubelet-request-timeout', 'kubelet-timeout'],
  ['logging-format', 'log-format'],
  ['l', 'node-selector'],
]);

/** Flags of metrics-server, and of the API server in Heapster, that are no settings of ours. */
export const METRICS_SERVER_FLAGS: readonly NamedFlag[] = [
  ...noEffect(
    CLUSTER_TRUSTS,
    'tls-ca-file',
    'client-ca-file',
    'requestheader-allowed-names',
    'requestheader-client-ca-file',
    'requestheader-extra-headers-prefix',
    'requestheader-group-headers',
    'requestheader-uid-headers',
    'requestheader-username-headers'
  ),
  ...noEffectBare(CLUSTER_TRUSTS, 'authentication-skip-lookup', 'authentication-tolerate-lookup-failure'),
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
  ...noEffect('health is open to everybody, and nothing else', 'authorization-always-allow-paths'),
  ...noEffect('one certificate serves all names', 'tls-sni-cert-key'),
  ...noEffect(OF_NODE, 'tls-cipher-suites', 'tls-curve-preferences', 'tls-min-version'),
  ...noEffect('HTTP/1.1 is spoken', 'http2-max-streams-per-connection', 'goaway-chance'),
  ...noEffectBare('HTTP/1.1 is spoken', 'disable-http2-serving'),
  ...noEffect('connections and times are bounded by themselves', ...boundsOfTheApiServer()),
  ...noEffect(NOTHING, 'advertise-address', 'cors-allowed-origins', 'external-hostname', 'debug-socket-path'),
  ...noEffect(NOTHING, 'feature-gates', 'emulated-version', 'min-compatibility-version'),
  ...noEffect(NOTHING, 'strict-transport-security-directives', 'storage-initialization-timeout'),
  ...noEffectBare(NOTHING, 'emulation-forward-compatible', 'runtime-config-emulation-forward-compatible'),
  ...noEffectBare(NOTHING, 'permit-address-sharing', 'permit-port-sharing', 'shutdown-send-retry-after'),
  ...noEffectBare(NOTHING, 'enable-priority-and-fairness', 'profiling', 'contention-profiling'),
  ...noEffect(LOG, 'log-json-info-buffer-size', 'log-text-info-buffer-size'),
  ...noEffectBare(LOG, 'log-json-split-stream', 'log-text-split-stream'),
  ...refused(NO_AUDIT, 'audit-log-path', 'audit-policy-file', 'audit-webhook-config-file'),
  ['deprecated-kubelet-completely-insecure', { kind: 'refused', instead: 'use --kubelet-https=false', bare: true }],
];

function boundsOfTheApiServer(): string[] {
  return [
    'livez-grace-period',
    'max-mutating-requests-inflight',
    'max-requests-inflight',
    'min-request-timeout',
    'request-timeout',
    'shutdown-delay-duration',
    'shutdown-watch-termination-grace-period',
  ];
}

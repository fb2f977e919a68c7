/** The current context of a kubeconfig file, or another one of it. */
export interface KubeconfigConnection {
  readonly kind: 'kubeconfig';
  /** Without it: what `KUBECONFIG` names, else `~/.kube/config`. */
  readonly path?: string;
  readonly context?: string;
}

/** The service account of the pod this process runs in. */
export interface InClusterConnection {
  readonly kind: 'in-cluster';
  /** Asked in place of the cluster's own name; see {@link inClusterUrl}. */
  readonly apiServerUrl?: string;
  /** Don't verify the API server's certificate. */
  readonly insecure?: boolean;
  /** Folder with `token` and `ca.crt`, if it is not the usual one. */
  readonly serviceAccountFolder?: string;
}

/** A plain address, such as that of `kubectl proxy`. */
export interface UrlConnection {
  readonly kind: 'url';
  readonly url: string;
  readonly insecure?: boolean;
  /** File with a bearer token; sent over HTTPS only. */
  readonly tokenFile?: string;
  readonly caFile?: string;
}

/** How to reach the API server. */
export type ConnectionOptions = KubeconfigConnection | InClusterConnection | UrlConnection;

export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Address of the API server by the variables Kubernetes sets in every container; undefined outside a cluster. */
export function inClusterUrl(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const host = environment.KUBERNETES_SERVICE_HOST;
  if (!host) {
    return undefined;
  }
  const port = environment.KUBERNETES_SERVICE_PORT || '443';
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** What the connection is, in a few words for a sentence: `kubeconfig /home/me/.kube/config`. */
export function describeConnection(connection: ConnectionOptions): string {
  switch (connection.kind) {
    case 'kubeconfig':
      return connection.path ? `kubeconfig ${connection.path}` : 'the default kubeconfig';
    case 'in-cluster':
      return 'the service account of this pod';
    case 'url':
      return connection.url;
  }
}

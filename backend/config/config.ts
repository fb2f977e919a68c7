/** The settings as the rooms take them: read once, checked, with units. */
export interface Config {
  readonly cluster: ClusterConfig;
  readonly kubelet: KubeletConfig;
  /** `isDefault`: nobody asked for this resolution. */
  readonly collection: { readonly resolutionMs: number; readonly isDefault: boolean };
  readonly store: StoreConfig;
  /** Undefined: history is kept in memory only. */
  readonly history?: HistoryConfig;
  readonly remote: RemoteConfig;
  readonly query: { readonly maxSeries: number; readonly maxPoints: number; readonly maxStreams: number };
  readonly server: ServerConfig;
  readonly auth: AuthConfig;
  readonly heapster: HeapsterConfig;
  /** Undefined: `metrics.k8s.io` is not served. */
  readonly metricsApi?: MetricsApiConfig;
  readonly sinks: readonly SinkConfig[];
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFormat = 'json' | 'text';

/** Which cluster is watched and how its API server is reached. */
export interface ClusterConfig {
  /** Name for people; without it the connection names the cluster. */
  readonly name?: string;
  /** `automatic`: nobody named a cluster, this is what the environment offers. */
  readonly chosen: 'given' | 'automatic';
  readonly connection: ClusterConnection;
}

export type ClusterConnection =
  | { readonly kind: 'in-cluster'; readonly apiServerUrl: string; readonly insecure: boolean }
  /** Without a path: what KUBECONFIG lists, merged. */
  | { readonly kind: 'kubeconfig'; readonly path?: string; readonly context?: string }
  | { readonly kind: 'url'; readonly url: string; readonly insecure: boolean; readonly tokenFile?: string }
  | { readonly kind: 'simulator'; readonly nodes: number; readonly seed: number };

/** How kubelets are asked, and which. */
export interface KubeletConfig {
  /** Labels of the nodes that are looked at, in Kubernetes' syntax; undefined: all nodes. */
  readonly nodeSelector?: string;
  readonly access: 'direct' | 'proxy';
  /** Undefined: the port that each node's status tells. */
  readonly port?: number;
  readonly https: boolean;
  readonly insecureTls: boolean;
  readonly certificateAuthorityFile?: string;
  /** The same as PEM. */
  readonly certificateAuthorityText?: string;
  /** PEM files, shown in place of the client certificate of the cluster's connection. */
  readonly clientCertificate?: { readonly certificateFile: string; readonly keyFile: string };
  /** Most wanted first. */
  readonly addressTypes: readonly string[];
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  /** `containers`: ask by `POST /stats/container/` where kubelets have it, for the summary where they do not. */
  readonly statistics: 'summary' | 'containers';
  /** Ask for `/metrics/cadvisor` too. */
  readonly cadvisorMetrics: boolean;
}

/** How much history memory keeps: at least the window, and more while it fits the memory. */
export interface StoreConfig {
  readonly headWindowMs: number;
  readonly headMemoryBytes: number;
}

/** Where and how long history is kept on disk. */
export interface HistoryConfig {
  /** A folder; one that nobody gave holds a folder per cluster. */
  readonly path: string;
  readonly isGiven: boolean;
  readonly maxBytes: number;
  readonly keepMs: { readonly raw: number; readonly '10m': number; readonly '1h': number };
}

/** Other engines: samples are sent to some, and older history is read from one. */
export interface RemoteConfig {
  readonly receivers: ReadonlyArray<RemoteEngine & { readonly protocol: 'auto' | '1.0' | '2.0' }>;
  /** What may wait for each receiver. */
  readonly maxMemoryBytes: number;
  readonly maxDiskBytes: number;
  readonly history?: RemoteEngine;
}

/** How an engine is reached. */
export interface RemoteEngine {
  readonly url: string;
  /** For people; holds no secrets. */
  readonly name: string;
  readonly tokenFile?: string;
  readonly basicAuthFile?: string;
  readonly caFile?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where the HTTP server listens. */
export interface ServerConfig {
  readonly port: number;
  /** Undefined: all addresses. */
  readonly listenIp?: string;
  /** Whether only this machine can connect. */
  readonly loopbackOnly: boolean;
  /** PEM files; the server speaks HTTPS if they are given. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
}

/** A token this backend knows and what it may see. */
export interface TokenGrant {
  readonly token: string;
  readonly namespaces: 'all' | readonly string[];
}

/** Who may ask. */
export interface AuthConfig {
  readonly mode: 'token' | 'none' | 'kubernetes';
  readonly tokens: readonly TokenGrant[];
  /** With mode `token` and no tokens: make one, show it once, and write it to this file if one is named. */
  readonly newTokenFile?: string;
}

/** Where `metrics.k8s.io` is served. */
export interface MetricsApiConfig {
  readonly port: number;
  /** Undefined: all addresses. */
  readonly listenIp?: string;
  /** PEM files; without them a certificate is made at the start. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
}

/** What concerns Heapster's own face. */
export interface HeapsterConfig {
  readonly api: 'open' | 'token' | 'off';
  /** Whether `/api/v1/metric-export` tells anything. */
  readonly hasExport: boolean;
  /** Whether there is `/api/v1/model`. */
  readonly hasModel: boolean;
  /** The API of the Kubernetes Dashboard's metrics scraper. */
  readonly dashboardApi: 'open' | 'token' | 'off';
  readonly labelSeparator: string;
  /** Labels that are also stored under a name of their own. */
  readonly storeLabels: ReadonlyArray<{ readonly name: string; readonly key: string }>;
  /** Label keys left out of the joined `labels` string. */
  readonly ignoreLabels: readonly string[];
  /** Node annotation that gives `host_id` where the node has no external id. */
  readonly hostIdAnnotation?: string;
  /** Whether nodes carry a label that says if pods may be scheduled there, as Heapster's source `kubernetes` had it. */
  readonly schedulableLabel: boolean;
}

/** Where values are written to beside the history kept here. */
export type SinkConfig =
  | {
      readonly kind: 'influxdb';
      /** Scheme, host and port. */
      readonly url: string;
      readonly user: string;
      readonly password: string;
      readonly database: string;
      /** How long a database keeps its values that the sink creates; undefined: for ever. */
      readonly retention?: string;
      readonly insecureTls: boolean;
      readonly clusterName: string;
      readonly withFields: boolean;
      readonly withoutCounters: boolean;
      readonly concurrency: number;
    }
  | {
      readonly kind: 'graphite';
      readonly protocol: 'tcp' | 'udp';
      readonly host: string;
      readonly port: number;
      readonly prefix: string;
    };

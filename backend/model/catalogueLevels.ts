/** Every level there is. */
export const ALL = ['cluster', 'node', 'namespace', 'workload', 'pod', 'container', 'sys_container'] as const;

/** Levels whose values a kubelet measures. */
export const MEASURED = ['node', 'pod', 'container', 'sys_container'] as const;

/** Levels whose values are sums over pods where nothing measures them. */
export const SUMMED_FROM_PODS = ['namespace', 'workload', 'cluster'] as const;

/** Facts about Kubernetes objects that cross rooms: trimmed copies of API objects, never changed once made. */

export type Labels = Readonly<Record<string, string>>;

/** Amounts of the three resources Heapster counts: cpu in millicores, memory and ephemeral storage in bytes. */
export interface ResourceAmounts {
  readonly cpuMillicores?: number;
  readonly memoryBytes?: number;
  readonly ephemeralStorageBytes?: number;
}

export type NodeConditionName = 'Ready' | 'MemoryPressure' | 'DiskPressure' | 'PIDPressure' | 'NetworkUnavailable';

/** What the API server says about a node. */
export interface NodeFacts {
  readonly name: string;
  readonly uid: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly createdMs: number;
  /** Addresses in the order of the node status. */
  readonly addresses: ReadonlyArray<{ readonly type: string; readonly address: string }>;
  /** Port of the kubelet as the node status tells it (`daemonEndpoints.kubeletEndpoint.Port`), if it does. */
  readonly kubeletPort?: number;
  readonly kubeletVersion: string;
  readonly operatingSystem: string;
  readonly externalId: string;
  /** `spec.unschedulable`: cordoned; still scraped. */
  readonly unschedulable: boolean;
  /** Status per condition type: `True`, `False`, `Unknown`; a type the node does not carry is missing. */
  readonly conditions: Readonly<Partial<Record<NodeConditionName, string>>>;
  readonly capacity: ResourceAmounts & { readonly pods?: number };
  readonly allocatable: ResourceAmounts & { readonly pods?: number };
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

/** The controller that owns a pod, resolved to what a person deployed (a ReplicaSet's Deployment, a Job's CronJob). */
export interface WorkloadRef {
  /** Kubernetes kind: Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, Node (static pods), or any other owner's kind. */
  readonly kind: string;
  readonly name: string;
}

/** One container of a pod's spec with what its status says. */
export interface ContainerFacts {
  readonly name: string;
  readonly image: string;
  /** `container`: runs with the pod; `sidecar`: an init container with `restartPolicy: Always`; `init`: runs before. */
  readonly role: 'container' | 'sidecar' | 'init';
  /** As the spec says (Heapster's way). */
  readonly requests: ResourceAmounts;
  readonly limits: ResourceAmounts;
  /** As they really are (`status.containerStatuses[].resources`), when the API server tells. */
  readonly actualRequests?: ResourceAmounts;
  readonly actualLimits?: ResourceAmounts;
  /** Any other requested resource (`nvidia.com/gpu`), rounded up to whole units. */
  readonly otherRequests?: Readonly<Record<string, number>>;
  /** Missing when the API object has no status for this container. */
  readonly restartCount?: number;
  /** Times this container was seen to end by OOMKilled since the backend watches, or by its last state at first sight. */
  readonly oomKillCount?: number;
}

/** What the API server says about a pod. */
export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Empty while the pod is not scheduled. */
  readonly nodeName: string;
  readonly labels: Labels;
  readonly phase: PodPhase;
  readonly hostNetwork: boolean;
  readonly createdMs: number;
  /** The workload this pod counts for; a pod without an owner has none. */
  readonly workload?: WorkloadRef;
  readonly containers: readonly ContainerFacts[];
  /** As the scheduler counts them: init containers, sidecars, overhead, pod-level resources (KEP-753, KEP-2837). */
  readonly schedulerRequests: ResourceAmounts;
  readonly schedulerLimits: ResourceAmounts;
}

export interface NamespaceFacts {
  readonly name: string;
  readonly uid: string;
  readonly labels: Labels;
  readonly createdMs: number;
}

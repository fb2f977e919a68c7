import type { ContainerFacts, NodeFacts, PodFacts } from '../../backend/model/facts.ts';

const MIB = 1024 * 1024;

/** A ready node of 2 cores and 8 GiB, of which pods may use 1800 millicores and 7 GiB. */
export function aNode(name: string, changes: Partial<NodeFacts> = {}): NodeFacts {
  return {
    name,
    uid: `uid of ${name}`,
    labels: { zone: 'a' },
    annotations: {},
    createdMs: 0,
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    kubeletVersion: 'v1.35.0',
    operatingSystem: 'linux',
    externalId: '',
    unschedulable: false,
    conditions: { Ready: 'True' },
    capacity: { cpuMillicores: 2000, memoryBytes: 8192 * MIB, pods: 110 },
    allocatable: { cpuMillicores: 1800, memoryBytes: 7168 * MIB, pods: 110 },
    ...changes,
  };
}

/** A running pod of the Deployment `web` on the node `worker-1`; `name` is `namespace/pod`. */
export function aPod(name: string, changes: Partial<PodFacts> = {}): PodFacts {
  const [namespace, pod] = name.split('/');
  return {
    namespace,
    name: pod,
    uid: `uid of ${name}`,
    nodeName: 'worker-1',
    labels: { app: 'web' },
    phase: 'Running',
    hostNetwork: false,
    createdMs: 0,
    workload: { kind: 'Deployment', name: 'web' },
    containers: [aContainer('httpd')],
    schedulerRequests: {},
    schedulerLimits: {},
    ...changes,
  };
}

/** A container that was never restarted and asks for nothing. */
export function aContainer(name: string, changes: Partial<ContainerFacts> = {}): ContainerFacts {
  return {
    name,
    image: `registry.example/${name}:1`,
    role: 'container',
    requests: {},
    limits: {},
    restartCount: 0,
    oomKillCount: 0,
    ...changes,
  };
}

/** What the API server knows, for steps that look pods up. */
export function aDirectory(pods: readonly PodFacts[], nodes: readonly NodeFacts[] = [aNode('worker-1')]) {
  return {
    nodes: () => nodes,
    namespaces: () =>
      [...new Set(pods.map(({ namespace }) => namespace))].map((name) => ({
        name,
        uid: `uid of ${name}`,
        labels: {},
        createdMs: 0,
      })),
    pods: () => pods,
    pod: (namespace: string, name: string) => pods.find((pod) => pod.namespace === namespace && pod.name === name),
    podsOnNode: (node: string) => pods.filter(({ nodeName }) => nodeName === node),
    unscheduledPods: () => pods.filter(({ nodeName }) => nodeName === ''),
  };
}

import { timeText } from '../kubelet/timeText.ts';
import { nodeUid } from '../world/owners.ts';
import type { SimNode } from '../world/nodes.ts';
import { hex, mix } from '../world/random.ts';
import type { ObjectText } from './resources.ts';

const VERSION = 'v1.35.1';
const IMAGES = [
  { names: ['registry.k8s.io/kube-proxy:v1.35.1'], sizeBytes: 31_900_412 },
  { names: ['example.org/node-agent:4.2'], sizeBytes: 88_123_904 },
  { names: ['postgres:17'], sizeBytes: 157_830_144 },
];

/** A node's JSON. `address` is where its kubelet listens. */
export function nodeObject(node: SimNode, resourceVersion: number, address: string): ObjectText {
  const metadata = {
    name: node.name,
    uid: nodeUid(node.seed),
    resourceVersion: String(resourceVersion),
    creationTimestamp: timeText(node.bootMs - 40 * 86_400_000),
    labels: labels(node),
    annotations: {
      'node.alpha.kubernetes.io/ttl': '0',
      'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
    },
  };
  const status = {
    capacity: resources(node, 1),
    allocatable: resources(node, 0.95),
    conditions: conditions(node),
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: node.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: node.kubeletPort } },
    nodeInfo: nodeInfo(node),
    images: IMAGES,
  };
  return {
    metadata: JSON.stringify(metadata),
    body: `"spec":${JSON.stringify(spec(node))},"status":${JSON.stringify(status)}`,
  };
}

function labels(node: SimNode): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': node.name,
    'kubernetes.io/os': 'linux',
    'node.kubernetes.io/instance-type': `sim.${node.cores}x${Math.round(node.memoryBytes / 1024 ** 3)}`,
    'topology.kubernetes.io/region': 'region-1',
    'topology.kubernetes.io/zone': node.zone,
    [`node-role.kubernetes.io/${node.controlPlane ? 'control-plane' : 'worker'}`]: '',
  };
}

function spec(node: SimNode): Record<string, unknown> {
  const taints = [
    ...(node.controlPlane ? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] : []),
    ...(node.cordoned
      ? [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: timeText(node.bootMs + 600_000) }]
      : []),
    ...(node.ready
      ? []
      : [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: timeText(node.readyChangedMs) }]),
  ];
  return {
    podCIDR: `10.${64 + (node.index >> 8)}.${node.index & 255}.0/24`,
    providerID: `simulator://${node.name}`,
    ...(taints.length > 0 ? { taints } : {}),
    ...(node.cordoned ? { unschedulable: true } : {}),
  };
}

function resources(node: SimNode, share: number): Record<string, string> {
  const whole = share === 1;
  return {
    cpu: whole ? String(node.cores) : `${Math.round(node.cores * 1000 - 200)}m`,
    'ephemeral-storage': whole ? `${node.fsBytes / 1024}Ki` : String(Math.floor(node.fsBytes * 0.9)),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: `${Math.floor((node.memoryBytes * share) / 1024)}Ki`,
    pods: '110',
  };
}

function conditions(node: SimNode): Array<Record<string, string>> {
  const heartbeat = timeText(node.heartbeatMs);
  const unknown = { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
  const condition = (type: string, status: string, reason: string, message: string): Record<string, string> => ({
    type,
    lastHeartbeatTime: heartbeat,
    lastTransitionTime: timeText(node.readyChangedMs),
    ...(node.ready ? { status, reason, message } : unknown),
  });
  return [
    condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
  ];
}

function nodeInfo(node: SimNode): Record<string, string> {
  const machineID = hex(mix(node.seed, 91), 32);
  return {
    machineID,
    systemUUID: machineID,
    bootID: hex(mix(node.seed, Math.floor(node.bootMs / 1000)), 32),
    kernelVersion: '6.12.48',
    osImage: 'Debian GNU/Linux 13 (trixie)',
    containerRuntimeVersion: 'containerd://2.2.0',
    kubeletVersion: VERSION,
    kubeProxyVersion: '',
    operatingSystem: 'linux',
    architecture: 'amd64',
  };
}

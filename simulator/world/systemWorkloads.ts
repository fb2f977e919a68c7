import { container, workload } from './templates.ts';
import type { WorkloadTemplate } from './templates.ts';

const PLATFORM = { tier: 'system', team: 'platform' };
const HOST = { ...PLATFORM, hostNetwork: true };

/** One pod of each on every node, in this order if there is not room for all. */
export const DAEMON_SETS: WorkloadTemplate[] = [
  workload(
    'DaemonSet',
    'kube-system/kube-proxy',
    0,
    [container('kube-proxy', 'registry.k8s.io/kube-proxy:v1.35.1', 6, 32, { resources: 'none' })],
    HOST
  ),
  workload('DaemonSet', 'kube-system/node-agent', 0, [container('agent', 'example.org/node-agent:4.2', 18, 60)], HOST),
  workload(
    'DaemonSet',
    'logging/log-shipper',
    0,
    [
      container('shipper', 'example.org/fluent-bit:3.1', 30, 70),
      container('reloader', 'example.org/reloader:1.4', 2, 14),
    ],
    PLATFORM
  ),
  workload(
    'DaemonSet',
    'kube-system/csi-node',
    0,
    [
      container('driver', 'example.org/csi-driver:1.9', 4, 36, { resources: 'requestsOnly' }),
      container('node-driver-registrar', 'registry.k8s.io/sig-storage/csi-node-driver-registrar:v2.13.0', 1, 14),
      container('liveness-probe', 'registry.k8s.io/sig-storage/livenessprobe:v2.15.0', 1, 12),
    ],
    HOST
  ),
];

/** Static pods of control plane nodes. */
export const STATIC_PODS: WorkloadTemplate[] = [
  workload(
    'Static',
    'kube-system/etcd',
    1,
    [container('etcd', 'registry.k8s.io/etcd:3.6.4-0', 95, 260, { resources: 'requestsOnly' })],
    HOST
  ),
  workload(
    'Static',
    'kube-system/kube-apiserver',
    1,
    [
      container('kube-apiserver', 'registry.k8s.io/kube-apiserver:v1.35.1', 240, 900, {
        resources: 'requestsOnly',
        spiky: true,
      }),
    ],
    HOST
  ),
  workload(
    'Static',
    'kube-system/kube-controller-manager',
    1,
    [
      container('kube-controller-manager', 'registry.k8s.io/kube-controller-manager:v1.35.1', 45, 140, {
        resources: 'requestsOnly',
      }),
    ],
    HOST
  ),
  workload(
    'Static',
    'kube-system/kube-scheduler',
    1,
    [container('kube-scheduler', 'registry.k8s.io/kube-scheduler:v1.35.1', 16, 70, { resources: 'requestsOnly' })],
    HOST
  ),
];

/** Workloads that run on control plane nodes too. */
export const CONTROL_PLANE_WORKLOADS: WorkloadTemplate[] = [
  workload(
    'Deployment',
    'kube-system/coredns',
    2,
    [container('coredns', 'registry.k8s.io/coredns/coredns:v1.13.1', 9, 36)],
    PLATFORM
  ),
  workload(
    'Deployment',
    'kube-system/csi-controller',
    1,
    [
      container('driver', 'example.org/csi-driver:1.9', 6, 50),
      container('csi-provisioner', 'registry.k8s.io/sig-storage/csi-provisioner:v5.3.0', 2, 30),
      container('csi-attacher', 'registry.k8s.io/sig-storage/csi-attacher:v4.9.0', 2, 28),
    ],
    PLATFORM
  ),
  workload(
    'Deployment',
    'cert-manager/cert-manager',
    1,
    [container('cert-manager', 'example.org/cert-manager:1.19', 5, 60)],
    PLATFORM
  ),
];

/** Pods that never ran or have ended: no kubelet has stats of them. */
export const STANDING_PODS: WorkloadTemplate[] = [
  workload(
    'Deployment',
    'ml/trainer',
    1,
    [container('trainer', 'example.org/trainer:7.0', 14_000, 60_000, { resources: 'requestsOnly' })],
    {
      tier: 'batch',
      standing: 'unschedulable',
    }
  ),
  workload('Deployment', 'default/not-pulled', 1, [container('app', 'example.org/no-such-image:0.0.1', 10, 20)], {
    standing: 'imagePullBackOff',
  }),
  workload('Bare', 'payments/schema-migration', 1, [container('migrate', 'example.org/migrate:2.3', 50, 64)], {
    tier: 'batch',
    standing: 'succeeded',
  }),
  workload('Bare', 'data/backfill-2025', 1, [container('backfill', 'example.org/backfill:1.0', 90, 128)], {
    tier: 'batch',
    standing: 'failed',
  }),
];

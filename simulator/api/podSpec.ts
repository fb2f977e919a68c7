import { tokenVolume } from '../world/pods.ts';
import type { Pod } from '../world/pods.ts';
import type { ContainerTemplate } from '../world/templates.ts';

type Json = Record<string, unknown>;

/** A pod's spec; without a node's name until it is scheduled. */
export function podSpec(pod: Pod, scheduled: boolean): Json {
  const { template } = pod.slot.workload;
  const token = template.kind === 'Static' ? undefined : tokenVolume(pod);
  const containers = template.containers.filter((each) => !each.sidecar).map((each) => containerSpec(each, token));
  const initContainers = [
    ...template.containers
      .filter((each) => each.sidecar)
      .map((each) => ({ ...containerSpec(each, token), restartPolicy: 'Always' })),
    ...(template.initContainer ? [setupContainer(token)] : []),
  ];
  return {
    volumes: volumes(pod, token),
    initContainers: initContainers.length > 0 ? initContainers : undefined,
    containers,
    restartPolicy: template.kind === 'CronJob' || template.kind === 'Bare' ? 'Never' : 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'default',
    serviceAccount: 'default',
    nodeName: scheduled ? pod.node?.name : undefined,
    hostNetwork: template.hostNetwork || undefined,
    hostname: template.kind === 'StatefulSet' ? pod.name : undefined,
    subdomain: template.kind === 'StatefulSet' ? template.name : undefined,
    securityContext: {},
    schedulerName: 'default-scheduler',
    priority: template.tier === 'system' ? 2_000_000_000 : 0,
    resources: template.podResources && resourcesOf(template.podResources),
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

function volumes(pod: Pod, token: string | undefined): Json[] {
  const { claim, scratch } = pod.slot.workload.template;
  return [
    ...(claim ? [{ name: claim.name, persistentVolumeClaim: { claimName: `${claim.name}-${pod.name}` } }] : []),
    ...(scratch ? [{ name: scratch, emptyDir: {} }] : []),
    ...(token
      ? [
          {
            name: token,
            projected: {
              sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }],
              defaultMode: 420,
            },
          },
        ]
      : []),
  ];
}

function containerSpec(template: ContainerTemplate, token: string | undefined): Json {
  return {
    name: template.name,
    image: template.image,
    resources: resourcesOf(template),
    volumeMounts: token
      ? [{ name: token, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }]
      : undefined,
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
  };
}

function setupContainer(token: string | undefined): Json {
  const template = {
    name: 'setup',
    image: 'busybox:1.37',
    requestMillicores: 100,
    limitMillicores: 0,
    requestMib: 64,
    limitMib: 0,
  };
  return containerSpec(
    { ...template, meanMillicores: 0, meanMib: 0, life: 'steady', sidecar: false, spiky: false },
    token
  );
}

/** Requests and limits as the API prints them; empty where there are none. `factor` is what a resize made of them. */
export function resourcesOf(
  wish: Pick<ContainerTemplate, 'requestMillicores' | 'limitMillicores' | 'requestMib' | 'limitMib'>,
  factor = 1
): Json {
  const quantities = (millicores: number, mib: number): Record<string, string> | undefined =>
    millicores === 0 && mib === 0
      ? undefined
      : {
          ...(millicores > 0 ? { cpu: cpuText(Math.round(millicores * factor)) } : {}),
          ...(mib > 0 ? { memory: memoryText(Math.round(mib * factor)) } : {}),
        };
  return {
    limits: quantities(wish.limitMillicores, wish.limitMib),
    requests: quantities(wish.requestMillicores, wish.requestMib),
  };
}

function cpuText(millicores: number): string {
  return millicores % 1000 === 0 ? String(millicores / 1000) : `${millicores}m`;
}

function memoryText(mib: number): string {
  return mib % 1024 === 0 ? `${mib / 1024}Gi` : `${mib}Mi`;
}

import { tokenVolume } from '../world/pods.ts';
import type { Pod } from '../world/pods.ts';
import type { ContainerTemplate, WorkloadTemplate } from '../world/templates.ts';

type Json = Record<string, unknown>;

/** What differs between the specs of one workload's pods. */
interface Names {
  pod: string;
  token: string;
  node: string | undefined;
}

const MARKED: Names = { pod: '@@pod@@', token: '@@token@@', node: '@@node@@' };
const specs = new WeakMap<WorkloadTemplate, string[]>();

/** A pod's spec as JSON; without a node's name until it is scheduled. Put together from the one of its workload. */
export function podSpecText(pod: Pod, scheduled: boolean): string {
  const { template } = pod.slot.workload;
  const names: Names = { pod: pod.name, token: tokenVolume(pod), node: pod.node?.name };
  if (!scheduled) {
    return JSON.stringify(podSpec(template, { ...names, node: undefined }));
  }
  let pieces = specs.get(template);
  if (!pieces) {
    pieces = JSON.stringify(podSpec(template, MARKED)).split(/@@(pod|token|node)@@/);
    specs.set(template, pieces);
  }
  // The pieces are text, name, text, name, …, text.
  let text = pieces[0];
  for (let i = 1; i < pieces.length; i += 2) {
    text += (names[pieces[i] as keyof Names] ?? '') + pieces[i + 1];
  }
  return text;
}

function podSpec(template: WorkloadTemplate, names: Names): Json {
  const token = template.kind === 'Static' ? undefined : names.token;
  const sidecars = template.containers.filter((each) => each.sidecar);
  const initContainers = [
    ...sidecars.map((each) => ({ ...containerSpec(each, token), restartPolicy: 'Always' })),
    ...(template.initContainer ? [setupContainer(token)] : []),
  ];
  const inSet = template.kind === 'StatefulSet';
  return {
    volumes: volumes(template, names.pod, token),
    initContainers: initContainers.length > 0 ? initContainers : undefined,
    containers: template.containers.filter((each) => !each.sidecar).map((each) => containerSpec(each, token)),
    restartPolicy: template.kind === 'CronJob' || template.kind === 'Bare' ? 'Never' : 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'default',
    serviceAccount: 'default',
    nodeName: names.node,
    hostNetwork: template.hostNetwork || undefined,
    hostname: inSet ? names.pod : undefined,
    subdomain: inSet ? template.name : undefined,
    securityContext: {},
    schedulerName: 'default-scheduler',
    priority: template.tier === 'system' ? 2_000_000_000 : 0,
    resources: template.podResources && resourcesOf(template.podResources),
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

function volumes({ claim, scratch }: WorkloadTemplate, podName: string, token: string | undefined): Json[] {
  const projected = {
    sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }],
    defaultMode: 420,
  };
  return [
    ...(claim ? [{ name: claim.name, persistentVolumeClaim: { claimName: `${claim.name}-${podName}` } }] : []),
    ...(scratch ? [{ name: scratch, emptyDir: {} }] : []),
    ...(token ? [{ name: token, projected }] : []),
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
  const quantities = (millicores: number, mib: number, storage: string): Record<string, string> | undefined =>
    millicores === 0 && mib === 0
      ? undefined
      : {
          ...(millicores > 0 ? { cpu: cpuText(Math.round(millicores * factor)) } : {}),
          ...(mib > 0 ? { memory: memoryText(Math.round(mib * factor)) } : {}),
          // Whoever bounds memory bounds local storage too.
          ...(wish.limitMib > 0 ? { 'ephemeral-storage': storage } : {}),
        };
  return {
    limits: quantities(wish.limitMillicores, wish.limitMib, '1Gi'),
    requests: quantities(wish.requestMillicores, wish.requestMib, '128Mi'),
  };
}

function cpuText(millicores: number): string {
  return millicores % 1000 === 0 ? String(millicores / 1000) : `${millicores}m`;
}

function memoryText(mib: number): string {
  return mib % 1024 === 0 ? `${mib / 1024}Gi` : `${mib}Mi`;
}

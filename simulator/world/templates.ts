import type { Life } from './lifecycle.ts';

/** What a container of a workload is made of; means are what it uses over a day. */
export interface ContainerTemplate {
  name: string;
  image: string;
  meanMillicores: number;
  meanMib: number;
  requestMillicores: number;
  limitMillicores: number;
  requestMib: number;
  limitMib: number;
  life: Life['kind'];
  /** A native sidecar: an init container with restartPolicy Always. */
  sidecar: boolean;
  spiky: boolean;
}

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob' | 'Static' | 'Bare';

/** What never comes to run, or has ended, and so has no stats. */
export type Standing = 'unschedulable' | 'imagePullBackOff' | 'succeeded' | 'failed';

/** A kind of workload that the world is furnished with. */
export interface WorkloadTemplate {
  kind: WorkloadKind;
  namespace: string;
  name: string;
  tier: string;
  team: string;
  replicas: number;
  containers: ContainerTemplate[];
  hostNetwork: boolean;
  /** Name and size of each replica's own volume. */
  claim?: { name: string; gib: number };
  /** An emptyDir of this name. */
  scratch?: string;
  podResources?: { requestMillicores: number; limitMillicores: number; requestMib: number; limitMib: number };
  /** What the containers really got by an in-place resize, as a factor of what their spec asked at first. */
  resizedBy?: number;
  /** An ordinary init container runs before the others. */
  initContainer?: boolean;
  rolloutMinutes?: number;
  /** CronJobs: minutes between runs and seconds that a run takes at most. */
  everyMinutes?: number;
  runSeconds?: number;
  standing?: Standing;
  /** Replicas follow the hour of the day. */
  autoscaled?: boolean;
}

type ContainerExtras = Partial<Pick<ContainerTemplate, 'life' | 'sidecar' | 'spiky'>> & {
  /** What requests and limits the spec states; `burstable` if not said. */
  resources?: 'burstable' | 'guaranteed' | 'requestsOnly' | 'none';
};

/** A container template with requests and limits derived from what it uses. */
export function container(
  name: string,
  image: string,
  meanMillicores: number,
  meanMib: number,
  extras: ContainerExtras = {}
): ContainerTemplate {
  const { resources = 'burstable', life = 'steady', sidecar = false, spiky = false } = extras;
  const requestMillicores = resources === 'none' ? 0 : Math.max(10, Math.round((meanMillicores * 1.3) / 10) * 10);
  const requestMib = resources === 'none' ? 0 : Math.max(16, Math.round((meanMib * 1.2) / 16) * 16);
  const limits = { none: 0, requestsOnly: 0, guaranteed: 1, burstable: 2 }[resources];
  return {
    name,
    image,
    meanMillicores,
    meanMib,
    requestMillicores,
    limitMillicores: requestMillicores * limits * (limits === 2 ? 2 : 1),
    requestMib,
    limitMib: requestMib * limits,
    life,
    sidecar,
    spiky,
  };
}

/** A workload template; `where` is `namespace/name`, the rest has defaults of an ordinary Deployment. */
export function workload(
  kind: WorkloadKind,
  where: string,
  replicas: number,
  containers: ContainerTemplate[],
  extras: Partial<Omit<WorkloadTemplate, 'kind' | 'namespace' | 'name' | 'replicas' | 'containers'>> = {}
): WorkloadTemplate {
  const [namespace, name] = where.split('/');
  return {
    kind,
    namespace,
    name,
    replicas,
    containers,
    tier: 'backend',
    team: namespace,
    hostNetwork: false,
    ...extras,
  };
}

import { COMMON_WORKLOADS, FIRST_WORKLOADS, roundNamespace } from './appWorkloads.ts';
import { createNode } from './nodes.ts';
import type { SimNode } from './nodes.ts';
import { mix } from './random.ts';
import { CONTROL_PLANE_WORKLOADS, DAEMON_SETS, STANDING_PODS, STATIC_PODS } from './systemWorkloads.ts';
import type { WorkloadTemplate } from './templates.ts';
import { createSlot, createWorkload, mostReplicas } from './workloads.ts';
import type { Workload } from './workloads.ts';

/** How large the world is and which seed decides the rest. */
export interface WorldSize {
  nodes: number;
  podsPerNode: number;
  seed: number;
  outages: boolean;
}

/** Nodes and workloads of a world before any time has passed in it. */
export interface Furniture {
  nodes: SimNode[];
  workloads: Workload[];
}

/** Furnishes a world: system pods on every node, then applications until each worker holds `podsPerNode` pods. */
export function furnish(size: WorldSize): Furniture {
  const nodes = createNodes(size);
  const workloads: Workload[] = [];
  const place = (template: WorkloadTemplate, on: SimNode[], replicas: number, as = template): Workload => {
    const workload = createWorkload(size.seed, template, { namespace: as.namespace, team: as.team }, replicas);
    on.forEach((node, ordinal) => workload.slots.push(createSlot(workload, ordinal, node)));
    workloads.push(workload);
    return workload;
  };
  const controlPlane = nodes.filter((node) => node.controlPlane);
  const daemonSets = DAEMON_SETS.slice(0, Math.max(0, size.podsPerNode - 1));
  daemonSets.forEach((template) => place(template, nodes, nodes.length));
  STATIC_PODS.forEach((template) => place(template, controlPlane, controlPlane.length));
  CONTROL_PLANE_WORKLOADS.forEach((template) =>
    place(template, take(controlPlane, template.replicas), template.replicas)
  );
  STANDING_PODS.forEach((template) => place(template, [nodes[nodes.length - 1]], 1));
  placeApplications(
    size,
    nodes.filter((node) => !node.controlPlane),
    size.podsPerNode - daemonSets.length,
    place
  );
  return { nodes, workloads };
}

function take(nodes: SimNode[], count: number): SimNode[] {
  return Array.from({ length: count }, (_, i) => nodes[i % nodes.length]);
}

function createNodes(size: WorldSize): SimNode[] {
  const controlPlanes = size.nodes >= 10 ? 3 : size.nodes > 1 ? 1 : 0;
  const load = {
    podsPerNode: size.podsPerNode,
    meanMillicores: size.podsPerNode * 90,
    meanMib: size.podsPerNode * 215,
  };
  return Array.from({ length: size.nodes }, (_, index) => {
    const controlPlane = index < controlPlanes;
    const number = controlPlane ? index + 1 : index - controlPlanes + 1;
    const cordoned = size.nodes >= 3 && index === size.nodes - 1;
    const own = controlPlane ? { podsPerNode: 12, meanMillicores: 480, meanMib: 1800 } : load;
    return createNode(size.seed, index, { controlPlane, cordoned, number }, own);
  });
}

type Place = (template: WorkloadTemplate, on: SimNode[], replicas: number, as?: WorkloadTemplate) => Workload;

/** Deals replicas out to the workers in turn, so that every worker gets the same number and a workload spreads. */
function placeApplications(size: WorldSize, workers: SimNode[], podsPerWorker: number, place: Place): void {
  const room = workers.length * podsPerWorker;
  const growth = Math.min(8, Math.max(1, Math.round(size.nodes / 25)));
  let used = 0;
  const deal = (template: WorkloadTemplate, scale: number): void => {
    const isCron = template.kind === 'CronJob';
    const replicas = isCron ? 1 : Math.min(room - used, template.replicas * scale);
    if (replicas < 1) {
      return;
    }
    const workload = place(template, [], replicas);
    const slots = isCron ? 1 : Math.max(replicas, mostReplicas(workload));
    for (let ordinal = 0; ordinal < slots; ordinal++) {
      const turn = isCron ? mix(workload.seed, 5) : used + ordinal;
      workload.slots.push(createSlot(workload, ordinal, workers[turn % workers.length]));
    }
    used += isCron ? 0 : replicas;
  };
  FIRST_WORKLOADS.forEach((template) => deal(template, 1));
  for (let round = 0; used < room; round++) {
    COMMON_WORKLOADS.forEach((template) => deal({ ...template, ...roundNamespace(round) }, growth));
  }
}

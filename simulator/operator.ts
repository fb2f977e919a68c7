import { cpuMicros, workingSetBytes } from './world/curves.ts';
import { createSlot } from './world/workloads.ts';
import type { Workload } from './world/workloads.ts';
import { containerAt } from './world/pods.ts';
import type { Container, Pod } from './world/pods.ts';
import type { World } from './world/world.ts';

/** What an operator does to the simulated cluster, and what a test may know about it. */
export class Operator {
  readonly #world: World;
  readonly #now: () => number;

  constructor(world: World, now: () => number) {
    this.#world = world;
    this.#now = now;
  }

  /** Sets the replicas of a Deployment or StatefulSet; pods come and go at once. */
  scale(namespace: string, name: string, replicas: number): void {
    const workload = this.#workload(namespace, name);
    workload.scalings.push({ atMs: this.#begin(), replicas });
    const workers = this.#world.nodes.filter((node) => !node.controlPlane && !node.cordoned);
    const hosts = workers.length > 0 ? workers : this.#world.nodes;
    while (workload.slots.length < replicas) {
      const ordinal = workload.slots.length;
      workload.slots.push(createSlot(workload, ordinal, hosts[(workload.seed + ordinal) % hosts.length]));
    }
    this.#world.replan(workload);
  }

  /** Replaces all pods of a workload, one after another, by ones of a new revision. */
  rollout(namespace: string, name: string): void {
    const workload = this.#workload(namespace, name);
    workload.rolloutsMs.push(this.#begin());
    this.#world.replan(workload);
  }

  /** Deletes a pod; its workload starts another in its place. */
  deletePod(namespace: string, name: string): void {
    const pod = this.pod(namespace, name);
    pod.slot.deletionsMs.push(this.#begin());
    this.#world.replan(pod.slot.workload);
  }

  pod(namespace: string, name: string): Pod {
    this.#world.advance(this.#now());
    const pod = this.#world.pods.get(`${namespace}/${name}`);
    if (!pod) {
      throw new Error(`There is no pod ${namespace}/${name} in the simulator at this moment.`);
    }
    return pod;
  }

  pods(): Pod[] {
    this.#world.advance(this.#now());
    return [...this.#world.pods.values()];
  }

  /** CPU that the container's present run has used up to a moment, in nanoseconds; what a sample taken then says. */
  expectedCpuNanoseconds(namespace: string, podName: string, containerName: string, atMs: number): bigint {
    const pod = this.pod(namespace, podName);
    const container = this.#container(pod, containerName);
    return BigInt(cpuMicros(container.cpu, containerAt(pod, container, atMs).startMs, atMs)) * 1000n;
  }

  /** The container's working set in bytes, as a sample taken at that moment says. */
  expectedWorkingSetBytes(namespace: string, podName: string, containerName: string, atMs: number): number {
    const pod = this.pod(namespace, podName);
    const container = this.#container(pod, containerName);
    return workingSetBytes(container.memory, containerAt(pod, container, atMs).startMs, atMs);
  }

  #begin(): number {
    this.#world.advance(this.#now());
    return Math.ceil(this.#world.nowMs);
  }

  #workload(namespace: string, name: string): Workload {
    const workload = this.#world.workloads.find((each) => each.namespace === namespace && each.name === name);
    if (!workload) {
      throw new Error(`There is no workload ${namespace}/${name} in the simulator.`);
    }
    return workload;
  }

  #container(pod: Pod, name: string): Container {
    const container = pod.containers.find((each) => each.template.name === name);
    if (!container) {
      throw new Error(`Pod ${pod.namespace}/${pod.name} has no container ${name}.`);
    }
    return container;
  }
}

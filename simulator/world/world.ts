import { furnish } from './furnish.ts';
import type { WorldSize } from './furnish.ts';
import { bootAt, nextBootAfter, nextOutageWindow, NOT_READY_AFTER_MS, outageAround } from './nodes.ts';
import type { SimNode } from './nodes.ts';
import { createOwner, plannedOwners } from './owners.ts';
import type { Owner } from './owners.ts';
import { createPod, nextPodChangeMs, settleAfterBoots } from './pods.ts';
import type { Pod } from './pods.ts';
import { mix } from './random.ts';
import { Schedule } from './schedule.ts';
import { plannedPods } from './workloads.ts';
import type { Slot, Workload } from './workloads.ts';

const HEARTBEAT_MS = 300_000;

/** What the API server hears of; the time is the simulated one at which it happened. */
export interface WorldListener {
  nodeChanged(node: SimNode, atMs: number): void;
  podChanged(change: 'ADDED' | 'MODIFIED' | 'DELETED', pod: Pod, atMs: number): void;
  ownerChanged(change: 'ADDED' | 'DELETED', owner: Owner, atMs: number): void;
}

type Happening =
  | { kind: 'slot'; slot: Slot }
  | { kind: 'pod'; pod: Pod }
  | { kind: 'owners'; workload: Workload }
  | { kind: 'node'; node: SimNode; what: 'boot' | 'heartbeat' }
  | { kind: 'outage' };

/** The simulated cluster. Nothing in it ticks: `advance` carries out what is due, everything else is asked for a moment. */
export class World {
  readonly seed: number;
  readonly nodes: SimNode[];
  readonly workloads: Workload[];
  readonly namespaces: string[];
  readonly pods = new Map<string, Pod>();
  readonly owners = new Map<string, Owner>();
  nowMs: number;
  readonly #podsOfSlot = new Map<Slot, Pod[]>();
  readonly #schedule = new Schedule<Happening>();
  readonly #listeners: WorldListener[] = [];

  constructor(size: WorldSize, nowMs: number) {
    this.seed = size.seed;
    this.nowMs = nowMs;
    const { nodes, workloads } = furnish(size);
    this.nodes = nodes;
    this.workloads = workloads;
    this.namespaces = [
      ...new Set(['default', 'kube-node-lease', 'kube-public', ...workloads.map((w) => w.namespace)]),
    ].sort();
    nodes.forEach((node) => this.#startNode(node));
    for (const workload of workloads) {
      this.#planOwners(workload);
      workload.slots.forEach((slot) => this.#planSlot(slot));
    }
    if (size.outages) {
      this.#planOutage();
    }
  }

  listen(listener: WorldListener): void {
    this.#listeners.push(listener);
  }

  /** Carries out everything that is due up to `nowMs`; earlier times than before change nothing. */
  advance(nowMs: number): void {
    for (let due = this.#schedule.takeDue(nowMs); due; due = this.#schedule.takeDue(nowMs)) {
      this.nowMs = Math.max(this.nowMs, due.atMs);
      this.#happen(due.item);
    }
    this.nowMs = Math.max(this.nowMs, nowMs);
  }

  get nextChangeMs(): number {
    return this.#schedule.nextMs;
  }

  /** Looks at a slot again after somebody changed what is planned for it. */
  replan(workload: Workload): void {
    this.#planOwners(workload);
    workload.slots.forEach((slot) => this.#planSlot(slot));
  }

  podsOf(slot: Slot): readonly Pod[] {
    return this.#podsOfSlot.get(slot) ?? [];
  }

  #happen(item: Happening): void {
    switch (item.kind) {
      case 'slot':
        return this.#planSlot(item.slot);
      case 'owners':
        return this.#planOwners(item.workload);
      case 'pod':
        return this.#podMoved(item.pod);
      case 'outage':
        return this.#planOutage();
      case 'node':
        return item.what === 'boot' ? this.#bootNode(item.node) : this.#beat(item.node);
    }
  }

  #planSlot(slot: Slot): void {
    const plan = plannedPods(slot, this.nowMs);
    const before = this.#podsOfSlot.get(slot) ?? [];
    const pods = plan.items.map((planned) => {
      const pod = before.find((each) => each.key === planned.key);
      if (!pod) {
        return createPod(slot, planned, this.nowMs);
      }
      pod.terminatingMs = planned.terminatingMs;
      pod.goneMs = planned.goneMs;
      return pod;
    });
    before.filter((pod) => !pods.includes(pod)).forEach((pod) => this.#removePod(pod));
    this.#podsOfSlot.set(slot, pods);
    for (const pod of pods) {
      if (before.includes(pod)) {
        this.#schedule.add(pod.terminatingMs, { kind: 'pod', pod });
      } else {
        this.#addPod(pod);
      }
    }
    this.#schedule.add(plan.nextMs, { kind: 'slot', slot });
  }

  #addPod(pod: Pod): void {
    this.pods.set(`${pod.namespace}/${pod.name}`, pod);
    pod.node?.pods.push(pod);
    this.#schedule.add(nextPodChangeMs(pod, this.nowMs), { kind: 'pod', pod });
    this.#listeners.forEach((listener) => listener.podChanged('ADDED', pod, this.nowMs));
  }

  #removePod(pod: Pod): void {
    this.pods.delete(`${pod.namespace}/${pod.name}`);
    if (pod.node) {
      pod.node.pods.splice(pod.node.pods.indexOf(pod), 1);
    }
    this.#listeners.forEach((listener) => listener.podChanged('DELETED', pod, this.nowMs));
  }

  #podMoved(pod: Pod): void {
    if (this.pods.get(`${pod.namespace}/${pod.name}`) === pod) {
      this.#schedule.add(nextPodChangeMs(pod, this.nowMs), { kind: 'pod', pod });
      this.#listeners.forEach((listener) => listener.podChanged('MODIFIED', pod, this.nowMs));
    }
  }

  #planOwners(workload: Workload): void {
    const plan = plannedOwners(workload, this.nowMs);
    const planned = plan.items.map((key) => createOwner(workload, key));
    const names = new Set(planned.map((owner) => owner.name));
    const prefix = `${workload.template.kind}/${workload.namespace}/`;
    for (const name of workload.ownerNames) {
      const gone = names.has(name) ? undefined : this.owners.get(prefix + name);
      if (gone) {
        this.owners.delete(prefix + name);
        this.#listeners.forEach((listener) => listener.ownerChanged('DELETED', gone, this.nowMs));
      }
    }
    for (const owner of planned.filter((each) => !workload.ownerNames.has(each.name))) {
      this.owners.set(prefix + owner.name, owner);
      this.#listeners.forEach((listener) => listener.ownerChanged('ADDED', owner, this.nowMs));
    }
    workload.ownerNames = names;
    this.#schedule.add(plan.nextMs, { kind: 'owners', workload });
  }

  #startNode(node: SimNode): void {
    node.bootMs = bootAt(node, this.nowMs);
    node.kubeletStartMs = node.bootMs + 20_000;
    node.readyChangedMs = node.bootMs + 30_000;
    const phaseMs = mix(node.seed, 61) % HEARTBEAT_MS;
    node.heartbeatMs = Math.floor((this.nowMs - phaseMs) / HEARTBEAT_MS) * HEARTBEAT_MS + phaseMs;
    this.#schedule.add(node.heartbeatMs + HEARTBEAT_MS, { kind: 'node', node, what: 'heartbeat' });
    this.#schedule.add(nextBootAfter(node, this.nowMs), { kind: 'node', node, what: 'boot' });
  }

  #bootNode(node: SimNode): void {
    node.bootMs = this.nowMs;
    node.kubeletStartMs = node.bootMs + 20_000;
    this.#schedule.add(nextBootAfter(node, this.nowMs), { kind: 'node', node, what: 'boot' });
    for (const pod of node.pods) {
      settleAfterBoots(pod, this.nowMs);
      this.#podMoved(pod);
    }
    this.nodeMoved(node);
  }

  #beat(node: SimNode): void {
    this.#schedule.add(this.nowMs + HEARTBEAT_MS, { kind: 'node', node, what: 'heartbeat' });
    if (node.reachable) {
      node.heartbeatMs = this.nowMs;
      this.nodeMoved(node);
    }
  }

  /** Tells the listeners that a node's object has changed. */
  nodeMoved(node: SimNode): void {
    this.#listeners.forEach((listener) => listener.nodeChanged(node, this.nowMs));
  }

  #planOutage(): void {
    const outage = outageAround(this.seed, this.nodes.length, this.nowMs);
    const moments = outage ? [outage.fromMs, outage.fromMs + NOT_READY_AFTER_MS, outage.toMs] : [];
    if (outage) {
      const node = this.nodes[outage.nodeIndex];
      const down = this.nowMs >= outage.fromMs && this.nowMs < outage.toMs;
      const ready = !down || this.nowMs < outage.fromMs + NOT_READY_AFTER_MS;
      if (!node.reachable && !down) {
        node.heartbeatMs = outage.toMs;
      }
      node.reachable = !down;
      if (node.ready !== ready) {
        node.ready = ready;
        node.readyChangedMs = this.nowMs;
        this.nodeMoved(node);
      }
    }
    const next = [...moments, nextOutageWindow(this.nowMs)].find((ms) => ms > this.nowMs);
    this.#schedule.add(next ?? Infinity, { kind: 'outage' });
  }
}

import { Collector } from '../backend/collector.ts';
import { FaultBook } from '../backend/kubernetes/faultBook.ts';
import type { JsonObject } from '../backend/kubernetes/json.ts';
import { readNamespace } from '../backend/kubernetes/namespaceFacts.ts';
import { readNode } from '../backend/kubernetes/nodeFacts.ts';
import { createPodSinks, type PodSinks } from '../backend/kubernetes/podSink.ts';
import { SharedParts } from '../backend/kubernetes/sharedParts.ts';
import type { NodeBatch, Table, TotalsBatch } from '../backend/model/batch.ts';
import type { NamespaceFacts, NodeFacts, PodFacts } from '../backend/model/facts.ts';
import { nodeObject } from '../simulator/api/nodeObject.ts';
import { namespaceObject, ownerObject } from '../simulator/api/otherObjects.ts';
import { podObject } from '../simulator/api/podObject.ts';
import type { ObjectText } from '../simulator/api/resources.ts';
import { ByteWriter } from '../simulator/kubelet/byteWriter.ts';
import { summaryBytes } from '../simulator/kubelet/summary.ts';
import type { SimNode } from '../simulator/world/nodes.ts';
import { World } from '../simulator/world/world.ts';

const ADDRESS = '192.0.2.1';
const NEVER = new AbortController().signal;

/** What to simulate. */
export interface SimulatedCluster {
  readonly nodes: number;
  readonly podsPerNode: number;
  readonly pressure: boolean;
  readonly resolutionMs: number;
  readonly startMs: number;
}

/**
 * Rounds of a simulated cluster as fast as they can be made: the simulator's answers and API objects go down the real
 * line from decoding to totals, without HTTP and without waiting.
 */
export class SimulatedRounds {
  private readonly options: SimulatedCluster;
  private readonly world: World;
  private readonly cluster: SimulatedDirectory;
  private readonly collector: Collector;
  private readonly out = new ByteWriter();
  private batches: Array<NodeBatch | TotalsBatch> = [];
  private nowMs: number;

  constructor(options: SimulatedCluster) {
    this.options = options;
    this.nowMs = options.startMs;
    const { nodes, podsPerNode } = options;
    this.world = new World({ nodes, podsPerNode, seed: 1, outages: true }, options.startMs);
    this.cluster = new SimulatedDirectory(this.world);
    const simNodes = new Map(this.world.nodes.map((node) => [node.name, node]));
    this.collector = new Collector({
      resolutionMs: options.resolutionMs,
      deadlineMs: 5_000,
      directory: this.cluster,
      kubelets: { readSummary: async (node) => this.answer(simNodes.get(node.name)!), forget: () => undefined },
      writer: { append: (batch) => this.batches.push(copyOf(batch)), commit: () => undefined },
      clock: { nowMs: () => this.nowMs, sleepUntil: async () => undefined },
      telemetry: { observeStep: () => undefined, observeRound: () => undefined, countScrape: () => undefined },
      log: { info: () => undefined, warn: () => undefined },
    });
  }

  /** The next round: the batches of all nodes, then the totals. */
  async next(): Promise<{ timestampMs: number; batches: Array<NodeBatch | TotalsBatch> }> {
    this.nowMs += this.options.resolutionMs;
    this.world.advance(this.nowMs);
    await this.collector.collectRound(this.nowMs, NEVER);
    const { batches } = this;
    this.batches = [];
    return { timestampMs: this.nowMs, batches };
  }

  private answer(node: SimNode): { body: Buffer; receivedMs: number; durationMs: number } {
    if (!node.reachable) {
      throw new Error(`${node.name} is out of reach.`);
    }
    const options = { onlyCpuAndMemory: false, pressure: this.options.pressure, skewMs: 0 };
    const body = Buffer.from(summaryBytes(this.out, node, this.nowMs, options));
    return { body, receivedMs: this.nowMs, durationMs: 12 };
  }
}

/** What the API server of a simulated world would tell, read the way the product reads it. */
class SimulatedDirectory {
  private readonly parts = new SharedParts();
  private readonly sinks: PodSinks = createPodSinks(this.parts, new FaultBook());
  private readonly nodeFacts = new Map<string, NodeFacts>();
  private readonly namespaceFacts: NamespaceFacts[];

  constructor(world: World) {
    this.namespaceFacts = world.namespaces.map((name) => {
      const text = namespaceObject({ name, resourceVersion: 0 }, world.seed);
      return readNamespace(objectOf(text), this.parts);
    });
    const putNode = (node: SimNode) => {
      this.nodeFacts.set(node.name, readNode(objectOf(nodeObject(node, 1, ADDRESS)), this.parts, []));
    };
    world.nodes.forEach(putNode);
    const kinds = { ReplicaSet: this.sinks.ownerSink('ReplicaSet'), Job: this.sinks.ownerSink('Job') };
    const sinkOf = (kind: string) => (kind === 'Job' ? kinds.Job : kinds.ReplicaSet);
    for (const owner of world.owners.values()) {
      sinkOf(owner.kind).put(objectOf(ownerObject(owner, 1, world.nowMs)));
    }
    const podOf = (pod: Parameters<typeof podObject>[0]) => objectOf(podObject(pod, 1, world.nowMs, ADDRESS));
    for (const pod of world.pods.values()) {
      this.sinks.podSink.put(podOf(pod));
    }
    world.listen({
      nodeChanged: putNode,
      podChanged: (change, pod) =>
        change === 'DELETED' ? this.sinks.podSink.remove(podOf(pod)) : this.sinks.podSink.put(podOf(pod)),
      ownerChanged: (change, owner) => {
        const object = objectOf(ownerObject(owner, 1, world.nowMs));
        if (change === 'DELETED') {
          sinkOf(owner.kind).remove(object);
        } else {
          sinkOf(owner.kind).put(object);
        }
      },
    });
  }

  nodes(): readonly NodeFacts[] {
    return [...this.nodeFacts.values()];
  }

  namespaces(): readonly NamespaceFacts[] {
    return this.namespaceFacts;
  }

  pod(namespace: string, name: string): PodFacts | undefined {
    return this.sinks.pods.get(namespace, name);
  }

  podsOnNode(nodeName: string): readonly PodFacts[] {
    return this.sinks.pods.onNode(nodeName);
  }

  pods(): Iterable<PodFacts> {
    return this.sinks.pods.all();
  }

  unscheduledPods(): readonly PodFacts[] {
    return [...this.sinks.pods.all()].filter(({ nodeName }) => nodeName === '');
  }
}

/** What a writer is given is lent: its memory serves the next node. */
function copyOf(batch: NodeBatch | TotalsBatch): NodeBatch | TotalsBatch {
  const tables = Object.entries(batch.tables).map(([name, table]) => [name, copyOfTable(table)] as const);
  return { ...batch, tables: Object.fromEntries(tables) };
}

function copyOfTable(table: Table): Table {
  const columns = [...table.columns].map(
    ([metric, column]) => [metric, { ...column, values: column.values.slice() }] as const
  );
  const { cpu, memory, network, io } = table.sampleTimesMs;
  return {
    ...table,
    columns: new Map(columns),
    startTimesMs: table.startTimesMs.slice(),
    sampleTimesMs: { cpu: cpu.slice(), memory: memory.slice(), network: network.slice(), io: io.slice() },
  };
}

function objectOf(text: ObjectText): JsonObject {
  return JSON.parse(`{"metadata":${text.metadata},${text.body}}`) as JsonObject;
}

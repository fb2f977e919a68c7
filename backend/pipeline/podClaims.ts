import { ColumnSpace, objectKey, type Column, type NodeBatch, type Table, type TableName } from '../model/batch.ts';
import type { PodFacts } from '../model/facts.ts';
import type { PodDirectory } from './addPodSpecs.ts';

/** Tables whose rows are about pods, or parts of them. */
const TABLES: readonly TableName[] = ['pod', 'container', 'filesystem', 'interface', 'accelerator'];

interface Claim {
  readonly node: string;
  readonly timestampMs: number;
}

/** What was told in this round or in the last one: whether a node told of a pod, by its key. */
export type Tells = (node: string, podKey: string) => boolean;

/**
 * Sees to it that a pod counts once, whoever tells of it: on the node that the API server has it on, if that tells of it too.
 * All other pods are the node's that told of them first, for as long as it does so in every round.
 */
export class PodClaims {
  private readonly resolutionMs: number;
  private readonly claims = new Map<string, Claim>();
  /** Lists of keys whose pods are all the node's own, with the list of pods that they were compared with. */
  private readonly ownLists = new WeakMap<readonly string[], readonly PodFacts[]>();

  constructor(resolutionMs: number) {
    this.resolutionMs = resolutionMs;
  }

  /** The same batch without pods of other nodes, and all that belongs to these. */
  leaveOutOthers(batch: NodeBatch, directory: PodDirectory, tells: Tells): NodeBatch {
    const pods = batch.tables.pod;
    const onNode = directory.podsOnNode(batch.node);
    if (!pods || this.ownLists.get(pods.keys) === onNode) {
      return batch;
    }
    let isEveryKnown = true;
    const others = new Set<string>();
    pods.names.forEach(({ namespace = '', pod = '' }, row) => {
      const key = pods.keys[row];
      const home = directory.pod(namespace, pod)?.nodeName ?? '';
      isEveryKnown &&= home === batch.node;
      if (home !== batch.node && ((home !== '' && tells(home, key)) || !this.claim(key, batch))) {
        others.add(key);
      }
    });
    if (isEveryKnown) {
      this.ownLists.set(pods.keys, onNode);
    }
    return others.size === 0 ? batch : withoutPods(batch, others);
  }

  /** Lets go of pods that nobody told of in the last round. */
  forgetBefore(timestampMs: number): void {
    for (const [key, claim] of this.claims) {
      if (claim.timestampMs < timestampMs) {
        this.claims.delete(key);
      }
    }
  }

  private claim(key: string, { node, timestampMs }: NodeBatch): boolean {
    const claim = this.claims.get(key);
    if (claim && claim.node !== node && claim.timestampMs >= timestampMs - this.resolutionMs) {
      return false;
    }
    this.claims.set(key, { node, timestampMs });
    return true;
  }
}

function withoutPods(batch: NodeBatch, others: ReadonlySet<string>): NodeBatch {
  const tables = { ...batch.tables };
  for (const name of TABLES) {
    const table = tables[name];
    const kept = table?.names.flatMap(({ namespace = '', pod }, row) =>
      pod === undefined || !others.has(objectKey(namespace, pod)) ? [row] : []
    );
    if (table && kept && kept.length < table.keys.length) {
      tables[name] = keepRows(table, kept);
    }
  }
  return { ...batch, tables };
}

function keepRows(table: Table, kept: readonly number[]): Table {
  const space = new ColumnSpace(kept.length, table.columns.size + 5);
  const pick = (from: Float64Array): Float64Array => {
    const values = space.take();
    kept.forEach((row, index) => (values[index] = from[row]));
    return values;
  };
  const columns = new Map<string, Column>();
  for (const [name, { values, wide }] of table.columns) {
    const exact = kept.flatMap((row, index) => {
      const value = wide?.get(row);
      return value === undefined ? [] : [[index, value] as const];
    });
    columns.set(name, exact.length > 0 ? { values: pick(values), wide: new Map(exact) } : { values: pick(values) });
  }
  const { cpu, memory, network, io } = table.sampleTimesMs;
  return {
    keys: kept.map((row) => table.keys[row]),
    names: kept.map((row) => table.names[row]),
    columns,
    startTimesMs: pick(table.startTimesMs),
    sampleTimesMs: { cpu: pick(cpu), memory: pick(memory), network: pick(network), io: pick(io) },
  };
}

import type { Column, NodeBatch, ObjectNames, Table, TableName, TotalsBatch } from '../../backend/model/batch.ts';

/** Rounds of the world are this far apart. */
export const RESOLUTION_MS = 200_000;
const START_MS = Date.UTC(2026, 0, 5);
const NODES = 5;
const ROLLING_PODS = 4;
const STATEFUL_PODS = 2;

/** What is true of one object in one round. */
export interface TrueRow {
  readonly shard: string;
  readonly table: TableName;
  readonly key: string;
  readonly names: ObjectNames;
  readonly values: Readonly<Record<string, number | bigint>>;
}

/** The time of a round by its number. */
export function timeOf(round: number): number {
  return START_MS + round * RESOLUTION_MS;
}

/** The number of the round of a time. */
export function roundOf(timeMs: number): number {
  return (timeMs - START_MS) / RESOLUTION_MS;
}

/** A number of 32 bits that depends on all of these. */
export function mixed(...parts: number[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  return hash >>> 0;
}

/** All that is true of a round. It depends on nothing but seed and number, so that anybody can tell it at any time. */
export function truthOf(seed: number, round: number): TrueRow[] {
  const rows: TrueRow[] = [];
  for (let node = 0; node < NODES; node++) {
    // A node is out of reach for some rounds now and then.
    if (mixed(seed, node, round >> 3) % 37 !== 0) {
      addNode(rows, seed, round, node);
    }
  }
  return [...rows, ...totals(rows)];
}

function addNode(rows: TrueRow[], seed: number, round: number, node: number): void {
  const name = `node-${node}`;
  rows.push({
    shard: name,
    table: 'node',
    key: name,
    names: { node: name },
    values: { 'cpu/usage': counter(seed, node, round, round), 'memory/usage': 2 ** 30 + mixed(seed, node, round) },
  });
  for (let slot = 0; slot < ROLLING_PODS; slot++) {
    const id = mixed(seed, node, slot, 1);
    const life = 40 + (id % 200);
    const phase = (round + id) % life;
    const generation = Math.floor((round + id) / life);
    if (phase >= life >> 3) {
      const pod = `web-${node}-${slot}-${generation}`;
      addPod(rows, seed, round, { node: name, pod, id: mixed(id, generation), age: phase, version: generation });
    }
  }
  for (let slot = 0; slot < STATEFUL_PODS; slot++) {
    // Comes back under the same name, at times after everything of it was let go.
    const id = mixed(seed, node, slot, 2);
    const period = 700 + (id % 2_500);
    const age = (round + id) % period;
    if (age < 300) {
      const version = Math.floor((round + id) / 90);
      addPod(rows, seed, round, { node: name, pod: `db-${node}-${slot}`, id, age, version });
    }
  }
}

interface Pod {
  readonly node: string;
  readonly pod: string;
  readonly id: number;
  readonly age: number;
  readonly version: number;
}

function addPod(rows: TrueRow[], seed: number, round: number, { node, pod, id, age, version }: Pod): void {
  const names = { node, namespace: 'shop', pod, uid: `uid-${version}`, labels: { version: String(version) } };
  const noise = mixed(seed, id, round);
  const memory: Record<string, number> =
    noise % 11 === 0 ? {} : { 'memory/usage': id % 3 === 0 ? 2 ** 26 : (noise % 50_000) * 4096 };
  const cpu = counter(seed, id, round, age % 170);
  rows.push({
    shard: node,
    table: 'pod',
    key: `shop/${pod}`,
    names,
    values: {
      ...memory,
      'cpu/usage': cpu,
      // Beyond 2^53, where a double loses digits.
      'network/rx': (1n << 60n) + BigInt(round) * 98_765_432_101n + BigInt(noise),
      restart_count: Math.floor(age / 30),
    },
  });
  rows.push({
    shard: node,
    table: 'container',
    key: `shop/${pod}/app`,
    names: { ...names, container: 'app' },
    values: { ...memory, 'cpu/usage': cpu, 'cpu/usage_rate': (noise % 100_000) / 7 },
  });
}

/** Grows with every round since its start. */
function counter(seed: number, id: number, round: number, sinceStart: number): number {
  return sinceStart * 1_000_000 + (mixed(seed, id, round, 3) % 1_000_000);
}

function totals(rows: readonly TrueRow[]): TrueRow[] {
  const pods = rows.filter(({ table }) => table === 'pod');
  const sum = (metric: string) => pods.reduce((total, { values }) => total + Number(values[metric] ?? 0), 0);
  const values = { 'memory/usage': sum('memory/usage'), restart_count: sum('restart_count') };
  return [
    { shard: '', table: 'cluster', key: 'cluster', names: {}, values },
    { shard: '', table: 'namespace', key: 'shop', names: { namespace: 'shop' }, values },
  ];
}

/** A round as a collector hands it over: the batches of all nodes, then the totals. */
export function batchesOf(seed: number, round: number): Array<NodeBatch | TotalsBatch> {
  const timestampMs = timeOf(round);
  const shards = Map.groupBy(truthOf(seed, round), ({ shard }) => shard);
  return [...shards].map(([shard, rows]) => {
    const groups = Map.groupBy(rows, ({ table }) => table);
    const tables = Object.fromEntries([...groups].map(([table, members]) => [table, tableOf(members)]));
    return shard === '' ? { timestampMs, tables } : { node: shard, timestampMs, receivedMs: timestampMs, tables };
  });
}

function tableOf(rows: readonly TrueRow[]): Table {
  const absent = () => new Float64Array(rows.length).fill(NaN);
  const columns = new Map<string, Column & { wide?: Map<number, bigint> }>();
  rows.forEach(({ values }, row) => {
    for (const [metric, value] of Object.entries(values)) {
      const column = columns.get(metric) ?? { values: absent() };
      columns.set(metric, column);
      column.values[row] = Number(value);
      if (typeof value === 'bigint') {
        (column.wide ??= new Map()).set(row, value);
      }
    }
  });
  return {
    keys: rows.map(({ key }) => key),
    names: rows.map(({ names }) => names),
    columns,
    startTimesMs: absent(),
    sampleTimesMs: { cpu: absent(), memory: absent(), network: absent(), io: absent() },
  };
}

import type { NodeBatch, ObjectNames, TableName, TotalsBatch, Table } from '../model/batch.ts';
import { PodIndex } from './podIndex.ts';
import type { RoundWriter } from './roundWriter.ts';
import { Scratch } from './scratch.ts';
import { Slabs } from './slabs.ts';
import { MetricNumbers, ShardTable } from './shardTable.ts';
import type { StoredObject } from './storedObject.ts';
import { TableScan, type ColumnVisit } from './tableScan.ts';

export interface HeadOptions {
  /** Rounds younger than this are always kept. */
  readonly windowMs: number;
  /** Older rounds stay while all columns together take no more than this. */
  readonly maxBytes: number;
}

/** What to visit: both times are inclusive. */
export interface HeadRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly pods?: readonly string[];
  readonly shard?: string;
}

/** Is handed columns, node by node; `slotFor` is asked once per object, and not for those that did not exist then. */
export interface ColumnVisitor {
  slotFor(object: StoredObject): number;
  column: ColumnVisit;
  shardEnd?(): void;
}

/** Rounds per block: objects that went keep their rows for at most this long beyond their last sample. */
const ROUNDS_PER_BLOCK = 5;

/** The shard of the tables `namespace`, `workload` and `cluster`, which belong to no node. */
const TOTALS = '';

type Shard = Map<TableName, ShardTable>;

/**
 * Keeps the recent rounds of all metrics in memory, as packed columns per node, with the inventory of objects. A round is
 * written node by node and becomes visible as a whole when it is committed.
 */
export class HeadStore implements RoundWriter {
  private readonly options: HeadOptions;
  private readonly metrics = new MetricNumbers();
  private readonly packing = new Scratch();
  private readonly slabs = new Slabs();
  private readonly shards = new Map<string, Shard>();
  private readonly timestamps: number[] = [];
  /** The same timestamps, to tell rounds that were begun and never committed. */
  private readonly committed = new Set<number>();
  private readonly versions = new Map<TableName, number>();
  /** Tables whose inventory the round that is written has changed. */
  private readonly changedTables = new Set<TableName>();
  private readonly podIndex = new PodIndex<Shard>();
  private readonly tableScan = new TableScan();
  private roundsInBlock = ROUNDS_PER_BLOCK;
  private writingMs = NaN;
  private scratch = new Float64Array(1024);
  private newestMetrics: { timestampMs: number; names: Set<string> } = { timestampMs: NaN, names: new Set() };

  constructor(options: HeadOptions) {
    this.options = options;
  }

  append(batch: NodeBatch | TotalsBatch): void {
    if (batch.timestampMs !== this.writingMs) {
      this.openRound(batch.timestampMs);
    }
    const shard = this.shardOf('node' in batch ? batch.node : TOTALS);
    for (const [name, table] of Object.entries(batch.tables) as Array<[TableName, Table]>) {
      if (table.keys.length > 0) {
        this.tableOf(shard, name).append(batch.timestampMs, table, (object) => this.noteChange(object, shard));
      }
    }
  }

  commit(timestampMs: number): void {
    if (this.writingMs !== timestampMs) {
      this.openRound(timestampMs);
    }
    this.timestamps.push(timestampMs);
    this.committed.add(timestampMs);
    this.forget(timestampMs);
    for (const table of this.changedTables) {
      this.versions.set(table, this.inventoryVersion(table) + 1);
    }
    this.changedTables.clear();
  }

  /** Timestamps of the committed rounds, ascending. */
  rounds(): readonly number[] {
    return this.timestamps;
  }

  /** Bytes of all packed columns. */
  get bytes(): number {
    let bytes = 0;
    for (const shard of this.shards.values()) {
      for (const table of shard.values()) {
        bytes += table.bytes;
      }
    }
    return bytes;
  }

  /** Objects in the inventory, of all tables. */
  get objectCount(): number {
    let count = 0;
    for (const shard of this.shards.values()) {
      for (const table of shard.values()) {
        count += table.objectCount;
      }
    }
    return count;
  }

  /** Changes with the commit of a round in which objects of the table came, went or got other names. */
  inventoryVersion(table: TableName): number {
    return this.versions.get(table) ?? 0;
  }

  /** All objects of a table that are remembered, in no order; those that a round not committed yet brings are not. */
  *objects(table: TableName): Generator<StoredObject> {
    const newestMs = this.timestamps.at(-1) ?? -Infinity;
    for (const shard of this.shards.values()) {
      for (const object of shard.get(table)?.objects ?? []) {
        if (object && object.firstSeenMs <= newestMs) {
          yield object;
        }
      }
    }
  }

  /** Names of the nodes there are columns of, and `''` for the totals. */
  shardNames(): Iterable<string> {
    return this.shards.keys();
  }

  /**
   * Visits all values of a metric between two times, both inclusive, column by column in order of time per node.
   * With `pods` only nodes are visited that hold pods of these names, with `shard` only that node.
   */
  scan(table: TableName, metric: string, { fromMs, toMs, pods, shard }: HeadRange, visitor: ColumnVisitor): void {
    const number = this.metrics.find(metric);
    const newestMs = this.timestamps.at(-1);
    if (number === undefined || newestMs === undefined) {
      return;
    }
    const range = {
      metric: number,
      fromMs: Math.max(fromMs, this.timestamps[0]),
      toMs: Math.min(toMs, newestMs),
      committed: this.committed,
    };
    for (const one of this.shardsWith(pods, shard)) {
      const found = one.get(table);
      if (found) {
        this.tableScan.visit(found, range, visitor.slotFor.bind(visitor), visitor.column.bind(visitor));
        visitor.shardEnd?.();
      }
    }
  }

  private shardsWith(pods: readonly string[] | undefined, shard: string | undefined): Iterable<Shard> {
    if (shard !== undefined) {
      const found = this.shards.get(shard);
      return found ? [found] : [];
    }
    return pods ? this.podIndex.shardsOf(pods) : this.shards.values();
  }

  /**
   * Exact values of one object: bigint where a double would lose digits. In order of time, bounds inclusive. Reads all nodes,
   * or those that `within` leaves.
   */
  exactPoints(
    table: TableName,
    key: string,
    metric: string,
    fromMs: number,
    toMs: number,
    within: Pick<HeadRange, 'pods' | 'shard'> = {}
  ): Array<{ timestampMs: number; value: number | bigint }> {
    const points: Array<{ timestampMs: number; value: number | bigint }> = [];
    const number = this.metrics.find(metric);
    const since = Math.max(fromMs, this.timestamps[0] ?? Infinity);
    const until = Math.min(toMs, this.timestamps.at(-1) ?? -Infinity);
    for (const shard of number === undefined ? [] : this.shardsWith(within.pods, within.shard)) {
      const found = shard.get(table);
      const object = found?.objects.findIndex((candidate) => candidate?.key === key) ?? -1;
      for (const block of object < 0 ? [] : found!.blocks) {
        // A number that was given anew within the block has two rows; the later one is the object's.
        const row = block.objectOfRow.lastIndexOf(object);
        block.rounds.forEach(({ timestampMs }, round) => {
          const wanted = row >= 0 && timestampMs >= since && timestampMs <= until && this.committed.has(timestampMs);
          if (wanted && block.read(round, number!, this.scratchFor(row + 1)) && !Number.isNaN(this.scratch[row])) {
            const value = block.readWide(round, number!)?.get(row) ?? this.scratch[row];
            points.push({ timestampMs, value });
          }
        });
      }
    }
    return points.sort((one, other) => one.timestampMs - other.timestampMs);
  }

  /**
   * What one round has of the objects of a table on one node, exactly: all metrics, or those named. `''` is the node of the
   * totals.
   */
  roundOf(
    shard: string,
    table: TableName,
    timestampMs: number,
    metrics?: ReadonlySet<string>
  ): Array<{ readonly names: ObjectNames; readonly values: Map<string, number | bigint> }> {
    const values = new Map<StoredObject, Map<string, number | bigint>>();
    const found = this.committed.has(timestampMs) ? this.shards.get(shard)?.get(table) : undefined;
    for (const block of found?.blocks ?? []) {
      const round = block.rounds.findIndex((candidate) => candidate.timestampMs === timestampMs);
      const rows = block.objectOfRow.length;
      const column = this.scratchFor(rows).subarray(0, rows);
      for (const metric of round < 0 ? [] : block.metrics(round)) {
        const name = this.metrics.nameOf(metric);
        if (metrics && !metrics.has(name)) {
          continue;
        }
        block.read(round, metric, column);
        const wide = block.readWide(round, metric);
        block.objectOfRow.forEach((number, row) => {
          const object = found!.objects[number];
          if (object && !Number.isNaN(column[row])) {
            const own = values.get(object) ?? new Map<string, number | bigint>();
            values.set(object, own.set(name, wide?.get(row) ?? column[row]));
          }
        });
      }
    }
    return [...values].map(([{ names }, own]) => ({ names, values: own }));
  }

  /** Names of the metrics that have a value in the newest round. */
  metricsOfNewestRound(): ReadonlySet<string> {
    const timestampMs = this.timestamps.at(-1) ?? NaN;
    if (this.newestMetrics.timestampMs !== timestampMs) {
      const names = new Set<string>();
      for (const shard of this.shards.values()) {
        for (const { blocks } of shard.values()) {
          // The next round may have opened a block of its own already.
          for (const block of blocks.slice(-2)) {
            const round = block.rounds.findIndex((candidate) => candidate.timestampMs === timestampMs);
            for (const metric of round < 0 ? [] : block.metrics(round)) {
              names.add(this.metrics.nameOf(metric));
            }
          }
        }
      }
      this.newestMetrics = { timestampMs, names };
    }
    return this.newestMetrics.names;
  }

  private noteChange({ table, names, firstSeenMs }: StoredObject, shard: Shard): void {
    this.changedTables.add(table);
    // What a pod has, such as its containers, is on the pod's node: it needs no entry of its own.
    if (table === 'pod' && names.pod !== undefined && firstSeenMs === this.writingMs) {
      this.podIndex.add(names.pod, shard);
    }
  }

  private noteForgotten({ table, names }: StoredObject, shard: Shard): void {
    this.changedTables.add(table);
    if (table === 'pod' && names.pod !== undefined) {
      this.podIndex.remove(names.pod, shard);
    }
  }

  private scratchFor(rows: number): Float64Array {
    if (this.scratch.length < rows) {
      this.scratch = new Float64Array(rows * 2);
    }
    return this.scratch;
  }

  private openRound(timestampMs: number): void {
    this.writingMs = timestampMs;
    if (this.roundsInBlock >= ROUNDS_PER_BLOCK) {
      this.roundsInBlock = 0;
      for (const shard of this.shards.values()) {
        for (const table of shard.values()) {
          table.startBlock();
        }
      }
    }
    this.roundsInBlock++;
  }

  private shardOf(name: string): Shard {
    let shard = this.shards.get(name);
    if (!shard) {
      this.shards.set(name, (shard = new Map()));
    }
    return shard;
  }

  private tableOf(shard: Shard, name: TableName): ShardTable {
    let table = shard.get(name);
    if (!table) {
      shard.set(name, (table = new ShardTable(name, this.metrics, this.packing, this.slabs)));
      table.startBlock();
    }
    return table;
  }

  /** Lets go of what is older than the window, unless there is room for it. */
  private forget(newestMs: number): void {
    const keepFromMs = newestMs - this.options.windowMs;
    while (this.timestamps[0] < keepFromMs && this.bytes > this.options.maxBytes) {
      // A block goes as a whole, so that the memory is really free.
      const oldestMs = Math.min(keepFromMs, this.timestamps[Math.min(ROUNDS_PER_BLOCK, this.timestamps.length - 1)]);
      this.forgetBefore(oldestMs);
    }
  }

  private forgetBefore(oldestMs: number): void {
    while (this.timestamps[0] < oldestMs) {
      this.committed.delete(this.timestamps.shift()!);
    }
    for (const [name, shard] of this.shards) {
      let live = false;
      for (const table of shard.values()) {
        table.forgetBefore(oldestMs, (object) => this.noteForgotten(object, shard));
        live ||= table.objects.some((object) => object !== undefined);
      }
      if (!live) {
        this.shards.delete(name);
      }
    }
  }
}

import { join } from 'node:path';
import type { Column, NodeBatch, Table, TableName } from '../../model/batch.ts';
import { openDataDirectory, type DataDirectory } from '../dataDirectory.ts';
import { doFileTask, type FileWorker } from '../fileTasks.ts';
import { Inventory } from '../inventory.ts';
import type { RecentRounds } from '../readingShapes.ts';
import { RoundLog } from '../roundLog.ts';
import { sealLog } from '../sealing.ts';
import { SegmentStore } from '../segmentStore.ts';
import { WalReader } from '../walReader.ts';
import { WalWriter } from '../walWriter.ts';
import { temporaryFolder } from './temporaryFolder.ts';

/** Works on files in the thread of the test. */
export function here(directory: DataDirectory): FileWorker {
  return { run: async (task) => doFileTask(directory, task) };
}

/** Memory that has no rounds: everything is read from files. */
export const NOTHING_RECENT: RecentRounds = {
  rounds: () => [],
  objects: () => [],
  inventoryVersion: () => 0,
  metricsOfNewestRound: () => new Set<string>(),
  shardNames: () => [],
  scan: () => undefined,
};

/** A table of a batch: values by object and metric. */
export function batchTable(rows: Readonly<Record<string, Readonly<Record<string, number>>>>): Table {
  const keys = Object.keys(rows);
  const absent = () => new Float64Array(keys.length).fill(NaN);
  const columns = new Map<string, Column>();
  keys.forEach((key, row) => {
    for (const [metric, value] of Object.entries(rows[key])) {
      const column = columns.get(metric) ?? { values: absent() };
      column.values[row] = value;
      columns.set(metric, column);
    }
  });
  return {
    keys,
    names: keys.map((key) => ({ pod: key })),
    columns,
    startTimesMs: absent(),
    sampleTimesMs: { cpu: absent(), memory: absent(), network: absent(), io: absent() },
  };
}

export function nodeBatch(node: string, timestampMs: number, tables: Partial<Record<TableName, Table>>): NodeBatch {
  return { node, timestampMs, receivedMs: timestampMs, tables };
}

/** A history in a folder of its own, written block by block. */
export class TestHistory {
  readonly directory: DataDirectory = openDataDirectory(temporaryFolder());
  readonly inventory = new Inventory();
  readonly damages: string[] = [];
  readonly store = new SegmentStore(this.directory, (sentence) => this.damages.push(sentence));
  private blocks = 0;

  /** Writes rounds to a log and seals it. */
  async writeBlock(rounds: ReadonlyArray<readonly NodeBatch[]>): Promise<void> {
    const path = join(this.directory.wal, `${this.blocks++}.wal`);
    const log = new WalWriter(path);
    const writer = new RoundLog(this.inventory, log);
    for (const batches of rounds) {
      batches.forEach((batch) => writer.append(batch));
      writer.commit(batches[0].timestampMs);
    }
    await log.close();
    const reader = new WalReader(path);
    const name = sealLog(this.directory, reader);
    reader.close();
    this.store.add(name ? [name] : []);
  }

  /** The number of an object. */
  number(table: TableName, shard: string, key: string): number {
    return this.inventory.find(table, shard, key)!.number;
  }
}

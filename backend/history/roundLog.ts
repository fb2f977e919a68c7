import type { NodeBatch, Table, TableName, TotalsBatch } from '../model/batch.ts';
import type { HistoryObject, Inventory } from './inventory.ts';
import type { ObjectDefinition, TablePart, WalWriter } from './walWriter.ts';

/** The shard of the tables that belong to no node. */
export const TOTALS_SHARD = '';

/** Writes the batches of rounds into a log, with a number from the inventory for each object. */
export class RoundLog {
  private readonly inventory: Inventory;
  private readonly log: WalWriter;
  /** Objects that are new since the log began, or have got other names. */
  readonly changed = new Set<HistoryObject>();

  constructor(inventory: Inventory, log: WalWriter) {
    this.inventory = inventory;
    this.log = log;
  }

  /** Adds one node's part, or the totals, to the round that is being written. */
  append(batch: NodeBatch | TotalsBatch): void {
    const shard = 'node' in batch ? batch.node : TOTALS_SHARD;
    const parts: TablePart[] = [];
    for (const [name, table] of Object.entries(batch.tables) as Array<[TableName, Table]>) {
      if (table.keys.length > 0) {
        parts.push(this.partOf(name, shard, table, batch.timestampMs));
      }
    }
    this.log.append(shard, batch.timestampMs, parts);
  }

  /** Makes the round one that a crash does not lose. */
  commit(timestampMs: number): void {
    this.log.commit(timestampMs);
  }

  private partOf(name: TableName, shard: string, table: Table, timestampMs: number): TablePart {
    const definitions: ObjectDefinition[] = [];
    const objects = new Uint32Array(table.keys.length);
    const see = this.inventory.sightings(name, shard, timestampMs);
    for (let row = 0; row < objects.length; row++) {
      const { number, changed } = see(table.keys[row], table.names[row]);
      objects[row] = number;
      if (changed) {
        this.changed.add(changed);
        definitions.push({ number, key: changed.key, names: changed.names });
      }
    }
    return { table: name, objects, definitions, columns: table.columns };
  }
}

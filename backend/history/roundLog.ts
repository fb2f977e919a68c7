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

  /** Objects that this log has to name although they are not new. */
  private readonly unnamed: Set<number>;

  /**
   * `unsaved` are objects whose naming was lost, such as with a round that was taken back: this log names them again. An
   * object has to be named by the file of the inventory or by a log that is still there.
   */
  constructor(inventory: Inventory, log: WalWriter, unsaved: Iterable<HistoryObject> = []) {
    this.inventory = inventory;
    this.log = log;
    this.unnamed = new Set(Array.from(unsaved, ({ number }) => number));
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
      const sighting = see(table.keys[row], table.names[row]);
      const { number } = sighting;
      const changed = sighting.changed ?? (this.unnamed.has(number) ? this.inventory.object(number) : undefined);
      objects[row] = number;
      if (changed) {
        this.unnamed.delete(number);
        this.changed.add(changed);
        definitions.push({ number, key: changed.key, names: changed.names });
      }
    }
    return { table: name, objects, definitions, columns: table.columns };
  }
}

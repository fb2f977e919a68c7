import type { NodeBatch, ObjectNames, Table, TableName, TotalsBatch } from '../model/batch.ts';
import type { HistoryObject, Inventory } from './inventory.ts';
import { NumberSet } from './numberSet.ts';
import type { ObjectDefinition, ObjectKey, TablePart, WalWriter } from './walWriter.ts';

/** The shard of the tables that belong to no node. */
export const TOTALS_SHARD = '';

/** The objects of a table in the last round, in order of its rows. */
interface LastRows {
  readonly keys: readonly string[];
  readonly names: readonly ObjectNames[];
  readonly objects: readonly HistoryObject[];
  readonly numbers: Uint32Array;
}

const NOTHING: readonly never[] = [];

/** Writes the batches of rounds into a log, with a number from the inventory for each object. */
export class RoundLog {
  private readonly inventory: Inventory;
  private readonly log: WalWriter;
  /** Objects that are new since the log began, or have got other names. */
  readonly changed = new Set<HistoryObject>();

  /** Objects that this log has to name although they are not new. */
  private readonly unnamed: Set<number>;
  /** Objects whose keys stand in the log. */
  private readonly told = new NumberSet();
  private readonly last = new Map<string, Map<TableName, LastRows>>();

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
    let last = this.last.get(shard);
    if (!last) {
      this.last.set(shard, (last = new Map()));
    }
    const parts: TablePart[] = [];
    for (const [name, table] of Object.entries(batch.tables) as Array<[TableName, Table]>) {
      if (table.keys.length > 0) {
        const { timestampMs } = batch;
        parts.push(
          this.sameRows(last, name, table, timestampMs) ?? this.newRows(last, name, shard, table, timestampMs)
        );
      }
    }
    this.log.append(shard, batch.timestampMs, parts);
  }

  /** Makes the round one that a crash does not lose. */
  commit(timestampMs: number): void {
    this.log.commit(timestampMs);
  }

  /** The part of a table that lists the very objects it listed in the last round, under the same names. */
  private sameRows(
    last: ReadonlyMap<TableName, LastRows>,
    name: TableName,
    { keys, names, columns }: Table,
    timestampMs: number
  ): TablePart | undefined {
    const rows = last.get(name);
    if (rows === undefined || rows.keys !== keys || rows.names !== names) {
      return undefined;
    }
    for (const object of rows.objects) {
      object.lastSeenMs = timestampMs;
    }
    return { table: name, objects: rows.numbers, definitions: NOTHING, keys: NOTHING, columns };
  }

  private newRows(
    last: Map<TableName, LastRows>,
    name: TableName,
    shard: string,
    { keys, names, columns }: Table,
    timestampMs: number
  ): TablePart {
    const definitions: ObjectDefinition[] = [];
    const toldKeys: ObjectKey[] = [];
    const objects: HistoryObject[] = [];
    const numbers = new Uint32Array(keys.length);
    const see = this.inventory.sightings(name, shard, timestampMs);
    for (let row = 0; row < numbers.length; row++) {
      const { object, isChanged } = see(keys[row], names[row]);
      const { number } = object;
      objects.push(object);
      numbers[row] = number;
      const wasUnnamed = this.unnamed.delete(number);
      if (isChanged || wasUnnamed) {
        this.changed.add(object);
        definitions.push({ number, key: object.key, names: object.names });
      }
      if (this.told.add(number)) {
        toldKeys.push([number, object.key]);
      }
    }
    last.set(name, { keys, names, objects, numbers });
    return { table: name, objects: numbers, definitions, keys: toldKeys, columns };
  }
}

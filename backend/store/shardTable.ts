import type { Column, ObjectNames, Table, TableName } from '../model/batch.ts';
import { Block } from './block.ts';
import { MAX_COLUMN_ROWS } from './columnCodec.ts';
import type { Scratch } from './scratch.ts';
import type { Slabs } from './slabs.ts';
import type { StoredObject } from './storedObject.ts';

/** Metric numbers take 16 bits in a block. */
const MAX_METRICS = 0x10000;

/** Numbers of metrics, given as they appear; shared by all shards of a store. */
export class MetricNumbers {
  private readonly numbers = new Map<string, number>();
  private readonly names: string[] = [];

  /** The number of a metric, given now if it has none; undefined when all are taken by names that kubelets invented. */
  assign(name: string): number | undefined {
    let number = this.numbers.get(name);
    if (number === undefined && this.names.length < MAX_METRICS) {
      number = this.names.length;
      this.numbers.set(name, number);
      this.names.push(name);
    }
    return number;
  }

  /** The number of a metric, undefined if it never had a value. */
  find(name: string): number | undefined {
    return this.numbers.get(name);
  }

  nameOf(number: number): string {
    return this.names[number];
  }
}

/** Which rows of a block, and which objects, the lists of a table stand for. */
interface TableRows {
  readonly block: Block;
  readonly keys: readonly string[];
  readonly names: readonly ObjectNames[];
  readonly objects: readonly StoredObject[];
  readonly ofTableRow: Int32Array;
  /** Whether the table has exactly the block's rows, in their order. */
  readonly areInOrder: boolean;
}

/** The rounds and the objects of one table of one node (or of the totals). */
export class ShardTable {
  /** By object number; a number is free again when its object is forgotten. */
  readonly objects: Array<StoredObject | undefined> = [];
  blocks: Block[] = [];
  private readonly numberOf = new Map<string, number>();
  private readonly freeNumbers: number[] = [];
  /** Row of each object number in the open block, -1 if it has none. */
  private rowInOpenBlock: number[] = [];
  private lastRows: TableRows | undefined;

  private readonly name: TableName;
  private readonly metrics: MetricNumbers;
  private readonly scratch: Scratch;
  private readonly slabs: Slabs;

  constructor(name: TableName, metrics: MetricNumbers, scratch: Scratch, slabs: Slabs) {
    this.name = name;
    this.metrics = metrics;
    this.scratch = scratch;
    this.slabs = slabs;
  }

  get objectCount(): number {
    return this.numberOf.size;
  }

  get bytes(): number {
    return this.blocks.reduce((sum, block) => sum + block.bytes, 0);
  }

  /** Starts a new block: from here on only objects that still come get a row. */
  startBlock(): void {
    this.blocks.push(new Block());
    this.rowInOpenBlock = [];
    this.lastRows = undefined;
  }

  /** Packs a round. `onChange` hears of objects that are new, and of those that lists have to sort anew. */
  append(timestampMs: number, table: Table, onChange: (object: StoredObject) => void): void {
    const block = this.blocks.at(-1)!;
    const rows = this.rowsOf(table, timestampMs, block, onChange);
    const columns = new Map<number, Column>();
    this.scratch.reset();
    for (const [metric, column] of table.columns) {
      const arranged = rows.areInOrder
        ? column
        : arrange(column, rows.ofTableRow, block.objectOfRow.length, this.scratch);
      const number = hasValue(arranged.values) ? this.metrics.assign(metric) : undefined;
      if (number !== undefined) {
        columns.set(number, arranged);
      }
    }
    block.append(timestampMs, columns, this.scratch, this.slabs);
  }

  /** Drops blocks that end before `oldestMs` and the objects that were not seen since. */
  forgetBefore(oldestMs: number, onForgotten: (object: StoredObject) => void): void {
    this.blocks = this.blocks.filter(
      (block, index) => index === this.blocks.length - 1 || (block.rounds.at(-1)?.timestampMs ?? 0) >= oldestMs
    );
    this.objects.forEach((object, number) => {
      if (object && object.lastSeenMs < oldestMs) {
        this.objects[number] = undefined;
        this.numberOf.delete(object.key);
        this.freeNumbers.push(number);
        this.lastRows = undefined;
        onForgotten(object);
      }
    });
  }

  /** The row of the open block for each row of the table: found once as long as the table lists the same. */
  private rowsOf(table: Table, timestampMs: number, block: Block, onChange: (object: StoredObject) => void): TableRows {
    const { keys, names } = table;
    const known = this.lastRows;
    if (known?.block === block && known.keys === keys && known.names === names) {
      for (const object of known.objects) {
        object.lastSeenMs = timestampMs;
      }
      return known;
    }
    const ofTableRow = new Int32Array(keys.length);
    const objects: StoredObject[] = [];
    for (let index = 0; index < keys.length; index++) {
      const number = this.see(keys[index], table, index, timestampMs, onChange);
      objects.push(this.objects[number]!);
      let row = this.rowInOpenBlock[number] ?? -1;
      if (row < 0 && block.objectOfRow.length < MAX_COLUMN_ROWS) {
        row = block.objectOfRow.push(number) - 1;
        this.rowInOpenBlock[number] = row;
      }
      ofTableRow[index] = row;
    }
    const areInOrder = keys.length === block.objectOfRow.length && ofTableRow.every((row, index) => row === index);
    this.lastRows = { block, keys, names, objects, ofTableRow, areInOrder };
    return this.lastRows;
  }

  private see(
    key: string,
    table: Table,
    index: number,
    timestampMs: number,
    onChange: (object: StoredObject) => void
  ): number {
    const known = this.numberOf.get(key);
    if (known !== undefined) {
      const object = this.objects[known]!;
      if (isListedAnew(object.names, table.names[index])) {
        onChange(object);
      }
      const names = table.names[index];
      if (!isSameObject(object.names, names)) {
        object.names = names;
      }
      object.lastSeenMs = timestampMs;
      return known;
    }
    const number = this.freeNumbers.pop() ?? this.objects.length;
    const object = {
      table: this.name,
      key,
      names: table.names[index],
      firstSeenMs: timestampMs,
      lastSeenMs: timestampMs,
    };
    this.objects[number] = object;
    this.numberOf.set(key, number);
    this.rowInOpenBlock[number] = -1;
    onChange(object);
    return number;
  }
}

/** Whether names that lists are sorted by have changed: they come with the API object, which can be later than the kubelet. */
function isListedAnew(before: ObjectNames, now: ObjectNames): boolean {
  return (
    before.workload !== now.workload ||
    before.workloadKind !== now.workloadKind ||
    before.persistentVolumeClaim !== now.persistentVolumeClaim
  );
}

/** The column in the rows of the block. */
function arrange(column: Column, rowOfTableRow: Int32Array, rows: number, scratch: Scratch): Column {
  const values = scratch.takeFloats(rows).fill(NaN);
  for (let index = 0; index < column.values.length; index++) {
    if (rowOfTableRow[index] >= 0) {
      values[rowOfTableRow[index]] = column.values[index];
    }
  }
  if (!column.wide) {
    return { values };
  }
  const wide = [...column.wide].map(([index, value]) => [rowOfTableRow[index], value] as const);
  return { values, wide: new Map(wide.filter(([row]) => row >= 0)) };
}

function hasValue(values: Float64Array): boolean {
  for (let row = 0; row < values.length; row++) {
    if (values[row] === values[row]) {
      return true;
    }
  }
  return false;
}

/** Whether nothing that can change about an object did; its key, and so its own names, are the same already. */
function isSameObject(one: ObjectNames, other: ObjectNames): boolean {
  return (
    one.labels === other.labels &&
    one.uid === other.uid &&
    one.workload === other.workload &&
    one.workloadKind === other.workloadKind &&
    one.persistentVolumeClaim === other.persistentVolumeClaim &&
    one.hostNetwork === other.hostNetwork &&
    one.reported === other.reported
  );
}

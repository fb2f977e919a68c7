import type { ObjectNames } from '../model/batch.ts';
import { acceleratorKey, closeTable } from './closeTable.ts';
import { END, type JsonCursor } from './jsonCursor.ts';
import * as KEY from './summaryKeys.ts';
import { DUTY_CYCLE, MEMORY_TOTAL, MEMORY_USED } from './containerKeys.ts';
import { addRow, isPossible, type RawTables, type SummaryTables } from './summaryTables.ts';
import { TableBuilder, type OpenTable } from './tableBuilder.ts';

const ACCELERATOR = ['accelerator/memory_total', 'accelerator/memory_used', 'accelerator/duty_cycle'];

interface Accelerator {
  /** Row of the container that has it. */
  readonly container: number;
  make: string;
  model: string;
  id: string;
}

/**
 * Reads the accelerators of containers, which kubelets up to 1.24 tell, into a table of their own. Containers may be
 * named before or after.
 */
export class AcceleratorBlocks {
  private rejectedValues = 0;
  private readonly cursor: JsonCursor;
  private readonly table = new TableBuilder(ACCELERATOR);
  private readonly accelerators: Accelerator[] = [];

  constructor(cursor: JsonCursor) {
    this.cursor = cursor;
  }

  /** Reads the list of a container. */
  read(container: number): void {
    for (let more = this.cursor.firstItem(); more; more = this.cursor.nextItem()) {
      this.readOne({ container, make: '', model: '', id: '' });
    }
  }

  /** The tables of the answer with that of the accelerators, if it has any. */
  joinTo(closed: RawTables, tables: SummaryTables): RawTables {
    if (this.accelerators.length === 0) {
      return closed;
    }
    const accelerator = this.close(tables.containerNames(), (row) => tables.start('container', row));
    return {
      droppedRows: closed.droppedRows + this.accelerators.length - accelerator.keys.length,
      rejectedValues: closed.rejectedValues + this.rejectedValues,
      tables: { ...closed.tables, accelerator },
    };
  }

  /** `startOf` tells when the container of a row started, Unix ms. */
  private close(containers: readonly ObjectNames[], startOf: (container: number) => number): OpenTable {
    const names = this.accelerators.map(({ container, make, model, id }, row): ObjectNames => {
      this.table.setStart(row, startOf(container));
      return { ...containers[container], owner: 'container', make, model, acceleratorId: id };
    });
    return closeTable(this.table, names, acceleratorKey);
  }

  private readOne(accelerator: Accelerator): void {
    const { cursor } = this;
    const row = addRow(this.table);
    this.accelerators.push(accelerator);
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      switch (key) {
        case KEY.MAKE:
          accelerator.make = cursor.string();
          break;
        case KEY.MODEL:
          accelerator.model = cursor.string();
          break;
        case KEY.ID:
          accelerator.id = cursor.string();
          break;
        case KEY.MEMORY_TOTAL:
        case MEMORY_TOTAL:
          this.set(row, 0, cursor.number());
          break;
        case KEY.MEMORY_USED:
        case MEMORY_USED:
          this.set(row, 1, cursor.number());
          break;
        case KEY.DUTY_CYCLE:
        case DUTY_CYCLE:
          this.set(row, 2, cursor.number());
          break;
        default:
          cursor.skip();
      }
    }
  }

  private set(row: number, metric: number, value: number | bigint | undefined): void {
    if (value === undefined) {
      return;
    }
    if (isPossible(value)) {
      this.table.set(row, metric, value);
    } else {
      this.rejectedValues++;
    }
  }
}

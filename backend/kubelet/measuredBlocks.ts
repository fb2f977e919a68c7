import { END, type JsonCursor } from './jsonCursor.ts';
import { METRIC } from './summaryFields.ts';
import * as KEY from './summaryKeys.ts';
import type { Owner, SummaryTables } from './summaryTables.ts';

/** Reads the blocks that nodes, pods, containers and system containers share: start, cpu, memory, swap, io, network. */
export class MeasuredBlocks {
  private readonly cursor: JsonCursor;
  private readonly tables: SummaryTables;

  constructor(cursor: JsonCursor, tables: SummaryTables) {
    this.cursor = cursor;
    this.tables = tables;
  }

  /** Reads the value of a key, or passes over it if it is none of these blocks. */
  read(owner: Owner, row: number, key: number): void {
    const { cursor, tables } = this;
    switch (key) {
      case KEY.START_TIME:
        tables.setStart(owner, row, cursor.timeMs());
        break;
      case KEY.CPU:
        this.readCpu(owner, row);
        break;
      case KEY.MEMORY:
        this.readMemory(owner, row, true);
        break;
      case KEY.SWAP:
        this.readMemory(owner, row, false);
        break;
      case KEY.IO:
        for (let field = cursor.firstKey(); field !== END; field = cursor.nextKey()) {
          this.readClock(owner, row, 'io', field);
        }
        break;
      case KEY.NETWORK:
        this.readNetwork(owner, row);
        break;
      default:
        cursor.skip();
    }
  }

  private readCpu(owner: Owner, row: number): void {
    const { cursor, tables } = this;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.USAGE_CORE_NANO_SECONDS) {
        tables.set(owner, row, METRIC.cpuUsage, cursor.number());
      } else if (key === KEY.USAGE_NANO_CORES) {
        tables.set(owner, row, METRIC.cpuRateOfKubelet, cursor.number());
      } else {
        this.readClock(owner, row, 'cpu', key);
      }
    }
  }

  /** Memory, or swap, whose own time is passed over: nothing of it is a counter. */
  private readMemory(owner: Owner, row: number, isClocked: boolean): void {
    const { cursor, tables } = this;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      const metric = memoryMetric(key);
      if (metric >= 0) {
        tables.set(owner, row, metric, cursor.number());
      } else if (isClocked) {
        this.readClock(owner, row, 'memory', key);
      } else {
        cursor.skip();
      }
    }
  }

  /** The time and the pressure of a block. */
  private readClock(owner: Owner, row: number, clock: 'cpu' | 'memory' | 'io', key: number): void {
    const { cursor, tables } = this;
    if (key === KEY.TIME) {
      tables.setSample(owner, row, clock, cursor.timeMs());
    } else if (key === KEY.PSI) {
      for (let extent = cursor.firstKey(); extent !== END; extent = cursor.nextKey()) {
        if (extent === KEY.SOME || extent === KEY.FULL) {
          this.readPressure(owner, row, tables.pressureMetric(clock, extent === KEY.SOME));
        } else {
          cursor.skip();
        }
      }
    } else {
      cursor.skip();
    }
  }

  private readPressure(owner: Owner, row: number, first: number): void {
    const { cursor, tables } = this;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      const field = key === KEY.TOTAL ? 0 : key === KEY.AVG10 ? 1 : key === KEY.AVG60 ? 2 : key === KEY.AVG300 ? 3 : -1;
      if (field < 0) {
        cursor.skip();
      } else {
        tables.setPressure(owner, row, first, field, cursor.number());
      }
    }
  }

  private readNetwork(owner: Owner, row: number): void {
    const { cursor, tables } = this;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      const counter = networkCounter(key);
      if (counter >= 0) {
        tables.set(owner, row, METRIC.network + counter, cursor.number());
      } else if (key === KEY.TIME) {
        tables.setSample(owner, row, 'network', cursor.timeMs());
      } else if (key === KEY.INTERFACES) {
        for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
          this.readInterface(owner, row);
        }
      } else {
        cursor.skip();
      }
    }
  }

  private readInterface(owner: Owner, row: number): void {
    const { cursor, tables } = this;
    const part = tables.addInterface(owner, row);
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      const counter = networkCounter(key);
      if (counter >= 0) {
        tables.setInterface(part, counter, cursor.number());
      } else if (key === KEY.NAME) {
        tables.nameInterface(part, cursor.string());
      } else {
        cursor.skip();
      }
    }
  }
}

function memoryMetric(key: number): number {
  switch (key) {
    case KEY.USAGE_BYTES:
      return METRIC.memoryUsage;
    case KEY.WORKING_SET_BYTES:
      return METRIC.workingSet;
    case KEY.RSS_BYTES:
      return METRIC.rss;
    case KEY.AVAILABLE_BYTES:
      return METRIC.memoryAvailable;
    case KEY.PAGE_FAULTS:
      return METRIC.pageFaults;
    case KEY.MAJOR_PAGE_FAULTS:
      return METRIC.majorPageFaults;
    case KEY.SWAP_USAGE_BYTES:
      return METRIC.swapUsage;
    case KEY.SWAP_AVAILABLE_BYTES:
      return METRIC.swapAvailable;
    default:
      return -1;
  }
}

/** The place of a counter among the four of a network block. */
function networkCounter(key: number): number {
  switch (key) {
    case KEY.RX_BYTES:
      return 0;
    case KEY.RX_ERRORS:
      return 1;
    case KEY.TX_BYTES:
      return 2;
    case KEY.TX_ERRORS:
      return 3;
    default:
      return -1;
  }
}

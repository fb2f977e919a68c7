import type { Clock } from '../model/batch.ts';
import type { AcceleratorBlocks } from './acceleratorBlocks.ts';
import * as KEY from './containerKeys.ts';
import type { ContainerSpec } from './containerSpec.ts';
import { CustomMetrics } from './customMetrics.ts';
import { END, type JsonCursor } from './jsonCursor.ts';
import { METRIC } from './summaryFields.ts';
import { isPossible, type Owner, type SummaryTables } from './summaryTables.ts';

const CLOCKS: readonly Clock[] = ['cpu', 'memory', 'network', 'io'];
const COUNTERS = 4;
/** Places of the fields of a file system among those of its table; those of disks stand in the same one. */
const SPACE = { usage: 0, limit: 1, available: 2, inodes: 3, inodesFree: 4, read: 6, written: 7 };

/**
 * Reads one entry of `stats` into the row of its container. A block counts only where the spec says that the container has
 * it: cAdvisor writes empty ones for all others.
 */
export class ContainerStats {
  private readonly cursor: JsonCursor;
  private readonly tables: SummaryTables;
  private readonly accelerators: AcceleratorBlocks;
  private readonly customMetrics: CustomMetrics;
  /** Rows of the devices of the container that is read, by what they are called. */
  private readonly devices = new Map<string, number>();

  constructor(cursor: JsonCursor, tables: SummaryTables, accelerators: AcceleratorBlocks) {
    this.cursor = cursor;
    this.tables = tables;
    this.accelerators = accelerators;
    this.customMetrics = new CustomMetrics(cursor, tables);
  }

  read(owner: Owner, row: number, spec: ContainerSpec): void {
    const { cursor, tables } = this;
    this.devices.clear();
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.TIMESTAMP) {
        const timeMs = cursor.timeMs();
        CLOCKS.forEach((clock) => tables.setSample(owner, row, clock, timeMs));
      } else if (key === KEY.CPU && spec.hasCpu) {
        this.readCpu(owner, row);
      } else if (key === KEY.MEMORY && spec.hasMemory) {
        this.readMemory(owner, row);
      } else if (key === KEY.NETWORK && spec.hasNetwork && (owner === 'node' || owner === 'pod')) {
        this.readNetwork(owner, row);
      } else if (key === KEY.FILESYSTEM && spec.hasFilesystem) {
        this.forEach(() => this.readFilesystem(owner, row));
      } else if (key === KEY.DISKIO && spec.hasDiskio) {
        this.readDiskIo(owner, row);
      } else if (key === KEY.ACCELERATORS && owner === 'container') {
        this.accelerators.read(row);
      } else if (key === KEY.CUSTOM_METRICS && owner === 'container') {
        this.customMetrics.read(row, spec.customMetrics);
      } else {
        cursor.skip();
      }
    }
  }

  private forEach(read: () => void): void {
    for (let more = this.cursor.firstItem(); more; more = this.cursor.nextItem()) {
      read();
    }
  }

  private readCpu(owner: Owner, row: number): void {
    const { cursor, tables } = this;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.LOAD_AVERAGE) {
        tables.set(owner, row, METRIC.cpuLoad, cursor.number());
      } else if (key === KEY.USAGE) {
        for (let field = cursor.firstKey(); field !== END; field = cursor.nextKey()) {
          if (field === KEY.TOTAL) {
            tables.set(owner, row, METRIC.cpuUsage, cursor.number());
          } else {
            cursor.skip();
          }
        }
      } else {
        cursor.skip();
      }
    }
  }

  private readMemory(owner: Owner, row: number): void {
    const { cursor, tables } = this;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      const metric = memoryMetric(key);
      if (metric >= 0) {
        tables.set(owner, row, metric, cursor.number());
      } else if (key === KEY.CONTAINER_DATA) {
        for (let field = cursor.firstKey(); field !== END; field = cursor.nextKey()) {
          if (field === KEY.PGFAULT || field === KEY.PGMAJFAULT) {
            const faults = field === KEY.PGFAULT ? METRIC.pageFaults : METRIC.majorPageFaults;
            tables.set(owner, row, faults, cursor.number());
          } else {
            cursor.skip();
          }
        }
      } else {
        cursor.skip();
      }
    }
  }

  /** Traffic is that of all interfaces together; very old kubelets tell that of the first one only. */
  private readNetwork(owner: Owner, row: number): void {
    const { cursor, tables } = this;
    const own: Array<number | bigint | undefined> = [];
    const sums: Array<number | bigint | undefined> = [];
    let interfaces = 0;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      const counter = networkCounter(key);
      if (counter >= 0) {
        own[counter] = cursor.number();
      } else if (key === KEY.INTERFACES) {
        this.forEach(() => {
          interfaces++;
          this.readInterface(owner, row, sums);
        });
      } else {
        cursor.skip();
      }
    }
    const told = interfaces > 0 ? sums : own;
    for (let counter = 0; counter < COUNTERS; counter++) {
      tables.set(owner, row, METRIC.network + counter, told[counter]);
    }
  }

  private readInterface(owner: Owner, row: number, sums: Array<number | bigint | undefined>): void {
    const { cursor, tables } = this;
    const part = tables.addInterface(owner, row);
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      const counter = networkCounter(key);
      if (counter >= 0) {
        const value = cursor.number();
        tables.setInterface(part, counter, value);
        sums[counter] = value !== undefined && isPossible(value) ? exactSum(sums[counter] ?? 0, value) : sums[counter];
      } else if (key === KEY.NAME) {
        tables.nameInterface(part, cursor.string());
      } else {
        cursor.skip();
      }
    }
  }

  private readFilesystem(owner: Owner, row: number): void {
    const { cursor, tables } = this;
    const told: Array<number | bigint | undefined> = [];
    let device = '';
    let hasInodes = false;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      const field = spaceField(key);
      if (field >= 0) {
        told[field] = cursor.number();
      } else if (key === KEY.DEVICE) {
        device = cursor.string();
      } else if (key === KEY.HAS_INODES) {
        hasInodes = cursor.boolean();
      } else {
        cursor.skip();
      }
    }
    if (device === '') {
      return;
    }
    const part = this.deviceRow(owner, row, device);
    told.forEach((value, field) => {
      if (hasInodes || field < SPACE.inodes) {
        tables.setFilesystem(part, field, value);
      }
    });
  }

  private readDiskIo(owner: Owner, row: number): void {
    const { cursor } = this;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.IO_SERVICE_BYTES) {
        this.forEach(() => this.readDisk(owner, row));
      } else {
        cursor.skip();
      }
    }
  }

  /** A disk without a name is known by its numbers. What it does not tell is 0: the kernel counts nothing before it happens. */
  private readDisk(owner: Owner, row: number): void {
    const { cursor, tables } = this;
    let device = '';
    let [major, minor]: Array<number | bigint> = [0, 0];
    let [read, written]: Array<number | bigint> = [0, 0];
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.DEVICE) {
        device = cursor.string();
      } else if (key === KEY.MAJOR) {
        major = cursor.number() ?? 0;
      } else if (key === KEY.MINOR) {
        minor = cursor.number() ?? 0;
      } else if (key === KEY.STATS) {
        for (let field = cursor.firstKey(); field !== END; field = cursor.nextKey()) {
          if (field === KEY.READ) {
            read = cursor.number() ?? 0;
          } else if (field === KEY.WRITE) {
            written = cursor.number() ?? 0;
          } else {
            cursor.skip();
          }
        }
      } else {
        cursor.skip();
      }
    }
    const part = this.deviceRow(owner, row, device || `${major}:${minor}`);
    tables.setFilesystem(part, SPACE.read, read);
    tables.setFilesystem(part, SPACE.written, written);
  }

  private deviceRow(owner: Owner, row: number, device: string): number {
    let part = this.devices.get(device);
    if (part === undefined) {
      this.devices.set(device, (part = this.tables.addFilesystem(owner, row, device)));
    }
    return part;
  }
}

function memoryMetric(key: number): number {
  switch (key) {
    case KEY.USAGE:
      return METRIC.memoryUsage;
    case KEY.CACHE:
      return METRIC.memoryCache;
    case KEY.RSS:
      return METRIC.rss;
    case KEY.WORKING_SET:
      return METRIC.workingSet;
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

function spaceField(key: number): number {
  switch (key) {
    case KEY.USAGE:
      return SPACE.usage;
    case KEY.CAPACITY:
      return SPACE.limit;
    case KEY.AVAILABLE:
      return SPACE.available;
    case KEY.INODES:
      return SPACE.inodes;
    case KEY.INODES_FREE:
      return SPACE.inodesFree;
    default:
      return -1;
  }
}

/** The sum of whole numbers with all its digits. */
function exactSum(one: number | bigint, other: number | bigint): number | bigint {
  const sum = Number(one) + Number(other);
  if (Number.isSafeInteger(sum) || !Number.isInteger(Number(one)) || !Number.isInteger(Number(other))) {
    return sum;
  }
  return BigInt(one) + BigInt(other);
}

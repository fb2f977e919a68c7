import { HeapscopeError } from '../errors.ts';
import type { Table, TableName } from '../model/batch.ts';
import { END, JsonCursor, JsonError } from './jsonCursor.ts';
import * as KEY from './summaryKeys.ts';
import { SummaryTables, type Owner } from './summaryTables.ts';
import { METRIC, SYSTEM_CONTAINER_NAMES } from './summaryFields.ts';

/** What one kubelet's answer to `/stats/summary` holds. */
export interface DecodedSummary {
  /** The name the kubelet calls its node by; normally the API name. */
  readonly saysNodeName: string;
  readonly tables: Readonly<Partial<Record<TableName, Table>>>;
  /** Values left out because no kubelet means them: negative, or beyond 2^64. */
  readonly rejectedValues: number;
  /** Newest sample time of the answer in Unix ms, -Infinity if it has none; ahead of our clock if theirs is. */
  readonly newestSampleMs: number;
}

/**
 * Turns the bytes of a Summary API answer into tables, leaving out what the kubelet did not say.
 * `node` is the API name of the node; `receivedMs` is our clock when the answer was complete, for `uptime`.
 * Throws `kubelet_unreadable` for anything that is not a whole summary.
 *
 * The format: Kubernetes, `k8s.io/kubelet/pkg/apis/stats/v1alpha1`.
 */
export function decodeSummary(body: Buffer, node: string, receivedMs: number): DecodedSummary {
  try {
    return new SummaryDecoder(body, node, receivedMs).decode();
  } catch (error) {
    if (error instanceof JsonError) {
      const sentence = `Kubelet on node ${node} answered ${body.length} bytes that are not a summary: ${error.message}. Ask it by hand for /stats/summary and look at the answer.`;
      throw new HeapscopeError('kubelet_unreadable', sentence, { cause: error });
    }
    throw error;
  }
}

const MAX_CUSTOM_METRICS = 100;

/** Reads an answer from its first byte to its last, in whatever order its keys come. */
class SummaryDecoder {
  private readonly cursor: JsonCursor;
  private readonly tables: SummaryTables;
  private saysNodeName = '';

  constructor(body: Buffer, node: string, receivedMs: number) {
    this.cursor = new JsonCursor(body);
    this.tables = new SummaryTables(node, receivedMs);
  }

  decode(): DecodedSummary {
    const { cursor, tables } = this;
    let nodes = 0;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.NODE) {
        nodes++;
        this.readNode();
      } else if (key === KEY.PODS) {
        for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
          this.readPod();
        }
      } else {
        cursor.skip();
      }
    }
    cursor.end();
    if (nodes !== 1) {
      throw new JsonError(`The answer has ${nodes === 0 ? 'no' : 'more than one'} "node"`, 0);
    }
    return { saysNodeName: this.saysNodeName, ...tables.close() };
  }

  private readNode(): void {
    const { cursor, tables } = this;
    const row = tables.addObject('node', '');
    let isEmpty = true;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      isEmpty = false;
      switch (key) {
        case KEY.NODE_NAME:
          this.saysNodeName = cursor.string();
          break;
        case KEY.FS:
          tables.setStorage('node', row, this.readFilesystem('node', row, '/'));
          break;
        case KEY.RUNTIME:
          this.readRuntime(row);
          break;
        case KEY.RLIMIT:
          this.readProcessLimits(row);
          break;
        case KEY.SYSTEM_CONTAINERS:
          for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
            this.readSystemContainer();
          }
          break;
        default:
          this.readCommon('node', row, key);
      }
    }
    if (isEmpty) {
      throw new JsonError('The "node" of the answer is empty', 0);
    }
  }

  private readRuntime(row: number): void {
    const { cursor } = this;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.IMAGE_FS || key === KEY.CONTAINER_FS) {
        this.readFilesystem('node', row, key === KEY.IMAGE_FS ? 'imagefs' : 'containerfs');
      } else {
        cursor.skip();
      }
    }
  }

  private readProcessLimits(row: number): void {
    const { cursor, tables } = this;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.CURPROC || key === KEY.MAXPID) {
        tables.set('node', row, key === KEY.CURPROC ? METRIC.processCount : METRIC.processLimit, cursor.number());
      } else {
        cursor.skip();
      }
    }
  }

  private readSystemContainer(): void {
    const { cursor, tables } = this;
    const row = tables.addObject('sys_container', '');
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.NAME) {
        const name = cursor.string();
        tables.setName('sys_container', row, SYSTEM_CONTAINER_NAMES[name] ?? name);
      } else {
        this.readCommon('sys_container', row, key);
      }
    }
  }

  private readPod(): void {
    const { cursor, tables } = this;
    const row = tables.addObject('pod', '');
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      switch (key) {
        case KEY.POD_REF:
          this.readPodReference(row);
          break;
        case KEY.CONTAINERS:
          for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
            this.readContainer(row);
          }
          break;
        case KEY.VOLUME:
          for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
            this.readVolume(row);
          }
          break;
        case KEY.EPHEMERAL_STORAGE:
          tables.setStorage('pod', row, this.readFilesystem('pod', row, 'ephemeral-storage'));
          break;
        case KEY.PROCESS_STATS:
          this.readProcessCount(row);
          break;
        default:
          this.readCommon('pod', row, key);
      }
    }
  }

  private readPodReference(row: number): void {
    const { cursor, tables } = this;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.NAME) {
        tables.setName('pod', row, cursor.string());
      } else if (key === KEY.NAMESPACE) {
        tables.setNamespace(row, cursor.string());
      } else {
        cursor.skip();
      }
    }
  }

  private readProcessCount(row: number): void {
    const { cursor, tables } = this;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.PROCESS_COUNT) {
        tables.set('pod', row, METRIC.processCount, cursor.number());
      } else {
        cursor.skip();
      }
    }
  }

  private readContainer(pod: number): void {
    const { cursor, tables } = this;
    const row = tables.addObject('container', '', pod);
    let rootfsBytes = NaN;
    let logsBytes = NaN;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      switch (key) {
        case KEY.NAME:
          tables.setName('container', row, cursor.string());
          break;
        case KEY.ROOTFS:
          rootfsBytes = this.readFilesystem('container', row, '/');
          break;
        case KEY.LOGS:
          logsBytes = this.readFilesystem('container', row, 'logs');
          break;
        case KEY.USER_DEFINED_METRICS:
          for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
            this.readCustomMetric(row);
          }
          break;
        default:
          this.readCommon('container', row, key);
      }
    }
    // Only where both blocks say it, as Heapster has it.
    tables.setStorage('container', row, rootfsBytes + logsBytes);
  }

  private readCustomMetric(row: number): void {
    const { cursor, tables } = this;
    let name = '';
    let value: number | bigint | undefined;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.NAME) {
        name = cursor.string();
      } else if (key === KEY.VALUE) {
        value = cursor.number();
      } else {
        cursor.skip();
      }
    }
    if (name !== '' && value !== undefined && Number.isFinite(Number(value))) {
      tables.setCustom(row, name, Number(value), MAX_CUSTOM_METRICS);
    }
  }

  /** Reads a block that nodes, pods, containers and system containers share. */
  private readCommon(owner: Owner, row: number, key: number): void {
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
        tables.set(owner, row, METRIC.cpuRateOfKubelet, cursor.number(), 1e6);
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

  /** Reads a file system into a row of its own and gives the bytes used, NaN if it does not say. */
  private readFilesystem(owner: Owner, row: number, label: string): number {
    const { cursor, tables } = this;
    const part = tables.addFilesystem(owner, row, label);
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      this.readFilesystemField(part, key);
    }
    return tables.usedBytes(part);
  }

  private readVolume(row: number): void {
    const { cursor, tables } = this;
    const part = tables.addFilesystem('pod', row, '');
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.NAME) {
        tables.nameFilesystem(part, `Volume:${cursor.string()}`);
      } else if (key === KEY.PVC_REF) {
        for (let field = cursor.firstKey(); field !== END; field = cursor.nextKey()) {
          if (field === KEY.NAME) {
            tables.setClaim(part, cursor.string());
          } else {
            cursor.skip();
          }
        }
      } else {
        this.readFilesystemField(part, key);
      }
    }
  }

  private readFilesystemField(part: number, key: number): void {
    const field = filesystemField(key);
    if (field >= 0) {
      this.tables.setFilesystem(part, field, this.cursor.number());
    } else {
      this.cursor.skip();
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

/** The place of a field among the six of a file system. */
function filesystemField(key: number): number {
  switch (key) {
    case KEY.USED_BYTES:
      return 0;
    case KEY.CAPACITY_BYTES:
      return 1;
    case KEY.AVAILABLE_BYTES:
      return 2;
    case KEY.INODES:
      return 3;
    case KEY.INODES_FREE:
      return 4;
    case KEY.INODES_USED:
      return 5;
    default:
      return -1;
  }
}

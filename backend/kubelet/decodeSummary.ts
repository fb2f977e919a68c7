import { HeapscopeError } from '../errors.ts';
import { AcceleratorBlocks } from './acceleratorBlocks.ts';
import { concludeSummary, type DecodedSummary } from './concludeSummary.ts';
import { FilesystemBlocks } from './filesystemBlocks.ts';
import { END, JsonCursor, JsonError } from './jsonCursor.ts';
import { MeasuredBlocks } from './measuredBlocks.ts';
import * as KEY from './summaryKeys.ts';
import { SummaryTables, type RawTables, type PodChoice } from './summaryTables.ts';
import { METRIC, SYSTEM_CONTAINER_NAMES } from './summaryFields.ts';

/** What an answer to `/stats/summary` says, before anything is concluded from it. */
export interface RawSummary extends RawTables {
  readonly saysNodeName: string;
}

/**
 * Turns the bytes of a Summary API answer into tables, leaving out what the kubelet did not say.
 * `node` is the API name of the node; `receivedMs` is our clock when the answer was complete, for `uptime`.
 * Throws `kubelet_unreadable` for anything that is not a whole summary.
 *
 * The format: Kubernetes, `k8s.io/kubelet/pkg/apis/stats/v1alpha1`.
 */
export function decodeSummary(
  body: Buffer,
  node: string,
  receivedMs: number,
  choice: PodChoice = 'newest'
): DecodedSummary {
  return concludeSummary(readSummary(body, node, choice), receivedMs);
}

/** What the answer itself says. Throws like {@link decodeSummary}. */
export function readSummary(body: Buffer, node: string, choice: PodChoice = 'newest'): RawSummary {
  try {
    return new SummaryDecoder(body, node).decode(choice);
  } catch (error) {
    if (error instanceof JsonError) {
      const sentence = `Kubelet on node ${node} answered ${body.length} bytes that are not a summary: ${error.message}. Ask it by hand for /stats/summary and look at the answer.`;
      throw new HeapscopeError('kubelet_unreadable', sentence, { cause: error });
    }
    throw error;
  }
}

/** A kubelet that says another type means something nobody knows. */
const CUSTOM_TYPES: ReadonlySet<string> = new Set(['gauge', 'cumulative', 'delta']);
const MAX_CUSTOM_METRICS = 100;

/** Reads an answer from its first byte to its last, in whatever order its keys come. */
class SummaryDecoder {
  private readonly cursor: JsonCursor;
  private readonly tables: SummaryTables;
  private readonly measured: MeasuredBlocks;
  private readonly filesystems: FilesystemBlocks;
  private readonly accelerators: AcceleratorBlocks;
  private saysNodeName = '';

  constructor(body: Buffer, node: string) {
    this.cursor = new JsonCursor(body);
    this.tables = new SummaryTables(node);
    this.measured = new MeasuredBlocks(this.cursor, this.tables);
    this.filesystems = new FilesystemBlocks(this.cursor, this.tables);
    this.accelerators = new AcceleratorBlocks(this.cursor);
  }

  decode(choice: PodChoice): RawSummary {
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
    return { saysNodeName: this.saysNodeName, ...this.accelerators.joinTo(tables.close(choice), tables) };
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
          this.filesystems.read('node', row, '/');
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
          this.measured.read('node', row, key);
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
        this.filesystems.read('node', row, key === KEY.IMAGE_FS ? 'imagefs' : 'containerfs');
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
        this.measured.read('sys_container', row, key);
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
            this.filesystems.readVolume(row);
          }
          break;
        case KEY.EPHEMERAL_STORAGE:
          this.filesystems.read('pod', row, 'ephemeral-storage');
          break;
        case KEY.PROCESS_STATS:
          this.readProcessCount(row);
          break;
        default:
          this.measured.read('pod', row, key);
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
      } else if (key === KEY.UID) {
        tables.setUid(row, cursor.string());
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
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      switch (key) {
        case KEY.NAME:
          tables.setName('container', row, cursor.string());
          break;
        case KEY.ROOTFS:
          this.filesystems.read('container', row, '/');
          break;
        case KEY.LOGS:
          this.filesystems.read('container', row, 'logs');
          break;
        case KEY.ACCELERATORS:
          this.accelerators.read(row);
          break;
        case KEY.USER_DEFINED_METRICS:
          for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
            this.readCustomMetric(row);
          }
          break;
        default:
          this.measured.read('container', row, key);
      }
    }
  }

  private readCustomMetric(row: number): void {
    const { cursor, tables } = this;
    let name = '';
    let value: number | bigint | undefined;
    let isKnown = true;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.NAME) {
        name = cursor.string();
      } else if (key === KEY.VALUE) {
        value = cursor.number();
      } else if (key === KEY.TYPE) {
        isKnown = CUSTOM_TYPES.has(cursor.string());
      } else {
        cursor.skip();
      }
    }
    if (isKnown && name !== '' && value !== undefined && Number.isFinite(Number(value))) {
      tables.setCustom(row, name, Number(value), MAX_CUSTOM_METRICS);
    }
  }
}

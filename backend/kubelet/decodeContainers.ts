import { HeapscopeError } from '../errors.ts';
import { objectKey } from '../model/batch.ts';
import { AcceleratorBlocks } from './acceleratorBlocks.ts';
import { concludeSummary, type DecodedSummary } from './concludeSummary.ts';
import * as KEY from './containerKeys.ts';
import { emptySpec, readSpec, type ContainerSpec } from './containerSpec.ts';
import { ContainerStats } from './containerStats.ts';
import { END, JsonCursor, JsonError } from './jsonCursor.ts';
import { SummaryTables, type Owner } from './summaryTables.ts';

/** What one kubelet's answer to `POST /stats/container/` holds. */
export interface DecodedContainers extends DecodedSummary {
  /** Images as the runtime reports them, by the keys of the containers. */
  readonly images: ReadonlyMap<string, string>;
}

/** The container that Docker's kubelets start first in a pod: it holds the pod's network, and stands for the pod. */
const PAUSE = 'POD';
const ROOT = '/';

/**
 * Turns the bytes of an answer to `POST /stats/container/` into the tables that a summary gives, as Heapster's source
 * `kubernetes` read it: the root is the node, containers with the labels of Kubernetes are those of pods, all others are
 * the system's. What stands in a pod's row is its pause container alone. Of several entries of `stats` the last counts, and
 * containers without one are left out. Throws `kubelet_unreadable` for anything that is not such an answer, and
 * `kubelet_clock` where the root has no stats.
 *
 * The format: cAdvisor, `info/v1`, a map of `ContainerInfo`.
 */
export function decodeContainers(body: Buffer, node: string, receivedMs: number): DecodedContainers {
  try {
    return new ContainersDecoder(body, node).decode(receivedMs);
  } catch (error) {
    if (error instanceof JsonError) {
      const sentence = `Kubelet on node ${node} answered ${body.length} bytes that are no containers: ${error.message}. Ask it by hand for /stats/container/ and look at the answer.`;
      throw new HeapscopeError('kubelet_unreadable', sentence, { cause: error });
    }
    throw error;
  }
}

class ContainersDecoder {
  private readonly cursor: JsonCursor;
  private readonly tables: SummaryTables;
  private readonly accelerators: AcceleratorBlocks;
  private readonly stats: ContainerStats;
  /** Rows of pods by namespace, name and uid, and which of them have their pause container. */
  private readonly podRows = new Map<string, number>();
  private readonly measuredPods = new Set<number>();
  private readonly images = new Map<string, { readonly image: string; readonly startMs: number }>();
  private readonly node: string;
  private roots = 0;
  private isRootSilent = false;

  constructor(body: Buffer, node: string) {
    this.node = node;
    this.cursor = new JsonCursor(body);
    this.tables = new SummaryTables(node);
    this.accelerators = new AcceleratorBlocks(this.cursor);
    this.stats = new ContainerStats(this.cursor, this.tables, this.accelerators);
  }

  decode(receivedMs: number): DecodedContainers {
    const { cursor, tables, accelerators } = this;
    for (let name = cursor.firstName(); name !== undefined; name = cursor.nextName()) {
      this.readContainer(name);
    }
    cursor.end();
    if (this.roots === 0 && this.isRootSilent) {
      const sentence = `Kubelet on node ${this.node} has no sample of its machine of the last minute. Compare its clock with this machine's, and look at its log.`;
      throw new HeapscopeError('kubelet_clock', sentence);
    }
    if (this.roots !== 1) {
      throw new JsonError(`The answer has ${this.roots === 0 ? 'no' : 'more than one'} container "/"`, 0);
    }
    const raw = { saysNodeName: '', ...accelerators.joinTo(tables.close(), tables) };
    const images = new Map([...this.images].map(([key, { image }]) => [key, image]));
    return { ...concludeSummary(raw, receivedMs), images };
  }

  /** Reads what is said of a container, and then its newest stats, for which the rest must be known. */
  private readContainer(nameInMap: string): void {
    const { cursor } = this;
    let name = nameInMap;
    let alias = '';
    let spec = emptySpec();
    let stats = -1;
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.NAME) {
        name = cursor.string() || nameInMap;
      } else if (key === KEY.ALIASES) {
        alias = this.readFirst();
      } else if (key === KEY.SPEC) {
        spec = readSpec(cursor);
      } else if (key === KEY.STATS) {
        for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
          stats = cursor.offset;
          cursor.skip();
        }
      } else {
        cursor.skip();
      }
    }
    if (stats >= 0) {
      const end = cursor.offset;
      cursor.returnTo(stats);
      const [owner, row] = this.addContainer(name, alias, spec);
      this.tables.setStart(owner, row, spec.startMs);
      this.stats.read(owner, row, spec);
      cursor.returnTo(end);
    } else if (name === ROOT) {
      this.isRootSilent = true;
    }
  }

  private readFirst(): string {
    let first = '';
    for (let more = this.cursor.firstItem(); more; more = this.cursor.nextItem()) {
      const text = this.cursor.string();
      first ||= text;
    }
    return first;
  }

  private addContainer(name: string, alias: string, spec: ContainerSpec): readonly [Owner, number] {
    const { tables } = this;
    const { container, pod, namespace } = spec;
    if (name === ROOT) {
      this.roots++;
      return ['node', tables.addObject('node', '')];
    }
    if (container === '' || pod === '' || namespace === '') {
      return ['sys_container', tables.addObject('sys_container', alias || name.replace(/^\//, ''))];
    }
    if (container === PAUSE) {
      return ['pod', this.rowOfPause(spec)];
    }
    const key = objectKey(namespace, pod, container);
    const known = this.images.get(key);
    if (spec.image !== '' && !(known && known.startMs > spec.startMs)) {
      this.images.set(key, spec);
    }
    return ['container', tables.addObject('container', container, this.rowOfPod(spec))];
  }

  /** The row of a pod, which may be known by its containers before its pause container comes, or without any. */
  private rowOfPod(spec: ContainerSpec): number {
    const key = podKey(spec);
    const known = this.podRows.get(key);
    if (known !== undefined) {
      return known;
    }
    const row = this.addPod(spec);
    this.podRows.set(key, row);
    return row;
  }

  /** A pod whose pause container was started anew has one row for each; the newest counts in the end. */
  private rowOfPause(spec: ContainerSpec): number {
    const known = this.rowOfPod(spec);
    const row = this.measuredPods.has(known) ? this.addPod(spec) : known;
    this.measuredPods.add(row);
    return row;
  }

  private addPod({ namespace, pod, uid }: ContainerSpec): number {
    const row = this.tables.addObject('pod', pod);
    this.tables.setNamespace(row, namespace);
    if (uid !== '') {
      this.tables.setUid(row, uid);
    }
    return row;
  }
}

function podKey({ namespace, pod, uid }: ContainerSpec): string {
  return JSON.stringify([namespace, pod, uid]);
}

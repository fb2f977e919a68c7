import { HeapscopeError, sentenceOf } from '../errors.ts';
import { type ObjectNames, type Table, type TableName } from '../model/batch.ts';
import { parseExactJson, toExactNumber } from './exactJson.ts';
import { closeTable, containerKey, filesystemKey, interfaceKey, nodeKey, podKey, systemKey } from './closeTable.ts';
import {
  FILESYSTEM,
  INTERFACE,
  MEASURED,
  METRIC,
  PRESSURE,
  PRESSURE_NAMES,
  SYSTEM_CONTAINER_NAMES,
} from './summaryFields.ts';
import { listAt, nameAt, objectAt, ShapeError, type Json, type Owner } from './summaryShape.ts';
import { TimeParser } from './timeParser.ts';
import { TableBuilder } from './tableBuilder.ts';

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
    const answer = objectAt(parseExactJson(body), 'the answer');
    const nodeStats = objectAt(answer?.node, '"node"');
    if (!answer || !nodeStats) {
      throw new ShapeError('the answer has no "node"');
    }
    return new SummaryDecoder(node, receivedMs).decode(nodeStats, listAt(answer.pods, '"pods"'));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ShapeError) {
      const sentence = `Kubelet on node ${node} answered ${body.length} bytes that are not a summary: ${sentenceOf(error)}. Ask it by hand for /stats/summary and look at the answer.`;
      throw new HeapscopeError('kubelet_unreadable', sentence, { cause: error });
    }
    throw error;
  }
}

const MAX_CUSTOM_METRICS = 100;
const TWO_TO_THE_64 = 2 ** 64;

/** Builds the tables of one answer, object by object. */
class SummaryDecoder {
  private readonly node: string;
  private readonly receivedMs: number;
  private readonly times = new TimeParser();
  private readonly measured: Record<Owner, TableBuilder> = {
    node: new TableBuilder(MEASURED),
    pod: new TableBuilder(MEASURED),
    container: new TableBuilder(MEASURED),
    sys_container: new TableBuilder(MEASURED),
  };
  private readonly filesystems = new TableBuilder(FILESYSTEM);
  private readonly interfaces = new TableBuilder(INTERFACE);
  private readonly names: Record<Owner | 'filesystem' | 'interface', ObjectNames[]> = {
    node: [],
    pod: [],
    container: [],
    sys_container: [],
    filesystem: [],
    interface: [],
  };
  private rejectedValues = 0;
  private pressureSeen = false;

  constructor(node: string, receivedMs: number) {
    this.node = node;
    this.receivedMs = receivedMs;
  }

  decode(nodeStats: Json, pods: readonly unknown[]): DecodedSummary {
    this.readNode(nodeStats);
    for (const pod of pods) {
      this.readPod(objectAt(pod, 'an item of "pods"'));
    }
    const pressureless = this.pressureSeen ? undefined : new Set(PRESSURE_NAMES);
    const { node, sys_container, pod, container } = this.measured;
    return {
      saysNodeName: nameAt(nodeStats.nodeName, '"nodeName"'),
      rejectedValues: this.rejectedValues,
      newestSampleMs: Math.max(...Object.values(this.measured).map((table) => table.newestSampleMs())),
      tables: {
        node: closeTable(node, this.names.node, nodeKey, pressureless),
        sys_container: closeTable(sys_container, this.names.sys_container, systemKey, pressureless),
        pod: closeTable(pod, this.names.pod, podKey, pressureless),
        container: closeTable(container, this.names.container, containerKey, pressureless),
        filesystem: closeTable(this.filesystems, this.names.filesystem, filesystemKey),
        interface: closeTable(this.interfaces, this.names.interface, interfaceKey),
      },
    };
  }

  private readNode(stats: Json): void {
    const names = { node: this.node };
    const row = this.readMeasured('node', names, stats);
    this.readStorage(row, 'node', stats.fs, '/');
    const runtime = objectAt(stats.runtime, '"runtime"');
    this.readFilesystem(names, 'node', runtime?.imageFs, 'imagefs');
    this.readFilesystem(names, 'node', runtime?.containerFs, 'containerfs');
    const processes = objectAt(stats.rlimit, '"rlimit"');
    if (processes) {
      this.read(this.measured.node, row, METRIC.processCount, processes.curproc);
      this.read(this.measured.node, row, METRIC.processLimit, processes.maxpid);
    }
    for (const item of listAt(stats.systemContainers, '"systemContainers"')) {
      const system = objectAt(item, 'an item of "systemContainers"') ?? {};
      const name = nameAt(system.name, 'the name of a system container');
      this.readMeasured('sys_container', { node: this.node, container: SYSTEM_CONTAINER_NAMES[name] ?? name }, system);
    }
  }

  private readPod(stats: Json | undefined): void {
    const reference = objectAt(stats?.podRef, '"podRef"');
    if (!stats || !reference) {
      return;
    }
    const names = {
      node: this.node,
      namespace: nameAt(reference.namespace, 'the namespace of a pod'),
      pod: nameAt(reference.name, 'the name of a pod'),
    };
    const row = this.readMeasured('pod', names, stats);
    this.readStorage(row, 'pod', stats['ephemeral-storage'], 'ephemeral-storage');
    this.read(
      this.measured.pod,
      row,
      METRIC.processCount,
      objectAt(stats.process_stats, '"process_stats"')?.process_count
    );
    for (const item of listAt(stats.volume, '"volume"')) {
      const volume = objectAt(item, 'an item of "volume"');
      const claim = objectAt(volume?.pvcRef, '"pvcRef"')?.name;
      const owner = typeof claim === 'string' ? { ...names, persistentVolumeClaim: claim } : names;
      this.readFilesystem(owner, 'pod', volume, `Volume:${nameAt(volume?.name, 'the name of a volume')}`);
    }
    for (const item of listAt(stats.containers, '"containers"')) {
      this.readContainer(names, objectAt(item, 'an item of "containers"') ?? {});
    }
  }

  private readContainer(pod: ObjectNames, stats: Json): void {
    const names = { ...pod, container: nameAt(stats.name, 'the name of a container') };
    const row = this.readMeasured('container', names, stats);
    const used =
      this.readFilesystem(names, 'container', stats.rootfs, '/') +
      this.readFilesystem(names, 'container', stats.logs, 'logs');
    if (!Number.isNaN(used)) {
      this.measured.container.set(row, METRIC.ephemeralUsage, used);
    }
    for (const item of listAt(stats.userDefinedMetrics, '"userDefinedMetrics"')) {
      const custom = objectAt(item, 'an item of "userDefinedMetrics"');
      const value = toExactNumber(custom?.value);
      if (custom && typeof custom.name === 'string' && value !== undefined) {
        this.measured.container.setExtra(row, `custom/${custom.name}`, Number(value), MAX_CUSTOM_METRICS);
      }
    }
  }

  /** Reads the blocks that nodes, pods, containers and system containers share into a new row. */
  private readMeasured(owner: Owner, names: ObjectNames, stats: Json): number {
    const table = this.measured[owner];
    const row = table.addRow();
    this.names[owner][row] = names;
    const startTimeMs = this.times.parse(stats.startTime);
    table.setStart(row, startTimeMs);
    if (startTimeMs <= this.receivedMs) {
      table.set(row, METRIC.uptime, this.receivedMs - startTimeMs);
    }
    const cpu = this.readClocked(table, row, 'cpu', stats.cpu);
    if (cpu) {
      this.read(table, row, METRIC.cpuUsage, cpu.usageCoreNanoSeconds);
      this.read(table, row, METRIC.cpuRateOfKubelet, cpu.usageNanoCores, 1e6);
    }
    this.readMemory(table, row, this.readClocked(table, row, 'memory', stats.memory), objectAt(stats.swap, '"swap"'));
    this.readClocked(table, row, 'io', stats.io);
    if (stats.network !== undefined) {
      this.readNetwork(table, row, owner, names, objectAt(stats.network, '"network"'));
    }
    return row;
  }

  /** Reads the sample time and the pressure of a block, and gives the block. */
  private readClocked(
    table: TableBuilder,
    row: number,
    clock: 'cpu' | 'memory' | 'io',
    value: unknown
  ): Json | undefined {
    const block = objectAt(value, `"${clock}"`);
    if (!block) {
      return undefined;
    }
    table.setSample(row, clock, this.times.parse(block.time));
    const pressure = objectAt(block.psi, '"psi"');
    if (pressure) {
      this.readPressure(table, row, PRESSURE[clock].some, objectAt(pressure.some, '"psi.some"'));
      this.readPressure(table, row, PRESSURE[clock].full, objectAt(pressure.full, '"psi.full"'));
    }
    return block;
  }

  private readNetwork(
    table: TableBuilder,
    row: number,
    owner: Owner,
    names: ObjectNames,
    network: Json | undefined
  ): void {
    if (!network) {
      return;
    }
    const timeMs = this.times.parse(network.time);
    table.setSample(row, 'network', timeMs);
    this.readCounters(table, row, METRIC.network, network);
    for (const item of listAt(network.interfaces, '"interfaces"')) {
      const counters = objectAt(item, 'an item of "interfaces"');
      const interfaceRow = this.interfaces.addRow();
      this.names.interface[interfaceRow] = {
        ...names,
        owner,
        interface: nameAt(counters?.name, 'the name of an interface'),
      };
      this.interfaces.setSample(interfaceRow, 'network', timeMs);
      this.interfaces.setStart(interfaceRow, table.start(row));
      this.readCounters(this.interfaces, interfaceRow, 0, counters);
    }
  }

  /** Reads the file system that is also the object's ephemeral storage. */
  private readStorage(row: number, owner: 'node' | 'pod', value: unknown, label: string): void {
    const used = this.readFilesystem(this.names[owner][row], owner, value, label);
    if (!Number.isNaN(used)) {
      this.measured[owner].set(row, METRIC.ephemeralUsage, used);
    }
  }

  /** Reads a file system into a row of its own and gives the bytes used, NaN if it does not say. */
  private readFilesystem(names: ObjectNames, owner: Owner, value: unknown, label: string): number {
    const block = objectAt(value, `the file system "${label}"`);
    if (!block) {
      return NaN;
    }
    const row = this.filesystems.addRow();
    this.names.filesystem[row] = { ...names, owner, resourceId: label };
    this.read(this.filesystems, row, 0, block.usedBytes);
    this.read(this.filesystems, row, 1, block.capacityBytes);
    this.read(this.filesystems, row, 2, block.availableBytes);
    this.read(this.filesystems, row, 3, block.inodes);
    this.read(this.filesystems, row, 4, block.inodesFree);
    this.read(this.filesystems, row, 5, block.inodesUsed);
    return this.filesystems.get(row, 0);
  }

  private readMemory(table: TableBuilder, row: number, memory: Json | undefined, swap: Json | undefined): void {
    if (memory) {
      this.read(table, row, METRIC.memoryUsage, memory.usageBytes);
      this.read(table, row, METRIC.workingSet, memory.workingSetBytes);
      this.read(table, row, METRIC.rss, memory.rssBytes);
      this.read(table, row, METRIC.memoryAvailable, memory.availableBytes);
      this.read(table, row, METRIC.pageFaults, memory.pageFaults);
      this.read(table, row, METRIC.majorPageFaults, memory.majorPageFaults);
    }
    if (swap) {
      this.read(table, row, METRIC.swapUsage, swap.swapUsageBytes);
      this.read(table, row, METRIC.swapAvailable, swap.swapAvailableBytes);
    }
  }

  private readPressure(table: TableBuilder, row: number, first: number, numbers: Json | undefined): void {
    if (numbers) {
      this.read(table, row, first, numbers.total);
      this.read(table, row, first + 1, numbers.avg10);
      this.read(table, row, first + 2, numbers.avg60);
      this.read(table, row, first + 3, numbers.avg300);
      this.pressureSeen ||= numbers.total !== 0 && numbers.total !== undefined;
    }
  }

  private readCounters(table: TableBuilder, row: number, first: number, counters: Json | undefined): void {
    if (counters) {
      this.read(table, row, first, counters.rxBytes);
      this.read(table, row, first + 1, counters.rxErrors);
      this.read(table, row, first + 2, counters.txBytes);
      this.read(table, row, first + 3, counters.txErrors);
    }
  }

  private read(table: TableBuilder, row: number, metric: number, value: unknown, divisor = 1): void {
    if (value === undefined || value === null) {
      return;
    }
    const number = typeof value === 'number' ? value : toExactNumber(value);
    if (number === undefined) {
      throw new ShapeError(`a number was expected where ${JSON.stringify(value).slice(0, 40)} stands`);
    }
    if (number < 0 || number >= TWO_TO_THE_64) {
      this.rejectedValues++;
    } else {
      table.set(row, metric, divisor === 1 ? number : Number(number) / divisor);
    }
  }
}

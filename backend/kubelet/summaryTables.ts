import type { Clock, ObjectNames, Table, TableName } from '../model/batch.ts';
import { closeTable, containerKey, filesystemKey, interfaceKey, nodeKey, podKey, systemKey } from './closeTable.ts';
import { FILESYSTEM, INTERFACE, MEASURED, METRIC, PRESSURE, PRESSURE_NAMES } from './summaryFields.ts';
import { JsonError } from './jsonCursor.ts';
import { TableBuilder } from './tableBuilder.ts';

/** Whose measurements a row holds. */
export type Owner = 'node' | 'pod' | 'container' | 'sys_container';

/** A file system or an interface: of which row of which table, and what it is called. */
interface Part {
  readonly owner: Owner;
  readonly row: number;
  label: string;
  claim?: string;
}

const TWO_TO_THE_64 = 2 ** 64;
/** No kubelet took a sample before this. */
const NEVER_MS = Date.UTC(2010);
/** Far more objects of a kind than a node can have; an answer with more is not taken, whatever its size in bytes. */
const MAX_ROWS = 50_000;

/** Gathers the tables of one answer while it is read; names and times may come before or after the values. */
export class SummaryTables {
  private readonly node: string;
  private readonly receivedMs: number;
  private readonly measured: Record<Owner, TableBuilder> = {
    node: new TableBuilder(MEASURED),
    pod: new TableBuilder(MEASURED),
    container: new TableBuilder(MEASURED),
    sys_container: new TableBuilder(MEASURED),
  };
  private readonly names: Record<Owner, string[]> = { node: [], pod: [], container: [], sys_container: [] };
  private readonly namespaces: string[] = [];
  private readonly podOfContainer: number[] = [];
  private readonly filesystems = new TableBuilder(FILESYSTEM);
  private readonly filesystemParts: Part[] = [];
  private readonly interfaces = new TableBuilder(INTERFACE);
  private readonly interfaceParts: Part[] = [];
  private rejectedValues = 0;
  private pressureSeen = false;

  constructor(node: string, receivedMs: number) {
    this.node = node;
    this.receivedMs = receivedMs;
  }

  /** Adds a row for an object; `pod` is the row of the pod a container belongs to. */
  addObject(owner: Owner, name: string, pod = -1): number {
    this.names[owner].push(name);
    if (owner === 'pod') {
      this.namespaces.push('');
    } else if (owner === 'container') {
      this.podOfContainer.push(pod);
    }
    return addRow(this.measured[owner]);
  }

  setName(owner: Owner, row: number, name: string): void {
    this.names[owner][row] = name;
  }

  setNamespace(row: number, namespace: string): void {
    this.namespaces[row] = namespace;
  }

  set(owner: Owner, row: number, metric: number, value: number | bigint | undefined, divisor = 1): void {
    this.put(this.measured[owner], row, metric, divisor === 1 || value === undefined ? value : Number(value) / divisor);
  }

  /** Sets the ephemeral storage in use, if it is known. */
  setStorage(owner: Owner, row: number, bytes: number): void {
    if (!Number.isNaN(bytes)) {
      this.measured[owner].set(row, METRIC.ephemeralUsage, bytes);
    }
  }

  setCustom(row: number, name: string, value: number, limit: number): void {
    this.measured.container.setExtra(row, `custom/${name}`, value, limit);
  }

  setStart(owner: Owner, row: number, timeMs: number): void {
    this.measured[owner].setStart(row, timeMs);
    if (timeMs <= this.receivedMs) {
      this.measured[owner].set(row, METRIC.uptime, this.receivedMs - timeMs);
    }
  }

  setSample(owner: Owner, row: number, clock: Clock, timeMs: number): void {
    this.measured[owner].setSample(row, clock, timeMs);
  }

  /** The first metric number of a pressure block. */
  pressureMetric(clock: 'cpu' | 'memory' | 'io', isSome: boolean): number {
    return isSome ? PRESSURE[clock].some : PRESSURE[clock].full;
  }

  /** Sets field 0 (total) to 3 (avg300) of a pressure block. */
  setPressure(owner: Owner, row: number, first: number, field: number, value: number | bigint | undefined): void {
    this.pressureSeen ||= field === 0 && value !== undefined && value > 0;
    this.put(this.measured[owner], row, first + field, value);
  }

  addInterface(owner: Owner, row: number): number {
    this.interfaceParts.push({ owner, row, label: '' });
    return addRow(this.interfaces);
  }

  nameInterface(part: number, name: string): void {
    this.interfaceParts[part].label = name;
  }

  setInterface(part: number, counter: number, value: number | bigint | undefined): void {
    this.put(this.interfaces, part, counter, value);
  }

  addFilesystem(owner: Owner, row: number, label: string): number {
    this.filesystemParts.push({ owner, row, label });
    return addRow(this.filesystems);
  }

  nameFilesystem(part: number, label: string): void {
    this.filesystemParts[part].label = label;
  }

  setClaim(part: number, claim: string): void {
    this.filesystemParts[part].claim = claim;
  }

  setFilesystem(part: number, field: number, value: number | bigint | undefined): void {
    this.put(this.filesystems, part, field, value);
  }

  usedBytes(part: number): number {
    return this.filesystems.get(part, 0);
  }

  /** Names of all containers so far, by their row. */
  containerNames(): ObjectNames[] {
    return this.describeOwners().container;
  }

  /** When a container started, Unix ms; NaN if the answer does not say. */
  containerStart(row: number): number {
    return this.measured.container.start(row);
  }

  /** The finished tables. */
  close(): {
    tables: Partial<Record<TableName, Table>>;
    rejectedValues: number;
    newestSampleMs: number;
  } {
    const { node, sys_container, pod, container } = this.measured;
    const owners = this.describeOwners();
    const without = this.pressureSeen ? undefined : new Set(PRESSURE_NAMES);
    this.mendNetworkTimes();
    this.interfaceParts.forEach(({ owner, row }, part) => {
      this.interfaces.setStart(part, this.measured[owner].start(row));
      this.interfaces.setSample(part, 'network', this.measured[owner].sample(row, 'network'));
    });
    const filesystems = this.filesystemParts.map((part): ObjectNames => {
      const names = { ...owners[part.owner][part.row], owner: part.owner, resourceId: part.label };
      return part.claim === undefined ? names : { ...names, persistentVolumeClaim: part.claim };
    });
    const interfaces = this.interfaceParts.map(({ owner, row, label }): ObjectNames => ({
      ...owners[owner][row],
      owner,
      interface: label,
    }));
    return {
      rejectedValues: this.rejectedValues,
      newestSampleMs: Math.max(...Object.values(this.measured).map((table) => table.newestSampleMs())),
      tables: {
        node: closeTable(node, owners.node, nodeKey, without),
        sys_container: closeTable(sys_container, owners.sys_container, systemKey, without),
        pod: closeTable(pod, owners.pod, podKey, without),
        container: closeTable(container, owners.container, containerKey, without),
        filesystem: closeTable(this.filesystems, filesystems, filesystemKey),
        interface: closeTable(this.interfaces, interfaces, interfaceKey),
      },
    };
  }

  /** With stats from the CRI, network blocks are stamped 1970: their counters were read with those of the CPU. */
  private mendNetworkTimes(): void {
    for (const owner of ['node', 'pod'] as const) {
      const table = this.measured[owner];
      for (let row = 0; row < table.rowCount; row++) {
        if (!(table.sample(row, 'network') > NEVER_MS)) {
          table.setSample(row, 'network', table.sample(row, 'cpu'));
        }
      }
    }
  }

  private describeOwners(): Record<Owner, ObjectNames[]> {
    const node = this.node;
    const pod = this.names.pod.map((name, row) => ({ node, namespace: this.namespaces[row], pod: name }));
    return {
      node: [{ node }],
      pod,
      container: this.names.container.map((name, row) => ({ ...pod[this.podOfContainer[row]], container: name })),
      sys_container: this.names.sys_container.map((name) => ({ node, container: name })),
    };
  }

  private put(table: TableBuilder, row: number, metric: number, value: number | bigint | undefined): void {
    if (value === undefined) {
      return;
    }
    if (isPossible(value)) {
      table.set(row, metric, value);
    } else {
      this.rejectedValues++;
    }
  }
}

/** Whether a kubelet can mean this: its numbers are unsigned, of 64 bits. */
export function isPossible(value: number | bigint): boolean {
  return value >= 0 && value < TWO_TO_THE_64;
}

/** Adds a row, unless there are more than any node has. */
export function addRow(table: TableBuilder): number {
  if (table.rowCount >= MAX_ROWS) {
    throw new JsonError(`The answer has more than ${MAX_ROWS} objects of a kind`, 0);
  }
  return table.addRow();
}

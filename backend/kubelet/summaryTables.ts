import type { Clock, ObjectNames, TableName } from '../model/batch.ts';
import { closeTable, containerKey, filesystemKey, interfaceKey, nodeKey, podKey, systemKey } from './closeTable.ts';
import { FILESYSTEM, INTERFACE, MEASURED, PRESSURE } from './summaryFields.ts';
import { JsonError } from './jsonCursor.ts';
import { TableBuilder, type OpenTable } from './tableBuilder.ts';

/** Which instance of a pod counts that a kubelet lists twice: the one that started last, or the one that stands last. */
export type PodChoice = 'newest' | 'last';

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
/** Far more objects of a kind than a node can have; an answer with more is not taken, whatever its size in bytes. */
const MAX_ROWS = 50_000;

/** What an answer says, before anything is concluded from it. */
export interface RawTables {
  readonly tables: Partial<Record<TableName, OpenTable>>;
  readonly rejectedValues: number;
  /** Rows left out because they had no name, or because another had the same. */
  readonly droppedRows: number;
}

/** Gathers the tables of one answer while it is read; names and times may come before or after the values. */
export class SummaryTables {
  private readonly node: string;
  private readonly measured: Record<Owner, TableBuilder> = {
    node: new TableBuilder(MEASURED),
    pod: new TableBuilder(MEASURED),
    container: new TableBuilder(MEASURED),
    sys_container: new TableBuilder(MEASURED),
  };
  private readonly names: Record<Owner, string[]> = { node: [], pod: [], container: [], sys_container: [] };
  private readonly namespaces: string[] = [];
  /** Uids of pods as the kubelet tells them, by row. */
  private readonly uids: string[] = [];
  private readonly podOfContainer: number[] = [];
  private readonly filesystems = new TableBuilder(FILESYSTEM);
  private readonly filesystemParts: Part[] = [];
  private readonly interfaces = new TableBuilder(INTERFACE);
  private readonly interfaceParts: Part[] = [];
  private rejectedValues = 0;

  constructor(node: string) {
    this.node = node;
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

  setUid(row: number, uid: string): void {
    this.uids[row] = uid;
  }

  set(owner: Owner, row: number, metric: number, value: number | bigint | undefined): void {
    this.put(this.measured[owner], row, metric, value);
  }

  setCustom(row: number, name: string, value: number | bigint, limit: number): void {
    this.measured.container.setExtra(row, `custom/${name}`, value, limit);
  }

  setStart(owner: Owner, row: number, timeMs: number): void {
    this.measured[owner].setStart(row, timeMs);
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

  /** Names of all containers so far, by their row. */
  containerNames(): ObjectNames[] {
    return this.describeOwners().container;
  }

  /** When the object of a row started, Unix ms; NaN if the answer does not say. */
  start(owner: Owner, row: number): number {
    return this.measured[owner].start(row);
  }

  /** The tables as far as the answer tells them; of a pod that is listed twice, what `choice` says. */
  close(choice: PodChoice = 'newest'): RawTables {
    const isLast = choice === 'last' ? ({ owner = 'pod' }: ObjectNames) => owner === 'pod' : undefined;
    const { node, sys_container, pod, container } = this.measured;
    const owners = this.describeOwners();
    const filesystems = this.filesystemParts.map((part, index): ObjectNames => {
      this.filesystems.setStart(index, this.start(part.owner, part.row));
      const names = { ...owners[part.owner][part.row], owner: part.owner, resourceId: part.label };
      return part.claim === undefined ? names : { ...names, persistentVolumeClaim: part.claim };
    });
    const interfaces = this.interfaceParts.map(({ owner, row, label }, index): ObjectNames => {
      this.interfaces.setStart(index, this.start(owner, row));
      return { ...owners[owner][row], owner, interface: label };
    });
    const tables = {
      node: closeTable(node, owners.node, nodeKey),
      sys_container: closeTable(sys_container, owners.sys_container, systemKey),
      pod: closeTable(pod, owners.pod, podKey, isLast),
      container: closeTable(container, owners.container, containerKey),
      filesystem: closeTable(this.filesystems, filesystems, filesystemKey, isLast),
      interface: closeTable(this.interfaces, interfaces, interfaceKey),
    };
    const builders = [node, sys_container, pod, container, this.filesystems, this.interfaces];
    const droppedRows =
      sum(builders.map(({ rowCount }) => rowCount)) - sum(Object.values(tables).map(({ keys }) => keys.length));
    return { tables, rejectedValues: this.rejectedValues, droppedRows };
  }

  private describeOwners(): Record<Owner, ObjectNames[]> {
    const node = this.node;
    const pod = this.names.pod.map((name, row) => {
      const names = { node, namespace: this.namespaces[row], pod: name };
      return this.uids[row] ? { ...names, uid: this.uids[row] } : names;
    });
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

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
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

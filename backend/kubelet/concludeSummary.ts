import { ColumnSpace, rowsByKey, type Column, type ObjectNames, type Table, type TableName } from '../model/batch.ts';
import { nodeKey, podKey, containerKey, systemKey } from './closeTable.ts';
import type { RawSummary } from './decodeSummary.ts';
import { PRESSURE_NAMES } from './summaryFields.ts';
import type { Owner } from './summaryTables.ts';
import type { OpenTable } from './tableBuilder.ts';

/** What one kubelet's answer to `/stats/summary` holds. */
export interface DecodedSummary {
  /** The name the kubelet calls its node by; normally the API name. */
  readonly saysNodeName: string;
  readonly tables: Readonly<Partial<Record<TableName, Table>>>;
  /** Values left out because no kubelet means them: negative, or beyond 2^64. */
  readonly rejectedValues: number;
  /** Rows left out because they had no name, or because another had the same. */
  readonly droppedRows: number;
  /** Newest sample time of the answer in Unix ms, -Infinity if it has none; ahead of our clock if theirs is. */
  readonly newestSampleMs: number;
}

type Tables = RawSummary['tables'];

const OWNERS: readonly Owner[] = ['node', 'sys_container', 'pod', 'container'];
const PARTS = ['filesystem', 'interface', 'accelerator'] as const;
const PRESSURE_TOTALS = PRESSURE_NAMES.filter((name) => name.endsWith('_total'));
/** No kubelet took a sample before this. */
const NEVER_MS = Date.UTC(2010);
const NANOCORES_PER_MILLICORE = 1e6;

/**
 * Adds what follows from an answer: uptime, storage in use, times of counters that have none of their own, and whether
 * pressure is measured at all. Works on the tables it is given and gives the same.
 */
export function concludeSummary(summary: RawSummary, receivedMs: number): DecodedSummary {
  const { tables, saysNodeName, rejectedValues, droppedRows } = summary;
  const links = linksOf(tables);
  for (const owner of OWNERS) {
    const table = tables[owner];
    if (table && table.keys.length > 0) {
      concludeOwner(table, receivedMs, links.storage[owner], tables.filesystem?.columns.get('filesystem/usage'));
    }
  }
  mendNetworkTimes(tables.node);
  mendNetworkTimes(tables.pod);
  for (const part of PARTS) {
    copyTimes(tables, tables[part], links[part]);
  }
  if (!isPressureMeasured(tables)) {
    leaveOutPressure(tables);
  }
  return { saysNodeName, tables, rejectedValues, droppedRows, newestSampleMs: newestSampleMs(tables) };
}

function concludeOwner(table: OpenTable, receivedMs: number, storage: Storage, usage: Column | undefined): void {
  const space = new ColumnSpace(table.keys.length, 2);
  const rate = table.columns.get('cpu/usage_rate_kubelet')?.values;
  for (let row = 0; rate && row < rate.length; row++) {
    rate[row] /= NANOCORES_PER_MILLICORE;
  }
  const uptimeMs = space.take();
  let known = 0;
  for (let row = 0; row < uptimeMs.length; row++) {
    const startMs = table.startTimesMs[row];
    const isKnown = startMs <= receivedMs;
    uptimeMs[row] = isKnown ? receivedMs - startMs : NaN;
    known += Number(isKnown);
  }
  if (known > 0) {
    table.columns.set('uptime', { values: uptimeMs });
  }
  const usedBytes = usage && addUp(usage.values, storage, space.take());
  if (usedBytes) {
    table.columns.set('ephemeral_storage/usage', { values: usedBytes });
  }
}

/** The bytes used of one file system, or of two where both say it, as Heapster has it. Undefined if no row has them. */
function addUp(usage: Float64Array, { first, second }: Storage, into: Float64Array): Float64Array | undefined {
  let known = false;
  for (let row = 0; row < into.length; row++) {
    const bytes = first[row] < 0 ? NaN : usage[first[row]];
    const whole = second === undefined ? bytes : second[row] < 0 ? NaN : bytes + usage[second[row]];
    into[row] = whole;
    known ||= whole === whole;
  }
  return known ? into : undefined;
}

/** With stats from the CRI, network blocks are stamped 1970: their counters were read with those of the CPU. */
function mendNetworkTimes(table: Table | undefined): void {
  const { network, cpu } = table?.sampleTimesMs ?? {};
  for (let row = 0; network && cpu && row < network.length; row++) {
    if (!(network[row] > NEVER_MS)) {
      network[row] = cpu[row];
    }
  }
}

/** Parts have no times of their own: those of the object they belong to are theirs. */
function copyTimes(tables: Tables, part: Table | undefined, links: OwnerLinks): void {
  for (let row = 0; part && row < part.keys.length; row++) {
    const owner = tables[links.tables[row]];
    if (owner && links.rows[row] >= 0) {
      part.startTimesMs[row] = owner.startTimesMs[links.rows[row]];
      part.sampleTimesMs.network[row] = owner.sampleTimesMs.network[links.rows[row]];
      part.sampleTimesMs.io[row] = owner.sampleTimesMs.io[links.rows[row]];
    }
  }
}

/** Kernels without pressure information say 0 for all of it; a total that moved shows that it is measured. */
function isPressureMeasured(tables: Tables): boolean {
  return OWNERS.some((owner) =>
    PRESSURE_TOTALS.some((name) => tables[owner]?.columns.get(name)?.values.some((value) => value > 0))
  );
}

function leaveOutPressure(tables: Tables): void {
  for (const owner of OWNERS) {
    const columns = tables[owner]?.columns;
    for (const name of columns?.has(PRESSURE_NAMES[0]) || columns?.has(PRESSURE_NAMES[4]) ? PRESSURE_NAMES : []) {
      columns?.delete(name);
    }
  }
}

function newestSampleMs(tables: Tables): number {
  let newest = -Infinity;
  for (const owner of OWNERS) {
    const times = tables[owner]?.sampleTimesMs;
    for (const samples of times ? [times.cpu, times.memory, times.network, times.io] : []) {
      for (let row = 0; row < samples.length; row++) {
        newest = samples[row] > newest ? samples[row] : newest;
      }
    }
  }
  return newest;
}

/** For each row of an owner the rows of the file systems that make its storage, -1 for none. */
interface Storage {
  readonly first: Int32Array;
  readonly second?: Int32Array;
}

/** For each row of a part the row of its owner, -1 for none. */
interface OwnerLinks {
  readonly tables: readonly Owner[];
  readonly rows: Int32Array;
}

type Links = Readonly<Record<(typeof PARTS)[number], OwnerLinks>> & { readonly storage: Record<Owner, Storage> };

/** Made once per set of objects: as long as they are the same, their lists of keys are. */
const knownLinks = new WeakMap<readonly string[], Links>();

function linksOf(tables: Tables): Links {
  const keys = tables.node?.keys ?? [];
  const known = knownLinks.get(keys);
  if (known) {
    return known;
  }
  const rows = (owner: Owner) => (tables[owner] ? rowsByKey(tables[owner]) : new Map<string, number>());
  const ownerRows: Record<Owner, Map<string, number>> = {
    node: rows('node'),
    pod: rows('pod'),
    container: rows('container'),
    sys_container: rows('sys_container'),
  };
  const link = (part: Table | undefined): OwnerLinks => {
    const owners = (part?.names ?? []).map(({ owner }) => owner ?? 'node');
    const rowOf = (names: ObjectNames, index: number) =>
      ownerRows[owners[index]].get(OWNER_KEYS[owners[index]](names)) ?? -1;
    return { tables: owners, rows: Int32Array.from(part?.names ?? [], rowOf) };
  };
  const { filesystem, interface: networkInterface, accelerator } = tables;
  const filesystemLinks = link(filesystem);
  const storage = (owner: Owner, label: string) => storageRows(tables, owner, label, filesystemLinks);
  const links: Links = {
    filesystem: filesystemLinks,
    interface: link(networkInterface),
    accelerator: link(accelerator),
    storage: {
      node: { first: storage('node', '/') },
      sys_container: { first: storage('sys_container', '/') },
      pod: { first: storage('pod', 'ephemeral-storage') },
      container: { first: storage('container', '/'), second: storage('container', 'logs') },
    },
  };
  knownLinks.set(keys, links);
  return links;
}

const OWNER_KEYS: Readonly<Record<Owner, (names: ObjectNames) => string>> = {
  node: nodeKey,
  pod: podKey,
  container: containerKey,
  sys_container: systemKey,
};

function storageRows(tables: Tables, owner: Owner, label: string, links: OwnerLinks): Int32Array {
  const rows = new Int32Array(tables[owner]?.keys.length ?? 0).fill(-1);
  (tables.filesystem?.names ?? []).forEach(({ resourceId }, row) => {
    if (resourceId === label && links.tables[row] === owner && links.rows[row] >= 0) {
      rows[links.rows[row]] = row;
    }
  });
  return rows;
}

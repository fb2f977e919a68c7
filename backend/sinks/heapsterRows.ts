import {
  exactValue,
  type Column,
  type NodeBatch,
  type ObjectNames,
  type Table,
  type TableName,
  type TotalsBatch,
} from '../model/batch.ts';
import { describeMetric, type MetricLevel } from '../model/catalogue.ts';
import { heapsterFloat, heapsterHas } from '../model/heapsterMetrics.ts';
import { HEAPSTER_HAD_NONE, heapsterColumn, wholeMillicores } from '../model/heapsterValues.ts';

/** What Heapster called the kinds of objects, in the tag `type`. */
export type HeapsterType = 'cluster' | 'ns' | 'node' | 'sys_container' | 'pod' | 'pod_container';

/** A metric of a table, as Heapster told it. */
export interface HeapsterMetric {
  readonly name: string;
  readonly isFloat: boolean;
  readonly column: Column;
  /** Where Heapster reckoned otherwise: what it said. */
  readonly own?: Column;
}

/** An object with its values; {@link valueText} reads those of `row`. */
export interface HeapsterRow {
  readonly type: HeapsterType;
  readonly names: ObjectNames;
  readonly metrics: readonly HeapsterMetric[];
  readonly row: number;
}

type HeapsterLevel = Exclude<MetricLevel, 'workload'>;

const TYPES: Readonly<Record<HeapsterLevel, HeapsterType>> = {
  cluster: 'cluster',
  namespace: 'ns',
  node: 'node',
  sys_container: 'sys_container',
  pod: 'pod',
  container: 'pod_container',
};

const LEVELS = Object.keys(TYPES) as HeapsterLevel[];

/** Tables whose rows belong to objects of several levels. */
const PARTS: readonly TableName[] = ['filesystem', 'accelerator'];

/**
 * The objects of a batch that Heapster would have had, each with the metrics it had of them: nothing of a node that did
 * not answer, no workloads, no pods that only the API server knows. Values are read while the batch is lent.
 */
export function* heapsterRows({ tables }: NodeBatch | TotalsBatch): Generator<HeapsterRow> {
  if (tables.node?.columns.get('kubelet/answered')?.values[0] === 0) {
    return;
  }
  for (const level of LEVELS) {
    const table = tables[level];
    if (table) {
      yield* rowsOfObjects(table, level);
    }
  }
  for (const part of PARTS) {
    const table = tables[part];
    if (table) {
      yield* rowsOfParts(table, tables.node?.names[0]);
    }
  }
}

/** The value of a metric as digits, undefined if it is absent: integers cut toward zero and within 64 bits with a sign. */
export function valueText({ name, isFloat, column, own }: HeapsterMetric, row: number): string | undefined {
  const said = own?.values[row] ?? NaN;
  if (said === HEAPSTER_HAD_NONE) {
    return undefined;
  }
  const value = Number.isNaN(said) ? exactValue(column, row) : said;
  if (typeof value === 'bigint') {
    return isFloat ? String(Number(value)) : String(BigInt.asIntN(64, value));
  }
  if (!Number.isFinite(value)) {
    return undefined;
  }
  if (isFloat) {
    return String(value);
  }
  const whole = name === 'cpu/usage_rate' ? wholeMillicores(value) : Math.trunc(value);
  // Adding 0 takes the sign from a zero.
  return Number.isSafeInteger(whole) ? String(whole + 0) : String(BigInt.asIntN(64, BigInt(whole)));
}

function* rowsOfObjects(table: Table, level: HeapsterLevel): Generator<HeapsterRow> {
  const all = metricsOf(table, level);
  // Of a container that its kubelet did not report, Heapster knew requests and limits.
  const unreported = all.filter(({ name }) => name !== 'restart_count');
  for (let row = 0; row < table.keys.length; row++) {
    const names = table.names[row];
    const isReported = names.reported !== false;
    if (isReported || level === 'container') {
      yield { type: TYPES[level], names, metrics: isReported ? all : unreported, row };
    }
  }
}

function* rowsOfParts(table: Table, node: ObjectNames | undefined): Generator<HeapsterRow> {
  const metrics = new Map<HeapsterLevel, HeapsterMetric[]>();
  for (let row = 0; row < table.keys.length; row++) {
    const names = table.names[row];
    const { owner } = names;
    if (owner === undefined || !isKnownPart(names)) {
      continue;
    }
    let own = metrics.get(owner);
    if (!own) {
      metrics.set(owner, (own = metricsOf(table, owner)));
    }
    yield {
      type: TYPES[owner],
      names: owner === 'node' ? { ...names, labels: node?.labels } : names,
      metrics: own,
      row,
    };
  }
}

/** File systems that kubelets tell in their summary and Heapster passed over. */
const UNKNOWN_PARTS: ReadonlySet<string> = new Set(['imagefs', 'containerfs', 'ephemeral-storage']);

function isKnownPart({ resourceId }: ObjectNames): boolean {
  return resourceId === undefined || !UNKNOWN_PARTS.has(resourceId);
}

const OWN = heapsterColumn('');

function metricsOf(table: Table, level: HeapsterLevel): HeapsterMetric[] {
  const metrics: HeapsterMetric[] = [];
  for (const [key, column] of table.columns) {
    const name = key.startsWith(OWN) ? key.slice(OWN.length) : key;
    const metric = name === key || !table.columns.has(name) ? describeMetric(name) : undefined;
    if (metric && heapsterHas(metric, level)) {
      metrics.push({ name, isFloat: heapsterFloat(metric), column, own: table.columns.get(heapsterColumn(name)) });
    }
  }
  return metrics;
}

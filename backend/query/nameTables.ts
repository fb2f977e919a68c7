import { HeapscopeError } from '../errors.ts';
import type { TableName } from '../model/batch.ts';
import type { MetricLevel } from '../model/catalogue.ts';
import { DIMENSIONS, LABELLED, TRAITS } from './dimensions.ts';
import { filterName, isOfLabels } from './foreignNames.ts';
import type { Dimension, Filter } from './types.ts';

/** What decides where names are looked up. */
interface Asked {
  readonly dimension: Dimension | 'label_keys';
  readonly level?: MetricLevel;
  readonly filters?: readonly Filter[];
}

/** Names of what nodes, pods and containers have several of, beside those of the object it belongs to. */
const PART_NAMES: Readonly<Partial<Record<TableName, readonly string[]>>> = {
  filesystem: ['resource_id', 'persistentvolumeclaim'],
  interface: ['interface'],
  accelerator: ['make', 'model', 'accelerator_id'],
};

/** Tables that tell the values of a dimension, the smallest first. */
const TABLES: ReadonlyMap<string, readonly TableName[]> = new Map<string, readonly TableName[]>([
  ['node', ['node', 'pod', 'container']],
  ['namespace', ['namespace', 'workload', 'pod', 'container']],
  ['workload_kind', ['workload', 'pod', 'container']],
  ['workload', ['workload', 'pod', 'container']],
  ['pod', ['pod', 'container']],
  ['container', ['container']],
  ['host_network', ['pod', 'container']],
  ...Object.entries(PART_NAMES).flatMap(([table, names]) => names.map((name) => [name, [table as TableName]] as const)),
]);

/** The smallest table that has the names asked for and those the filters look at. Throws a sentence if there is none. */
export function tableFor({ dimension, level, filters = [] }: Asked): TableName {
  const candidates = candidatesFor(dimension, level);
  const fitting = (some: readonly Filter[]) =>
    candidates.find((table) => isFitting(table, { dimension, level, filters: some }));
  const table = fitting(filters);
  if (table !== undefined) {
    return table;
  }
  if (level !== undefined && fitting([]) === undefined) {
    const labelled = LABELLED.join(', ');
    throw new HeapscopeError('bad_request', `Objects of ${level} carry no labels to list; those of ${labelled} do.`);
  }
  const foreign = filters.find((_, index) => fitting(filters.slice(0, index + 1)) === undefined);
  const name = JSON.stringify(foreign && filterName(foreign));
  const whose = level === undefined ? '' : ` of ${level}`;
  throw new HeapscopeError(
    'bad_request',
    `The names of ${dimension}${whose} cannot be filtered by ${name}. Remove that filter, or ask for another level.`
  );
}

/** Whether a table holds what nodes, pods and containers have several of. */
export function isPartTable(table: TableName): boolean {
  return PART_NAMES[table] !== undefined;
}

function isFitting(table: TableName, { dimension, level, filters = [] }: Asked): boolean {
  const named = filters.flatMap((filter) => ('dimension' in filter && !isOfLabels(filter) ? [filter.dimension] : []));
  const carried = carriedNames(table, level);
  const isOfLabelsItself = dimension === 'label_keys' || dimension.startsWith('label:');
  const looksAtLabels = isOfLabelsItself || filters.some(isOfLabels);
  return (
    (!looksAtLabels || carriesLabels(table, level)) &&
    (isOfLabelsItself ? named : [dimension, ...named]).every((name) => carried.includes(name))
  );
}

function carriedNames(table: TableName, level: MetricLevel | undefined): readonly string[] {
  const own = PART_NAMES[table];
  if (!own) {
    return namesOf(table as MetricLevel);
  }
  return [...(level === undefined ? namesOf('container') : namesOf(level)), ...own];
}

function namesOf(level: MetricLevel): readonly string[] {
  return [...DIMENSIONS[level], ...(TRAITS[level] ?? [])];
}

/** Labels are those of pods, unless the level says otherwise. */
function carriesLabels(table: TableName, level: MetricLevel | undefined): boolean {
  if (table === 'pod' || table === 'container') {
    return true;
  }
  return isPartTable(table) ? level !== 'node' : table === level && LABELLED.includes(level);
}

function candidatesFor(dimension: string, level: MetricLevel | undefined): readonly TableName[] {
  if (dimension === 'label_keys' || dimension.startsWith('label:')) {
    // Containers have the labels of their pod, and one name more to filter by.
    return level === undefined || level === 'pod' ? ['pod', 'container'] : [level];
  }
  const tables = TABLES.get(dimension);
  if (!tables) {
    throw new HeapscopeError(
      'bad_request',
      `There is no dimension ${JSON.stringify(dimension)}. It is one of ${[...TABLES.keys()].join(', ')}, label:KEY or label_keys.`
    );
  }
  return level === undefined ? tables : [level, ...tables];
}

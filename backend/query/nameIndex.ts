import type { TableName } from '../model/batch.ts';
import { nameOf } from './dimensions.ts';
import { compileFilters } from './filters.ts';
import { isPartTable, tableFor } from './nameTables.ts';
import { compilePattern } from './patterns.ts';
import type { Dimension, KnownObject, NamesAnswer, NamesQuery, SeriesReader, TimeRange } from './types.ts';

export type { NamesAnswer, NamesQuery } from './types.ts';

const DEFAULT_LIMIT = 10_000;

interface Listed {
  readonly name: string;
  readonly object: KnownObject;
}

interface Listing {
  readonly version: number;
  /** Objects in order of the dimension's value, those without it left out. */
  readonly objects: readonly Listed[];
}

/** Lists names from the inventory. Sorted listings are kept until objects come or go, so that 150,000 pods answer at once. */
export class NameIndex {
  private readonly reader: SeriesReader;
  private readonly listings = new Map<string, Listing>();

  constructor(reader: SeriesReader) {
    this.reader = reader;
  }

  names(query: NamesQuery, range: TimeRange): NamesAnswer {
    const accepts = compileFilters(query.filters ?? []);
    const matches = query.match ? compilePattern(query.match, false, 'match') : undefined;
    const limit = query.limit ?? DEFAULT_LIMIT;
    const table = tableFor(query);
    const ownedBy = isPartTable(table) ? query.level : undefined;
    // What the newest round has exists now: a range that begins after that round ends in a round to come.
    const aliveMs = Math.min(range.fromMs, this.reader.rounds().at(-1) ?? Infinity);
    const existed = ({ object }: { object: KnownObject }) =>
      object.lastSeenMs >= aliveMs &&
      object.firstSeenMs <= range.toMs &&
      (ownedBy === undefined || object.names.owner === ownedBy) &&
      accepts(object.names);
    const { dimension } = query;
    const names = isTold(dimension)
      ? namesAmong(this.reader.objects(table), dimension, existed)
      : new Set(distinct(this.listing(dimension, table).objects, existed));
    const ofNow = names.size;
    for (const name of namesAmong(this.reader.pastObjects?.(table, range) ?? [], dimension, existed)) {
      names.add(name);
    }
    const isInOrder = !isTold(dimension) && names.size === ofNow;
    return cut(isInOrder ? [...names] : [...names].sort(), matches, limit);
  }

  private listing(dimension: Dimension, table: TableName): Listing {
    const key = `${table} ${dimension}`;
    const version = this.reader.inventoryVersion(table);
    const known = this.listings.get(key);
    if (known?.version === version) {
      return known;
    }
    const objects = this.sorted(dimension, table, known?.objects ?? []);
    const listing = { version, objects };
    this.listings.set(key, listing);
    return listing;
  }

  /** The objects of a table in order of a dimension; what was in order before needs no sorting. */
  private sorted(dimension: Dimension, table: TableName, before: readonly Listed[]): Listed[] {
    const unlisted = new Set(this.reader.objects(table));
    const kept = before.filter(
      ({ name, object }) => unlisted.has(object) && nameOf(object.names, dimension) === name && unlisted.delete(object)
    );
    const added: Listed[] = [];
    for (const object of unlisted) {
      const name = nameOf(object.names, dimension);
      if (name !== undefined) {
        added.push({ name, object });
      }
    }
    return merge(kept, added.sort(byName));
  }
}

/** Whether it is the API server that tells it, which may be later than the kubelet tells the object. */
function isTold(dimension: string): dimension is 'label_keys' | 'host_network' | `label:${string}` {
  return dimension === 'label_keys' || dimension === 'host_network' || dimension.startsWith('label:');
}

/** Names of objects one by one: of those that may change while no object comes or goes, and of those that are gone. */
function namesAmong(
  objects: Iterable<KnownObject>,
  dimension: Dimension | 'label_keys',
  existed: (entry: { object: KnownObject }) => boolean
): Set<string> {
  const found = new Set<string>();
  for (const object of objects) {
    if (existed({ object })) {
      const { labels = {} } = object.names;
      const names = dimension === 'label_keys' ? Object.keys(labels) : [nameOf(object.names, dimension)];
      names.forEach((name) => name !== undefined && found.add(name));
    }
  }
  return found;
}

function byName(one: Listed, other: Listed): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
}

/** Two lists in order, as one. */
function merge(one: readonly Listed[], other: readonly Listed[]): Listed[] {
  const merged: Listed[] = [];
  let next = 0;
  for (const entry of one) {
    while (next < other.length && other[next].name < entry.name) {
      merged.push(other[next++]);
    }
    merged.push(entry);
  }
  return merged.concat(other.slice(next));
}

function distinct(entries: readonly Listed[], existed: (entry: { object: KnownObject }) => boolean): string[] {
  const names: string[] = [];
  let last: string | undefined;
  for (const entry of entries) {
    if (entry.name !== last && existed(entry)) {
      names.push(entry.name);
      last = entry.name;
    }
  }
  return names;
}

function cut(names: string[], matches: ((name: string) => boolean) | undefined, limit: number): NamesAnswer {
  const matching = matches ? names.filter(matches) : names;
  return { names: matching.slice(0, limit), total: matching.length };
}

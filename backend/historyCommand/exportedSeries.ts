import { scanHistory, type HistoryPart } from '../history/historyReader.ts';
import { HeapscopeError } from '../errors.ts';
import type { HistoryObject } from '../history/inventory.ts';
import { underEachName } from '../history/namesOverTime.ts';
import { BUCKET_MS, type Tier } from '../history/shardBlock.ts';
import type { HistorySnapshot } from '../history/snapshot.ts';
import type { ObjectNames, TableName } from '../model/batch.ts';
import { describeMetric } from '../model/catalogue.ts';
import { heapsterColumn } from '../model/heapsterValues.ts';
import { NAME_COLUMNS } from './columns.ts';

/** What is to be written. Undefined: all. */
export interface Selection {
  readonly tier: Tier;
  /** Both times are inclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly metrics: ReadonlySet<string> | undefined;
  readonly levels: ReadonlySet<string> | undefined;
  readonly namespaces: ReadonlySet<string> | undefined;
  readonly pods: ReadonlySet<string> | undefined;
  readonly nodes: ReadonlySet<string> | undefined;
}

/** A metric of a level. */
export interface LevelMetric {
  readonly level: TableName;
  readonly metric: string;
}

/** Points in order of time; the lists are of the same length. */
export interface SeriesPoints {
  readonly timesMs: number[];
  /** Samples: exact ones as bigint, where a double would lose digits. Of buckets the mean. */
  readonly values: Array<number | bigint>;
  readonly buckets?: {
    readonly min: number[];
    readonly max: number[];
    readonly sum: number[];
    readonly count: number[];
  };
}

/** The values of one metric of one object. */
export interface Series extends LevelMetric {
  readonly names: ObjectNames;
  readonly points: SeriesPoints;
}

/** The metrics that are there, of all or of those selected; without what only corrects values for Heapster's own face. */
export function metricsOf(
  { store }: HistorySnapshot,
  { tier, fromMs, toMs, metrics, levels }: Selection
): LevelMetric[] {
  const found = new Map<string, LevelMetric>();
  for (const { reader } of store.between(tier, fromMs, toMs)) {
    for (const [level, names] of reader.metrics()) {
      for (const metric of names) {
        const isWanted = (!levels || levels.has(level)) && (!metrics || metrics.has(metric));
        if (isWanted && !metric.startsWith(HEAPSTER)) {
          found.set(`${level} ${metric}`, { level, metric });
        }
      }
    }
  }
  return [...found.keys()].sort().map((key) => found.get(key)!);
}

const HEAPSTER = heapsterColumn('');

/** Refuses a metric that is neither in the catalogue nor in the history: its name is mistyped. Throws `bad_config`. */
export function refuseUnknown(snapshot: HistorySnapshot, { metrics = new Set() }: Selection): void {
  const unknown = [...metrics].filter((metric) => !describeMetric(metric));
  if (unknown.length > 0) {
    const all = { fromMs: -Infinity, toMs: Infinity, metrics: undefined, levels: undefined };
    const rest = { namespaces: undefined, pods: undefined, nodes: undefined };
    const found = TIERS.flatMap((tier) => metricsOf(snapshot, { tier, ...all, ...rest }));
    const there = [...new Set(found.map(({ metric }) => metric))].sort();
    const wrong = unknown.find((metric) => !there.includes(metric));
    if (wrong !== undefined) {
      throw new HeapscopeError(
        'bad_config',
        `--metric=${wrong} is no metric, and not in this history; it has ${there.join(', ') || 'none at all'}.`
      );
    }
  }
}

const TIERS = ['raw', '10m', '1h'] as const;

/**
 * The series of one metric, node by node: no more than one node's are in memory. `onProgress` is told the share that was
 * read, from 0 to 1.
 */
export function* exportedSeries(
  { store, known }: HistorySnapshot,
  selection: Selection,
  { level, metric }: LevelMetric,
  onProgress: (share: number) => void
): Generator<Series> {
  const { tier, fromMs, toMs, nodes } = selection;
  const shards = nodes && level !== 'namespace' && level !== 'workload' && level !== 'cluster' ? nodes : undefined;
  const shardNames = new Set<string>();
  const segments = store.between(tier, fromMs, toMs);
  for (const { reader } of segments) {
    for (const shard of reader.shards()) {
      if (!shards || shards.has(shard)) {
        shardNames.add(shard);
      }
    }
  }
  const find = known.lookup(level, { fromMs: fromMs - BUCKET_MS[tier], toMs }, shards);
  for (const [index, shard] of [...shardNames].sort().entries()) {
    let read = 0;
    const points = new Map<HistoryObject, SeriesPoints>();
    const request = { tier, table: level, metric, fromMs, toMs, shards: new Set([shard]) };
    scanHistory(store, request, (part) => {
      onProgress((index + ++read / segments.length) / shardNames.size);
      part.objects.forEach((number, row) => {
        const object = find(shard, number);
        if (object && isSelected(object, selection)) {
          const series = points.get(object) ?? emptyPoints(tier);
          points.set(object, series);
          addPoints(series, part, row);
        }
      });
    });
    for (const [object, found] of points) {
      for (const { names, untilMs } of namesInTime(object)) {
        const part = takenUntil(found, untilMs);
        if (part.timesMs.length > 0) {
          yield { level, metric, names, points: part };
        }
      }
    }
  }
}

/** The names an object had one after the other, each until when, as far as a row tells them. */
function namesInTime(object: HistoryObject): Array<{ readonly names: ObjectNames; readonly untilMs: number }> {
  const each = underEachName(object);
  const isLast = (index: number) =>
    index === each.length - 1 || NAME_COLUMNS.some(([, of]) => of(each[index].names) !== of(each[index + 1].names));
  const told = each.filter((_, index) => isLast(index));
  return told.map(({ names, lastSeenMs }, index) => {
    // A bucket may end after the object went.
    return { names, untilMs: index === told.length - 1 ? Infinity : lastSeenMs };
  });
}

/** Takes the points up to a time away. */
function takenUntil({ timesMs, values, buckets }: SeriesPoints, untilMs: number): SeriesPoints {
  const later = timesMs.findIndex((timeMs) => timeMs > untilMs);
  const taken = <Value>(list: Value[]) => list.splice(0, later < 0 ? list.length : later);
  const points = { timesMs: taken(timesMs), values: taken(values) };
  if (!buckets) {
    return points;
  }
  const { min, max, sum, count } = buckets;
  return { ...points, buckets: { min: taken(min), max: taken(max), sum: taken(sum), count: taken(count) } };
}

function isSelected({ names }: HistoryObject, { namespaces, pods, nodes }: Selection): boolean {
  const has = (wanted: ReadonlySet<string> | undefined, name: string | undefined) =>
    !wanted || (name !== undefined && wanted.has(name));
  return has(namespaces, names.namespace) && has(pods, names.pod) && has(nodes, names.node);
}

function emptyPoints(tier: Tier): SeriesPoints {
  const points = { timesMs: [], values: [] };
  return tier === 'raw' ? points : { ...points, buckets: { min: [], max: [], sum: [], count: [] } };
}

function addPoints({ timesMs, values, buckets }: SeriesPoints, part: HistoryPart, row: number): void {
  const { stored, first, end } = part;
  for (let round = first; round < end; round++) {
    const index = row * part.timesMs.length + round;
    const value = 'samples' in stored ? stored.samples.values[index] : stored.count.values[index];
    if (Number.isNaN(value)) {
      continue;
    }
    timesMs.push(part.timesMs[round]);
    if ('samples' in stored) {
      values.push(stored.samples.wide?.get(index) ?? value);
    } else {
      const { min, max, sum, count } = stored;
      values.push(sum.values[index] / value);
      buckets?.min.push(min.values[index]);
      buckets?.max.push(max.values[index]);
      buckets?.sum.push(sum.values[index]);
      buckets?.count.push(count.values[index]);
    }
  }
}

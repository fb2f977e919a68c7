import { CATALOGUE, describeMetric, RATES, type MetricDefinition } from '../../model/catalogue.ts';
import { heapsterHas } from '../../model/heapsterMetrics.ts';
import { HEAPSTER_HAD_NONE, heapsterColumn, wholeMillicores } from '../../model/heapsterValues.ts';
import type { ObjectNames } from '../../model/batch.ts';
import type { TimeRange } from '../../query/types.ts';
import {
  heapsterKey,
  isKnownPart,
  keyOf,
  ownerOf,
  partLabels,
  placeOf,
  type Entity,
  type HeapsterLevel,
  type PartTable,
} from './entities.ts';
import type { Point, PointReader } from './types.ts';

const CPU = 'cpu/usage_rate';

/** Values of a labelled metric that share their labels. */
export interface LabelledPoints {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly Point[];
}

/** Names of old that Heapster understood wherever a metric is read. */
const DEPRECATED: Readonly<Record<string, string>> = {
  'cpu-usage': CPU,
  'cpu-limit': 'cpu/limit',
  'memory-limit': 'memory/limit',
  'memory-usage': 'memory/usage',
  'memory-working': 'memory/working_set',
};

/** The name a metric has today. */
export function currentName(metric: string): string {
  return Object.hasOwn(DEPRECATED, metric) ? DEPRECATED[metric] : metric;
}

/** What Heapster had of a level; undefined for other metrics. */
export function metricOf(level: HeapsterLevel, name: string): MetricDefinition | undefined {
  const metric = describeMetric(name);
  return metric && heapsterHas(metric, level) ? metric : undefined;
}

/** All metrics of Heapster on a level, but for the families whose members only the cluster knows. */
export function metricsOf(level: HeapsterLevel): MetricDefinition[] {
  return CATALOGUE.filter((metric) => heapsterHas(metric, level));
}

/** The value of a metric as Heapster had it, given what is stored in one round; undefined if it had none. */
export function heapsterValue(name: string, values: ReadonlyMap<string, number | bigint>): number | bigint | undefined {
  const own = values.get(heapsterColumn(name));
  if (own !== undefined) {
    return own === HEAPSTER_HAD_NONE ? undefined : own;
  }
  const ours = values.get(name);
  return name === CPU && typeof ours === 'number' ? wholeMillicores(ours) : ours;
}

/** Values of a metric without labels, as Heapster had them. */
export function readPoints(reader: PointReader, entity: Entity, name: string, range: TimeRange): Point[] {
  const metric = metricOf(entity.level, name);
  if (!metric || metric.labels) {
    return [];
  }
  const read = (column: string): Point[] => [
    ...reader.points({ table: entity.level, key: keyOf(entity), metric: column, ...range, ...placeOf(entity) }),
  ];
  const silent = entity.level === 'node' ? silentRounds(read('kubelet/answered')) : undefined;
  const heapster = new Map(read(heapsterColumn(name)).map((point) => [point.timestampMs, point]));
  const points: Point[] = [];
  const known = new Set<number>();
  for (const point of read(name)) {
    const { timestampMs } = point;
    const own = heapster.get(timestampMs);
    known.add(timestampMs);
    if (silent?.has(timestampMs) || own?.value === HEAPSTER_HAD_NONE) {
      continue;
    }
    points.push(own ?? (name === CPU ? inWholeMillicores(point) : point));
  }
  const missing = [...heapster.values()].filter(
    ({ timestampMs, value }) => !known.has(timestampMs) && value !== HEAPSTER_HAD_NONE
  );
  if (missing.length > 0) {
    points.push(...missing);
    points.sort((one, other) => one.timestampMs - other.timestampMs);
  }
  return points;
}

function inWholeMillicores({ timestampMs, value, of }: Point): Point {
  const whole = typeof value === 'number' ? wholeMillicores(value) : value;
  const samples = of && { ...of, min: wholeMillicores(of.min), max: wholeMillicores(of.max) };
  return samples ? { timestampMs, value: whole, of: samples } : { timestampMs, value: whole };
}

/** Heapster had nothing of a node whose kubelet did not answer; what the API server says of it is kept all the same. */
function silentRounds(answered: readonly Point[]): Set<number> {
  return new Set(answered.filter(({ value }) => value === 0).map(({ timestampMs }) => timestampMs));
}

/** Finds the parts of entities: file systems and accelerators. Made for one request, and read once for all its entities. */
export class PartIndex {
  readonly reader: PointReader;
  private readonly tables = new Map<PartTable, Map<string, Map<string, ObjectNames>>>();

  constructor(reader: PointReader) {
    this.reader = reader;
  }

  /** Parts of an entity by their key, in the order of the keys. */
  partsOf(entity: Entity, table: PartTable): Array<readonly [key: string, names: ObjectNames]> {
    let parts = this.tables.get(table);
    if (!parts) {
      this.tables.set(table, (parts = this.readTable(table)));
    }
    return [...(parts.get(heapsterKey(entity)) ?? [])].sort(([one], [other]) => (one < other ? -1 : 1));
  }

  private readTable(table: PartTable): Map<string, Map<string, ObjectNames>> {
    const parts = new Map<string, Map<string, ObjectNames>>();
    for (const { key, names } of this.reader.objects(table)) {
      const owner = ownerOf(names);
      if (owner && isKnownPart(names)) {
        const own = parts.get(heapsterKey(owner)) ?? new Map<string, ObjectNames>();
        parts.set(heapsterKey(owner), own.set(key, names));
      }
    }
    return parts;
  }
}

/** Values of a labelled metric, one list for each set of labels. */
export function readLabelled(parts: PartIndex, entity: Entity, name: string, range: TimeRange): LabelledPoints[] {
  const table = partTableOf(metricOf(entity.level, name));
  if (!table) {
    return [];
  }
  const found: LabelledPoints[] = [];
  for (const [key, names] of parts.partsOf(entity, table)) {
    const points = [...parts.reader.points({ table, key, metric: name, ...range, ...placeOf(entity) })];
    if (points.length > 0) {
      found.push({ labels: partLabels(names), points });
    }
  }
  return found;
}

function hasLabelled(parts: PartIndex, entity: Entity, name: string, range: TimeRange): boolean {
  const table = partTableOf(metricOf(entity.level, name));
  const place = placeOf(entity);
  const keys = table ? parts.partsOf(entity, table).map(([key]) => key) : [];
  return keys.some(
    (key) => parts.reader.newestMs({ table: table!, key, metric: name, ...range, ...place }) > -Infinity
  );
}

/** The table in which the values of a labelled metric stand; disks share that of file systems. */
export function partTableOf(metric: MetricDefinition | undefined): PartTable | undefined {
  if (metric?.labels === undefined) {
    return undefined;
  }
  return metric.name.startsWith('accelerator/') ? 'accelerator' : 'filesystem';
}

/** So much is read before a time at which there may be a value. */
const NEWEST_MS = 3_600_000;
/** Metrics of which Heapster may have had nothing where we have something. */
const MAY_LACK = new Set(['restart_count', ...RATES.map(({ rate }) => rate.name)]);

/** Whether Heapster had any value in a range. All of it is read only where that is in doubt. */
export function hasPoints(reader: PointReader, entity: Entity, name: string, range: TimeRange): boolean {
  const metric = metricOf(entity.level, name);
  if (!metric || metric.labels) {
    return false;
  }
  const isBefore = (untilMs: number) => {
    const newest = { fromMs: Math.max(range.fromMs, untilMs - NEWEST_MS), toMs: Math.min(range.toMs, untilMs) };
    return readPoints(reader, entity, name, newest).length > 0;
  };
  if (isBefore(reader.rounds().at(-1) ?? -Infinity)) {
    return true;
  }
  const request = { table: entity.level, key: keyOf(entity), metric: name, ...range, ...placeOf(entity) };
  const newestMs = reader.newestMs(request);
  const isInDoubt = entity.level === 'node' || MAY_LACK.has(name);
  return (
    newestMs > -Infinity && (!isInDoubt || isBefore(newestMs) || readPoints(reader, entity, name, range).length > 0)
  );
}

/** Names of the metrics an entity had in a range, sorted; those with labels of their own only where their parts are given. */
export function readNames(reader: PointReader, entity: Entity, range: TimeRange, parts?: PartIndex): string[] {
  const names = new Set([...metricsOf(entity.level).map(({ name }) => name), ...reader.metricsOfNewestRound()]);
  return [...names]
    .filter((name) =>
      metricOf(entity.level, name)?.labels
        ? parts && hasLabelled(parts, entity, name, range)
        : hasPoints(reader, entity, name, range)
    )
    .sort();
}

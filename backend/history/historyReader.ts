import type { TableName } from '../model/batch.ts';
import { DamagedBytesError } from './byteReader.ts';
import type { Matrix } from './matrix.ts';
import type { ShardMetric } from './segmentReader.ts';
import type { Segment, SegmentStore } from './segmentStore.ts';
import type { Aggregates, Stored, Tier } from './shardBlock.ts';

/** What to read: one metric of the objects of one table, in one tier. Both times are inclusive. */
export interface HistoryRequest {
  readonly tier: Tier;
  readonly table: TableName;
  readonly metric: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Only these shards: nodes, or `''` for the totals. */
  readonly shards?: ReadonlySet<string>;
}

/** What one segment has for a request of one shard. Rounds from `first` up to but without `end` are in the range. */
export interface HistoryPart {
  readonly shard: string;
  /** Numbers of the objects in the inventory; row i of each matrix is about `objects[i]`. */
  readonly objects: Uint32Array;
  /** Times of the rounds, or ends of the buckets. */
  readonly timesMs: readonly number[];
  readonly first: number;
  readonly end: number;
  readonly stored: Stored;
}

/** The points of one object in order of time; absent ones are left out. */
export interface ObjectPoints {
  readonly timesMs: Float64Array;
  /** Samples; of a tier the mean of each bucket. */
  readonly values: Float64Array;
  /** Of a tier only. */
  readonly min?: Float64Array;
  readonly max?: Float64Array;
  readonly sum?: Float64Array;
  readonly count?: Float64Array;
  /** Of counters in a tier only: what they gained within each bucket, and their first and last sample in it. */
  readonly gain?: Float64Array;
  readonly first?: Float64Array;
  readonly last?: Float64Array;
}

/**
 * Visits what there is for a request, shard by shard, each shard's parts in order of time; `onShardEnd` is called after
 * each shard. A segment that turns out to be damaged is set aside, and the others are read on.
 */
export function scanHistory(
  store: SegmentStore,
  request: HistoryRequest,
  visit: (part: HistoryPart) => void,
  onShardEnd?: () => void
): void {
  const { table, metric, fromMs, toMs, shards } = request;
  const sources = store.between(request.tier, fromMs, toMs).map((segment) => {
    const source = segment.reader.metric(table, metric, shards);
    return { segment, source, head: nextOf(store, segment, source), ...rangeIn(segment.reader.timesMs, fromMs, toMs) };
  });
  for (;;) {
    let shard: string | undefined;
    for (const { head } of sources) {
      shard = head && (shard === undefined || head.shard < shard) ? head.shard : shard;
    }
    if (shard === undefined) {
      return;
    }
    for (const entry of sources) {
      if (entry.head?.shard === shard) {
        const { objects } = entry.head;
        const { timesMs } = entry.segment.reader;
        const { stored } = entry.head;
        visit({ shard, objects, timesMs, first: entry.first, end: entry.end, stored });
        entry.head = nextOf(store, entry.segment, entry.source);
      }
    }
    onShardEnd?.();
  }
}

/** The points of objects, by their numbers. Objects without any are left out. */
export function readPoints(
  store: SegmentStore,
  request: HistoryRequest,
  objects: ReadonlySet<number>
): Map<number, ObjectPoints> {
  const columns = new Map<number, PointColumns>();
  scanHistory(store, request, (part) => {
    part.objects.forEach((object, row) => {
      if (objects.has(object)) {
        const known = columns.get(object) ?? new PointColumns();
        columns.set(object, known);
        known.add(part, row);
      }
    });
  });
  return new Map([...columns].flatMap(([object, known]) => (known.isEmpty ? [] : [[object, known.points()]])));
}

function nextOf(store: SegmentStore, segment: Segment, source: Generator<ShardMetric>) {
  try {
    const next = source.next();
    return next.done ? undefined : { ...next.value, stored: next.value.stored() };
  } catch (error) {
    if (!(error instanceof DamagedBytesError)) {
      throw error;
    }
    store.setAside(segment, error);
    return undefined;
  }
}

function rangeIn(timesMs: readonly number[], fromMs: number, toMs: number): { first: number; end: number } {
  const first = timesMs.findIndex((timeMs) => timeMs >= fromMs);
  const end = timesMs.findLastIndex((timeMs) => timeMs <= toMs) + 1;
  return first < 0 ? { first: 0, end: 0 } : { first, end };
}

type ColumnName = Exclude<keyof ObjectPoints, 'timesMs'>;

/** Gathers the points of one object. */
class PointColumns {
  private readonly timesMs: number[] = [];
  private readonly columns = new Map<ColumnName, number[]>();

  get isEmpty(): boolean {
    return this.timesMs.length === 0;
  }

  add({ timesMs, first, end, stored }: HistoryPart, row: number): void {
    const matrices = 'samples' in stored ? { values: stored.samples } : matricesOf(stored);
    const [presence] = Object.values(matrices);
    for (let round = first; round < end; round++) {
      const index = row * timesMs.length + round;
      if (!Number.isNaN(presence.values[index])) {
        this.timesMs.push(timesMs[round]);
        for (const [name, matrix] of Object.entries(matrices) as Array<[ColumnName, Matrix]>) {
          this.column(name).push(matrix.values[index]);
        }
      }
    }
  }

  points(): ObjectPoints {
    const sum = this.columns.get('sum');
    const count = this.columns.get('count');
    const values = this.columns.get('values') ?? sum?.map((total, index) => total / count![index]) ?? [];
    const others = [...this.columns].map(([name, list]) => [name, Float64Array.from(list)]);
    return {
      ...(Object.fromEntries(others) as Omit<ObjectPoints, 'timesMs' | 'values'>),
      timesMs: Float64Array.from(this.timesMs),
      values: Float64Array.from(values),
    };
  }

  private column(name: ColumnName): number[] {
    const column = this.columns.get(name) ?? [];
    this.columns.set(name, column);
    return column;
  }
}

function matricesOf({ min, max, sum, count, course }: Aggregates): Partial<Record<ColumnName, Matrix>> {
  return { min, max, sum, count, ...course };
}

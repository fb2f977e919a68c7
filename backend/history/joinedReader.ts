import type { TableName } from '../model/batch.ts';
import { DamagedBytesError } from './byteReader.ts';
import { pointsOf, type Point, type PointsRequest } from './exactPoints.ts';
import type { Inventory } from './inventory.ts';
import type { KnownObjects } from './knownObjects.ts';
import { withLentValues } from './matrix.ts';
import { underAllNames } from './namesOverTime.ts';
import type { Buckets, Course, Range, RecentRounds, SeenObject, Visitor } from './readingShapes.ts';
import { recentByName } from './recentByName.ts';
import type { ShardMetric } from './segmentReader.ts';
import type { Segment, SegmentStore } from './segmentStore.ts';
import { BUCKET_MS, type Aggregates, type Stored } from './shardBlock.ts';
import { Slots } from './slots.ts';
import { newestOnDiskMs, spansOf, tierFor, type Span } from './spans.ts';
import { WarmRounds, type ReadAll, type RememberingVisitor } from './warmRounds.ts';

/**
 * Reads the history on disk and the recent rounds in memory as one. A range that memory holds is read from there alone; of
 * any other what is sealed comes from disk, in the coarsest tier that serves, and only what came since from memory, so
 * that nothing is read twice and nothing is missing in between.
 */
export class JoinedReader {
  private readonly recent: RecentRounds;
  private readonly recentByName: RecentRounds;
  private readonly store: SegmentStore;
  private readonly known: KnownObjects;
  private readonly inventory: Inventory;
  private readonly resolutionMs: number;
  private readonly warm: WarmRounds;
  private read: { newestMs?: number; sealedUntilMs: number; rounds: readonly number[] } = {
    sealedUntilMs: NaN,
    rounds: [],
  };

  constructor(recent: RecentRounds, store: SegmentStore, known: KnownObjects, resolutionMs: number) {
    this.recent = recent;
    this.recentByName = recentByName(recent, known);
    this.store = store;
    this.known = known;
    this.inventory = known.inventory;
    this.resolutionMs = resolutionMs;
    const readAll: ReadAll = (table, metric, range, visitor) =>
      this.isRecent(range)
        ? this.readRecent(table, metric, range, visitor)
        : this.scanSpans(table, metric, range, spansOf(this.store, range, 'raw'), visitor);
    this.warm = new WarmRounds(readAll, resolutionMs);
  }

  /** Timestamps of all rounds of which there are samples, ascending. */
  rounds(): readonly number[] {
    const newestMs = this.recent.rounds().at(-1);
    const { sealedUntilMs } = this;
    if (this.read.newestMs !== newestMs || this.read.sealedUntilMs !== sealedUntilMs) {
      const spans = [{ tier: 'raw', fromMs: -Infinity, toMs: sealedUntilMs }] as const;
      this.read = { newestMs, sealedUntilMs, rounds: this.times(spans, { fromMs: -Infinity, toMs: Infinity }) };
    }
    return this.read.rounds;
  }

  objects(table: TableName): Iterable<SeenObject> {
    return underAllNames(this.inventory.objects(table));
  }

  /** Objects that went so long ago that memory does not have them, and were there within a range; those that went last come first. */
  pastObjects(table: TableName, range: Range): Iterable<SeenObject> {
    return underAllNames(this.known.goneWithin(table, range));
  }

  inventoryVersion(table: TableName): number {
    return this.inventory.version(table);
  }

  metricsOfNewestRound(): ReadonlySet<string> {
    return this.recent.metricsOfNewestRound();
  }

  scan(table: TableName, metric: string, range: Range, visitor: Visitor): void {
    this.scanSpans(table, metric, range, spansOf(this.store, range, 'raw'), visitor);
  }

  /** Reads a range for an answer of a value per `stepMs`; every sample that there still is with `samples`. */
  forRange(
    range: Range,
    { stepMs, samples }: { readonly stepMs: number; readonly samples: boolean }
  ): { reader: Omit<JoinedReader, 'forRange'> | RecentRounds; resolutionMs: number; samplesSinceMs: number } {
    if (this.isRecent(range)) {
      return { reader: this.recentByName, resolutionMs: this.resolutionMs, samplesSinceMs: -Infinity };
    }
    const isOfLastHour = this.warm.reaches(range, this.rounds());
    const wanted = samples || isOfLastHour ? 'raw' : tierFor(stepMs);
    const spans = spansOf(this.store, range, wanted);
    const times = this.times(spans, range);
    const reader = Object.assign(Object.create(this), {
      forRange: undefined,
      rounds: () => times,
      scan: (table: TableName, metric: string, asked: Range, visitor: Visitor) =>
        (isOfLastHour && this.scanWarm(table, metric, asked, visitor)) ||
        this.scanSpans(table, metric, asked, spans, visitor),
    }) as Omit<JoinedReader, 'forRange'>;
    const buckets = spans.findLast(({ tier }) => tier !== 'raw');
    const samplesSinceMs = buckets ? buckets.toMs : -Infinity;
    return { reader, resolutionMs: Math.max(this.resolutionMs, BUCKET_MS[wanted]), samplesSinceMs };
  }

  /**
   * The values of one object as far as they are on disk, exactly; bigint where a double would lose digits. What is only
   * in buckets any more is their mean, of counters their last value. `untilMs` is where memory goes on.
   */
  sealedPoints({ table, key, metric, fromMs, toMs, node, pod }: PointsRequest): { points: Point[]; untilMs: number } {
    const range = { fromMs, toMs, pods: pod === undefined ? undefined : [pod] };
    const points: Point[] = [];
    const spans = spansOf(this.store, range, 'raw');
    this.scanSpans(table, metric, { ...range, toMs: Math.min(toMs, this.sealedUntilMs) }, spans, {
      slotFor: (object) => (object.key === key && (node === undefined || (object.names.node ?? '') === node) ? 0 : -1),
      column: () => undefined,
      course: (_slot, course) => points.push(...pointsOf(course)),
    });
    points.sort((one, other) => one.timestampMs - other.timestampMs);
    return { points, untilMs: this.sealedUntilMs };
  }

  /** The end of the newest bucket on disk that has a value of an object, by the coarsest there are; -Infinity without. */
  newestSealedMs({ table, key, metric, fromMs, toMs, node, pod }: PointsRequest): number {
    const range = { fromMs, toMs: Math.min(toMs, this.sealedUntilMs), pods: pod === undefined ? undefined : [pod] };
    let newestMs = -Infinity;
    this.scanSpans(table, metric, range, spansOf(this.store, range, '1h'), {
      slotFor: (object) => (object.key === key && (node === undefined || (object.names.node ?? '') === node) ? 0 : -1),
      column: () => undefined,
      course: (_slot, course) => (newestMs = Math.max(newestMs, pointsOf(course).at(-1)?.timestampMs ?? -Infinity)),
    });
    return newestMs;
  }

  /** Reads a range of the last hour out of what is kept of it. Answers false, with nothing visited, if that cannot be. */
  private scanWarm(table: TableName, metric: string, range: Range, visitor: Visitor): boolean {
    const nodes = range.pods && this.known.shardsOfPods(range.pods, range);
    const slots = new Slots(this.known, table, range, visitor, nodes);
    return this.warm.scan({ table, metric, range }, this.rounds(), nodes, slots.give.bind(slots), {
      course: slots.course.bind(slots),
      shardEnd: () => this.endShard(slots, visitor),
    });
  }

  /** Reads rounds that only memory has, of all objects of nodes, whatever they are called now. */
  private readRecent(table: TableName, metric: string, range: Range, visitor: RememberingVisitor): void {
    this.recent.scan(table, metric, range, {
      slotFor: (object) => {
        const slot = visitor.knownSlot(object);
        return slot >= 0
          ? slot
          : visitor.slotFor(this.inventory.find(table, object.names.node ?? '', object.key) ?? object);
      },
      column: (timestampMs, values, slotOfRow, rowCount) => visitor.column(timestampMs, values, slotOfRow, rowCount),
      shardEnd: () => visitor.shardEnd?.(),
    });
  }

  /** Whether memory has all there is of a range. */
  private isRecent({ fromMs }: Range): boolean {
    return fromMs > this.sealedUntilMs || fromMs >= (this.recent.rounds()[0] ?? Infinity);
  }

  private get sealedUntilMs(): number {
    return newestOnDiskMs(this.store);
  }

  private times(spans: readonly Span[], { fromMs, toMs }: Range): number[] {
    const times: number[] = [];
    const add = (timeMs: number) => {
      if (timeMs >= fromMs && timeMs <= toMs && timeMs > (times.at(-1) ?? -Infinity)) {
        times.push(timeMs);
      }
    };
    for (const span of spans) {
      for (const { reader } of this.store.between(span.tier, span.fromMs, span.toMs)) {
        reader.timesMs.filter((timeMs) => timeMs >= span.fromMs && timeMs <= span.toMs).forEach(add);
      }
    }
    this.recent.rounds().forEach(add);
    return times;
  }

  private scanSpans(table: TableName, metric: string, range: Range, spans: readonly Span[], visitor: Visitor): void {
    const shards = range.pods && this.known.shardsOfPods(range.pods, range);
    const seen = new Set<string>();
    const slots = new Slots(this.known, table, range, visitor, shards);
    const sources = spans.flatMap((span) => this.open(span, table, metric, shards));
    for (let shard = firstOf(sources); shard !== undefined; shard = firstOf(sources)) {
      for (const source of sources) {
        if (source.head?.shard === shard) {
          this.unlessDamaged(source, () => visitPart(source, source.head!, slots));
          source.head = this.next(source);
        }
      }
      seen.add(shard);
      this.scanRecent(table, metric, range, shard, slots);
      this.endShard(slots, visitor);
    }
    for (const shard of this.recent.shardNames()) {
      if (!seen.has(shard) && (!shards || shards.has(shard))) {
        this.scanRecent(table, metric, range, shard, slots);
        this.endShard(slots, visitor);
      }
    }
  }

  private endShard(slots: Slots, visitor: Visitor): void {
    slots.clear();
    visitor.shardEnd?.();
  }

  /** What came after everything on disk. */
  private scanRecent(table: TableName, metric: string, range: Range, shard: string, slots: Slots): void {
    const fromMs = Math.max(range.fromMs, this.sealedUntilMs + 1);
    if (fromMs <= range.toMs) {
      this.recent.scan(
        table,
        metric,
        { fromMs, toMs: range.toMs, shard },
        {
          slotFor: (object) => slots.ofKey(shard, object),
          column: slots.column.bind(slots),
        }
      );
    }
  }

  private open(span: Span, table: TableName, metric: string, shards: ReadonlySet<string> | undefined): Source[] {
    return this.store.between(span.tier, span.fromMs, span.toMs).map((segment) => {
      const { timesMs } = segment.reader;
      const first = timesMs.findIndex((timeMs) => timeMs >= span.fromMs);
      const end = timesMs.findLastIndex((timeMs) => timeMs <= span.toMs) + 1;
      const parts = segment.reader.metric(table, metric, shards);
      const source: Source = { segment, parts, first: first < 0 ? end : first, end, head: undefined };
      source.head = this.next(source);
      return source;
    });
  }

  private next(source: Source): ShardMetric | undefined {
    return this.unlessDamaged(source, () => {
      const next = source.parts.next();
      return next.done ? undefined : next.value;
    });
  }

  /** Reads of a segment. One that turns out to be damaged is set aside, and the others are read on. */
  private unlessDamaged<Result>({ segment, parts }: Source, read: () => Result): Result | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DamagedBytesError)) {
        throw error;
      }
      this.store.setAside(segment, error);
      parts.return(undefined);
      return undefined;
    }
  }
}

/** A segment that is being read, in order of shards. */
interface Source {
  readonly segment: Segment;
  readonly parts: Generator<ShardMetric>;
  readonly first: number;
  readonly end: number;
  head: ShardMetric | undefined;
}

function firstOf(sources: readonly Source[]): string | undefined {
  let first: string | undefined;
  for (const { head } of sources) {
    first = head && (first === undefined || head.shard < first) ? head.shard : first;
  }
  return first;
}

/** Hands over what a part has of the objects that are asked for; values are only read if there are such. */
function visitPart(source: Source, part: ShardMetric, slots: Slots): void {
  const { objects, shard } = part;
  const slotOfRow = new Int32Array(objects.length);
  let highest = -1;
  for (let row = 0; row < objects.length; row++) {
    slotOfRow[row] = slots.ofNumber(shard, objects[row]);
    highest = Math.max(highest, slotOfRow[row]);
  }
  if (highest < 0) {
    return;
  }
  withLentValues(() => {
    const values = valuesOf(part.stored());
    const { timesMs } = source.segment.reader;
    const { first, end } = source;
    for (let row = 0; row < objects.length; row++) {
      if (slotOfRow[row] >= 0) {
        slots.course(slotOfRow[row], { timesMs, first, end, offset: row * timesMs.length, ...values });
      }
    }
  });
}

function valuesOf(stored: Stored): Pick<Course, 'samples' | 'wide' | 'buckets'> {
  return 'samples' in stored
    ? { samples: stored.samples.values, wide: stored.samples.wide }
    : { buckets: bucketsOf(stored) };
}

function bucketsOf({ min, max, sum, count, course }: Aggregates): Buckets {
  return {
    min: min.values,
    max: max.values,
    sum: sum.values,
    count: count.values,
    counter: course && { first: course.first.values, last: course.last.values, gain: course.gain.values },
  };
}

import { statSync } from 'node:fs';
import type { History } from '../../backend/history/history.ts';
import type { KnownObjects, ObjectLookup } from '../../backend/history/knownObjects.ts';
import type { HistoryObject } from '../../backend/history/inventory.ts';
import type { Segment } from '../../backend/history/segmentStore.ts';
import { BUCKET_MS, type Tier } from '../../backend/history/shardBlock.ts';
import type { TableName } from '../../backend/model/batch.ts';
import type { TimeRange } from '../../backend/query/types.ts';
import { compareInventory } from './compareInventory.ts';
import { bucketTruth, isClose } from './bucketTruth.ts';
import { CRASH_RETENTION } from './retention.ts';
import { roundOf, timeOf, truthOf, type TrueRow } from './world.ts';

/** What a comparison went through. */
export interface Compared {
  points: number;
  buckets: number;
  objects: number;
}

/** Compares a history with what is true of the rounds that were written into it. */
export class Verifier {
  readonly compared: Compared = { points: 0, buckets: 0, objects: 0 };
  private readonly seed: number;
  private readonly written: ReadonlySet<number>;
  private readonly truths = new Map<number, ReadonlyMap<string, TrueRow>>();
  /** Segments of tiers that were found right, by name and file. */
  private readonly right = new Set<string>();

  /** `written` are the rounds that were ended; it may grow. */
  constructor(seed: number, written: ReadonlySet<number>) {
    this.seed = seed;
    this.written = written;
  }

  /**
   * Throws with a sentence at the first difference. With `anew` also what was compared before is read again. With `seenInLost` rounds
   * were lost whose objects may have been seen all the same: only who was there in the others is certain.
   */
  verify(
    { store, known }: History,
    { anew, seenInLost = false }: { readonly anew: boolean; readonly seenInLost?: boolean }
  ): void {
    const times = { raw: this.times(store.ofTier('raw')), '10m': new Set<number>(), '1h': new Set<number>() };
    for (const segment of store.ofTier('raw')) {
      this.compareRounds(segment, known);
    }
    for (const tier of ['10m', '1h'] as const) {
      const segments = store.ofTier(tier);
      times[tier] = this.times(segments);
      for (const segment of segments) {
        const { ino, size } = statSync(segment.reader.path);
        const name = `${segment.reader.path} ${ino} ${size}`;
        if (anew || !this.right.has(name)) {
          this.compareBuckets(segment, known);
          this.right.add(name);
        }
      }
    }
    this.compareCoverage(times);
    if (!seenInLost) {
      this.compared.objects += compareInventory(this.seed, known, this.sortedRounds());
    }
    this.forgetTruths();
  }

  private sortedRounds(): number[] {
    return [...this.written].sort((one, other) => one - other);
  }

  private times(segments: readonly Segment[]): Set<number> {
    const times = new Set<number>();
    for (const { reader } of segments) {
      for (const timeMs of reader.timesMs) {
        check(!times.has(timeMs), () => `${reader.path} has ${iso(timeMs)}, which another segment has too`);
        times.add(timeMs);
      }
    }
    return times;
  }

  private compareRounds({ reader, fromMs, toMs }: Segment, known: KnownObjects): void {
    const lookups = lookupsOf(known, { fromMs, toMs });
    const truths = reader.timesMs.map((timeMs) => {
      check(this.written.has(roundOf(timeMs)), () => `${reader.path} has round ${roundOf(timeMs)}, which nobody ended`);
      return this.truth(roundOf(timeMs));
    });
    let points = 0;
    for (const { shard, block } of reader.blocks()) {
      for (const [table, { objects, keys, metrics }] of block) {
        const read = Array.from(metrics, ([metric, stored]) => [metric, stored()] as const);
        objects.forEach((number, row) => {
          const { firstSeenMs, lastSeenMs } = checkObject(
            lookups(table)(shard, number),
            number,
            `${shard}|${table}|${keys[row]}`,
            reader.path
          );
          const wasThere = reader.timesMs.map((timeMs) => firstSeenMs <= timeMs && timeMs <= lastSeenMs);
          for (const [metric, stored] of read) {
            check('samples' in stored, () => `${reader.path} has buckets`);
            const { values, wide } = (stored as Extract<typeof stored, { samples: unknown }>).samples;
            truths.forEach((truth, round) => {
              const index = row * truths.length + round;
              const all = wasThere[round] ? truth.get(`${shard}|${table}|${keys[row]}`) : undefined;
              const expected = all?.values[metric];
              const found = wide?.get(index) ?? values[index];
              const isSame = expected === undefined ? Number.isNaN(found) : Object.is(found, expected);
              check(
                isSame,
                () =>
                  `${reader.path}: ${shard} ${keys[row]} ${metric} in round ${roundOf(reader.timesMs[round])} is ${found} instead of ${expected}`
              );
              points += expected === undefined ? 0 : 1;
            });
          }
        });
      }
    }
    const wanted = truths.reduce((sum, truth) => sum + valuesIn(truth), 0);
    check(points === wanted, () => `${reader.path} has ${points} points instead of ${wanted}`);
    this.compared.points += points;
  }

  private compareBuckets({ reader, tier, fromMs, toMs }: Segment, known: KnownObjects): void {
    const lookups = lookupsOf(known, { fromMs: fromMs - BUCKET_MS[tier], toMs });
    const truths = reader.timesMs.map((endMs) =>
      bucketTruth(this.roundsIn(tier, endMs).map((round) => this.truth(round)))
    );
    let buckets = 0;
    for (const { shard, block } of reader.blocks()) {
      for (const [table, { objects, keys, metrics }] of block) {
        const read = Array.from(metrics, ([metric, stored]) => [metric, stored()] as const);
        objects.forEach((number, row) => {
          const name = `${shard}|${table}|${keys[row]}`;
          const { firstSeenMs, lastSeenMs } = checkObject(lookups(table)(shard, number), number, name, reader.path);
          const wasThere = reader.timesMs.map((endMs) => firstSeenMs <= endMs && lastSeenMs > endMs - BUCKET_MS[tier]);
          for (const [metric, stored] of read) {
            check(!('samples' in stored), () => `${reader.path} has samples`);
            const { course, ...plain } = stored as Exclude<typeof stored, { samples: unknown }>;
            truths.forEach((truth, bucket) => {
              const expected = wasThere[bucket] ? truth.get(`${name}|${metric}`) : undefined;
              buckets += expected ? 1 : 0;
              for (const [what, { values }] of Object.entries({ ...plain, ...course })) {
                const found = values[row * truths.length + bucket];
                const wanted = expected?.[what as keyof typeof expected] ?? NaN;
                check(
                  isClose(found, wanted, expected?.max ?? 0),
                  () =>
                    `${reader.path}: ${what} of ${name} ${metric} until ${iso(reader.timesMs[bucket])} is ${found} instead of ${wanted}`
                );
              }
            });
          }
        });
      }
    }
    const wanted = truths.reduce((sum, truth) => sum + truth.size, 0);
    check(buckets === wanted, () => `${reader.path} has ${buckets} buckets instead of ${wanted}`);
    this.compared.buckets += buckets;
  }

  private roundsIn(tier: Tier, endMs: number): number[] {
    const rounds: number[] = [];
    for (let round = roundOf(endMs - BUCKET_MS[tier]) + 1; round <= roundOf(endMs); round++) {
      if (this.written.has(round)) {
        rounds.push(round);
      }
    }
    return rounds;
  }

  /** Whether each round that is to be kept is there in some tier that still has to have it. */
  private compareCoverage(times: Readonly<Record<Tier, ReadonlySet<number>>>): void {
    const newestMs = Math.max(...times.raw);
    const newest = Math.max(...this.written);
    check(
      this.written.size === 0 || roundOf(newestMs) === newest,
      () => `The newest round is ${roundOf(newestMs)} instead of ${newest}`
    );
    const { keepMs } = CRASH_RETENTION;
    for (const round of this.written) {
      const timeMs = timeOf(round);
      const kept = (['raw', '10m', '1h'] as const).filter((tier) => timeMs >= newestMs - keepMs[tier]);
      const has = (tier: Tier) =>
        times[tier].has(tier === 'raw' ? timeMs : Math.ceil(timeMs / BUCKET_MS[tier]) * BUCKET_MS[tier]);
      check(
        kept.length === 0 || (kept.includes('raw') ? has('raw') : has('raw') || kept.some(has)),
        () => `Round ${round} (${iso(timeMs)}) is missing`
      );
    }
  }

  private truth(round: number): ReadonlyMap<string, TrueRow> {
    let truth = this.truths.get(round);
    if (!truth) {
      truth = new Map(truthOf(this.seed, round).map((row) => [`${row.shard}|${row.table}|${row.key}`, row]));
      this.truths.set(round, truth);
    }
    return truth;
  }

  private forgetTruths(): void {
    while (this.truths.size > 2_000) {
      this.truths.delete(this.truths.keys().next().value!);
    }
  }
}

function valuesIn(truth: ReadonlyMap<string, TrueRow>): number {
  let count = 0;
  for (const { values } of truth.values()) {
    count += Object.keys(values).length;
  }
  return count;
}

/** Finds objects of each table, in ascending order of shards. One that went to disk and came back is another one. */
function lookupsOf(known: KnownObjects, range: TimeRange): (table: TableName) => ObjectLookup {
  const lookups = new Map<TableName, ObjectLookup>();
  return (table) => {
    const lookup = lookups.get(table) ?? known.lookup(table, range);
    lookups.set(table, lookup);
    return lookup;
  };
}

function checkObject(object: HistoryObject | undefined, number: number, name: string, path: string): HistoryObject {
  const found = object && `${object.shard}|${object.table}|${object.key}`;
  check(found === name, () => `${path} has ${name} as number ${number}, which stands for ${found} in the inventory`);
  return object!;
}

function check(isRight: boolean, sentence: () => string): void {
  if (!isRight) {
    throw new Error(sentence());
  }
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

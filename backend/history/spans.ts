import type { Range } from './readingShapes.ts';
import type { Segment, SegmentStore } from './segmentStore.ts';
import { BUCKET_MS, type Tier } from './shardBlock.ts';

/** A part of a range and the tier it is read from; both times are inclusive. */
export interface Span {
  readonly tier: Tier;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where a tier has a hole: the finer ones first, the nearest of these before the others, then the coarser ones. */
const INSTEAD: Readonly<Record<Tier, readonly Tier[]>> = {
  raw: ['raw', '10m', '1h'],
  '10m': ['10m', 'raw', '1h'],
  '1h': ['1h', '10m', 'raw'],
};

/** The coarsest tier that still has a value for each step. */
export function tierFor(stepMs: number): Tier {
  return stepMs >= BUCKET_MS['1h'] ? '1h' : stepMs >= BUCKET_MS['10m'] ? '10m' : 'raw';
}

/** Up to when there is anything on disk: samples, or buckets where the file of the newest samples was damaged. */
export function newestOnDiskMs(store: SegmentStore): number {
  return Math.max(...INSTEAD.raw.map((tier) => store.newestMs(tier)));
}

/**
 * Parts of a range on disk, ascending: `wanted` as far as it reaches, and others before it, after it and where it has holes,
 * left by files that were damaged. No time is told by two of them.
 */
export function spansOf(store: SegmentStore, { fromMs, toMs }: Pick<Range, 'fromMs' | 'toMs'>, wanted: Tier): Span[] {
  const tiers = INSTEAD[wanted].map((tier) => ({ tier, segments: store.ofTier(tier) }));
  return spansIn(tiers, { afterMs: fromMs - 1, untilMs: Math.min(toMs, newestOnDiskMs(store)), isEdge: true });
}

/** What is after a time, up to another. */
interface Gap {
  readonly afterMs: number;
  readonly untilMs: number;
  /** Whether it begins where the range does that is asked for: the bucket in which that is belongs to it. */
  readonly isEdge: boolean;
}

/** Spans of the first tier, and of the others, in their order, where it has none. */
function spansIn(
  [{ tier, segments }, ...others]: ReadonlyArray<{ readonly tier: Tier; readonly segments: readonly Segment[] }>,
  gap: Gap
): Span[] {
  const spans: Span[] = [];
  // Buckets are called by their ends, and have everything after their beginning.
  const bucketMs = BUCKET_MS[tier];
  let { afterMs, isEdge } = gap;
  const fill = (untilMs: number) => {
    const found = others.length > 0 && afterMs < untilMs ? spansIn(others, { afterMs, untilMs, isEdge }) : [];
    spans.push(...found);
  };
  for (const { fromMs, toMs } of segments) {
    const first = nextEnd(Math.max(fromMs, isEdge ? afterMs + 1 : afterMs + (bucketMs || 1)), bucketMs);
    const last = Math.min(toMs, gap.untilMs);
    if (first <= last) {
      fill(first - (bucketMs || 1));
      const before = spans.at(-1);
      if (before?.tier === tier) {
        spans[spans.length - 1] = { ...before, toMs: last };
      } else {
        spans.push({ tier, fromMs: first, toMs: last });
      }
      isEdge = false;
    }
    // A bucket that ends after the range does not count as missing.
    const isInside = fromMs - bucketMs <= afterMs && toMs >= gap.untilMs;
    afterMs = first <= last || isInside ? last : afterMs;
  }
  fill(gap.untilMs);
  return spans;
}

/** The end of the bucket that a time falls into. */
function nextEnd(timeMs: number, bucketMs: number): number {
  return bucketMs > 0 ? Math.ceil(timeMs / bucketMs) * bucketMs : timeMs;
}

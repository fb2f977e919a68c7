import type { Range } from './readingShapes.ts';
import type { SegmentStore } from './segmentStore.ts';
import { BUCKET_MS, type Tier } from './shardBlock.ts';

/** A part of a range and the tier it is read from; both times are inclusive. */
export interface Span {
  readonly tier: Tier;
  readonly fromMs: number;
  readonly toMs: number;
}

const COARSER: Readonly<Record<Tier, readonly Tier[]>> = { raw: ['10m', '1h'], '10m': ['1h'], '1h': [] };

/** The coarsest tier that still has a value for each step. */
export function tierFor(stepMs: number): Tier {
  return stepMs >= BUCKET_MS['1h'] ? '1h' : stepMs >= BUCKET_MS['10m'] ? '10m' : 'raw';
}

/**
 * Parts of a range on disk, ascending: `wanted` as far as it reaches, finer after it, coarser before it and where it has
 * holes.
 */
export function spansOf(store: SegmentStore, { fromMs, toMs }: Pick<Range, 'fromMs' | 'toMs'>, wanted: Tier): Span[] {
  const spans: Span[] = [];
  let untilMs = Math.min(toMs, store.newestMs('raw'));
  const take = (tier: Tier, fromEarliestMs: number) => {
    if (fromEarliestMs <= untilMs) {
      spans.unshift(...withoutHoles(store, { tier, fromMs: fromEarliestMs, toMs: untilMs }));
      untilMs = fromEarliestMs - 1;
    }
  };
  if (wanted !== 'raw') {
    // What no bucket is made of yet.
    take('raw', Math.max(fromMs, store.newestMs(wanted) + 1));
  }
  for (const tier of [wanted, ...COARSER[wanted]]) {
    const oldest = store.ofTier(tier)[0];
    if (oldest) {
      take(tier, Math.max(fromMs, oldest.fromMs));
    }
  }
  return spans;
}

/** A span whose holes, left by files that were damaged, are read from coarser tiers: the buckets that lie wholly within. */
function withoutHoles(store: SegmentStore, { tier, fromMs, toMs }: Span): Span[] {
  const [coarser] = COARSER[tier];
  const spans: Span[] = [];
  let beginMs = fromMs;
  let beforeMs = NaN;
  for (const segment of coarser === undefined ? [] : store.ofTier(tier)) {
    // Buckets are called by their ends, and have everything after their beginning.
    const holeFromMs = Math.max(fromMs, beforeMs + BUCKET_MS[coarser]);
    const holeToMs = Math.min(toMs, segment.fromMs - (BUCKET_MS[tier] || 1));
    if (holeFromMs <= holeToMs) {
      if (beforeMs >= beginMs) {
        spans.push({ tier, fromMs: beginMs, toMs: beforeMs });
      }
      spans.push(...withoutHoles(store, { tier: coarser, fromMs: holeFromMs, toMs: holeToMs }));
      beginMs = segment.fromMs;
    }
    beforeMs = Number.isNaN(beforeMs) ? segment.toMs : Math.max(beforeMs, segment.toMs);
  }
  return beginMs <= toMs ? [...spans, { tier, fromMs: beginMs, toMs }] : spans;
}

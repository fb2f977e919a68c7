import fc from 'fast-check';
import type { Segment, SegmentStore } from './segmentStore.ts';
import { BUCKET_MS, type Tier } from './shardBlock.ts';
import { spansOf } from './spans.ts';

const MINUTE = 60_000;
const BLOCK = 120;
const BLOCKS = 6;
const TIERS = ['raw', '10m', '1h'] as const;

/** A store of two-hour blocks of rounds each minute; of each tier only those named are there. */
function storeOf(there: Readonly<Record<Tier, readonly boolean[]>>): SegmentStore {
  const ofTier = (tier: Tier) =>
    there[tier].flatMap((isThere, block) => {
      const fromMs = block * BLOCK * MINUTE + (BUCKET_MS[tier] || MINUTE);
      return isThere ? [{ tier, level: 1, fromMs, toMs: (block + 1) * BLOCK * MINUTE } as Segment] : [];
    });
  const newestMs = (tier: Tier) => Math.max(...ofTier(tier).map(({ toMs }) => toMs), -Infinity);
  return { ofTier, newestMs } as unknown as SegmentStore;
}

/** How often each minute of a range is told. */
function timesTold(store: SegmentStore, range: { fromMs: number; toMs: number }, wanted: Tier): Map<number, number> {
  const told = new Map<number, number>();
  for (const span of spansOf(store, range, wanted)) {
    const stepMs = BUCKET_MS[span.tier] || MINUTE;
    for (const { fromMs, toMs } of store.ofTier(span.tier)) {
      for (let endMs = fromMs; endMs <= toMs; endMs += stepMs) {
        for (let timeMs = endMs; endMs >= span.fromMs && endMs <= span.toMs && timeMs > endMs - stepMs;) {
          told.set(timeMs / MINUTE, (told.get(timeMs / MINUTE) ?? 0) + 1);
          timeMs -= MINUTE;
        }
      }
    }
  }
  return told;
}

const blocks = fc.array(fc.boolean(), { minLength: BLOCKS, maxLength: BLOCKS });
const bound = fc.nat(BLOCKS * BLOCK);

test('whatever files are missing, what any tier still has is told, and nothing is told twice', () => {
  const stores = fc.record({ raw: blocks, '10m': blocks, '1h': blocks });
  fc.assert(
    fc.property(stores, fc.constantFrom(...TIERS), bound, bound, (there, wanted, one, other) => {
      const [from, to] = one < other ? [one, other] : [other, one];
      const told = timesTold(storeOf(there), { fromMs: from * MINUTE, toMs: to * MINUTE }, wanted);
      expect([...told.values()].filter((times) => times !== 1)).toEqual([]);
      const hourEnd = Math.floor(to / 60) * 60;
      for (let minute = Math.max(1, from); minute <= hourEnd; minute++) {
        const block = Math.ceil(minute / BLOCK) - 1;
        const isThere = TIERS.some((tier) => there[tier][block]);
        expect([minute, told.has(minute)]).toEqual([minute, isThere]);
      }
    }),
    { numRuns: 100 }
  );
});

test('holes of buckets are told by the next finer tier that has them, those of samples by the next coarser one', () => {
  const all = new Array<boolean>(BLOCKS).fill(true);
  const but = (...missing: number[]) => all.map((_, block) => !missing.includes(block));
  const range = { fromMs: 0, toMs: BLOCKS * BLOCK * MINUTE };
  const tiersOf = (there: Partial<Record<Tier, boolean[]>>, wanted: Tier) =>
    spansOf(storeOf({ raw: all, '10m': all, '1h': all, ...there }), range, wanted).map(({ tier }) => tier);
  expect(tiersOf({}, '1h')).toEqual(['1h']);
  expect(tiersOf({ '1h': but(0, 3) }, '1h')).toEqual(['10m', '1h', '10m', '1h']);
  expect(tiersOf({ '1h': but(3), '10m': but(3) }, '1h')).toEqual(['1h', 'raw', '1h']);
  expect(tiersOf({ '10m': but(3) }, '10m')).toEqual(['10m', 'raw', '10m']);
  expect(tiersOf({ '10m': but(3), raw: but(0, 1, 2, 3) }, '10m')).toEqual(['10m', '1h', '10m']);
  expect(tiersOf({ raw: but(2, 5), '10m': but(5) }, 'raw')).toEqual(['raw', '10m', 'raw', '1h']);
});

import fc from 'fast-check';
import { HeadStore } from './headStore.ts';
import { nodeBatch } from './testing/batches.ts';

const MINUTE_MS = 60_000;
const NODES = ['a', 'b'];
const METRICS = ['cpu/usage', 'memory/usage', 'cpu/request'];
const KEYS = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'];

/** The values of one round: node → object → metric → value; objects may have none. */
type Round = Record<string, Record<string, Record<string, number | bigint>>>;

const value = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.double({ min: 0, max: 1e18, noNaN: true }).map((number) => number || 0),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n })
);
const someOf = <Value>(keys: string[], values: fc.Arbitrary<Value>) =>
  fc.array(fc.tuple(fc.constantFrom(...keys), values), { maxLength: keys.length }).map(Object.fromEntries<Value>);
const round: fc.Arbitrary<Round> = someOf(NODES, someOf(KEYS, someOf(METRICS, value)));
const step = fc.record({ round, skippedMinutes: fc.nat({ max: 2 }), isCommitted: fc.constant(true) });
const history = fc.record({
  steps: fc.array(fc.oneof({ weight: 9, arbitrary: step }, { weight: 1, arbitrary: abandoned() }), { maxLength: 25 }),
  windowMinutes: fc.integer({ min: 0, max: 12 }),
  maxBytes: fc.constantFrom(0, 0, 3000, 1e9),
});

describe('a head beside a map that keeps everything', () => {
  it('answers the same, whatever comes, goes, returns or breaks off', () => {
    fc.assert(
      fc.property(
        history,
        fc.nat({ max: 40 }),
        fc.nat({ max: 40 }),
        ({ steps, windowMinutes, maxBytes }, one, other) => {
          const head = new HeadStore({ windowMs: windowMinutes * MINUTE_MS, maxBytes });
          const model = new Map<number, Round>();
          const begun = new Map<number, Round>();
          let minute = 0;
          for (const { round, skippedMinutes, isCommitted } of steps) {
            minute += 1 + skippedMinutes;
            write(head, minute, round, isCommitted);
            begun.set(minute, round);
            if (isCommitted) {
              model.set(minute, round);
            }
          }
          const kept = head.rounds().map((timestampMs) => timestampMs / MINUTE_MS);
          const committed = [...model.keys()];
          expect(kept).toEqual(committed.slice(committed.length - kept.length));
          expect(kept).toEqual(expect.arrayContaining(insideWindow(committed, windowMinutes)));
          const range = [Math.min(one, other), Math.max(one, other)] as const;
          for (const metric of METRICS) {
            expect(read(head, metric, ...range)).toEqual(expected(model, kept, metric, ...range));
          }
          // Objects of a round that broke off may be remembered; those of the rounds kept have to be.
          expect(inventory(head)).toEqual(expect.arrayContaining(objectsOf(model, kept)));
          expect(objectsOf(begun, [...begun.keys()])).toEqual(expect.arrayContaining(inventory(head)));
          if (begun.size === model.size) {
            expect(inventory(head)).toEqual(objectsOf(model, kept));
          }
        }
      ),
      { numRuns: 400 }
    );
  });
});

/** A round that is begun and never committed. */
function abandoned() {
  return fc.record({ round, skippedMinutes: fc.constant(0), isCommitted: fc.constant(false) });
}

function write(head: HeadStore, minute: number, round: Round, isCommitted: boolean): void {
  for (const [node, objects] of Object.entries(round)) {
    const pod = Object.entries(objects).map(([key, values]) => ({ key, names: { node, pod: key }, values }));
    head.append(nodeBatch(node, minute * MINUTE_MS, { pod }));
  }
  if (isCommitted) {
    head.commit(minute * MINUTE_MS);
  }
}

function insideWindow(committed: readonly number[], windowMinutes: number): number[] {
  return committed.filter((minute) => minute >= (committed.at(-1) ?? 0) - windowMinutes);
}

/** `node/key@minute` → value, by both ways of reading, which have to agree. */
function read(head: HeadStore, metric: string, fromMinute: number, toMinute: number): Record<string, number | bigint> {
  const [fromMs, toMs] = [fromMinute * MINUTE_MS, toMinute * MINUTE_MS];
  const scanned: Record<string, number> = {};
  let slots: string[] = [];
  head.scan(
    'pod',
    metric,
    { fromMs, toMs },
    {
      slotFor: ({ names }) => slots.push(`${names.node}/${names.pod}`) - 1,
      column(timestampMs, values, slotOfRow, rows) {
        for (let row = 0; row < rows; row++) {
          if (slotOfRow[row] >= 0 && !Number.isNaN(values[row])) {
            scanned[`${slots[slotOfRow[row]]}@${timestampMs / MINUTE_MS}`] = values[row];
          }
        }
      },
      shardEnd: () => (slots = []),
    }
  );
  const exact = KEYS.flatMap((key) =>
    head.exactPoints('pod', key, metric, fromMs, toMs).map(({ value }) => Number(value))
  );
  expect(exact.sort(byNumber)).toEqual(Object.values(scanned).sort(byNumber));
  return scanned;
}

function expected(model: Map<number, Round>, kept: readonly number[], metric: string, from: number, to: number) {
  const found: Record<string, number> = {};
  for (const minute of kept.filter((candidate) => candidate >= from && candidate <= to)) {
    for (const [node, objects] of Object.entries(model.get(minute)!)) {
      for (const [key, values] of Object.entries(objects)) {
        if (values[metric] !== undefined) {
          found[`${node}/${key}@${minute}`] = Number(values[metric]);
        }
      }
    }
  }
  return found;
}

function inventory(head: HeadStore): string[] {
  return [...head.objects('pod')].map(({ names }) => `${names.node}/${names.pod}`).sort();
}

function objectsOf(model: ReadonlyMap<number, Round>, kept: readonly number[]): string[] {
  const found = new Set<string>();
  for (const minute of kept) {
    for (const [node, objects] of Object.entries(model.get(minute)!)) {
      Object.keys(objects).forEach((key) => found.add(`${node}/${key}`));
    }
  }
  return [...found].sort();
}

function byNumber(one: number, other: number): number {
  return one - other;
}

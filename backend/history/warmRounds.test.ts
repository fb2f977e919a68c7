import type { Range, SeenObject } from './readingShapes.ts';
import { WarmRounds, type RememberingVisitor } from './warmRounds.ts';

const MINUTE_MS = 60_000;

/** Nodes with pods whose value at a minute is told by `valueAt`; counts the rounds that were read. */
function cluster(nodes: number, pods: number, valueAt: (node: number, pod: number, minute: number) => number) {
  const objects = Array.from({ length: nodes }, (_, node) =>
    Array.from({ length: pods }, (_unused, pod) => ({
      key: `pod-${pod}`,
      names: { node: `node-${node}`, pod: `pod-${node}-${pod}` },
      firstSeenMs: 0,
      lastSeenMs: Infinity,
    }))
  );
  const read: Range[] = [];
  const readAll = (_table: string, _metric: string, range: Range, visitor: RememberingVisitor) => {
    read.push(range);
    objects.forEach((ofNode, node) => {
      const slots = ofNode.map((object) => {
        const slot = visitor.knownSlot(object);
        return slot >= 0 ? slot : visitor.slotFor(object);
      });
      for (let timeMs = range.fromMs; timeMs <= range.toMs; timeMs += MINUTE_MS) {
        const values = Float64Array.from(ofNode, (_, pod) => valueAt(node, pod, timeMs / MINUTE_MS));
        visitor.column(timeMs, values, Int32Array.from(slots), pods);
      }
      visitor.shardEnd?.();
    });
  };
  return { objects, read, readAll };
}

function minutes(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => (from + index) * MINUTE_MS);
}

function ask(
  warm: WarmRounds,
  rounds: readonly number[],
  range: Range,
  nodes?: ReadonlySet<string>
): Record<string, number[]> | undefined {
  const found: SeenObject[] = [];
  const values: Record<string, number[]> = {};
  const isServed = warm.scan(
    { table: 'pod', metric: 'cpu/usage_rate', range },
    rounds,
    nodes,
    (object) => found.push(object) - 1,
    {
      course(slot, { first, end, offset, samples }) {
        const name = found[slot].names.pod!;
        values[name] = [...samples!.subarray(offset + first, offset + end)];
      },
    }
  );
  return isServed ? values : undefined;
}

const valueAt = (node: number, pod: number, minute: number) => node * 10_000 + pod * 1000 + minute;

test('the last hour is read once, and then only what came since', () => {
  const { read, readAll } = cluster(2, 2, valueAt);
  const warm = new WarmRounds(readAll, MINUTE_MS);
  const range = (to: number) => ({ fromMs: (to - 3) * MINUTE_MS, toMs: to * MINUTE_MS });
  const expected = (to: number) => ({
    'pod-0-0': minutes(to - 3, to).map((timeMs) => valueAt(0, 0, timeMs / MINUTE_MS)),
    'pod-0-1': minutes(to - 3, to).map((timeMs) => valueAt(0, 1, timeMs / MINUTE_MS)),
    'pod-1-0': minutes(to - 3, to).map((timeMs) => valueAt(1, 0, timeMs / MINUTE_MS)),
    'pod-1-1': minutes(to - 3, to).map((timeMs) => valueAt(1, 1, timeMs / MINUTE_MS)),
  });
  for (let newest = 200; newest < 400; newest++) {
    expect(ask(warm, minutes(1, newest), range(newest))).toEqual(expected(newest));
    expect(ask(warm, minutes(1, newest), range(newest - 50))).toEqual(expected(newest - 50));
  }
  expect(read.slice(0, 3)).toEqual([
    { fromMs: 140 * MINUTE_MS, toMs: 200 * MINUTE_MS },
    { fromMs: 201 * MINUTE_MS, toMs: 201 * MINUTE_MS },
    { fromMs: 202 * MINUTE_MS, toMs: 202 * MINUTE_MS },
  ]);
  expect(read).toHaveLength(200);
});

test('a pod that went and came back under its old name does not get the values it had before', () => {
  const { objects, readAll } = cluster(1, 2, valueAt);
  const warm = new WarmRounds(readAll, MINUTE_MS);
  const range = { fromMs: 199 * MINUTE_MS, toMs: 201 * MINUTE_MS };
  objects[0][0].lastSeenMs = 200 * MINUTE_MS;
  ask(warm, minutes(1, 200), range);
  const { names } = objects[0][0];
  objects[0][0] = { ...objects[0][0], names: { ...names, pod: 'again' }, lastSeenMs: Infinity };
  expect(ask(warm, minutes(1, 201), range)).toEqual({
    'pod-0-0': [199, 200, NaN],
    'pod-0-1': [1199, 1200, 1201],
    again: [NaN, NaN, 201],
  });
});

test('rounds that come late, out of the log of an earlier process, are read as well', () => {
  const { readAll } = cluster(1, 1, valueAt);
  const warm = new WarmRounds(readAll, MINUTE_MS);
  const range = { fromMs: 150 * MINUTE_MS, toMs: 200 * MINUTE_MS };
  const [first, ...rest] = minutes(150, 200);
  const valuesAt = (rounds: readonly number[]) => rounds.map((timeMs) => timeMs / MINUTE_MS);
  expect(ask(warm, minutes(190, 200), range)).toEqual({ 'pod-0-0': valuesAt(minutes(190, 200)) });
  expect(ask(warm, [first, ...rest], range)).toEqual({ 'pod-0-0': valuesAt([first, ...rest]) });
});

test('older ranges, totals, and a few pods of what nobody asked for are left to the disk', () => {
  const { read, readAll } = cluster(2, 2, valueAt);
  const warm = new WarmRounds(readAll, MINUTE_MS);
  const rounds = minutes(1, 200);
  const lastHour = { fromMs: 150 * MINUTE_MS, toMs: 200 * MINUTE_MS };
  expect(ask(warm, rounds, { fromMs: 100 * MINUTE_MS, toMs: 200 * MINUTE_MS })).toBeUndefined();
  expect(ask(warm, rounds, lastHour, new Set(['node-1']))).toBeUndefined();
  expect(read).toEqual([]);
  expect(Object.keys(ask(warm, rounds, lastHour) ?? {})).toHaveLength(4);
  expect(Object.keys(ask(warm, rounds, lastHour, new Set(['node-1'])) ?? {})).toEqual(['pod-1-0', 'pod-1-1']);
  expect(read).toHaveLength(1);
});

test('a gap in the rounds is a gap in the values', () => {
  const { readAll } = cluster(1, 1, (_node, _pod, minute) => (minute === 199 ? NaN : minute));
  const warm = new WarmRounds(readAll, MINUTE_MS);
  const answer = ask(warm, minutes(1, 200), { fromMs: 198 * MINUTE_MS, toMs: 200 * MINUTE_MS });
  expect(answer).toEqual({ 'pod-0-0': [198, NaN, 200] });
});

test('more values than may be kept are left to the disk', () => {
  const { readAll } = cluster(10, 10, valueAt);
  const warm = new WarmRounds(readAll, MINUTE_MS, 1000);
  expect(ask(warm, minutes(1, 200), { fromMs: 150 * MINUTE_MS, toMs: 200 * MINUTE_MS })).toBeUndefined();
});

import fc from 'fast-check';
import { manualClock } from '../tests/support/manualClock.ts';
import { machineClock, momentsInWindow, runRounds, spreadOf } from './rounds.ts';
import type { RoundLoopOptions } from './rounds.ts';

const R = 60_000;
const nodes = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `worker-${index}` }));

describe('the moments of a window', () => {
  test('lie in its last part, spread over 8 ms per node and at most three quarters of the window', () => {
    expect([3, 1000, 5000, 10_000].map((count) => spreadOf(count, R))).toEqual([24, 8000, 40_000, 45_000]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 1e6 }), (count, round) => {
        const endMs = round * R;
        const moments = momentsInWindow(nodes(count), endMs, R);
        expect(Math.min(...moments)).toBeGreaterThanOrEqual(endMs - spreadOf(count, R));
        expect(Math.max(...moments)).toBeLessThan(endMs);
      })
    );
  });

  test('are the same in every window for a node, whatever the order', () => {
    const list = nodes(50);
    const [first, later] = [momentsInWindow(list, 5 * R, R), momentsInWindow(list.toReversed(), 9 * R, R)];
    expect(later.toReversed().map((moment) => moment - 9 * R)).toEqual(first.map((moment) => moment - 5 * R));
  });

  test('use the whole spread evenly, also for names that differ in one digit', () => {
    const counts = new Array<number>(10).fill(0);
    for (const moment of momentsInWindow(nodes(5000), 2 * R, R)) {
      counts[Math.floor(((moment - (2 * R - 40_000)) / 40_000) * 10)] += 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(400);
    expect(Math.max(...counts)).toBeLessThan(600);
  });
});

describe('the loop of rounds', () => {
  const START_MS = 1_000 * R + 20_000;

  function start(changes: Partial<RoundLoopOptions> = {}) {
    const clock = manualClock(START_MS);
    const stopping = new AbortController();
    const begun: Array<{ endMs: number; atMs: number }> = [];
    const failures: unknown[] = [];
    const collectRound = async (endMs: number, signal: AbortSignal): Promise<void> => {
      begun.push({ endMs, atMs: clock.nowMs() });
      await changes.collectRound?.(endMs, signal);
    };
    const running = runRounds(
      {
        resolutionMs: R,
        clock,
        nodeCount: () => 3,
        onFailure: (error) => failures.push(error),
        ...changes,
        collectRound,
      },
      stopping.signal
    );
    return { clock, begun, failures, running, stop: () => stopping.abort(new Error('stop')) };
  }

  test('begins at once, for the window that has just ended', async () => {
    const { clock, begun, running, stop } = start();
    await clock.sleeperUntil(START_MS);
    expect(begun).toEqual([{ endMs: 1_000 * R, atMs: START_MS }]);
    stop();
    await running;
  });

  test('then begins each round a spread before the end of its window', async () => {
    const { clock, begun, running, stop } = start();
    for (const round of [1_001, 1_002, 1_003]) {
      expect(await clock.sleeperUntil(clock.nowMs() + 1)).toBe(round * R - 24);
      clock.moveTo(round * R - 24);
    }
    await clock.sleeperUntil(1_004 * R - 24);
    expect(begun.slice(1)).toEqual([1_001, 1_002, 1_003].map((round) => ({ endMs: round * R, atMs: round * R - 24 })));
    stop();
    await running;
  });

  test('never runs two rounds at once: what a slow one misses is left out', async () => {
    const slow = Promise.withResolvers<void>();
    const { clock, begun, running, stop } = start({
      collectRound: (endMs) => (endMs === 1_001 * R ? slow.promise : Promise.resolve()),
    });
    await clock.sleeperUntil(1_001 * R - 24);
    clock.moveTo(1_003 * R + 5_000);
    await Promise.resolve();
    await Promise.resolve();
    expect(begun.map(({ endMs }) => endMs / R)).toEqual([1_000, 1_001]);
    slow.resolve();
    await clock.sleeperUntil(1_004 * R - 24);
    // The window that has just ended is made up for; the one before is not.
    expect(begun.map(({ endMs }) => endMs / R)).toEqual([1_000, 1_001, 1_003]);
    stop();
    await running;
  });

  test('goes on after a round that broke, and tells of it', async () => {
    const broken = new Error('no memory');
    const { clock, begun, failures, running, stop } = start({
      collectRound: (endMs) => (endMs === 1_000 * R ? Promise.reject(broken) : Promise.resolve()),
    });
    await clock.sleeperUntil(1_001 * R - 24);
    clock.moveTo(1_001 * R);
    await clock.sleeperUntil(1_002 * R - 24);
    expect(failures).toEqual([broken]);
    expect(begun).toHaveLength(2);
    stop();
    await running;
  });

  test('ends when it is told to, without telling of a failure', async () => {
    const { clock, failures, running, stop } = start();
    await clock.sleeperUntil(START_MS);
    stop();
    await running;
    expect(failures).toEqual([]);
  });
});

describe('the clock of the machine', () => {
  test('does not wait for what has passed', async () => {
    await machineClock.sleepUntil(Date.now() - 1, new AbortController().signal);
  });

  test('wakes at the time, not before', async () => {
    const untilMs = Date.now() + 20;
    await machineClock.sleepUntil(untilMs, new AbortController().signal);
    expect(Date.now()).toBeGreaterThanOrEqual(untilMs - 1);
  });

  test('stops waiting when the signal aborts, before or meanwhile', async () => {
    const stopping = new AbortController();
    const waiting = machineClock.sleepUntil(Date.now() + 60_000, stopping.signal);
    stopping.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    await expect(machineClock.sleepUntil(Date.now() + 60_000, stopping.signal)).rejects.toThrow('stop');
  });
});

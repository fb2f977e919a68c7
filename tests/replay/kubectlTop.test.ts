import { readRecording } from '../support/recordings.ts';
import { startReplay } from './replayLine.ts';
import type { ReplayLine } from './replayLine.ts';
import { readTop } from './readTop.ts';
import type { Shown, TopTables } from './readTop.ts';

/**
 * What `kubectl top` printed while the kubelets were recorded. Its metrics-server reads `/metrics/resource`, whose times
 * have milliseconds, while summaries are cut to whole seconds: over a window of 10 s, two cut times make up to 10 % of
 * difference. Nodes have the same window in both; containers are looked at a moment earlier or later, and a sample is
 * kept until there is a newer one, so that their window may be that of our round before or after. Millicores are
 * printed rounded up, MiB cut.
 */
const RATE_TOLERANCE = 0.1;
const MIB = 1024 * 1024;
const FIRST_MS = Date.parse('2026-11-21T11:27:00Z');

let line: ReplayLine;
const printed: TopTables[] = [];

beforeAll(async () => {
  const recording = readRecording('three-generations');
  line = await startReplay(recording);
  for (let moment = 0; moment < 10; moment += 1) {
    const askedMs = Date.parse(recording.kubelets['lab-node-1'][moment].askedAt);
    await line.collect(moment, FIRST_MS + moment * 15_000, askedMs);
  }
  printed.push(...recording.kubectlTop!.map(readTop));
}, 30_000);

afterAll(() => line.close());

test('nodes: CPU within the error of whole seconds, memory to the MiB', () => {
  const misses: string[] = [];
  // The first round has no rates yet.
  for (let round = 1; round < 10; round += 1) {
    for (const [name, shown] of Object.entries(printed[round].node)) {
      note(misses, `${name} in round ${round}`, shown, [history('node', 'cpu/usage_rate', name)[round]], 1, {
        memories: [history('node', 'memory/working_set', name)[round]],
        toleranceMib: 0,
      });
    }
  }
  expect(misses).toEqual([]);
});

test('containers: CPU within the error of whole seconds, memory to the MiB', () => {
  const misses: string[] = [];
  let compared = 0;
  for (let round = 2; round < 10; round += 1) {
    for (const [name, shown] of Object.entries(printed[round].container)) {
      // Containers of a crash loop never live through two of our rounds; metrics-server rates them from their start.
      if (!/\/(boom|eat|tick)$/.test(name)) {
        compared += 1;
        note(misses, `${name} in round ${round}`, shown, near('container', 'cpu/usage_rate', name, round), 1, {
          memories: near('container', 'memory/working_set', name, round),
          toleranceMib: 0,
        });
      }
    }
  }
  expect(misses).toEqual([]);
  expect(compared).toBeGreaterThan(200);
});

test('pods: as much as their containers, and what the pod itself uses beside them', () => {
  const misses: string[] = [];
  for (let round = 2; round < 10; round += 1) {
    for (const [name, shown] of Object.entries(printed[round].pod)) {
      if (!/\/(mixed|tick|oomer|crashy)/.test(name)) {
        // The pod's own counter has the sandbox in it, and is read at another moment than its containers.
        note(misses, `${name} in round ${round}`, shown, near('pod', 'cpu/usage_rate', name, round), 2, {
          memories: near('pod', 'memory/working_set', name, round),
          toleranceMib: 4,
        });
      }
    }
  }
  expect(misses).toEqual([]);
});

const histories = new Map<string, number[]>();

/** The values of an object in all rounds. */
function history(level: 'node' | 'pod' | 'container', metric: string, name: string): number[] {
  const key = `${level} ${metric} ${name}`;
  const values = histories.get(key) ?? line.history(level, metric, name);
  histories.set(key, values);
  return values;
}

/** The values of an object in a round and the one before and after it. */
function near(level: 'node' | 'pod' | 'container', metric: string, name: string, round: number): number[] {
  return history(level, metric, name)
    .slice(Math.max(0, round - 1), round + 2)
    .filter((value) => !Number.isNaN(value));
}

/** Notes a value of `kubectl top` that none of ours comes near, or that lies outside of what ours span. */
function note(
  misses: string[],
  what: string,
  shown: Shown,
  rates: readonly number[],
  extraMillicores: number,
  { memories, toleranceMib }: { memories: readonly number[]; toleranceMib: number }
): void {
  const least = Math.min(...rates) * (1 - RATE_TOLERANCE) - extraMillicores;
  const most = Math.max(...rates) * (1 + RATE_TOLERANCE) + extraMillicores;
  if (!(shown.cpuMillicores >= least && shown.cpuMillicores <= most)) {
    misses.push(`${what}: ${shown.cpuMillicores}m shown, ours ${rates.join(', ')}`);
  }
  const mebibytes = memories.map((bytes) => Math.floor(bytes / MIB));
  if (!mebibytes.some((value) => Math.abs(value - shown.memoryMib) <= toleranceMib)) {
    misses.push(`${what}: ${shown.memoryMib}Mi shown, ours ${mebibytes.join(', ')}`);
  }
}

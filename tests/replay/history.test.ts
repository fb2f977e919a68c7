import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualClock } from '../support/manualClock.ts';
import { readRecording } from '../support/recordings.ts';
import { ROUND_MS, runBackend } from '../support/runningBackend.ts';
import { replayCluster, type ReplayCluster } from './replayCluster.ts';

const FIRST_MS = Date.parse('2026-11-21T11:27:00Z');
const WORKING_SET = { level: 'node', metric: 'memory/working_set' } as const;

let folder: string;
let cluster: ReplayCluster;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heapscope-replay-'));
  cluster = await replayCluster(readRecording('three-generations'));
});

afterEach(async () => {
  await cluster.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a backend for so many rounds from a time on, and answers with what its panels show of the whole history. */
async function runFor(rounds: number, fromMs: number, turn: number) {
  await cluster.turnTo(turn);
  const clock = manualClock(fromMs);
  const flags = ['--kubelet-https=false', `--data-dir=${join(folder, 'data')}`];
  const backend = await runBackend({ kind: 'url', url: cluster.api.url }, clock, flags);
  for (let round = 1; round < rounds; round++) {
    await cluster.turnTo(turn + round);
    await backend.nextRound();
  }
  const everything = { fromMs: FIRST_MS, toMs: clock.nowMs() };
  const shown = await backend.panel(WORKING_SET, everything);
  await backend.stop();
  return shown;
}

test('what was collected is shown again after a restart, as one line with what comes after it', async () => {
  const before = await runFor(3, FIRST_MS, 0);
  const after = await runFor(2, FIRST_MS + 4 * ROUND_MS, 3);
  expect(Object.keys(after.values).sort()).toEqual(Object.keys(before.values).sort());
  for (const [node, values] of Object.entries(before.values)) {
    expect(values).toHaveLength(3);
    expect(after.values[node]).toHaveLength(5);
    expect(after.values[node].slice(0, 3)).toEqual(values);
  }
});

test('a folder that a newer program wrote is refused with a sentence', async () => {
  await runFor(1, FIRST_MS, 0);
  const mark = join(folder, 'data', 'heapscope-history.json');
  writeFileSync(mark, '{ "product": "heapscope", "formatVersion": 99 }');
  await expect(runFor(1, FIRST_MS, 0)).rejects.toThrow(/has format 99; this Heapscope reads up to 1\./);
});

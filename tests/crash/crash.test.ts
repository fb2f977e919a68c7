import { runCrashes } from './crashRun.ts';

test('a writer that is killed again and again loses at most the round it was at, and nothing is ever wrong', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  try {
    const summary = await runCrashes({ seed, kills: 6 });
    expect(summary.damages).toEqual([]);
    expect(summary.points).toBeGreaterThan(0);
  } catch (error) {
    throw new Error(`With seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}, 60_000);

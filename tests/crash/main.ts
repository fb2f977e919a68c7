import { parseArgs } from 'node:util';
import { runCrashes } from './crashRun.ts';

const USAGE = `Writes a history, kills the writer by SIGKILL at random moments, and compares every point with what was written.

Usage: npm run crash-test -- [--kills N] [--seed N] [--keep FOLDER]

  --kills N      How many times to kill; 100 unless given.
  --seed N       Which world, and which moments; a random one, which is printed, unless given.
  --keep FOLDER  Write into this folder, and leave it.
`;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string' },
    keep: { type: 'string' },
    help: { type: 'boolean' },
  },
});

async function main(): Promise<void> {
  const kills = Number(values.kills);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  if (values.help || !Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  console.log(`Seed ${seed}.`);
  const startedMs = performance.now();
  const summary = await runCrashes({
    seed,
    kills,
    path: values.keep,
    onKill: ({ kill, rounds, duringStart, verified }) =>
      console.log(
        `kill ${kill}/${kills}${duringStart ? ' (during the start)' : ''}: ${rounds} rounds, ${verified ? 'all as written' : 'left to the next writer'}`
      ),
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.log(`${JSON.stringify(summary, undefined, 2)}\nNothing was lost that had been ended, in ${seconds} s.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

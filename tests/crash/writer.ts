// Writes rounds of the world into a history, as fast as it can, until it is killed.
import { writeSync } from 'node:fs';
import { History } from '../../backend/history/history.ts';
import { CRASH_GONE_LIMITS, CRASH_RETENTION } from './retention.ts';
import { batchesOf, mixed, RESOLUTION_MS, roundOf, timeOf } from './world.ts';

const [path, seedText, startText] = process.argv.slice(2);
const seed = Number(seedText);
const start = Number(startText);
let free = Infinity;

/** What was done is in the file at once, whatever happens to this process next. */
const tell = (word: string, round: number) => writeSync(1, `${word} ${round}\n`);
const say = (sentence: string) => writeSync(2, `${sentence}\n`);
const breath = () => new Promise((resolve) => setImmediate(resolve));

async function write(): Promise<void> {
  const history = History.open({
    path,
    retention: CRASH_RETENTION,
    goneLimits: CRASH_GONE_LIMITS,
    resolutionMs: RESOLUTION_MS,
    log: { info: say, warn: say },
    freeBytes: () => free,
  });
  // What an earlier writer left is sealed while this one writes already.
  const { newestMs } = history.state();
  const newest = Number.isNaN(newestMs) ? -1 : roundOf(newestMs);
  tell('opened', newest);
  for (let round = Math.max(start, newest + 1); ; round++) {
    const chance = mixed(seed, start, round);
    free = mixed(seed, round >> 4) % 29 === 0 ? 0 : Infinity;
    const { lostRounds } = history.state();
    tell('writing', round);
    for (const batch of batchesOf(seed, round)) {
      history.append(batch);
      if (chance % 5 === 0) {
        await breath();
      }
    }
    history.commit(timeOf(round));
    tell(history.state().lostRounds === lostRounds ? 'ended' : 'lost', round);
    await (chance % 3 === 0 ? history.settled() : breath());
    // Rounds are missing now and then.
    round += chance % 251 === 0 ? chance % 40 : 0;
  }
}

await write();

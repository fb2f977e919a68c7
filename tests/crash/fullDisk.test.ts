import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { FilledDisk } from './fillDisk.ts';

const CHILD = fileURLToPath(new URL('./fillDisk.ts', import.meta.url));
const OWN_MOUNTS = ['--mount', '--map-root-user'];
/** A disk of its own takes Linux, and a user who may have a namespace. */
const mayMount = spawnSync('unshare', [...OWN_MOUNTS, 'true']).status === 0;
const testWhereDisksCanBeMounted = mayMount ? test : test.skip;
const TIMES = 6;

testWhereDisksCanBeMounted(
  'a disk that is full in the middle of a round, a log or a merge costs the rounds of that time and nothing else',
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const folder = mkdtempSync(join(tmpdir(), 'heapscope-disk-'));
    try {
      const args = [...OWN_MOUNTS, process.execPath, CHILD, folder, String(seed), String(TIMES)];
      const { stdout } = await promisify(execFile)('unshare', args);
      const { times, damages, points } = JSON.parse(stdout) as FilledDisk;
      expect(times).toHaveLength(TIMES);
      for (const { lostRounds, problem, problemAfter } of times) {
        expect(lostRounds).toBe(15);
        expect(problem).toMatch(/cannot be written: ENOSPC.*Free space on its disk.*Values go on in memory/);
        expect(problemAfter).toBeUndefined();
      }
      expect(damages).toEqual([]);
      expect(points).toBeGreaterThan(0);
    } catch (error) {
      throw new Error(`With seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  60_000
);

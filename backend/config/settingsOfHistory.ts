import type { Setting } from './setting.ts';
import { bytes, parseGoDuration, someText, type Parsed } from './values.ts';

const DAY_MS = 86_400_000;
const SHORTEST_MS = 3_600_000;

/** A time to keep things for: days, or a duration of at least an hour. */
function keepingTime(text: string): Parsed<number> {
  const [, days] = /^(\d+(?:\.\d+)?)d$/.exec(text) ?? [];
  const valueMs = days === undefined ? parseGoDuration(text) : Number(days) * DAY_MS;
  if (valueMs === undefined) {
    return { problem: 'must be a time with a unit, such as "14d" or "36h"' };
  }
  return valueMs < SHORTEST_MS ? { problem: 'must be at least 1h' } : { value: valueMs };
}

/** Settings of the history on disk. */
export const historySettings = {
  'data-dir': {
    group: 'history',
    shape: 'FOLDER|none',
    description: 'Where the history is kept. `none`: in memory only, for as long as the head keeps it.',
    defaultWords:
      'a folder of the cluster in `$XDG_DATA_HOME/heapscope` or `~/.local/share/heapscope`; none where there is no such home, and for a simulated cluster',
    parse: someText,
  },
  'history-size': {
    group: 'history',
    shape: 'BYTES',
    description:
      'Most the history may take on disk, and never more than 85 % of the disk; then the oldest goes. 100 nodes of 30 pods take 39 GB with all tiers.',
    default: '40GiB',
    parse: bytes(32 * 2 ** 20),
  },
  'history-raw': {
    group: 'history',
    shape: 'TIME',
    description: 'How long every sample is kept.',
    default: '14d',
    parse: keepingTime,
  },
  'history-10m': {
    group: 'history',
    shape: 'TIME',
    description: 'How long min, max, sum and count of 10 minutes are kept.',
    default: '90d',
    parse: keepingTime,
  },
  'history-1h': {
    group: 'history',
    shape: 'TIME',
    description: 'How long min, max, sum and count of an hour are kept.',
    default: '400d',
    parse: keepingTime,
  },
} as const satisfies Record<string, Setting<unknown>>;

import type { GoneLimits } from '../../backend/history/goneObjects.ts';
import type { Retention } from '../../backend/history/segmentStore.ts';

const HOUR_MS = 3_600_000;

/** Short enough that every tier is merged and let go of while a test runs. */
export const CRASH_RETENTION: Retention = {
  keepMs: { raw: 6 * HOUR_MS, '10m': 36 * HOUR_MS, '1h': 96 * HOUR_MS },
  maxBytes: Infinity,
};

/** Few enough that objects go to disk, and their files are merged, while a test runs. */
export const CRASH_GONE_LIMITS: GoneLimits = { least: 20, keptMs: 2 * HOUR_MS };

import { elapsedMs, isSameRun, numberOf } from './expectedBatch.ts';
import type { LabelledRecord, RecordedSet } from './kit.ts';

/** The counter of a rate of disks; undefined for all other metrics. */
function counterOf(name: string): string | undefined {
  return /^disk\/.*_rate$/.test(name) ? name.replace(/_rate$/, '') : undefined;
}

/**
 * The rate of one disk from what was recorded of its own counter: undefined if there is none, and where the counter fell.
 * 1.5.4 subtracted the counter of the first disk in the list from that of each.
 */
export function ownDiskRate(
  rate: Pick<LabelledRecord, 'name' | 'labels'>,
  set: RecordedSet,
  before: RecordedSet | undefined
): { readonly isDisk: boolean; readonly value?: number } {
  const counter = counterOf(rate.name);
  if (counter === undefined) {
    return { isDisk: false };
  }
  const device = rate.labels.resource_id;
  const [now, then] = [set, before].map((each) =>
    each?.labeled.find(({ name, labels }) => name === counter && labels.resource_id === device)
  );
  if (!now || !then || !before || !isSameRun(set, before)) {
    return { isDisk: true };
  }
  const gained = numberOf(now) - numberOf(then);
  return gained < 0 ? { isDisk: true } : { isDisk: true, value: (gained * 1000) / elapsedMs(set, before) };
}

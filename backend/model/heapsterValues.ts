/**
 * Heapster reckoned some values otherwise than Heapscope does: rates by one clock per object, CPU in whole millicores that
 * are summed after they were cut, restarts of reported containers only. Where its value is another than ours, cut to what
 * Heapster could hold, the round keeps it in a column of its own beside ours.
 */

const PREFIX = 'heapster:';

/** In such a column: Heapster had no value where we have one. None of these metrics can be negative. */
export const HEAPSTER_HAD_NONE = -1;

/** When the statistics of an object began, Unix ms; Heapster's export tells it. */
export const HEAPSTER_START = `${PREFIX}start`;

/** CPU in use is the one metric whose sums differ always: pods, namespaces and the cluster have it in every round. */
export const HEAPSTER_CPU = `${PREFIX}cpu/usage_rate`;

/** Name of the column that keeps what Heapster said of a metric. */
export function heapsterColumn(metric: string): string {
  return `${PREFIX}${metric}`;
}

/**
 * Whether a column means something beside the very sample that it corrects, and nothing as a mean of several: all of these
 * but the one that is there in every round.
 */
export function correctsSamples(column: string): boolean {
  return column.startsWith(PREFIX) && column !== HEAPSTER_CPU;
}

/** Whole millicores, as Heapster divided: toward zero, but never below a whole number that a rate only missed by rounding. */
export function wholeMillicores(rate: number): number {
  const nearest = Math.round(rate);
  return Math.abs(rate - nearest) <= Math.abs(nearest) * 1e-12 ? nearest : Math.trunc(rate);
}

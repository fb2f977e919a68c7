import { HeapscopeError } from '../../errors.ts';
import type { HealthReport } from './types.ts';

/** Why the process should be restarted, in a sentence; undefined while it is well. */
export function illness(report: HealthReport): string | undefined {
  const lastMs = report.lastRoundMs ?? report.startedMs + report.resolutionMs;
  const silentMs = report.nowMs - lastMs;
  if (silentMs <= patience(report)) {
    return undefined;
  }
  const what =
    report.lastRoundMs === undefined ? 'the first round of collection is late' : 'the last round of collection ended';
  const when = report.lastRoundMs === undefined ? `by ${seconds(silentMs)}` : `${seconds(silentMs)} ago`;
  return `Not healthy: ${what} ${when}, although there is one every ${seconds(report.resolutionMs)}.`;
}

/** Heapster called itself well as long as its last round was not older than this. */
const HEAPSTER_PATIENCE_MS = 180_000;

/**
 * What `/healthz` answers: as in Heapster, which was not well before its first round either, and kept the reason to itself.
 * Rounds may be farther apart than Heapster's could.
 */
export function heapsterHealth(report: HealthReport): { readonly isWell: boolean; readonly text: string } {
  const patienceMs = Math.max(HEAPSTER_PATIENCE_MS, patience(report));
  const isWell = report.hasData && report.nowMs - (report.lastRoundMs ?? report.startedMs) <= patienceMs;
  return { isWell, text: isWell ? 'ok' : '[-]healthz failed: reason withheld\nhealthz check failed\n' };
}

/** Throws `not_ready` until there is data, saying when to expect it. */
export function requireReady(report: HealthReport): void {
  if (!report.hasData) {
    const leftMs = Math.max(report.firstDataMs - report.nowMs, 1_000);
    throw new HeapscopeError('not_ready', `Not ready: first data expected in about ${seconds(leftMs)}.`);
  }
}

/** How long no round may end. */
function patience({ resolutionMs, deadlineMs }: HealthReport): number {
  return 1.5 * resolutionMs + deadlineMs;
}

function seconds(durationMs: number): string {
  return `${Math.ceil(durationMs / 1000)} s`;
}

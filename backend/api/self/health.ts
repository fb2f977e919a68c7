import { HeapscopeError } from '../../errors.ts';
import type { HealthReport } from './types.ts';

/** Why the process should be restarted, in a sentence; undefined while it is well. */
export function illness(report: HealthReport): string | undefined {
  const patienceMs = 1.5 * report.resolutionMs + report.deadlineMs;
  const lastMs = report.lastRoundMs ?? report.startedMs + report.resolutionMs;
  const silentMs = report.nowMs - lastMs;
  if (silentMs <= patienceMs) {
    return undefined;
  }
  const what =
    report.lastRoundMs === undefined ? 'the first round of collection is late' : 'the last round of collection ended';
  const when = report.lastRoundMs === undefined ? `by ${seconds(silentMs)}` : `${seconds(silentMs)} ago`;
  return `Not healthy: ${what} ${when}, although there is one every ${seconds(report.resolutionMs)}.`;
}

/** Throws `not_ready` until there is data, saying when to expect it. */
export function requireReady(report: HealthReport): void {
  if (!report.hasData) {
    const leftMs = Math.max(report.firstDataMs - report.nowMs, 1_000);
    throw new HeapscopeError('not_ready', `Not ready: first data expected in about ${seconds(leftMs)}.`);
  }
}

function seconds(durationMs: number): string {
  return `${Math.ceil(durationMs / 1000)} s`;
}

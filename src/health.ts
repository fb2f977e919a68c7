import type { TestDataSourceResponse } from '@grafana/data';
import { lastValueFrom } from 'rxjs';
import type { HealthResponse, QueryResponse } from '../backend/contract/grafana';
import type { BackendClient } from './backendClient';
import { findAddressProblem } from './settings';

const QUARTER_HOUR_MS = 15 * 60_000;

/** What "Save & test" shows: what Heapscope sees, or what to fix. Asks what panels ask, not only whether it lives. */
export async function checkHealth(
  address: string | undefined,
  client: BackendClient,
  nowMs = Date.now()
): Promise<TestDataSourceResponse> {
  const problem = findAddressProblem(address);
  if (problem) {
    return { status: 'error', message: problem };
  }
  try {
    const health = await client.health();
    const answer = await lastValueFrom(
      client.query({
        fromMs: nowMs - QUARTER_HOUR_MS,
        toMs: nowMs,
        // A gauge: rates are there only after the second round.
        queries: [{ refId: 'A', level: 'node', metric: 'memory/working_set' }],
      })
    );
    return judge(health, answer, nowMs);
  } catch (error) {
    return { status: 'error', message: error instanceof Error ? error.message : String(error) };
  }
}

function judge(health: HealthResponse, { results }: QueryResponse, nowMs: number): TestDataSourceResponse {
  const error = results.A?.error;
  const series = results.A?.frames.flatMap((frame) => frame.schema.fields).filter((field) => field.type === 'number');
  const details = health.problems.length > 0 ? { message: health.problems.join(' ') } : undefined;
  if (error) {
    return { status: 'error', message: `Heapscope answers, but a query failed: ${error.message}`, details };
  }
  if (health.nodes.total === 0) {
    return {
      status: 'error',
      message: 'Heapscope answers, but sees no nodes. Check which cluster it was pointed at.',
      details,
    };
  }
  if (!series?.length) {
    const message = `Heapscope answers and knows ${count(health.nodes.total, 'node')}, but has no values of the last 15 minutes.`;
    return { status: 'error', message, details };
  }
  const allAnswer = health.nodes.answering === health.nodes.total;
  return { status: allAnswer && !details ? 'success' : 'warning', message: summarise(health, nowMs), details };
}

function summarise(health: HealthResponse, nowMs: number): string {
  const ageS = Math.max(0, Math.round((nowMs - health.newestTimestampMs) / 1000));
  const nodes = `${count(health.nodes.total, 'node')} (${health.nodes.answering} answering)`;
  const pods = `${count(health.pods, 'pod')} in ${count(health.namespaces, 'namespace')}`;
  return (
    `Heapscope ${health.version} sees ${nodes}, ${pods} and ${count(health.metrics, 'metric')}. ` +
    `The newest values are ${ageS} s old; a round comes every ${Math.round(health.resolutionMs / 1000)} s.`
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

import { ERRORS } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import type { NodeStatus, StatusReport } from './types.ts';

/** Something a person should act on. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly text: string;
}

const NAMES_SHOWN = 3;

/** What is wrong, in sentences, worst first: the cluster, late rounds, then nodes grouped by what happened to them. */
export function describeProblems(report: StatusReport): Problem[] {
  return [
    ...report.cluster.problems.map((text): Problem => ({ severity: 'error', text })),
    ...lateRound(report),
    ...failingNodes(report.nodes),
    ...notReadyNodes(report.nodes),
  ];
}

/** Half a round and this much is normal between the end of a round and the end of the next. */
const PATIENCE_MS = 15_000;

function lateRound({ round, nowMs }: StatusReport): Problem[] {
  if (round.startedMs === undefined || round.durationMs === undefined) {
    return [];
  }
  const silentMs = nowMs - round.startedMs - round.durationMs;
  if (silentMs <= 1.5 * round.resolutionMs + PATIENCE_MS) {
    return [];
  }
  const text = `The last round of collection ended ${Math.round(silentMs / 1000)} s ago, although there is one every ${Math.round(round.resolutionMs / 1000)} s. Look at the log and the CPU of this process.`;
  return [{ severity: 'error', text }];
}

function failingNodes(nodes: readonly NodeStatus[]): Problem[] {
  const groups = new Map<string, NodeStatus[]>();
  for (const node of nodes) {
    if (node.state === 'failing') {
      const code = node.error?.code ?? 'internal';
      groups.set(code, [...(groups.get(code) ?? []), node]);
    }
  }
  return [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([code, group]): Problem => ({ severity: 'error', text: sentenceForGroup(code, group) }));
}

function sentenceForGroup(code: string, group: readonly NodeStatus[]): string {
  const [first] = group;
  if (group.length === 1) {
    return first.error?.message ?? `The kubelet of node ${first.name} does not answer.`;
  }
  const advice = first.error ? `The first: ${first.error.message}` : isErrorCode(code) ? ERRORS[code].help : '';
  return `${group.length} nodes have the same problem (${listNames(group)}). ${advice}`.trim();
}

function notReadyNodes(nodes: readonly NodeStatus[]): Problem[] {
  const group = nodes.filter((node) => node.state === 'not_ready');
  if (group.length === 0) {
    return [];
  }
  const who = group.length === 1 ? `Node ${group[0].name} is` : `${group.length} nodes are`;
  const names = group.length === 1 ? '' : `: ${listNames(group)}`;
  const text = `${who} not ready${names}. Kubernetes hears nothing good from there, so nothing is collected; look at the node's conditions.`;
  return [{ severity: 'warning', text }];
}

function listNames(group: readonly NodeStatus[]): string {
  const names = group.slice(0, NAMES_SHOWN).map((node) => node.name);
  const more = group.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

import type { Notice } from './contract/grafana.ts';

/** What notices are made of. */
export interface NoticeSources {
  readonly resolutionMs: number;
  readonly nowMs: () => number;
  readonly engine: { rounds(): readonly number[] };
  readonly collector: {
    reports(): Iterable<{ readonly state: string; readonly problem?: { readonly message: string } }>;
  };
  readonly directory: { nodes(): readonly unknown[]; problems(): string[] };
  /** Sentences about places that values are written to beside the store. */
  readonly sinkProblems?: () => string[];
  /** How the history on disk is doing, if there is one. */
  readonly history?: () => HistoryReport | undefined;
}

/** What is told of the history on disk. */
export interface HistoryReport {
  /** Why it is not written at present, in a sentence. */
  readonly problem: string | undefined;
  /** What was found damaged, a sentence each. */
  readonly damages: readonly string[];
  /** NaN while there is nothing. */
  readonly oldestMs: number;
  /** Time of the first round from before a restart that is not readable yet. */
  readonly unreadSinceMs?: number;
  /** What it takes on disk, and may take. */
  readonly bytes?: number;
  readonly maxBytes?: number;
}

/** Nodes whose sentences a notice repeats. */
const NAMED_NODES = 3;

/** What belongs beside an answer about a range: nodes that do not answer, and times that are not kept. */
export function reportNotices(
  sources: NoticeSources,
  range: { fromMs: number; toMs: number },
  mayNameNodes: boolean
): Notice[] {
  const rounds = sources.engine.rounds();
  const newestMs = rounds.at(-1);
  const notices: Notice[] = [];
  const silence =
    newestMs !== undefined && range.toMs >= newestMs - sources.resolutionMs && silentNodes(sources, mayNameNodes);
  if (silence) {
    notices.push({ severity: 'warning', text: silence });
  }
  const lateMs = sources.nowMs() - (newestMs ?? sources.nowMs());
  if (lateMs > 3 * sources.resolutionMs && range.toMs > (newestMs ?? 0) + 3 * sources.resolutionMs) {
    const text = `The newest data are ${Math.round(lateMs / 1000)} s old. Look at the status page of Heapscope.`;
    notices.push({ severity: 'warning', text });
  }
  const history = sources.history?.();
  if (history?.problem !== undefined) {
    const text = mayNameNodes ? history.problem : 'The history cannot be written; values go on in memory meanwhile.';
    notices.push({ severity: 'warning', text });
  }
  if (history?.unreadSinceMs !== undefined && range.toMs >= history.unreadSinceMs) {
    const since = new Date(history.unreadSinceMs).toISOString();
    const text = `The last rounds before the restart, from ${since} on, are being read from the log: they are there in a moment.`;
    notices.push({ severity: 'info', text });
  }
  const oldestMs = Math.min(...rounds.slice(0, 1), history?.oldestMs || Infinity);
  if (rounds.length > 0 && range.toMs < oldestMs) {
    const advice = history ? '--history-1h or --history-size' : '--data-dir, or raise --head-window or --head-memory';
    const text = `Nothing before ${new Date(oldestMs).toISOString()} is kept. Choose a later range, or ${history ? 'raise' : 'give'} ${advice}.`;
    notices.push({ severity: 'info', text });
  }
  return notices;
}

/** What is wrong with the history on disk, a sentence each. */
export function historyProblems({ history }: Pick<NoticeSources, 'history'>): string[] {
  const report = history?.();
  return report ? [...(report.problem === undefined ? [] : [report.problem]), ...report.damages] : [];
}

/** Sentences a person should act on, worst first. Who may not see nodes learns that something is wrong, not where. */
export function reportProblems(sources: NoticeSources, mayNameNodes: boolean): string[] {
  const ofCluster = sources.directory.problems();
  if (mayNameNodes) {
    return [...ofCluster, ...historyProblems(sources), ...(sources.sinkProblems?.() ?? []), ...nodeProblems(sources)];
  }
  const unreachable =
    ofCluster.length > 0 ? ['The cluster cannot be watched as it should; its status page says why.'] : [];
  return [...unreachable, ...[silentNodes(sources, false)].filter((sentence) => sentence !== '')];
}

/** How many nodes did not answer, with the first sentences about them; empty if all did. */
function silentNodes(sources: NoticeSources, mayNameNodes: boolean): string {
  const problems = nodeProblems(sources);
  if (problems.length === 0) {
    return '';
  }
  const count = `${problems.length} of ${sources.directory.nodes().length} nodes did not answer in the last round`;
  if (!mayNameNodes) {
    return `${count}; what runs there is missing.`;
  }
  const more = problems.length > NAMED_NODES ? ` And ${problems.length - NAMED_NODES} more.` : '';
  return `${count}. ${problems.slice(0, NAMED_NODES).join(' ')}${more}`;
}

function nodeProblems({ collector }: NoticeSources): string[] {
  return [...collector.reports()].flatMap(({ state, problem }) => (state !== 'ok' && problem ? [problem.message] : []));
}

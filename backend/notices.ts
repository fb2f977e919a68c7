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
  if (rounds.length > 0 && range.toMs < rounds[0]) {
    const kept = new Date(rounds[0]).toISOString();
    notices.push({
      severity: 'info',
      text: `Nothing before ${kept} is kept in memory. Choose a later range, or raise --head-window or --head-memory.`,
    });
  }
  return notices;
}

/** Sentences a person should act on, worst first. Who may not see nodes learns that something is wrong, not where. */
export function reportProblems(sources: NoticeSources, mayNameNodes: boolean): string[] {
  const ofCluster = sources.directory.problems();
  if (mayNameNodes) {
    return [...ofCluster, ...(sources.sinkProblems?.() ?? []), ...nodeProblems(sources)];
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

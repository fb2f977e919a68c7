import type { Door } from './api/door.ts';
import { createDashboardDoor } from './api/dashboard/scraper.ts';
import { createHeapsterDoors, createHeapsterFallback } from './api/heapster/doors.ts';
import type { ClusterFacts, PointReader, RoundReader } from './api/heapster/types.ts';
import type { Config } from './config/config.ts';
import { JoinedReader } from './history/joinedReader.ts';
import type { HeadStore } from './store/headStore.ts';

export interface HeapsterFaceOptions {
  readonly config: Config;
  readonly head: HeadStore;
  /** Where older values are read; the head alone if there is nothing else. */
  readonly history?: HeadStore | JoinedReader;
  readonly facts: ClusterFacts;
  readonly nowMs: () => number;
}

/**
 * The doors of Heapster's own face, to be placed around those of our own languages, and of the scraper that came after it.
 * None if they are switched off.
 */
export function openHeapsterFace(options: HeapsterFaceOptions): { readonly first: Door[]; readonly last: Door[] } {
  const { heapster, query } = options.config;
  const recent = readHead(options.head);
  const history = options.history instanceof JoinedReader ? readJoined(recent, options.history) : recent;
  const { maxPoints } = query;
  const dashboard =
    heapster.dashboardApi === 'off'
      ? []
      : [createDashboardDoor({ access: heapster.dashboardApi, history, maxPoints, nowMs: options.nowMs })];
  if (heapster.api === 'off') {
    return { first: [], last: dashboard };
  }
  const first = createHeapsterDoors({
    access: heapster.api,
    hasExport: heapster.hasExport,
    hasModel: heapster.hasModel,
    recent,
    history,
    facts: options.facts,
    labels: heapster,
    maxPoints,
    nowMs: options.nowMs,
  });
  return { first, last: [...dashboard, createHeapsterFallback()] };
}

/** The head as Heapster's face reads it. */
export function readHead(head: HeadStore): RoundReader {
  const points: RoundReader['points'] = ({ table, key, metric, fromMs, toMs, node, pod }) =>
    head.exactPoints(table, key, metric, fromMs, toMs, { shard: node, pods: pod === undefined ? undefined : [pod] });
  const newestMs: RoundReader['newestMs'] = (request) => [...points(request)].at(-1)?.timestampMs ?? -Infinity;
  return {
    points,
    newestMs,
    rounds: () => head.rounds(),
    metricsOfNewestRound: () => head.metricsOfNewestRound(),
    objects: (table) => head.objects(table),
    nodes: () => head.shardNames(),
    roundOf: (node, table, timestampMs, metrics) => head.roundOf(node, table, timestampMs, metrics),
  };
}

const ALWAYS = { fromMs: -Infinity, toMs: Infinity };

/** What is on disk and the head after it, as Heapster's face reads them. */
export function readJoined(recent: RoundReader, joined: JoinedReader): PointReader {
  return {
    rounds: () => joined.rounds(),
    metricsOfNewestRound: () => joined.metricsOfNewestRound(),
    *objects(table) {
      yield* joined.objects(table);
      yield* joined.pastObjects(table, ALWAYS);
    },
    points(request) {
      const { points, untilMs } = joined.sealedPoints(request);
      return [...points, ...recent.points({ ...request, fromMs: Math.max(request.fromMs, untilMs + 1) })];
    },
    newestMs: (request) => Math.max(recent.newestMs(request), joined.newestSealedMs(request)),
  };
}

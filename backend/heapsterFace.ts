import type { Door } from './api/door.ts';
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

/** The doors of Heapster's own face, to be placed around those of our own languages; none if it is switched off. */
export function openHeapsterFace(options: HeapsterFaceOptions): { readonly first: Door[]; readonly last: Door[] } {
  const { heapster, query } = options.config;
  if (heapster.api === 'off') {
    return { first: [], last: [] };
  }
  const recent = readHead(options.head);
  const first = createHeapsterDoors({
    access: heapster.api,
    recent,
    history: options.history instanceof JoinedReader ? readJoined(recent, options.history) : recent,
    facts: options.facts,
    labels: heapster,
    maxPoints: query.maxPoints,
    nowMs: options.nowMs,
  });
  return { first, last: [createHeapsterFallback()] };
}

/** The head as Heapster's face reads it. */
export function readHead(head: HeadStore): RoundReader {
  return {
    rounds: () => head.rounds(),
    metricsOfNewestRound: () => head.metricsOfNewestRound(),
    objects: (table) => head.objects(table),
    nodes: () => head.shardNames(),
    roundOf: (node, table, timestampMs, metrics) => head.roundOf(node, table, timestampMs, metrics),
    points: ({ table, key, metric, fromMs, toMs, node, pod }) => {
      const pods = pod === undefined ? undefined : [pod];
      return head.exactPoints(table, key, metric, fromMs, toMs, { shard: node, pods });
    },
  };
}

/** What is on disk and the head after it, as Heapster's face reads them. */
export function readJoined(recent: RoundReader, joined: JoinedReader): PointReader {
  return {
    rounds: () => joined.rounds(),
    metricsOfNewestRound: () => joined.metricsOfNewestRound(),
    objects: (table) => joined.objects(table),
    points(request) {
      const { points, untilMs } = joined.sealedPoints(request);
      return [...points, ...recent.points({ ...request, fromMs: Math.max(request.fromMs, untilMs + 1) })];
    },
  };
}

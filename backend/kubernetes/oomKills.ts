import { objectAt, textAt } from './json.ts';
import type { JsonObject } from './json.ts';

interface Kills {
  count: number;
  /** The last terminations that were counted; a status tells of two at most. */
  seen: string[];
}

/**
 * Counts the ends by OOMKilled that container statuses tell of, each once: a termination is told by its container id
 * (or, without one, its end) and moves from `state` to `lastState` when the container is started again.
 */
export class OomKills {
  private readonly byPod = new Map<string, Map<string, Kills>>();

  /** The kills of a container so far, its present status included. */
  count(podUid: string, container: string, status: JsonObject): number {
    const known = this.byPod.get(podUid)?.get(container);
    const ends = endsByOom(status);
    if (ends.length === 0) {
      return known?.count ?? 0;
    }
    const kills = known ?? this.remember(podUid, container);
    for (const end of ends) {
      if (!kills.seen.includes(end)) {
        kills.count += 1;
        kills.seen = [...kills.seen, end].slice(-4);
      }
    }
    return kills.count;
  }

  /** Forgets a pod that is gone. */
  forget(podUid: string): void {
    this.byPod.delete(podUid);
  }

  private remember(podUid: string, container: string): Kills {
    const kills: Kills = { count: 0, seen: [] };
    const pod = this.byPod.get(podUid) ?? new Map<string, Kills>();
    this.byPod.set(podUid, pod.set(container, kills));
    return kills;
  }
}

/** The terminations by OOMKilled of a status, the older first. */
function endsByOom(status: JsonObject): string[] {
  const ends: string[] = [];
  for (const key of ['lastState', 'state']) {
    const end = objectAt(objectAt(status, key), 'terminated');
    if (end.reason === 'OOMKilled') {
      ends.push(textAt(end, 'containerID') || textAt(end, 'finishedAt'));
    }
  }
  return ends;
}

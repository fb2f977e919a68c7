import type { Config } from './config/config.ts';
import { createRemoteHistory, REMOTE_HISTORY_DEFAULTS, type RemoteHistory } from './remote/remoteHistory.ts';

/** Older history in the engine that the configuration names; undefined if it names none. */
export function openRemoteHistory({ remote, collection, query }: Config): RemoteHistory | undefined {
  if (!remote.history) {
    return undefined;
  }
  return createRemoteHistory({
    ...REMOTE_HISTORY_DEFAULTS,
    ...remote.history,
    title: `The engine ${remote.history.name} (--history)`,
    resolutionMs: collection.resolutionMs,
    maxSeries: query.maxSeries,
    maxPoints: query.maxPoints,
  });
}

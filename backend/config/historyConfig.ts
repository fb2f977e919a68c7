import { join } from 'node:path';
import type { HistoryConfig } from './config.ts';
import type { Settings } from './gather.ts';
import type { Environment } from './otherPlaces.ts';

/** Where and how long history is kept on disk; undefined: not at all. */
export function historyConfig({ values }: Settings, environment: Environment): HistoryConfig | undefined {
  const given = values['data-dir'];
  const path = given ?? homeOfData(environment);
  if (path === undefined || path === 'none') {
    return undefined;
  }
  return {
    path,
    isGiven: given !== undefined,
    maxBytes: values['history-size'],
    keepMs: { raw: values['history-raw'], '10m': values['history-10m'], '1h': values['history-1h'] },
  };
}

/** The user's own folder for data, by the XDG Base Directory Specification. */
function homeOfData({ XDG_DATA_HOME, HOME }: Environment): string | undefined {
  if (XDG_DATA_HOME) {
    return join(XDG_DATA_HOME, 'heapscope');
  }
  return HOME ? join(HOME, '.local', 'share', 'heapscope') : undefined;
}

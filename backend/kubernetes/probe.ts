import { sentenceOf } from '../errors.ts';
import { createAccess } from './access.ts';
import { createApiClient } from './apiClient.ts';
import { systemClock } from './clock.ts';
import type { ConnectionOptions } from './connection.ts';
import { textAt } from './json.ts';

export type ClusterProbe =
  | { readonly ok: true; /** As the API server names it: `v1.35.2`. */ readonly version: string }
  | { readonly ok: false; /** What is wrong and what to do. */ readonly sentence: string };

/** Asks once for the nodes and the version of a cluster: is it there, and may we read it? */
export async function probeCluster(connection: ConnectionOptions, timeoutMs: number): Promise<ClusterProbe> {
  const access = createAccess(connection, systemClock);
  const api = createApiClient(access);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    await api.json({ verb: 'list', resource: 'nodes', path: '/api/v1/nodes?limit=1', signal });
    const version = await api.json({ verb: 'get', resource: 'version', path: '/version', signal });
    return { ok: true, version: textAt(version, 'gitVersion') };
  } catch (error) {
    return { ok: false, sentence: sentenceOf(error) };
  } finally {
    await access.close();
  }
}

import type { ApiObject, ApiResource } from '../support/apiServer.ts';

/** Puts objects where the API server keeps them, as one does who restores a cluster: with uid, times and status. */
export interface EtcdWriter {
  /** These objects of a resource there are from now on, beside those that the API server made itself. */
  show(resource: ApiResource, objects: readonly ApiObject[]): Promise<void>;
  /** One object more. */
  add(resource: Stored, object: ApiObject): Promise<void>;
}

type Stored = ApiResource | 'endpoints';

const KINDS: Readonly<Record<Stored, { folder: string; apiVersion: string; kind: string }>> = {
  nodes: { folder: 'minions', apiVersion: 'v1', kind: 'Node' },
  namespaces: { folder: 'namespaces', apiVersion: 'v1', kind: 'Namespace' },
  pods: { folder: 'pods', apiVersion: 'v1', kind: 'Pod' },
  replicasets: { folder: 'replicasets', apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  jobs: { folder: 'jobs', apiVersion: 'batch/v1', kind: 'Job' },
  endpoints: { folder: 'services/endpoints', apiVersion: 'v1', kind: 'Endpoints' },
};

/** Writes by the JSON face of etcd's own API. */
export function etcdWriter(etcdUrl: string): EtcdWriter {
  const shown = new Map<ApiResource, Map<string, string>>();
  async function ask(path: string, body: object): Promise<void> {
    const answer = await fetch(`${etcdUrl}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) {
      throw new Error(`etcd answered ${answer.status} to ${path}: ${await answer.text()}`);
    }
  }
  const put = (key: string, value: string) =>
    ask('put', { key: btoa(key), value: Buffer.from(value).toString('base64') });
  return {
    add: (resource, object) => put(...stored(resource, object)),
    async show(resource, objects) {
      const before = shown.get(resource) ?? new Map<string, string>();
      const next = new Map(objects.map((object) => stored(resource, object)));
      shown.set(resource, next);
      for (const key of before.keys()) {
        if (!next.has(key)) {
          await ask('deleterange', { key: btoa(key) });
        }
      }
      for (const [key, value] of next) {
        if (before.get(key) !== value) {
          await put(key, value);
        }
      }
    },
  };
}

/** The key and the value that the API server finds an object by. */
function stored(resource: Stored, object: ApiObject): [string, string] {
  const { folder, apiVersion, kind } = KINDS[resource];
  const { namespace, name } = object.metadata;
  const key = ['/registry', folder, ...(namespace === undefined ? [] : [namespace]), name].join('/');
  // Versions are etcd's own; whose fields are whose is nobody's business here.
  const metadata = { ...object.metadata, resourceVersion: undefined, managedFields: undefined };
  return [key, JSON.stringify({ ...object, apiVersion, kind, metadata })];
}

import type { NodeFacts } from '../model/facts.ts';
import { HeapscopeError } from '../errors.ts';
import { createKubeletClient } from './client.ts';
import type { KubeletClientOptions } from './client.ts';
import type { ApiServerReader } from './proxy.ts';

const worker = { name: 'worker-1', addresses: [] } as unknown as NodeFacts;
const soon = { deadlineMs: 1_000 };

function ask(read: ApiServerReader['read'], changes: Partial<KubeletClientOptions> = {}, deadlineMs = soon.deadlineMs) {
  const options = { access: 'proxy', https: true, port: 'node-status', apiServer: { read }, ...changes } as const;
  return createKubeletClient(options).readSummary(worker, { deadlineMs });
}

function answering(status: number, body: string, complete = true): { read: ApiServerReader['read']; paths: string[] } {
  const paths: string[] = [];
  return {
    paths,
    read: async (path) => {
      paths.push(path);
      return { status, body: Buffer.from(body), complete };
    },
  };
}

test('the API server is asked for the summary of the node', async () => {
  const api = answering(200, '{"node":{}}');
  expect((await ask(api.read)).body.toString()).toBe('{"node":{}}');
  await ask(api.read, { port: 10250 });
  await ask(api.read, { https: false, port: 10255 });
  await ask(api.read, { https: false });
  expect(api.paths).toEqual([
    '/api/v1/nodes/worker-1/proxy/stats/summary',
    '/api/v1/nodes/https:worker-1:10250/proxy/stats/summary',
    '/api/v1/nodes/http:worker-1:10255/proxy/stats/summary',
    '/api/v1/nodes/http:worker-1:/proxy/stats/summary',
  ]);
});

test('a missing right is named as the one that the proxy needs', async () => {
  const body = '{"message":"nodes \\"worker-1\\" is forbidden: User \\"ann\\" cannot get resource"}';
  await expect(ask(answering(403, body).read)).rejects.toMatchObject({
    code: 'kubelet_forbidden',
    message: expect.stringContaining('`get` on `nodes/proxy`'),
  });
});

test('an answer beyond the limit is refused', async () => {
  await expect(ask(answering(200, '{', false).read)).rejects.toMatchObject({ code: 'kubelet_too_large' });
});

test('an unreachable API server keeps its own sentence', async () => {
  const failure = new HeapscopeError('cluster_unreachable', 'Connection to the API server was refused.');
  await expect(ask(() => Promise.reject(failure))).rejects.toBe(failure);
});

test('the deadline holds here too', async () => {
  const never: ApiServerReader['read'] = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('aborted')));
    });
  await expect(ask(never, {}, 30)).rejects.toMatchObject({ code: 'kubelet_timeout' });
});

test('without a connection to the API server the client cannot be made', () => {
  expect(() => createKubeletClient({ access: 'proxy', https: true, port: 10250 })).toThrow(HeapscopeError);
});

import { Agent } from 'node:https';
import type { Asking } from '../support/askTls.ts';
import { createAuthority } from '../support/certificates.ts';
import type { KeyPair, TestAuthority } from '../support/certificates.ts';
import { until } from '../support/until.ts';
import { startReviewingApi, trustOf } from './reviewingApi.ts';
import type { ReviewingApi } from './reviewingApi.ts';
import { serveMetrics } from './servedMetrics.ts';
import type { ServedMetrics } from './servedMetrics.ts';

const PODS = '/apis/metrics.k8s.io/v1beta1/pods';
const DAY_MS = 86_400_000;

let front: TestAuthority;
let users: TestAuthority;
let foreign: TestAuthority;
let aggregator: KeyPair;
let api: ReviewingApi;
let served: ServedMetrics;

beforeAll(async () => {
  [front, users, foreign] = await Promise.all(['front', 'users', 'foreign'].map(createAuthority));
  aggregator = await front.issue({ commonName: 'front-proxy-client' });
});

beforeEach(async () => {
  api = await startReviewingApi();
  api.setConfigMap(trustOf(front.caPem, users.caPem));
  api.tokens.set('token-of-jane', { username: 'jane', uid: '7', groups: ['devs'], extra: { scopes: ['a'] } });
  api.tokens.set('token-of-eve', { username: 'eve', groups: [] });
  api.allowed.add('jane');
  served = await serveMetrics(api);
});

afterEach(async () => {
  await served.close();
  await api.close();
});

const statusOf = async (asking: Asking, path = PODS) => (await served.ask(path, asking)).status;
const speakingFor = (user: string, client: KeyPair = aggregator): Asking => ({
  client,
  headers: { 'X-Remote-User': user, 'X-Remote-Group': 'system:authenticated' },
});

test('who is nobody gets 401 as a Status', async () => {
  const { status, body, headers } = await served.ask(PODS);
  expect(status).toBe(401);
  expect(headers['content-type']).toBe('application/json');
  expect(body).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Unauthorized',
    reason: 'Unauthorized',
    code: 401,
  });
  expect(api.reviews).toEqual([]);
});

test('a stranger gets 403, with what was asked in Kubernetes’ words', async () => {
  const path = '/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods';
  const { status, body } = await served.ask(path, { token: 'token-of-eve' });
  expect(status).toBe(403);
  expect(body).toMatchObject({
    reason: 'Forbidden',
    message:
      'pods.metrics.k8s.io is forbidden: User "eve" cannot list resource "pods" in API group "metrics.k8s.io" in the namespace "shop"',
    details: { group: 'metrics.k8s.io', kind: 'pods' },
  });
  const other = await served.ask('/apis', { token: 'token-of-eve' });
  expect(other.body).toMatchObject({ code: 403, message: 'forbidden: User "eve" cannot get path "/apis"' });
});

test('a token is reviewed, and its owner’s right to exactly what is asked', async () => {
  expect(await statusOf({ token: 'token-of-jane' })).toBe(200);
  await served.ask('/apis/metrics.k8s.io/v1beta1/nodes/worker-9', { token: 'token-of-jane' });
  expect(api.reviews).toEqual([
    {
      user: 'jane',
      uid: '7',
      groups: ['devs', 'system:authenticated'],
      extra: { scopes: ['a'] },
      resourceAttributes: { group: 'metrics.k8s.io', version: 'v1beta1', resource: 'pods', verb: 'list' },
    },
    expect.objectContaining({
      resourceAttributes: {
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        resource: 'nodes',
        name: 'worker-9',
        verb: 'get',
      },
    }),
  ]);
});

test('reviews are kept for ten seconds, and no longer', async () => {
  expect(await statusOf({ token: 'token-of-jane' })).toBe(200);
  api.allowed.clear();
  api.tokens.clear();
  expect(await statusOf({ token: 'token-of-jane' })).toBe(200);
  expect(api.reviews).toHaveLength(1);
  served.clock.moveTo(served.clock.nowMs() + 10_000);
  expect(await statusOf({ token: 'token-of-jane' })).toBe(401);
});

test.each([
  ['nobody knows', 'wrong'],
  ['is longer than any', `token-of-jane${'x'.repeat(20_000)}`],
  ['holds blanks', 'token of jane'],
  ['is empty', ''],
])('a token that %s gets 401', async (_what, token) => {
  expect(await statusOf({ token })).toBe(401);
});

test('the aggregator speaks for whom it names, with groups, uid and extras', async () => {
  const headers = {
    'X-Remote-User': 'jane',
    'X-Remote-Uid': '7',
    'X-Remote-Group': ['devs', 'system:authenticated'],
    'X-Remote-Extra-Scopes%2fOne': ['a', 'b'],
  };
  expect(await statusOf({ client: aggregator, headers })).toBe(200);
  expect(api.reviews[0]).toMatchObject({
    user: 'jane',
    uid: '7',
    groups: ['devs', 'system:authenticated'],
    extra: { 'scopes/one': ['a', 'b'] },
  });
});

test('whoever is known is in the group of all who are, whether the aggregator says so or not', async () => {
  const groupsOf = async (user: string, ...groups: string[]) => {
    const headers = { 'X-Remote-User': user, 'X-Remote-Group': groups };
    await statusOf({ client: aggregator, headers });
    return api.reviews.at(-1)?.groups;
  };
  expect(await groupsOf('system:aggregator')).toEqual(['system:authenticated']);
  expect(await groupsOf('jane', 'system:authenticated', 'devs')).toEqual(['system:authenticated', 'devs']);
  expect(await groupsOf('system:anonymous', 'system:unauthenticated')).toEqual(['system:unauthenticated']);
  expect(await groupsOf('system:anonymous')).toEqual([]);
});

test('names that are not ASCII come through the aggregator as they are', async () => {
  api.allowed.add('jürgen');
  expect(await statusOf(speakingFor(Buffer.from('jürgen').toString('latin1')))).toBe(200);
});

test('the aggregator itself, naming nobody, is nobody', async () => {
  expect(await statusOf({ client: aggregator })).toBe(401);
  expect(await statusOf({ client: aggregator, headers: { 'X-Remote-Group': 'system:masters' } })).toBe(401);
});

describe('request headers that nobody vouches for are not believed', () => {
  const forged = { 'X-Remote-User': 'jane', 'X-Remote-Group': 'system:masters' };

  test('without a certificate', async () => {
    expect(await statusOf({ headers: forged })).toBe(401);
  });

  test('with the token of somebody else, who stays who they are', async () => {
    expect(await statusOf({ headers: forged, token: 'token-of-eve' })).toBe(403);
    expect(api.reviews[0]).toMatchObject({ user: 'eve', groups: ['system:authenticated'] });
  });

  test('with a certificate of another authority', async () => {
    const client = await foreign.issue({ commonName: 'front-proxy-client' });
    const { status, headers } = await served.ask(PODS, speakingFor('jane', client));
    expect(status).toBe(401);
    expect(headers.connection).toBe('close');
  });

  test('with a certificate of the authority for users, even by the name of the aggregator', async () => {
    const client = await users.issue({ commonName: 'front-proxy-client' });
    expect(await statusOf(speakingFor('jane', client))).toBe(403);
    expect(api.reviews[0]).toMatchObject({ user: 'front-proxy-client', groups: ['system:authenticated'] });
  });

  test('with a certificate of the right authority by another name', async () => {
    const client = await front.issue({ commonName: 'somebody' });
    expect(await statusOf(speakingFor('jane', client))).toBe(401);
  });

  test('with an expired certificate, or one that is not valid yet', async () => {
    const now = Date.now();
    const commonName = 'front-proxy-client';
    const old = { commonName, notBefore: new Date(now - 2 * DAY_MS), notAfter: new Date(now - DAY_MS) };
    const early = { commonName, notBefore: new Date(now + DAY_MS), notAfter: new Date(now + 2 * DAY_MS) };
    expect(await statusOf(speakingFor('jane', await front.issue(old)))).toBe(401);
    expect(await statusOf(speakingFor('jane', await front.issue(early)))).toBe(401);
  });

  test('with the authority’s own name on a certificate it did not sign', async () => {
    const impostor = await createAuthority('front');
    const client = await impostor.issue({ commonName: 'front-proxy-client' });
    // OpenSSL takes the wrong signature for a failure of the connection, which may end before the answer is out.
    const status = await statusOf(speakingFor('jane', client)).catch(() => 401);
    expect(status).toBe(401);
  });
});

test('a certificate that expires on an open connection is believed no more', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const asking = { ...speakingFor('jane'), agent };
  expect(await statusOf(asking)).toBe(200);
  served.clock.moveTo(Date.now() + 2 * DAY_MS);
  expect(await statusOf(asking)).toBe(401);
  agent.destroy();
});

test('users are known by certificates of the cluster, with their organizations as groups', async () => {
  const client = await users.issue({ commonName: 'jane,O=devs,O=ops' });
  expect(await statusOf({ client })).toBe(200);
  expect(api.reviews[0]).toMatchObject({ user: 'jane', groups: ['devs', 'ops', 'system:authenticated'] });
});

describe('while the API server cannot be asked, nobody is let in', () => {
  test.each([
    ['who somebody is', 'tokenreviews'],
    ['what somebody may do', 'subjectaccessreviews'],
  ])('%s', async (_what, broken) => {
    api.broken = broken;
    const { status, body, headers, text } = await served.ask(PODS, { token: 'token-of-jane' });
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('1');
    expect(body).toMatchObject({ kind: 'Status', reason: 'ServiceUnavailable' });
    expect(text).not.toContain('token-of-jane');
    api.broken = undefined;
    expect(await statusOf({ token: 'token-of-jane' })).toBe(200);
  });

  test('for whom the aggregator speaks', async () => {
    api.broken = 'subjectaccessreviews';
    expect(await statusOf(speakingFor('jane'))).toBe(503);
  });
});

describe('the ConfigMap is watched', () => {
  const speaksForJane = async (authority: TestAuthority): Promise<boolean> => {
    const client = await authority.issue({ commonName: 'front-proxy-client' });
    return (await statusOf(speakingFor('jane', client))) === 200;
  };

  test('another authority in it takes the place of the one before at once, on open connections too', async () => {
    const next = await createAuthority('next');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await statusOf({ ...speakingFor('jane'), agent })).toBe(200);
    api.setConfigMap(trustOf(next.caPem));
    await until('the new authority', () => speaksForJane(next));
    expect(await statusOf({ ...speakingFor('jane'), agent })).toBe(401);
    expect(await statusOf(speakingFor('jane'))).toBe(401);
    agent.destroy();
  });

  test('by its name alone, and as long as nothing happens nothing is asked', async () => {
    await until('the watch', () => api.watcherCount() === 1);
    served.clock.moveTo(served.clock.nowMs() + DAY_MS / 4);
    expect(api.configMapRequests.map((search) => new URLSearchParams(search).get('watch'))).toEqual([null, 'true']);
  });

  test('one that cannot be used leaves the trust as it was, and is told once', async () => {
    for (const name of ['anybody', 'everybody']) {
      api.setConfigMap({ ...trustOf(foreign.caPem), 'requestheader-allowed-names': name });
      await until('the problem', () => served.problems()[0]?.includes('requestheader-allowed-names is not JSON'));
      expect(await speaksForJane(front)).toBe(true);
      expect(await speaksForJane(foreign)).toBe(false);
    }
    expect(served.log.filter((line) => line.includes('requestheader-allowed-names is not JSON'))).toHaveLength(1);
    api.setConfigMap(trustOf(foreign.caPem));
    await until('the new authority', () => speaksForJane(foreign));
    expect(served.problems()).toEqual([]);
  });

  test('one that is deleted leaves the trust as it was', async () => {
    api.setConfigMap('deleted');
    await until('the problem', () => served.problems()[0]?.includes('it does not exist'));
    expect(await speaksForJane(front)).toBe(true);
    api.setConfigMap(trustOf(foreign.caPem));
    await until('the new authority', () => speaksForJane(foreign));
    expect(served.problems()).toEqual([]);
  });

  test('without the right to read it any more the trust stays, and what changed meanwhile is found later', async () => {
    api.setConfigMap('forbidden');
    await until('the problem', () => served.problems()[0]?.includes('extension-apiserver-authentication-reader'));
    expect(served.problems()).toHaveLength(1);
    expect(await speaksForJane(front)).toBe(true);
    api.setConfigMap(trustOf(foreign.caPem));
    await until('the new authority', () => speaksForJane(foreign));
    await until('the end of the problem', () => served.problems().length === 0);
  });
});

test('without a ConfigMap only tokens count', async () => {
  await served.close();
  api.setConfigMap('forbidden');
  served = await serveMetrics(api);
  expect(await statusOf(speakingFor('jane'))).toBe(401);
  expect(await statusOf({ token: 'token-of-jane' })).toBe(200);
  expect(served.problems()[0]).toContain('extension-apiserver-authentication-reader');
});

test('health is told to everybody, and nothing else', async () => {
  expect(await statusOf({}, '/healthz')).toBe(200);
  expect(await statusOf({}, '/livez')).toBe(200);
  for (const path of [
    '/',
    '/apis',
    '/apis/metrics.k8s.io/v1beta1',
    '/openapi/v2',
    '/version',
    '/healthz/x',
    '/nothing',
  ]) {
    expect(await statusOf({}, path)).toBe(401);
  }
});

test('a path is asked about as it is answered, however it is written', async () => {
  api.allowed.delete('jane');
  await served.ask('/apis/metrics.k8s.io/v1beta1/%70ods', { token: 'token-of-jane' });
  await served.ask('/openapi/v2/../../apis/metrics.k8s.io/v1beta1/pods', { token: 'token-of-jane' });
  expect(api.reviews[0].resourceAttributes).toMatchObject({ resource: 'pods', verb: 'list' });
  expect(api.reviews[1].nonResourceAttributes).toMatchObject({
    path: '/openapi/v2/../../apis/metrics.k8s.io/v1beta1/pods',
  });
  api.allowed.add('jane');
  served.clock.moveTo(served.clock.nowMs() + 10_000);
  expect(await statusOf({ token: 'token-of-jane' }, '/openapi/v2/../../apis/metrics.k8s.io/v1beta1/pods')).toBe(404);
});

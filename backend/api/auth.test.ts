import express from 'express';
import { HeapscopeError } from '../errors.ts';
import { createApp } from './app.ts';
import { createAuthentication } from './auth.ts';
import type { AuthOptions } from './auth.ts';
import type { ReviewedUser, RightAsked, TokenReviewer } from './authKubernetes.ts';
import { scopeOf } from './scope.ts';
import type { RunningServer } from './server.ts';
import { rememberingLog, serve } from './testdata/serve.ts';

const running: RunningServer[] = [];

afterEach(() => Promise.all(running.splice(0).map((server) => server.close(0))));

/** Serves a door that tells its asker's scope. */
async function doorFor(
  auth: AuthOptions
): Promise<(authorization?: string, headers?: Record<string, string>) => Promise<Response>> {
  const router = express.Router();
  router.get('/', (_request, response) => void response.json(scopeOf(response).namespaces));
  const app = createApp({
    doors: [{ path: '/scope', router, access: 'token' }],
    authentication: createAuthentication(auth),
    log: rememberingLog(),
    countRequest: () => undefined,
  });
  const server = await serve(app);
  running.push(server);
  return (authorization, headers = {}) =>
    fetch(`${server.url}scope`, {
      headers: { ...headers, ...(authorization === undefined ? {} : { Authorization: authorization }) },
    });
}

describe('tokens this backend knows', () => {
  const auth: AuthOptions = {
    mode: 'token',
    tokens: [
      { token: 'all-of-the-cluster', namespaces: 'all' },
      { token: 'two-namespaces-only', namespaces: ['a', 'b'] },
    ],
  };

  test('let their bearer see what they are bound to', async () => {
    const ask = await doorFor(auth);
    expect(await (await ask('Bearer all-of-the-cluster')).json()).toBe('all');
    expect(await (await ask('bearer two-namespaces-only')).json()).toEqual(['a', 'b']);
  });

  test.each([
    [undefined, 'needs a token'],
    ['Basic YTpi', 'must be "Bearer TOKEN"'],
    ['Bearer ', 'must be "Bearer TOKEN"'],
    ['Bearer all-of-the-cluster, Bearer x', 'must be "Bearer TOKEN"'],
    ['Bearer all-of-the-cluste', 'not one that this backend knows'],
    ['Bearer all-of-the-clusterx', 'not one that this backend knows'],
    [`Bearer ${'x'.repeat(17_000)}`, 'must be "Bearer TOKEN"'],
  ])('without one of them (%s) the answer is 401 with a sentence', async (authorization, sentence) => {
    const answer = await (await doorFor(auth))(authorization?.slice(0, 20_000));
    expect(answer.status).toBe(401);
    expect(answer.headers.get('WWW-Authenticate')).toContain('Bearer realm="heapscope"');
    expect(await answer.json()).toEqual({ code: 'unauthorized', message: expect.stringContaining(sentence) });
  });

  test('headers that claim to come from Grafana change nothing', async () => {
    const ask = await doorFor(auth);
    const headers = {
      'X-Grafana-User': 'admin',
      'X-Grafana-Id': 'e30.e30.',
      'X-Grafana-Org-Id': '1',
      'X-Remote-User': 'admin',
    };
    expect((await ask(undefined, headers)).status).toBe(401);
    expect(await (await ask('Bearer two-namespaces-only', headers)).json()).toEqual(['a', 'b']);
  });
});

test('without authentication everybody sees everything', async () => {
  const ask = await doorFor({ mode: 'none' });
  expect(await (await ask()).json()).toBe('all');
});

/** A cluster with users by token and a rule for their rights, which counts what it is asked. */
function cluster(
  rule: (user: ReviewedUser, right: RightAsked) => boolean
): TokenReviewer & { reviews: number; rights: number; failing: boolean } {
  return {
    reviews: 0,
    rights: 0,
    failing: false,
    async reviewToken(token) {
      this.reviews++;
      if (this.failing) {
        throw new HeapscopeError('cluster_unreachable', 'The API server does not answer.');
      }
      return token.startsWith('known-') ? { username: token.slice('known-'.length), groups: [] } : undefined;
    },
    async mayDo(user, right) {
      this.rights++;
      return rule(user, right);
    },
  };
}

describe('tokens of Kubernetes', () => {
  const rule = (user: ReviewedUser, right: RightAsked): boolean =>
    (user.username === 'operator' && right.subresource === 'metrics') ||
    (user.username === 'viewer' && right.resource === 'pods') ||
    (user.username === 'team' && right.namespace === 'team-a');
  const namespaces = (): string[] => ['kube-system', 'team-a', 'team-b'];

  test('show all with `get nodes/metrics` or `list pods` everywhere, else the namespaces whose pods may be listed', async () => {
    const ask = await doorFor({ mode: 'kubernetes', reviewer: cluster(rule), namespaces, now: () => 0 });
    expect(await (await ask('Bearer known-operator')).json()).toBe('all');
    expect(await (await ask('Bearer known-viewer')).json()).toBe('all');
    expect(await (await ask('Bearer known-team')).json()).toEqual(['team-a']);
  });

  test('without any right are 403 with the right to give, and unknown ones 401', async () => {
    const ask = await doorFor({ mode: 'kubernetes', reviewer: cluster(rule), namespaces, now: () => 0 });
    const refused = await ask('Bearer known-stranger');
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ message: expect.stringContaining('Allow `get` on `nodes/metrics`') });
    expect((await ask('Bearer nobody')).status).toBe(401);
  });

  test('are asked about once a minute, refusals every ten seconds', async () => {
    let nowMs = 0;
    const reviewer = cluster(rule);
    const ask = await doorFor({ mode: 'kubernetes', reviewer, namespaces, now: () => nowMs });
    await Promise.all([ask('Bearer known-operator'), ask('Bearer known-operator')]);
    await ask('Bearer nobody');
    expect(reviewer.reviews).toBe(2);
    nowMs = 11_000;
    await ask('Bearer known-operator');
    await ask('Bearer nobody');
    expect(reviewer.reviews).toBe(3);
    nowMs = 61_000;
    await ask('Bearer known-operator');
    expect(reviewer.reviews).toBe(4);
  });

  test('cannot be checked while the API server is away, which is said and not remembered', async () => {
    const reviewer = cluster(rule);
    reviewer.failing = true;
    const ask = await doorFor({ mode: 'kubernetes', reviewer, namespaces, now: () => 0 });
    expect((await ask('Bearer known-operator')).status).toBe(502);
    reviewer.failing = false;
    expect((await ask('Bearer known-operator')).status).toBe(200);
  });

  test('of many strangers do not fill the memory: a thousand answers are kept', async () => {
    const reviewer = cluster(rule);
    const { createKubernetesCheck } = await import('./authKubernetes.ts');
    const check = createKubernetesCheck({ reviewer, namespaces, now: () => 0 });
    for (let index = 0; index < 1_001; index++) {
      await check(`stranger-${index}`);
    }
    await check('stranger-1000');
    expect(reviewer.reviews).toBe(1_001);
    await check('stranger-0');
    expect(reviewer.reviews).toBe(1_002);
  });

  test('are not checked namespace by namespace in a cluster of thousands', async () => {
    const many = (): string[] => Array.from({ length: 2_001 }, (_, index) => `ns-${index}`);
    const reviewer = cluster(rule);
    const ask = await doorFor({ mode: 'kubernetes', reviewer, namespaces: many, now: () => 0 });
    expect((await ask('Bearer known-team')).status).toBe(403);
    expect(reviewer.rights).toBe(2);
  });
});

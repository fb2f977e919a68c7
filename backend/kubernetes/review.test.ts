import { createAccess } from './access.ts';
import { createApiClient } from './apiClient.ts';
import { createReviews } from './review.ts';
import type { Reviews } from './review.ts';
import { ScriptedApi } from './testing/scriptedApi.ts';

let api: ScriptedApi;
let reviews: Reviews;
let nowMs: number;
let close: () => Promise<void>;
let bodies: Array<{ kind: string; spec: object }>;
let status: object;

beforeEach(async () => {
  nowMs = 0;
  bodies = [];
  api = new ScriptedApi();
  api.interrupt = (request, _, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      bodies.push(JSON.parse(Buffer.concat(parts).toString()));
      response.writeHead(201).end(JSON.stringify({ status }));
    });
    return true;
  };
  await api.start();
  const clock = { now: () => nowMs, pause: () => Promise.resolve() };
  const access = createAccess({ kind: 'url', url: api.url }, clock);
  reviews = createReviews(createApiClient(access), clock);
  close = () => access.close();
});

afterEach(async () => {
  await close();
  await api.stop();
});

test('a token is reviewed, and its answer kept for ten seconds', async () => {
  status = { authenticated: true, user: { username: 'ann', groups: ['dev'] } };
  const ann = { authenticated: true, user: 'ann', groups: ['dev'] };
  expect(await reviews.reviewToken('secret')).toEqual(ann);
  expect(await reviews.reviewToken('secret')).toEqual(ann);
  expect(bodies).toEqual([{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'secret' } }]);
  nowMs += 10_000;
  await reviews.reviewToken('secret');
  expect(bodies.length).toBe(2);
});

test.each([
  {},
  { authenticated: false, user: { username: 'ann' } },
  { authenticated: true },
  { authenticated: 'true' },
])('the status %j is nobody', async (given) => {
  status = given;
  expect(await reviews.reviewToken('secret')).toEqual({ authenticated: false, user: '', groups: [] });
});

test('a right is asked for the user with their groups', async () => {
  status = { allowed: true };
  expect(await reviews.mayGet('ann', ['dev'], { group: 'metrics.k8s.io', resource: 'pods', namespace: 'shop' })).toBe(
    true
  );
  expect(bodies[0]).toMatchObject({
    kind: 'SubjectAccessReview',
    spec: {
      user: 'ann',
      groups: ['dev'],
      resourceAttributes: { group: 'metrics.k8s.io', resource: 'pods', namespace: 'shop', verb: 'get' },
    },
  });
  status = { allowed: true, denied: true };
  expect(await reviews.mayGet('ann', ['dev'], { resource: 'nodes' })).toBe(false);
});

test('a failed review is an error, and asked again the next time', async () => {
  const { interrupt } = api;
  api.interrupt = (_request, _url, response) => Boolean(response.writeHead(403).end('{}'));
  await expect(reviews.reviewToken('secret')).rejects.toThrow('`create` on `tokenreviews.authentication.k8s.io`');
  api.interrupt = interrupt;
  status = { authenticated: true, user: { username: 'ann' } };
  expect((await reviews.reviewToken('secret')).user).toBe('ann');
});

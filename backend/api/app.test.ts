import { gzipSync } from 'node:zlib';
import { Router } from 'express';
import { HeapscopeError } from '../errors.ts';
import { createApp } from './app.ts';
import type { AppOptions } from './app.ts';
import { createAuthentication } from './auth.ts';
import { scopeOf } from './scope.ts';
import type { RunningServer } from './server.ts';
import { askRaw, rememberingLog, serve } from './testdata/serve.ts';

const TOKEN = 'a-token-of-this-test';
const log = rememberingLog();
const counted: string[] = [];
let server: RunningServer;

function testRouter(): Router {
  const router = Router();
  router.get('/short', (_request, response) => void response.json({ short: true }));
  router.get('/long', (_request, response) => void response.json({ long: 'x'.repeat(5_000) }));
  router.get('/stream', (_request, response) => {
    response.type('text').write('a'.repeat(2_000));
    response.end('b');
  });
  router.post('/echo', (request, response) => void response.json({ body: request.body ?? null }));
  router.get('/items/:name', (request, response) => void response.json({ name: request.params.name }));
  router.get('/fails', () => {
    throw new Error('details nobody should see');
  });
  router.get('/late', () =>
    Promise.reject(new HeapscopeError('not_ready', 'Not ready: first data expected in about 3 s.'))
  );
  router.get('/scope', (_request, response) => void response.json(scopeOf(response)));
  return router;
}

function options(changes: Partial<AppOptions> = {}): AppOptions {
  return {
    doors: [
      { path: '/open', router: testRouter(), access: 'public' },
      { path: '/closed', router: testRouter(), access: 'token' },
    ],
    authentication: createAuthentication({ mode: 'token', tokens: [{ token: TOKEN, namespaces: ['team-a'] }] }),
    log,
    countRequest: (route, status) => void counted.push(`${route} ${status}`),
    ...changes,
  };
}

beforeAll(async () => {
  server = await serve(createApp(options()));
});

afterAll(() => server.close(0));

const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(`${server.url}${path}`, init);
const postJson = (path: string, body: string, type = 'application/json'): Promise<Response> =>
  ask(path, { method: 'POST', body, headers: { 'Content-Type': type } });

describe('paths', () => {
  test.each([
    ['/open/../closed/short', 400],
    ['/open/%2e%2e/closed/short', 400],
    ['/open/%2E%2e/closed/short', 400],
    ['/open/..%2fclosed/short', 400],
    ['/open/..%5cclosed/short', 400],
    ['/open/%252e%252e/closed/short', 400],
    ['/open/./short', 400],
    ['/open/short%00', 400],
    ['/open/%zz', 400],
    ['/open//short', 404],
    ['//open/short', 404],
    [`/open/${'x'.repeat(9_000)}`, 400],
    ['/OPEN/short', 404],
    ['/nothing', 404],
  ])('%s is answered with %d and a sentence', async (path, status) => {
    const answer = await askRaw(server.port, path);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toEqual({ code: expect.any(String), message: expect.stringMatching(/\.$/) });
  });

  test('names with encoded characters that are harmless arrive as they are meant', async () => {
    expect(await (await ask('open/items/a%2Fb%20%C3%BC')).json()).toEqual({ name: 'a/b ü' });
  });
});

describe('methods', () => {
  test('one that a known path does not have is 405 with those it has', async () => {
    const answer = await ask('open/echo', { method: 'DELETE' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('Allow')).toBe('POST');
    expect(await answer.json()).toMatchObject({ code: 'method_not_allowed' });
    expect((await ask('open/short', { method: 'POST' })).headers.get('Allow')).toBe('GET, HEAD');
  });

  test('without a token nobody learns which methods there are', async () => {
    expect((await ask('closed/echo', { method: 'DELETE' })).status).toBe(401);
  });
});

describe('bodies', () => {
  const postGzip = (text: string): Promise<Response> => {
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
    return ask('open/echo', { method: 'POST', body: new Uint8Array(gzipSync(text)), headers });
  };

  test('JSON is read, plain or compressed', async () => {
    expect(await (await postJson('open/echo', '{"a":1}')).json()).toEqual({ body: { a: 1 } });
    expect(await (await postGzip('{"a":2}')).json()).toEqual({ body: { a: 2 } });
  });

  test('a small body that becomes a large one is 413', async () => {
    expect((await postGzip(JSON.stringify('x'.repeat(50_000_000)))).status).toBe(413);
  });

  test('what is not JSON is 400', async () => {
    const answer = await postJson('open/echo', '{"a":');
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ code: 'bad_request', message: 'The body of the request is not JSON.' });
  });

  test('more than 1 MiB is 413', async () => {
    const answer = await postJson('open/echo', JSON.stringify('x'.repeat(1_100_000)));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 'body_too_large' });
  });

  test('another content type is not read, so a form of a foreign page cannot ask', async () => {
    expect(await (await postJson('open/echo', '{"a":1}', 'text/plain')).json()).toEqual({ body: null });
  });

  test('a body of somebody without a token is not read at all', async () => {
    expect((await postJson('closed/echo', '{"a":')).status).toBe(401);
  });

  test('an unknown charset or encoding is 400', async () => {
    expect((await postJson('open/echo', '{}', 'application/json; charset=klingon')).status).toBe(400);
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'zork' };
    expect((await ask('open/echo', { method: 'POST', body: '{}', headers })).status).toBe(400);
  });
});

describe('failures', () => {
  test('a fault of ours is told without details and logged with them', async () => {
    const answer = await ask('open/fails');
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('nobody should see');
    expect(log.sentences).toContain('A request failed by a fault of Heapscope.');
  });

  test('a rejected promise becomes the status of its code, with a time to come back', async () => {
    const answer = await ask('open/late');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('Retry-After')).toBe('5');
    expect(await answer.json()).toEqual({ code: 'not_ready', message: 'Not ready: first data expected in about 3 s.' });
  });
});

describe('answers', () => {
  test('carry headers that keep browsers from guessing, framing and storing', async () => {
    const { headers } = await ask('open/short');
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(headers.get('Cache-Control')).toBe('no-store');
    expect(headers.get('X-Powered-By')).toBeNull();
    expect(headers.get('Access-Control-Allow-Origin')).toBeNull();
  });

  test('above 1 KiB are compressed for who accepts it, and whole for who does not', async () => {
    const compressed = await askRaw(server.port, '/open/long', { headers: { 'Accept-Encoding': 'gzip' } });
    expect(compressed.headers['content-encoding']).toBe('gzip');
    expect(Number(compressed.headers['content-length'])).toBeLessThan(500);
    const whole = await askRaw(server.port, '/open/long', { headers: { 'Accept-Encoding': 'gzip;q=0' } });
    expect(whole.headers['content-encoding']).toBeUndefined();
    expect(whole.headers.vary).toContain('Accept-Encoding');
    expect(whole.body).toHaveLength(5_011);
    expect(await (await ask('open/long')).json()).toEqual({ long: 'x'.repeat(5_000) });
  });

  test('that are short or streamed stay as they are', async () => {
    const headers = { 'Accept-Encoding': 'gzip' };
    expect((await askRaw(server.port, '/open/short', { headers })).headers['content-encoding']).toBeUndefined();
    expect((await askRaw(server.port, '/open/stream', { headers })).body).toHaveLength(2_001);
  });

  test('to HEAD have no body', async () => {
    const answer = await askRaw(server.port, '/open/long', { method: 'HEAD', headers: { 'Accept-Encoding': 'gzip' } });
    expect(answer.status).toBe(200);
    expect(answer.body).toBe('');
  });
});

test('requests are counted by routes as they are written, never by paths as they are sent', async () => {
  counted.length = 0;
  await ask('open/items/secret-name');
  await ask('closed/short');
  await ask('nothing/here');
  await ask('open/none');
  expect(counted.sort()).toEqual(['/closed/* 401', '/open/* 404', '/open/items/:name 200', 'other 404']);
});

test('a server that trusts this machine answers only to its own names', async () => {
  const local = await serve(
    createApp(options({ localNamesOnly: true, authentication: createAuthentication({ mode: 'none' }) }))
  );
  const statusFor = async (host: string): Promise<number> =>
    (await askRaw(local.port, '/closed/short', { headers: { Host: host } })).status;
  expect(await statusFor('localhost:8082')).toBe(200);
  expect(await statusFor('127.0.0.1')).toBe(200);
  expect(await statusFor('[::1]:8082')).toBe(200);
  expect(await statusFor('evil.example')).toBe(403);
  expect(await statusFor('localhost.evil.example')).toBe(403);
  await local.close(0);
});

import { createApp } from '../app.ts';
import { createAuthentication } from '../auth.ts';
import type { RunningServer } from '../server.ts';
import { rememberingLog, serve } from '../testdata/serve.ts';
import { createSelfDoors } from './doors.ts';
import type { StatusAnswer } from './statusAnswer.ts';
import { failing, node, report } from './testdata/report.ts';
import type { HealthReport, StatusReport } from './types.ts';

const WHOLE = 'token-for-the-whole-cluster';
const BOUND = 'token-for-one-namespace';

let server: RunningServer;
let nowMs = 0;
let reports = 0;
let current: StatusReport = report([]);
let health: HealthReport;

beforeAll(async () => {
  const tokens = [
    { token: WHOLE, namespaces: 'all' as const },
    { token: BOUND, namespaces: ['team-a'] },
  ];
  const doors = createSelfDoors({
    status: {
      status: () => {
        reports++;
        return current;
      },
    },
    health: { health: () => health },
    metrics: { expose: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }) },
    now: () => nowMs,
  });
  const authentication = createAuthentication({ mode: 'token', tokens });
  server = await serve(createApp({ doors, authentication, log: rememberingLog(), countRequest: () => undefined }));
});

beforeEach(() => {
  nowMs += 10_000;
  reports = 0;
  health = { nowMs: 0, startedMs: 0, resolutionMs: 60_000, deadlineMs: 10_000, firstDataMs: 20_000, hasData: false };
});

afterAll(() => server.close(0));

function ask(path: string, token?: string): Promise<Response> {
  return fetch(`${server.url}${path}`, token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } });
}

async function status(path = 'api/self/v1/status'): Promise<StatusAnswer> {
  return (await ask(path, WHOLE)).json() as Promise<StatusAnswer>;
}

test('health, readiness and the page need no token', async () => {
  expect(await (await ask('livez')).text()).toBe('ok');
  expect((await ask('healthz')).status).toBe(500);
  expect((await ask('readyz')).status).toBe(503);
  expect(await (await ask('readyz')).json()).toEqual({
    code: 'not_ready',
    message: 'Not ready: first data expected in about 20 s.',
  });
  health = { ...health, hasData: true };
  expect((await ask('readyz')).status).toBe(200);
  expect(await (await ask('healthz/healthz')).text()).toBe('ok');
  health = { ...health, lastRoundMs: 0, nowMs: 1_000_000 };
  expect(await (await ask('healthz/')).text()).toBe('[-]healthz failed: reason withheld\nhealthz check failed\n');
  const ill = await ask('livez');
  expect(ill.status).toBe(500);
  expect(await ill.text()).toContain('Not healthy: the last round of collection ended 1000 s ago');
});

test.each(['metrics', 'api/self/v1/status'])('%s needs a token that is not bound to namespaces', async (path) => {
  expect((await ask(path)).status).toBe(401);
  expect((await ask(path, BOUND)).status).toBe(403);
  expect((await ask(path, WHOLE)).status).toBe(200);
});

test('the metrics are told in the form of Prometheus', async () => {
  const answer = await ask('metrics', WHOLE);
  expect(answer.headers.get('Content-Type')).toBe('text/plain; version=0.0.4');
  expect(await answer.text()).toBe('up 1\n');
});

test('the page is self-contained and its policy allows its own script and style only', async () => {
  const answer = await ask('');
  const policy = answer.headers.get('Content-Security-Policy') ?? '';
  const html = await answer.text();
  expect(answer.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
  expect(policy).toMatch(/script-src 'sha256-[^']+';/);
  expect(policy).not.toContain('unsafe');
  expect(html).not.toMatch(/(src|href)="(?!data:)/);
  expect(html).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
});

describe('the status data', () => {
  test('have nodes as columns sorted by name, numbers in whole, unknown ones as null', async () => {
    current = report([node('node-10'), failing('node-2', 'kubelet_timeout', 'Silent.')]);
    const { nodes, nodeStates, problems, history } = await status();
    expect(nodes?.name).toEqual(['node-2', 'node-10']);
    expect(nodes?.cpuMillicores).toEqual([null, 501]);
    expect(nodes?.errors).toEqual({ 0: 'Silent.' });
    expect(nodeStates).toEqual({ ok: 1, failing: 1, not_ready: 0, waiting: 0 });
    expect(problems).toEqual([{ severity: 'error', text: 'Silent.' }]);
    expect(history.cpuMillicores).toEqual([null, 500]);
  });

  test('leave the columns out for an asker who has them, until a node changes', async () => {
    current = report([node('a'), node('b')]);
    const { nodesRevision } = await status();
    const path = `api/self/v1/status?nodes=${encodeURIComponent(nodesRevision)}`;
    expect((await status(path)).nodes).toBeNull();
    nowMs += 5_000;
    current = report([node('a'), node('b', { lastScrapeMs: 120_001 })]);
    expect((await status(path)).nodes?.name).toEqual(['a', 'b']);
    expect((await status('api/self/v1/status?nodes=%00')).nodes).not.toBeNull();
  });

  test('are made once a second at most, however many ask', async () => {
    await Promise.all(Array.from({ length: 20 }, () => status()));
    expect(reports).toBe(1);
    nowMs += 1_000;
    await status();
    expect(reports).toBe(2);
  });

  test('of 5,000 nodes are below 200 kB on the wire', async () => {
    const nodes = Array.from({ length: 5_000 }, (_, index) =>
      node(`ip-10-0-${index >> 8}-${index & 255}.compute.internal`, {
        lastScrapeMs: 1_790_000_000_000 + ((index * 7_919) % 60_000),
        durationMs: (index * 31) % 400,
        cpuMillicores: (index * 7_907) % 16_000,
        memoryBytes: (index * 104_729_113) % 2 ** 36,
      })
    );
    current = report(nodes);
    const answer = await ask('api/self/v1/status', WHOLE);
    expect(answer.headers.get('Content-Encoding')).toBe('gzip');
    expect(Number(answer.headers.get('Content-Length'))).toBeLessThan(200_000);
    expect(((await answer.json()) as StatusAnswer).nodes?.name).toHaveLength(5_000);
  });
});

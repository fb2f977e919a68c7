import { createApp } from '../app.ts';
import { createAuthentication } from '../auth.ts';
import type { RunningServer } from '../server.ts';
import { askRaw, rememberingLog, serve } from '../testdata/serve.ts';
import { createDashboardDoor } from './scraper.ts';
import type { DashboardOptions } from './scraper.ts';

const NOW_MS = Date.parse('2026-11-21T12:00:00Z');
const MINUTE_MS = 60_000;
const ROOT = '/api/v1/dashboard';

let server: RunningServer;
afterEach(() => server.close(0));

/** A history of two hours of two pods and a node: the value is the minutes ago, and CPU has a fraction. */
const history: DashboardOptions['history'] = {
  points({ key, metric, fromMs, toMs }) {
    if (!['shop/web', 'shop/db', 'worker-1'].includes(key)) {
      return [];
    }
    const points = Array.from({ length: 120 }, (_, minute) => ({
      timestampMs: NOW_MS - minute * MINUTE_MS,
      value: metric === 'cpu/usage_rate' ? minute + 0.25 : BigInt(minute),
    }));
    return points.reverse().filter(({ timestampMs }) => timestampMs >= fromMs && timestampMs <= toMs);
  },
};

async function start(options: Partial<DashboardOptions> = {}): Promise<void> {
  const full = { access: 'open', history, maxPoints: 1000, nowMs: () => NOW_MS, ...options } as const;
  const tokens = [
    { token: 'all', namespaces: 'all' as const },
    { token: 'ops', namespaces: ['ops'] },
  ];
  const app = createApp({
    doors: [createDashboardDoor(full)],
    authentication: createAuthentication({ mode: 'token', tokens }),
    log: rememberingLog(),
    countRequest: () => undefined,
  });
  server = await serve(app);
}

interface List {
  readonly items: ReadonlyArray<{
    readonly metricPoints: ReadonlyArray<{ readonly timestamp: string; readonly value: number }>;
    readonly metricName: string;
    readonly uids: readonly string[];
  }> | null;
}

async function ask(path: string, token?: string): Promise<{ status: number; list: List; body: string }> {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const { status, body } = await askRaw(server.port, `${ROOT}${path}`, { headers });
  return { status, body, list: JSON.parse(body) as List };
}

test('pods are answered with a quarter of an hour, each under its name', async () => {
  await start();
  const { list } = await ask('/namespaces/shop/pod-list/web,db,gone,web/metrics/cpu/usage_rate');
  expect(list.items?.map(({ uids, metricName, metricPoints }) => [uids, metricName, metricPoints.length])).toEqual([
    [['web'], 'cpu', 15],
    [['db'], 'cpu', 15],
  ]);
  expect(list.items?.[0]).toHaveProperty('dataPoints', []);
  expect(list.items?.[0].metricPoints.slice(-2)).toEqual([
    { timestamp: '2026-11-21T11:59:00Z', value: 2 },
    { timestamp: '2026-11-21T12:00:00Z', value: 1 },
  ]);
});

test('nodes are answered alike, and all but cpu is memory', async () => {
  await start();
  const { list } = await ask('/nodes/worker-1/metrics/memory/usage');
  expect(list.items).toHaveLength(1);
  expect(list.items?.[0].metricPoints.at(-1)).toEqual({ timestamp: '2026-11-21T12:00:00Z', value: 0 });
});

test('more is answered to whom asks for more, within bounds', async () => {
  await start();
  const asked = '/nodes/worker-1/metrics/cpu/usage_rate?start=2026-11-21T11:00:00Z';
  expect((await ask(asked)).list.items?.[0].metricPoints).toHaveLength(61);
  expect((await ask(`${asked}&end=2026-11-21T11:10:00Z`)).list.items?.[0].metricPoints).toHaveLength(11);
  const wrong = await ask('/nodes/worker-1/metrics/cpu/usage_rate?start=yesterday');
  expect([wrong.status, wrong.body]).toEqual([400, expect.stringContaining('start must be a time')]);
  await server.close(0);
  await start({ maxPoints: 20 });
  expect((await ask('/namespaces/shop/pod-list/web,db/metrics/cpu/usage_rate')).status).toBe(422);
});

test('what nobody knows is null', async () => {
  await start();
  expect((await ask('/nodes/worker-9/metrics/cpu/usage_rate')).list).toEqual({ items: null });
});

test('with tokens, nobody sees what is not theirs', async () => {
  await start({ access: 'token' });
  const pods = '/namespaces/shop/pod-list/web/metrics/memory/usage';
  const refused = await ask(pods);
  expect([refused.status, refused.body]).toEqual([401, expect.stringContaining('--dashboard-api=open')]);
  expect((await ask(pods, 'ops')).list).toEqual({ items: null });
  expect((await ask('/nodes/worker-1/metrics/memory/usage', 'ops')).list).toEqual({ items: null });
  expect((await ask(pods, 'all')).list.items).toHaveLength(1);
});

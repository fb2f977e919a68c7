import { Router } from 'express';
import { HeapscopeError } from '../../errors.ts';
import { objectKey } from '../../model/batch.ts';
import type { Door } from '../door.ts';
import { scopeOf, setScope, type Scope } from '../scope.ts';

/** What is kept of one metric of one object. Times are inclusive, points in order of time. */
export interface DashboardHistory {
  points(request: {
    readonly table: 'node' | 'pod';
    readonly key: string;
    readonly metric: string;
    readonly fromMs: number;
    readonly toMs: number;
    readonly node?: string;
    readonly pod?: string;
  }): Iterable<{ readonly timestampMs: number; readonly value: number | bigint }>;
}

export interface DashboardOptions {
  /** `open`: everybody who can connect may ask. */
  readonly access: 'open' | 'token';
  readonly history: DashboardHistory;
  /** Most points one answer may have. */
  readonly maxPoints: number;
  readonly nowMs: () => number;
}

/** The scraper kept that much, and Dashboard draws it. */
const WINDOW_MS = 15 * 60_000;
const HOW_TO_OPEN =
  'The Kubernetes Dashboard sends no token: start Heapscope with --dashboard-api=open to let everybody read who can connect.';

interface Item {
  readonly dataPoints: readonly never[];
  readonly metricPoints: ReadonlyArray<{ readonly timestamp: string; readonly value: number }>;
  readonly metricName: string;
  /** Names, in spite of what they are called. */
  readonly uids: readonly [string];
}

interface Asked {
  readonly metric: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The API of the Kubernetes Dashboard's metrics scraper, from our own history. */
export function createDashboardDoor(options: DashboardOptions): Door {
  const router = Router();
  if (options.access === 'open') {
    router.use((_request, response, next) => {
      setScope(response, { namespaces: 'all' });
      next();
    });
  }
  router.get('/nodes/:name/metrics/:metric/*rest', (request, response) => {
    const { name, metric } = request.params;
    const isSeen = scopeOf(response).namespaces === 'all';
    const asked = readAsked(metric, request.query, options.nowMs());
    response.json(
      listOf(isSeen ? [name] : [], (node) => pointsOf(options, 'node', node, asked, { node }), options, metric)
    );
  });
  router.get('/namespaces/:namespace/pod-list/:names/metrics/:metric/*rest', (request, response) => {
    const { namespace, names, metric } = request.params;
    const asked = readAsked(metric, request.query, options.nowMs());
    const pods = maySee(scopeOf(response), namespace) ? new Set(names.split(',').filter((name) => name !== '')) : [];
    const read = (pod: string) => pointsOf(options, 'pod', objectKey(namespace, pod), asked, { pod });
    response.json(listOf(pods, read, options, metric));
  });
  return {
    path: '/api/v1/dashboard',
    router,
    access: options.access === 'open' ? 'public' : 'token',
    howToOpen: HOW_TO_OPEN,
  };
}

/** An item per object that there is anything of; the scraper says null where there is none. */
function listOf(
  names: Iterable<string>,
  read: (name: string) => Item['metricPoints'],
  { maxPoints }: DashboardOptions,
  metricName: string
): { items: Item[] | null } {
  const items: Item[] = [];
  let left = maxPoints;
  for (const name of names) {
    const metricPoints = read(name);
    left -= metricPoints.length;
    if (left < 0) {
      throw new HeapscopeError(
        'limit_exceeded',
        `The answer would have more than ${maxPoints} points (--max-points); ask for fewer pods or a later start.`
      );
    }
    if (metricPoints.length > 0) {
      items.push({ dataPoints: [], metricPoints, metricName, uids: [name] });
    }
  }
  return { items: items.length > 0 ? items : null };
}

function pointsOf(
  { history }: DashboardOptions,
  table: 'node' | 'pod',
  key: string,
  { metric, fromMs, toMs }: Asked,
  place: { node?: string; pod?: string }
): Item['metricPoints'] {
  const points = [...history.points({ table, key, metric, fromMs, toMs, ...place })];
  return points.map(({ timestampMs, value }) => ({
    timestamp: `${new Date(timestampMs).toISOString().slice(0, 19)}Z`,
    // Millicores are rounded up, as quantities are.
    value: Math.ceil(Number(value)),
  }));
}

/** `cpu` is CPU; anything else is memory. */
function readAsked(metric: string, query: Readonly<Record<string, unknown>>, nowMs: number): Asked {
  const toMs = readTime('end', query.end) ?? nowMs;
  const fromMs = readTime('start', query.start) ?? toMs - WINDOW_MS + 1;
  return { metric: metric === 'cpu' ? 'cpu/usage_rate' : 'memory/working_set', fromMs, toMs };
}

function readTime(name: string, value: unknown): number | undefined {
  if (value === undefined || value === '') {
    return undefined;
  }
  const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value);
  const timestampMs = isTime ? Date.parse(value) : NaN;
  if (Number.isNaN(timestampMs)) {
    throw new HeapscopeError('bad_request', `${name} must be a time such as 2026-11-21T11:00:00Z.`);
  }
  return timestampMs;
}

function maySee({ namespaces }: Scope, namespace: string): boolean {
  return namespaces === 'all' || namespaces.includes(namespace);
}

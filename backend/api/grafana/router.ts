import { Router } from 'express';
import type {
  HealthResponse,
  MetricsResponse,
  NamesResponse,
  Notice,
  QueryRequest,
  QueryResponse,
  QueryResult,
} from '../../contract/grafana.ts';
import { HeapscopeError } from '../../errors.ts';
import { CATALOGUE } from '../../model/catalogue.ts';
import { DIMENSIONS, extraDimensions } from '../../query/dimensions.ts';
import type { QueryEngine } from '../../query/queryEngine.ts';
import { scopeOf, type Scope } from '../scope.ts';
import { grafanaUnit, toFrame } from './frames.ts';
import { readNamesRequest, readQueryRequest } from './requests.ts';
import { healthInScope, refuseForeignShares, scopeFilters } from './scopes.ts';

export interface GrafanaDoorOptions {
  readonly engine: QueryEngine;
  readonly health: () => HealthResponse;
  /** Sentences that belong beside every answer about a range, such as nodes that did not answer. */
  readonly notices: (range: { fromMs: number; toMs: number }) => Notice[];
  /** When the first data can be expected, Unix ms. */
  readonly firstDataMs: () => number;
  readonly nowMs: () => number;
}

/** The plugin's door: queries, names for variables, the metrics list, and what "Save & test" reports. */
export function createGrafanaRouter(options: GrafanaDoorOptions): Router {
  const router = Router();
  // The data source proxy keeps the slash that a plugin's route ends with; both forms are the same address.
  router.post('/query', (request, response) => {
    const query = readQueryRequest(request.body);
    refuseUnready(options);
    response.json(answerQueries(options, query, scopeOf(response)));
  });
  router.post('/names', (request, response) => {
    const { fromMs, toMs, ...query } = readNamesRequest(request.body);
    refuseUnready(options);
    const filters = [...(query.filters ?? []), ...scopeFilters(scopeOf(response), query.level ?? query.dimension)];
    const answer: NamesResponse = options.engine.names({ ...query, filters }, { fromMs, toMs });
    response.json(answer);
  });
  router.get('/metrics', (_request, response) => {
    response.json(METRICS);
  });
  router.get('/health', (_request, response) => {
    refuseUnready(options);
    response.json(healthInScope(options.health(), scopeOf(response), options.engine));
  });
  return router;
}

const METRICS: MetricsResponse = {
  metrics: CATALOGUE.map((metric) => ({
    name: metric.name,
    levels: [...metric.levels],
    unit: grafanaUnit(metric.unit),
    kind: metric.kind,
    description: metric.description,
    labels: extraDimensions(metric),
    denominators: Object.keys(metric.denominators ?? {}) as MetricsResponse['metrics'][number]['denominators'],
    heapster: metric.heapster,
  })),
  dimensions: Object.fromEntries(
    Object.entries(DIMENSIONS).map(([level, dimensions]) => [level, [...dimensions]])
  ) as unknown as MetricsResponse['dimensions'],
};

function answerQueries(options: GrafanaDoorOptions, request: QueryRequest, scope: Scope): QueryResponse {
  const range = { fromMs: request.fromMs, toMs: request.toMs };
  const resolution = { maxDataPoints: request.maxDataPoints, intervalMs: request.intervalMs };
  const notices = options.notices(range);
  // A map, since a refId may be any text, `__proto__` too.
  const results = new Map<string, QueryResult>();
  for (const query of request.queries) {
    try {
      refuseForeignShares(scope, query);
      const filters = [...(query.filters ?? []), ...scopeFilters(scope, query.level)];
      const asked = { ...query, filters, instant: query.format === 'table' };
      const answer = options.engine.series(asked, range, resolution);
      results.set(query.refId, { frames: [toFrame(query.refId, query, answer, notices)] });
    } catch (error) {
      if (!(error instanceof HeapscopeError)) {
        throw error;
      }
      // One query of a panel that cannot be answered leaves the others alone.
      results.set(query.refId, { frames: [], error: { code: error.code, message: error.message } });
    }
  }
  return { results: Object.fromEntries(results) };
}

function refuseUnready({ engine, firstDataMs, nowMs }: GrafanaDoorOptions): void {
  if (engine.rounds().length === 0) {
    const seconds = Math.max(1, Math.ceil((firstDataMs() - nowMs()) / 1000));
    throw new HeapscopeError('not_ready', `There is no data yet; the first is expected in about ${seconds} s.`);
  }
}

import { Router } from 'express';
import type { HealthResponse, Level, MetricsResponse, NamesResponse } from '../../contract/grafana.ts';
import { HeapscopeError } from '../../errors.ts';
import { CATALOGUE } from '../../model/catalogue.ts';
import { DIMENSIONS, extraDimensions, LABELLED, TRAITS } from '../../query/dimensions.ts';
import { askerOf, scopeOf } from '../scope.ts';
import { answerAtOnce, answerQueries, type AnswerOptions } from './answers.ts';
import { grafanaUnit } from './frames.ts';
import { readNamesRequest, readQueryRequest } from './requests.ts';
import { healthInScope, scopeFilters } from './scopes.ts';
import { rangeOfRound, readStreamRequest } from './streamRequests.ts';
import type { Streams } from './streams.ts';

export interface GrafanaDoorOptions extends AnswerOptions {
  readonly streams: Pick<Streams, 'start'>;
  /** What "Save & test" reports, without names of nodes for askers who may not see them. */
  readonly health: (mayNameNodes: boolean) => HealthResponse;
  /** When the first data can be expected, Unix ms. */
  readonly firstDataMs: () => number;
  readonly nowMs: () => number;
}

/** The plugin's door: queries, names for variables, the metrics list, and what "Save & test" reports. */
export function createGrafanaRouter(options: GrafanaDoorOptions): Router {
  const router = Router();
  const metrics = listMetrics(options);
  // The data source proxy keeps the slash that a plugin's route ends with; both forms are the same address.
  router.post('/query', async (request, response) => {
    const query = readQueryRequest(request.body);
    refuseUnready(options);
    response.json(await answerQueries(options, query, scopeOf(response)));
  });
  router.post('/stream', (request, response) => {
    const query = readStreamRequest(request.body);
    refuseUnready(options);
    const scope = scopeOf(response);
    options.streams.start(response, askerOf(response), () => {
      const newestMs = Math.max(options.nowMs(), ...options.engine.rounds().slice(-1));
      return answerAtOnce(options, { ...query, ...rangeOfRound(query, newestMs) }, scope);
    });
  });
  router.post('/names', async (request, response) => {
    const { fromMs, toMs, ...query } = readNamesRequest(request.body);
    refuseUnready(options);
    const filters = [...(query.filters ?? []), ...scopeFilters(scopeOf(response), query.level ?? query.dimension)];
    const engine = options.asking ?? options.engine;
    const answer: NamesResponse = await engine.names({ ...query, filters }, { fromMs, toMs });
    response.json(answer);
  });
  router.get('/metrics', (_request, response) => {
    response.json(metrics);
  });
  router.get('/health', (_request, response) => {
    refuseUnready(options);
    const scope = scopeOf(response);
    response.json(healthInScope(options.health(scope.namespaces === 'all'), scope, options.engine));
  });
  return router;
}

function listMetrics({ switchOn }: GrafanaDoorOptions): MetricsResponse {
  const metrics = CATALOGUE.map((metric) => ({
    name: metric.name,
    levels: [...metric.levels],
    unit: grafanaUnit(metric.unit),
    kind: metric.kind,
    description: metric.description,
    labels: extraDimensions(metric),
    denominators: Object.keys(metric.denominators ?? {}) as MetricsResponse['metrics'][number]['denominators'],
    heapster: metric.heapster,
    switchOn: switchOn?.(metric),
  }));
  return { ...SHAPE, metrics };
}

const SHAPE: Omit<MetricsResponse, 'metrics'> = {
  dimensions: Object.fromEntries(
    Object.entries(DIMENSIONS).map(([level, names]) => [level, [...names, ...(TRAITS[level as Level] ?? [])]])
  ) as unknown as MetricsResponse['dimensions'],
  labelled: [...LABELLED],
};

function refuseUnready({ engine, firstDataMs, nowMs }: GrafanaDoorOptions): void {
  if (engine.rounds().length === 0) {
    const seconds = Math.max(1, Math.ceil((firstDataMs() - nowMs()) / 1000));
    throw new HeapscopeError('not_ready', `There is no data yet; the first is expected in about ${seconds} s.`);
  }
}

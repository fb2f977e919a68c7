import type { Notice, QueryRequest, QueryResponse, QueryResult } from '../../contract/grafana.ts';
import { HeapscopeError } from '../../errors.ts';
import { describeMetric, type MetricDefinition } from '../../model/catalogue.ts';
import type { QueryEngine } from '../../query/queryEngine.ts';
import type { Scope } from '../scope.ts';
import { toFrame } from './frames.ts';
import { refuseForeignShares, scopeFilters } from './scopes.ts';

export interface AnswerOptions {
  readonly engine: QueryEngine;
  /** Sentences that belong beside every answer about a range, without names of nodes for those who may not see them. */
  readonly notices: (range: { fromMs: number; toMs: number }, mayNameNodes: boolean) => Notice[];
  /** What to do to have a metric whose source is switched off; undefined for all others. */
  readonly switchOn?: (metric: MetricDefinition) => string | undefined;
}

/** Answers the queries of one panel within a scope; a query that cannot be answered has its error beside the others. */
export function answerQueries(options: AnswerOptions, request: QueryRequest, scope: Scope): QueryResponse {
  const range = { fromMs: request.fromMs, toMs: request.toMs };
  const resolution = { maxDataPoints: request.maxDataPoints, intervalMs: request.intervalMs };
  const notices = options.notices(range, scope.namespaces === 'all');
  // A map, since a refId may be any text, `__proto__` too.
  const results = new Map<string, QueryResult>();
  for (const query of request.queries) {
    try {
      refuseForeignShares(scope, query);
      const filters = [...(query.filters ?? []), ...scopeFilters(scope, query.level)];
      const asked = { ...query, filters, instant: query.format === 'table' };
      const answer = options.engine.series(asked, range, resolution);
      const why = answer.series.length === 0 ? whyAbsent(options, query.metric) : [];
      results.set(query.refId, { frames: [toFrame(query.refId, query, answer, [...notices, ...why])] });
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

/** "No data" has a reason where nobody collects it. */
function whyAbsent({ switchOn }: AnswerOptions, name: string): Notice[] {
  const metric = describeMetric(name);
  const advice = metric && switchOn?.(metric);
  return advice === undefined ? [] : [{ severity: 'info', text: `${name} is not collected. ${advice}` }];
}

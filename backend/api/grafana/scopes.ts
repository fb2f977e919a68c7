import type { Filter, HealthResponse, MetricQuery } from '../../contract/grafana.ts';
import { HeapscopeError } from '../../errors.ts';
import { describeMetric } from '../../model/catalogue.ts';
import type { QueryEngine } from '../../query/queryEngine.ts';
import type { Scope } from '../scope.ts';

const PHASES = ['running', 'pending', 'succeeded', 'failed', 'unknown'];

/** Filters that keep a token which is bound to namespaces to these. Throws `forbidden` for what belongs to no namespace. */
export function scopeFilters(scope: Scope, about: string): Filter[] {
  if (scope.namespaces === 'all') {
    return [];
  }
  if (['cluster', 'node', 'sys_container'].includes(about)) {
    throw forbidden(scope.namespaces, `${about} metrics`);
  }
  return [{ dimension: 'namespace', operator: 'in', values: [...scope.namespaces] }];
}

/**
 * Refuses shares of what nodes and the cluster have to tokens that may not see these. What objects have of their own,
 * such as the size of a volume, is theirs to divide by.
 */
export function refuseForeignShares(scope: Scope, { denominator, level, metric }: MetricQuery): void {
  if (scope.namespaces === 'all' || denominator === undefined) {
    return;
  }
  const divisors = describeMetric(metric)?.denominators?.[denominator] ?? [];
  if (divisors.some((name) => !describeMetric(name)?.levels.includes(level))) {
    throw forbidden(scope.namespaces, `the ${denominator} of nodes`, 'Divide by request or limit, or use');
  }
}

/** What "Save & test" reports to a token: how much of the cluster it sees. */
export function healthInScope(health: HealthResponse, scope: Scope, engine: QueryEngine): HealthResponse {
  if (scope.namespaces === 'all') {
    return health;
  }
  const range = { fromMs: health.newestTimestampMs, toMs: health.newestTimestampMs };
  const filters = scopeFilters(scope, 'namespace');
  const counts = PHASES.flatMap((phase) => {
    const pods = { level: 'namespace', metric: `pods/${phase}`, filters, aggregation: 'sum', instant: true } as const;
    return engine.series(pods, range).series.map(({ values }) => values[0]);
  });
  return {
    ...health,
    namespaces: engine.names({ dimension: 'namespace', filters }, range).total,
    pods: counts.reduce((sum, count) => sum + count, 0),
  };
}

function forbidden(namespaces: readonly string[], what: string, advice = 'Use'): HeapscopeError {
  return new HeapscopeError(
    'forbidden',
    `This token is bound to the namespaces ${namespaces.join(', ')}; it may not see ${what}. ${advice} a token without namespaces.`
  );
}

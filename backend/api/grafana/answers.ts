import type { Notice, QueryRequest, QueryResponse, QueryResult } from '../../contract/grafana.ts';
import { HeapscopeError } from '../../errors.ts';
import { describeMetric, type MetricDefinition } from '../../model/catalogue.ts';
import type { QueryEngine } from '../../query/queryEngine.ts';
import type { NamesAnswer, NamesQuery } from '../../model/seriesQuery.ts';
import type { Resolution, SeriesAnswer, SeriesQuery, TimeRange } from '../../query/types.ts';
import type { Scope } from '../scope.ts';
import { toFrame } from './frames.ts';
import { refuseForeignShares, scopeFilters } from './scopes.ts';

/** Answers series; where they have to be fetched first, later. */
export interface AskingEngine {
  series(query: SeriesQuery, range: TimeRange, resolution?: Resolution): SeriesAnswer | Promise<SeriesAnswer>;
  names(query: NamesQuery, range: TimeRange): NamesAnswer | Promise<NamesAnswer>;
}

type PanelQuery = QueryRequest['queries'][number];

export interface AnswerOptions {
  /** Answers at once from what is kept here. */
  readonly engine: QueryEngine;
  /** The same with what is kept elsewhere, for questions that may wait. */
  readonly asking?: AskingEngine;
  /** Sentences that belong beside every answer about a range, without names of nodes for those who may not see them. */
  readonly notices: (range: { fromMs: number; toMs: number }, mayNameNodes: boolean) => Notice[];
  /** What to do to have a metric whose source is switched off; undefined for all others. */
  readonly switchOn?: (metric: MetricDefinition) => string | undefined;
}

/** Answers the queries of one panel within a scope; a query that cannot be answered has its error beside the others. */
export async function answerQueries(
  options: AnswerOptions,
  request: QueryRequest,
  scope: Scope
): Promise<QueryResponse> {
  const engine = options.asking ?? options.engine;
  const panel = new Panel(options, request, scope);
  for (const query of request.queries) {
    await panel.answer(query, async (...question) => engine.series(...question));
  }
  return panel.response();
}

/** The same at once, from what is kept here. */
export function answerAtOnce(options: AnswerOptions, request: QueryRequest, scope: Scope): QueryResponse {
  const panel = new Panel(options, request, scope);
  for (const query of request.queries) {
    panel.answerAtOnce(query, options.engine.series);
  }
  return panel.response();
}

type Question = Parameters<AskingEngine['series']>;

/** The answers of one panel in the making. */
class Panel {
  private readonly options: AnswerOptions;
  private readonly request: QueryRequest;
  private readonly scope: Scope;
  private readonly notices: Notice[];
  // A map, since a refId may be any text, `__proto__` too.
  private readonly results = new Map<string, QueryResult>();

  constructor(options: AnswerOptions, request: QueryRequest, scope: Scope) {
    this.options = options;
    this.request = request;
    this.scope = scope;
    this.notices = options.notices(request, scope.namespaces === 'all');
  }

  async answer(query: PanelQuery, ask: (...question: Question) => Promise<SeriesAnswer>): Promise<void> {
    try {
      this.take(query, await ask(...this.question(query)));
    } catch (error) {
      this.fail(query, error);
    }
  }

  answerAtOnce(query: PanelQuery, ask: (...question: Question) => SeriesAnswer): void {
    try {
      this.take(query, ask(...this.question(query)));
    } catch (error) {
      this.fail(query, error);
    }
  }

  response(): QueryResponse {
    return { results: Object.fromEntries(this.results) };
  }

  private question(query: PanelQuery): Question {
    const { fromMs, toMs, maxDataPoints, intervalMs } = this.request;
    refuseForeignShares(this.scope, query);
    const filters = [...(query.filters ?? []), ...scopeFilters(this.scope, query.level)];
    return [
      { ...query, filters, instant: query.format === 'table' },
      { fromMs, toMs },
      { maxDataPoints, intervalMs },
    ];
  }

  private take(query: PanelQuery, answer: SeriesAnswer): void {
    const why = answer.series.length === 0 ? whyAbsent(this.options, query.metric) : [];
    const remarks = (answer.remarks ?? []).map((text): Notice => ({ severity: 'warning', text }));
    const notices = [...this.notices, ...remarks, ...why];
    this.results.set(query.refId, { frames: [toFrame(query.refId, query, answer, notices)] });
  }

  /** One query of a panel that cannot be answered leaves the others alone. */
  private fail({ refId }: PanelQuery, error: unknown): void {
    if (!(error instanceof HeapscopeError)) {
      throw error;
    }
    this.results.set(refId, { frames: [], error: { code: error.code, message: error.message } });
  }
}

/** "No data" has a reason where nobody collects it. */
function whyAbsent({ switchOn }: AnswerOptions, name: string): Notice[] {
  const metric = describeMetric(name);
  const advice = metric && switchOn?.(metric);
  return advice === undefined ? [] : [{ severity: 'info', text: `${name} is not collected. ${advice}` }];
}

import {
  DataSourceApi,
  type CoreApp,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceInstanceSettings,
  type MetricFindValue,
  type ScopedVars,
  type TestDataSourceResponse,
  type TimeRange,
} from '@grafana/data';
import { getTemplateSrv } from '@grafana/runtime';
import { lastValueFrom, map, of, type Observable } from 'rxjs';
import type { MetricsResponse, NamesResponse } from '../backend/contract/grafana';
import { createBackendClient, type BackendClient } from './backendClient';
import { toPanelResponse } from './frames';
import { checkHealth } from './health';
import { createInterpolation, type Templates } from './interpolation';
import { isLive, streamPanel } from './live';
import { LiveConnections } from './liveConnections';
import { toBounds, toQueryRequest } from './panelRequest';
import {
  describeQuery,
  getDefaultQuery,
  interpolateQueries,
  interpolateSaved,
  isRunnable,
  type HeapscopeQuery,
} from './query';
import type { HeapscopeSettings } from './settings';
import { HeapscopeVariables } from './variableSupport';
import { toNamesRequest, type HeapscopeVariableQuery } from './variables';

/** Heapscope as Grafana sees it; each method is a call into the file that knows. */
export class HeapscopeDataSource extends DataSourceApi<HeapscopeQuery, HeapscopeSettings> {
  private readonly address: string | undefined;
  private readonly client: BackendClient;
  private readonly live: LiveConnections;
  private readonly templates: Templates;

  constructor(
    settings: DataSourceInstanceSettings<HeapscopeSettings>,
    templates: Templates = getTemplateSrv(),
    client: BackendClient = createBackendClient(settings.url ?? '')
  ) {
    super(settings);
    this.address = settings.jsonData.backendUrl;
    this.client = client;
    this.live = new LiveConnections(client);
    this.templates = templates;
    this.variables = new HeapscopeVariables(this);
  }

  query(request: DataQueryRequest<HeapscopeQuery>): Observable<DataQueryResponse> {
    const { queries, errors } = interpolateQueries(request.targets, this.interpolation(request.scopedVars));
    if (queries.length === 0) {
      return of({ data: [], errors });
    }
    const answers = isLive(request)
      ? streamPanel(this.live, request, queries)
      : this.client
          .query(toQueryRequest(request, queries), request.requestId)
          .pipe(map((response) => toPanelResponse(response, queries)));
    return answers.pipe(
      map((answer) => (errors.length > 0 ? { ...answer, errors: [...errors, ...(answer.errors ?? [])] } : answer))
    );
  }

  /** Names that existed in the range, for variables and pickers; `match` is a pattern found anywhere in the name. */
  findNames(
    query: HeapscopeVariableQuery,
    range: TimeRange,
    options: { scopedVars?: ScopedVars; limit?: number } = {}
  ): Observable<NamesResponse> {
    const request = toNamesRequest(query, toBounds(range), this.interpolation(options.scopedVars));
    return this.client.names({ ...request, limit: options.limit });
  }

  /** Metrics and dimensions the editors offer. */
  loadCatalogue(): Promise<MetricsResponse> {
    return this.client.metrics();
  }

  /** `$name` of each dashboard variable, for the editors to offer. */
  variableNames(): string[] {
    return this.templates.getVariables().map((variable) => `$${variable.name}`);
  }

  testDatasource(): Promise<TestDataSourceResponse> {
    return checkHealth(this.address, this.client);
  }

  async metricFindQuery(
    query: HeapscopeVariableQuery,
    options: { range: TimeRange; scopedVars?: ScopedVars }
  ): Promise<MetricFindValue[]> {
    const { names } = await lastValueFrom(this.findNames(query, options.range, options));
    return names.map((text) => ({ text }));
  }

  interpolateVariablesInQueries(queries: HeapscopeQuery[], scopedVars: ScopedVars): HeapscopeQuery[] {
    return queries.map((query) => interpolateSaved(query, this.interpolation(scopedVars)));
  }

  getDefaultQuery = (app: CoreApp) => getDefaultQuery(app);
  filterQuery = isRunnable;
  getQueryDisplayText = describeQuery;

  private interpolation(scopedVars?: ScopedVars) {
    return createInterpolation(this.templates, scopedVars);
  }
}

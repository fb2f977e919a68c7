import { dateTime, type DataSourceInstanceSettings, type TimeRange } from '@grafana/data';
import type { BackendSrvRequest } from '@grafana/runtime';
import { of, throwError } from 'rxjs';
import type {
  HealthResponse,
  Level,
  MetricInfo,
  MetricsResponse,
  NamesRequest,
  QueryRequest,
  QueryResult,
} from '../../backend/contract/grafana';
import { createBackendClient } from '../backendClient';
import { HeapscopeDataSource } from '../datasource';
import type { HeapscopeSettings } from '../settings';
import { templatesOf, type TestVariable } from './templates';

/** One hour, 12:00 to 13:00 on a day in May. */
export const RANGE: TimeRange = {
  from: dateTime(Date.UTC(2026, 4, 1, 12)),
  to: dateTime(Date.UTC(2026, 4, 1, 13)),
  raw: { from: 'now-1h', to: 'now' },
};

/** What a backend says of itself when all is well. */
export const HEALTHY: HealthResponse = {
  version: '0.1.0',
  nodes: { total: 3, answering: 3 },
  namespaces: 5,
  pods: 42,
  metrics: 97,
  newestTimestampMs: Date.UTC(2026, 4, 1, 12, 59, 40),
  oldestTimestampMs: Date.UTC(2026, 4, 1, 12),
  resolutionMs: 60_000,
  problems: [],
};

const metric = (name: string, levels: Level[], more: Partial<MetricInfo> = {}): MetricInfo => ({
  name,
  levels,
  unit: 'short',
  kind: 'gauge',
  description: `What ${name} means.`,
  labels: [],
  denominators: [],
  heapster: true,
  ...more,
});

/** A small catalogue. */
export const CATALOGUE: MetricsResponse = {
  metrics: [
    metric('cpu/usage_rate', ['cluster', 'node', 'namespace', 'pod', 'container'], {
      denominators: ['request', 'limit'],
    }),
    metric('memory/working_set', ['cluster', 'node', 'namespace', 'pod', 'container'], { unit: 'bytes' }),
    metric('filesystem/usage', ['node', 'pod'], { labels: ['resource_id', 'persistentvolumeclaim'] }),
    metric('node/ready', ['node']),
    metric('cpu/throttling', ['pod'], { switchOn: 'Start Heapscope with --cadvisor-metrics to have it.' }),
  ],
  labelled: ['node', 'namespace', 'pod', 'container'],
  dimensions: {
    cluster: [],
    node: ['node'],
    namespace: ['namespace'],
    workload: ['namespace', 'workload_kind', 'workload'],
    pod: ['namespace', 'workload_kind', 'workload', 'pod', 'node', 'host_network'],
    container: ['namespace', 'workload_kind', 'workload', 'pod', 'container', 'node'],
    sys_container: ['node', 'container'],
  },
};

/** A wide frame with two points per series. */
export function answer(series: Array<Record<string, string>>, name = 'cpu/usage_rate'): QueryResult {
  return {
    frames: [
      {
        schema: {
          meta: { type: 'timeseries-wide', notices: [{ severity: 'warning', text: 'Node worker-2 did not answer.' }] },
          fields: [
            { name: 'time', type: 'time' },
            ...series.map((labels) => ({ name, type: 'number' as const, labels, config: { unit: 'bytes' } })),
          ],
        },
        data: { values: [[1_000, 2_000], ...series.map((_, index) => [index, null])] },
      },
    ],
  };
}

/** What Grafana throws for an answer that is not 2xx. */
export const refuse = (status: number, data: unknown = {}) => throwError(() => ({ status, data, config: { url: '' } }));

interface Answers {
  query?: (request: QueryRequest) => unknown;
  names?: (request: NamesRequest) => unknown;
  metrics?: () => unknown;
  health?: () => unknown;
}

/** A data source whose proxy answers as told; `requests` collects what it was asked. An answer may be an Observable. */
export function datasourceWith(
  answers: Answers,
  variables: Record<string, TestVariable> = {},
  backendUrl = 'http://heapscope:8082'
) {
  const requests: BackendSrvRequest[] = [];
  const client = createBackendClient('/api/datasources/proxy/uid/abc', (request) => {
    requests.push(request);
    const route = /\/(\w+)\/$/.exec(request.url)?.[1] as keyof Answers;
    const data = answers[route]?.(request.data as QueryRequest & NamesRequest);
    return data === undefined ? refuse(502) : isObservable(data) ? data : of({ data });
  });
  const settings = { uid: 'abc', jsonData: { backendUrl } } as DataSourceInstanceSettings<HeapscopeSettings>;
  return { datasource: new HeapscopeDataSource(settings, templatesOf(variables), client), client, requests };
}

function isObservable(value: unknown): value is ReturnType<typeof refuse> {
  return typeof value === 'object' && value !== null && 'subscribe' in value;
}

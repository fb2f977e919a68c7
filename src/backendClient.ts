import { config, getBackendSrv, isFetchError, type BackendSrvRequest } from '@grafana/runtime';
import { catchError, lastValueFrom, map, throwError, type Observable } from 'rxjs';
import type {
  ErrorBody,
  HealthResponse,
  MetricsResponse,
  NamesRequest,
  NamesResponse,
  QueryRequest,
  QueryResponse,
  StreamRequest,
} from '../backend/contract/grafana';
import { readEvents, type Chunk, type SentEvent } from './eventStream';

/** The backend's five routes. Failures are errors whose message is a sentence for the user. */
export interface BackendClient {
  /** Ends the request when unsubscribed, or when a later one has the same `requestId`. */
  query(request: QueryRequest, requestId?: string): Observable<QueryResponse>;
  /** An answer now and one after each round; completes when the backend ends the stream. */
  stream(request: StreamRequest): Observable<QueryResponse>;
  names(request: NamesRequest, requestId?: string): Observable<NamesResponse>;
  metrics(): Promise<MetricsResponse>;
  health(): Promise<HealthResponse>;
}

/** Sends a request as Grafana does. */
export type Fetcher = (request: BackendSrvRequest) => Observable<{ data: unknown }>;

/** Sends a request and hands out its answer piece by piece. */
export type Streamer = (request: BackendSrvRequest) => Observable<Chunk>;

/** A client of the backend behind Grafana's data source proxy at `proxyUrl`. */
export function createBackendClient(
  proxyUrl: string,
  fetcher: Fetcher = (request) => getBackendSrv().fetch(request),
  streamer: Streamer = (request) => getBackendSrv().chunked(request)
): BackendClient {
  // The slash at the end is part of the route in plugin.json: without it Grafana's proxy keeps the name in the path.
  const send = <T>(method: 'GET' | 'POST', route: string, field: keyof T & string, rest?: Partial<BackendSrvRequest>) =>
    fetcher({ method, url: `${proxyUrl}/${route}/`, showErrorAlert: false, ...rest }).pipe(
      map(({ data }) => expectAnswer<T>(data, field)),
      catchError((error: unknown) => throwError(() => explain(error)))
    );
  const stream = (data: StreamRequest) =>
    readEvents(streamer({ ...streamOptions(`${proxyUrl}/stream/`), data }), () => new Error(NOT_HEAPSCOPE)).pipe(
      map(expectStreamed),
      catchError((error: unknown) => throwError(() => explain(nameBreak(error))))
    );
  return {
    stream,
    query: (data, requestId) => send<QueryResponse>('POST', 'query', 'results', { data, requestId }),
    names: (data, requestId) => send<NamesResponse>('POST', 'names', 'names', { data, requestId }),
    metrics: () => lastValueFrom(send<MetricsResponse>('GET', 'metrics', 'metrics')),
    health: () => lastValueFrom(send<HealthResponse>('GET', 'health', 'nodes')),
  };
}

const NOT_HEAPSCOPE =
  'Something answers at the address of this data source, but not as Heapscope does. Check the address; it is that of the backend, without a path of its API.';

/** What `fetch` of Grafana's service adds to a request and `chunked` does not. */
function streamOptions(url: string): BackendSrvRequest {
  const orgId = config.bootData?.user?.orgId;
  return {
    method: 'POST',
    // Relative to the base of the page, which is where Grafana is if it lives below a path.
    url: url.replace(/^\//, ''),
    headers: { Accept: 'text/event-stream', ...(orgId ? { 'X-Grafana-Org-Id': String(orgId) } : undefined) },
    showErrorAlert: false,
  };
}

function expectStreamed({ name, data }: SentEvent): QueryResponse {
  if (name === 'failure') {
    const { message } = JSON.parse(data) as ErrorBody;
    throw new Error(message);
  }
  return expectAnswer<QueryResponse>(JSON.parse(data), 'results');
}

/** A connection that broke is a TypeError with words of the browser. */
function nameBreak(error: unknown): unknown {
  return error instanceof TypeError ? new Error(sentenceOfStatus(0), { cause: error }) : error;
}

/** The HTTP status behind an error of this client; undefined if there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && isFetchError(error.cause) ? error.cause.status : undefined;
}

function expectAnswer<T>(data: unknown, field: keyof T & string): T {
  if (typeof data !== 'object' || data === null || !(field in data)) {
    throw new Error(NOT_HEAPSCOPE);
  }
  return data as T;
}

/** The backend's own sentence if there is one; otherwise what Grafana's proxy means by its status. */
function explain(error: unknown): unknown {
  if (!isFetchError<Partial<ErrorBody> | undefined>(error) || error.cancelled) {
    return error;
  }
  if (error.data?.code && error.data.message) {
    return new Error(error.data.message, { cause: error });
  }
  return new Error(sentenceOfStatus(error.status, error.data?.message), { cause: error });
}

function sentenceOfStatus(status: number, message = ''): string {
  if (status === 401 || (status === 400 && message.startsWith('Authentication to data source failed'))) {
    return 'Heapscope refused the token of this data source. Enter the token the backend was given, or the one it showed at its start.';
  }
  switch (status) {
    case 404:
      return NOT_HEAPSCOPE;
    case 502:
      return "Grafana cannot reach the Heapscope backend. Check the address as Grafana's server sees it, that the backend runs, and, with https, that Grafana trusts its certificate; Grafana's log has the reason.";
    case 504:
      return 'The Heapscope backend did not answer in time. Ask for less, or raise `timeout` under `[dataproxy]` in the configuration of Grafana.';
    case 0:
    case -1:
      return 'Grafana did not answer. Check the network between this browser and Grafana.';
    default:
      return `The request to Heapscope failed with status ${status}${message ? `: ${message}` : '.'}`;
  }
}

import { LoadingState, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { distinctUntilChanged, fromEvent, map, NEVER, scan, startWith, switchMap, take, type Observable } from 'rxjs';
import type { StreamRequest } from '../backend/contract/grafana';
import { toPanelResponse } from './frames';
import { keepConnected, type LiveAnswer } from './keepConnected';
import type { LiveConnections } from './liveConnections';
import { toQueryRequest } from './panelRequest';
import { isRunnable, type HeapscopeQuery, type RunnableQuery } from './query';

/** A range that moves along with time as it is; others that end now, such as `now/d`, grow. */
const MOVING = /^now-\d+[smhdwMQy]$/;

/** Grafana's mixed data source shows nothing until each of its sources has come to an end, which a stream does not. */
const MIXED = 'mixed-';

/** Whether a panel is to be streamed: Explore's live mode, or a query that says so in a range that ends now. */
export function isLive(panel: DataQueryRequest<HeapscopeQuery>): boolean {
  if (panel.requestId?.startsWith(MIXED)) {
    return false;
  }
  const wanted = panel.targets.some((query) => query.live && isRunnable(query));
  return panel.liveStreaming === true || (wanted && panel.range.raw.to === 'now');
}

/** What a live panel asks: its range is a length, and its end the backend's own now. */
export function toStreamRequest(panel: DataQueryRequest<HeapscopeQuery>, queries: RunnableQuery[]): StreamRequest {
  const { from, to } = panel.range.raw;
  const isMoving = to !== 'now' || (typeof from === 'string' && MOVING.test(from));
  return { ...toQueryRequest(panel, queries), keepFrom: !isMoving };
}

/** What a live panel shows, from now until it is unsubscribed; each answer replaces the one before. */
export function streamPanel(
  connections: LiveConnections,
  panel: DataQueryRequest<HeapscopeQuery>,
  queries: RunnableQuery[]
): Observable<DataQueryResponse> {
  const request = toStreamRequest(panel, queries);
  return whileVisible(keepConnected(() => connections.connect(request, panel.requestId))).pipe(
    // What was shown stays while there is nothing new.
    scan((shown: LiveAnswer, { response, problem }) => ({ response: response ?? shown.response, problem }), {}),
    map((shown) => toStreamed(shown, queries, `heapscope-${panel.requestId}`))
  );
}

function toStreamed({ response, problem }: LiveAnswer, queries: RunnableQuery[], key: string): DataQueryResponse {
  const answer = response ? toPanelResponse(response, queries) : { data: [] };
  const errors = [...(problem ? [{ message: problem }] : []), ...(answer.errors ?? [])];
  const state = problem ? LoadingState.Error : LoadingState.Streaming;
  return { ...answer, key, state, ...(errors.length > 0 ? { errors } : undefined) };
}

/** A hidden tab holds no connection, as it refreshes no dashboard; one that is opened hidden gets its first answer. */
function whileVisible<T>(source: Observable<T>): Observable<T> {
  return fromEvent(document, 'visibilitychange').pipe(
    startWith(undefined),
    map(() => document.visibilityState !== 'hidden'),
    distinctUntilChanged(),
    switchMap((isVisible, turn) => (isVisible ? source : turn === 0 ? source.pipe(take(1)) : NEVER))
  );
}

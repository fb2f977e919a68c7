import {
  dateTime,
  LoadingState,
  type DataQueryRequest,
  type DataQueryResponse,
  type RawTimeRange,
} from '@grafana/data';
import { EMPTY, finalize, of, Subject, throwError, type Observable } from 'rxjs';
import type { QueryRequest, QueryResponse, StreamRequest } from '../backend/contract/grafana';
import type { BackendClient } from './backendClient';
import { isLive, streamPanel, toStreamRequest } from './live';
import { LiveConnections } from './liveConnections';
import type { HeapscopeQuery } from './query';
import { answer } from './testing/backend';

const NOW = Date.UTC(2026, 4, 1, 13);
const MINUTE = 60_000;
const LIVE: HeapscopeQuery = { refId: 'A', level: 'pod', metric: 'cpu/usage_rate', live: true };
const RUNNABLE = [{ refId: 'A', level: 'pod', metric: 'cpu/usage_rate' } as const];

interface Panel {
  raw?: RawTimeRange;
  query?: HeapscopeQuery;
  requestId?: string;
  liveStreaming?: boolean;
}

const panel = ({ raw = { from: 'now-15m', to: 'now' }, query = LIVE, requestId = 'Q1', liveStreaming }: Panel = {}) =>
  ({
    targets: [query],
    range: { from: dateTime(NOW - 15 * MINUTE), to: dateTime(NOW), raw },
    requestId,
    liveStreaming,
    maxDataPoints: 500,
    intervalMs: 5000,
  }) as unknown as DataQueryRequest<HeapscopeQuery>;

const past = { from: dateTime(NOW - 60 * MINUTE), to: dateTime(NOW - 45 * MINUTE) };

describe('a panel is live', () => {
  test.each<[string, Panel, boolean]>([
    ['with a live query in a range that ends now', {}, true],
    ['with a live query in the past', { raw: past }, false],
    ['with a live query up to a minute ago', { raw: { from: 'now-1h', to: 'now-1m' } }, false],
    ['without a live query', { query: { ...LIVE, live: undefined } }, false],
    ['with a live query that is hidden', { query: { ...LIVE, hide: true } }, false],
    ["in Explore's live mode, whatever its query says", { query: { ...LIVE, live: false }, liveStreaming: true }, true],
    ["in Explore's live mode, whatever its range was before", { raw: past, liveStreaming: true }, true],
    ['as a part of mixed data sources, which wait for an end', { requestId: 'mixed-0-Q1' }, false],
  ])('%s: %#', (_, given, expected) => {
    expect(isLive(panel(given))).toBe(expected);
  });
});

test.each<[RawTimeRange, boolean]>([
  [{ from: 'now-15m', to: 'now' }, false],
  [{ from: 'now/d', to: 'now' }, true],
  [{ from: 'now-1d/d', to: 'now' }, true],
  [{ from: dateTime(NOW - MINUTE), to: 'now' }, true],
  [past, false],
])('the range of %j keeps its beginning: %s', (raw, keepFrom) => {
  expect(toStreamRequest(panel({ raw }), [...RUNNABLE])).toEqual({
    fromMs: NOW - 15 * MINUTE,
    toMs: NOW,
    maxDataPoints: 500,
    intervalMs: 5000,
    keepFrom,
    queries: RUNNABLE,
  });
});

/** A backend whose streams the test moves by hand. */
class FakeBackend {
  readonly asked: StreamRequest[] = [];
  readonly queried: QueryRequest[] = [];
  readonly streams: Array<Subject<QueryResponse>> = [];
  /** Streams that somebody holds. */
  held = 0;
  /** What the next streams fail with, instead of beginning. */
  refusal: Error | undefined;
  readonly connections = new LiveConnections({
    stream: (request: StreamRequest) => this.open(request),
    query: (request: QueryRequest) => {
      this.queried.push(request);
      return of(result('asked'));
    },
  } as unknown as BackendClient);

  /** What panel number `index` shows, as Grafana gets it. */
  show(index = 1): { seen: DataQueryResponse[]; failures: unknown[]; leave: () => void } {
    const seen: DataQueryResponse[] = [];
    const failures: unknown[] = [];
    const subscription = streamPanel(this.connections, panel({ requestId: `Q${index}` }), [...RUNNABLE]).subscribe({
      next: (response) => seen.push(response),
      error: (error) => failures.push(error),
    });
    return { seen, failures, leave: () => subscription.unsubscribe() };
  }

  private open(request: StreamRequest): Observable<QueryResponse> {
    this.asked.push(request);
    if (this.refusal) {
      return throwError(() => this.refusal);
    }
    const stream = new Subject<QueryResponse>();
    this.streams.push(stream);
    this.held += 1;
    return stream.pipe(finalize(() => (this.held -= 1)));
  }
}

const result = (pod: string): QueryResponse => ({ results: { A: answer([{ pod }]) } });
const failure = (status: number, message: string) => new Error(message, { cause: { status, data: {}, config: {} } });
const podOf = (response: DataQueryResponse | undefined) => response?.data[0]?.fields[1].labels?.pod;
const hideTab = (hidden: boolean) => {
  jest.spyOn(document, 'visibilityState', 'get').mockReturnValue(hidden ? 'hidden' : 'visible');
  document.dispatchEvent(new Event('visibilitychange'));
};

let backend: FakeBackend;
beforeEach(() => {
  jest.useFakeTimers({ now: NOW });
  // The longest pauses.
  jest.spyOn(Math, 'random').mockReturnValue(0);
  backend = new FakeBackend();
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

test('each answer replaces the one before under the same key, as streamed', () => {
  const { seen, leave } = backend.show();
  backend.streams[0].next(result('one'));
  backend.streams[0].next(result('two'));
  expect(seen.map(podOf)).toEqual(['one', 'two']);
  expect(new Set(seen.map(({ key }) => key))).toEqual(new Set(['heapscope-Q1']));
  expect(seen.map(({ state }) => state)).toEqual([LoadingState.Streaming, LoadingState.Streaming]);
  expect(backend.queried).toEqual([]);
  leave();
});

test('leaving a panel gives its stream up, and nothing is tried again', () => {
  const { leave } = backend.show();
  backend.streams[0].next(result('one'));
  leave();
  expect(backend.held).toBe(0);
  jest.advanceTimersByTime(10 * MINUTE);
  expect(backend.asked).toHaveLength(1);
});

test('the sentence of one failed query stands beside the others', () => {
  const { seen, leave } = backend.show();
  backend.streams[0].next({
    results: { A: { frames: [], error: { code: 'bad_request', message: 'No such level.' } } },
  });
  expect(seen.at(-1)?.errors).toEqual([{ refId: 'A', message: 'No such level.' }]);
  leave();
});

test('a stream that ends or breaks once is taken up again without a word', () => {
  const { seen, leave } = backend.show();
  backend.streams[0].next(result('one'));
  backend.streams[0].complete();
  jest.advanceTimersByTime(1000);
  backend.streams[1].next(result('two'));
  backend.streams[1].error(failure(0, 'broken'));
  jest.advanceTimersByTime(1000);
  backend.streams[2].next(result('three'));
  expect(seen.map(podOf)).toEqual(['one', 'two', 'three']);
  expect(seen.flatMap(({ errors }) => errors ?? [])).toEqual([]);
  leave();
});

test('a backend that stays away is told in a sentence beside what was shown, and asked again ever more seldom', () => {
  const { seen, leave } = backend.show();
  backend.streams[0].next(result('one'));
  backend.refusal = failure(502, 'Grafana cannot reach the backend.');
  backend.streams[0].error(backend.refusal);
  const moments: number[] = [];
  for (let second = 1; second <= 150; second++) {
    const before = backend.asked.length;
    jest.advanceTimersByTime(1000);
    moments.push(...Array<number>(backend.asked.length - before).fill(second));
  }
  expect(moments).toEqual([1, 3, 7, 15, 31, 61, 91, 121]);
  expect(seen.at(-1)).toMatchObject({
    state: LoadingState.Error,
    errors: [{ message: 'Live updates are interrupted and will be tried again. Grafana cannot reach the backend.' }],
  });
  expect(podOf(seen.at(-1))).toBe('one');

  backend.refusal = undefined;
  jest.advanceTimersByTime(30_000);
  backend.streams.at(-1)?.next(result('two'));
  expect(seen.at(-1)).toMatchObject({ state: LoadingState.Streaming });
  expect(seen.at(-1)?.errors).toBeUndefined();
  expect(podOf(seen.at(-1))).toBe('two');
  leave();
});

test('a panel that cannot be reached at all says so at once', () => {
  backend.refusal = failure(503, 'There is no data yet.');
  const { seen, leave } = backend.show();
  expect(seen).toMatchObject([{ data: [], errors: [{ message: expect.stringContaining('There is no data yet.') }] }]);
  leave();
});

test.each([400, 403, 404, 413])('a refusal by status %d is final', (status) => {
  backend.refusal = failure(status, 'Never.');
  const { failures } = backend.show();
  expect(failures).toEqual([backend.refusal]);
  jest.advanceTimersByTime(10 * MINUTE);
  expect(backend.asked).toHaveLength(1);
});

test('a session of Grafana that has to be renewed is waited for', () => {
  backend.refusal = failure(401, 'Unauthorized');
  const { failures, leave } = backend.show();
  jest.advanceTimersByTime(1000);
  expect([failures, backend.asked.length]).toEqual([[], 2]);
  leave();
});

test('where the backend has no room for a stream, the panel asks twice a minute and says why', () => {
  backend.refusal = failure(429, '400 panels are live already.');
  const { seen, leave } = backend.show();
  expect(podOf(seen[0])).toBe('asked');
  expect(seen[0].errors).toEqual([{ message: expect.stringContaining('400 panels are live already.') }]);
  jest.advanceTimersByTime(5 * MINUTE);
  expect(backend.asked).toHaveLength(10);
  expect(backend.queried).toHaveLength(10);
  leave();
});

describe('of many live panels', () => {
  test('two hold a stream, and the others ask when a stream tells of a round', () => {
    const panels = [1, 2, 3, 4].map((index) => backend.show(index));
    expect([backend.held, backend.queried.length]).toEqual([2, 2]);
    backend.streams.forEach((stream) => stream.next(result('begin')));
    expect(backend.queried).toHaveLength(2);
    jest.setSystemTime(NOW + MINUTE);
    backend.streams[0].next(result('round'));
    expect(backend.queried).toHaveLength(4);
    expect(backend.queried[3]).toMatchObject({ fromMs: NOW - 14 * MINUTE, toMs: NOW + MINUTE, queries: RUNNABLE });
    expect(backend.queried[3]).not.toHaveProperty('keepFrom');
    expect(panels[3].seen.at(-1)).toMatchObject({ key: 'heapscope-Q4', state: LoadingState.Streaming });
    panels.forEach(({ leave }) => leave());
    expect(backend.held).toBe(0);
  });

  test('others take the streams over when the panels that held them are gone', () => {
    const panels = [1, 2, 3, 4].map((index) => backend.show(index));
    panels[0].leave();
    panels[1].leave();
    expect(backend.held).toBe(0);
    jest.advanceTimersByTime(1000);
    expect(backend.held).toBe(2);
    backend.streams[2].next(result('own'));
    expect(podOf(panels[2].seen.at(-1))).toBe('own');
    panels.forEach(({ leave }) => leave());
  });
});

describe('a hidden tab', () => {
  afterEach(() => hideTab(false));

  test('holds no stream, and takes it up when it is seen again', () => {
    const { seen, leave } = backend.show();
    backend.streams[0].next(result('one'));
    hideTab(true);
    expect(backend.held).toBe(0);
    jest.advanceTimersByTime(MINUTE);
    hideTab(false);
    backend.streams[1].next(result('two'));
    expect(seen.map(podOf)).toEqual(['one', 'two']);
    leave();
  });

  test('that was opened hidden shows one answer', () => {
    hideTab(true);
    const { seen, leave } = backend.show();
    backend.streams[0].next(result('one'));
    expect([seen.map(podOf), backend.held]).toEqual([['one'], 0]);
    leave();
  });
});

test('streams that are completed at once do not spin', () => {
  const completing = new LiveConnections({ stream: jest.fn(() => EMPTY) } as unknown as BackendClient);
  const subscription = streamPanel(completing, panel(), [...RUNNABLE]).subscribe();
  jest.advanceTimersByTime(MINUTE);
  expect(jest.getTimerCount()).toBe(1);
  subscription.unsubscribe();
  expect(jest.getTimerCount()).toBe(0);
});

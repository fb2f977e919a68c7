import {
  catchError,
  concat,
  defer,
  finalize,
  ignoreElements,
  map,
  startWith,
  Subject,
  switchMap,
  takeUntil,
  tap,
  throwError,
  timer,
  type Observable,
} from 'rxjs';
import type { StreamRequest } from '../backend/contract/grafana';
import { statusOf, type BackendClient } from './backendClient';
import { explainInterruption, type LiveAnswer } from './keepConnected';

/**
 * Browsers open six connections to a server that speaks HTTP/1.1, for all tabs together: if every panel held one for
 * itself, nothing else of Grafana could load.
 */
const STREAMS_AT_ONCE = 2;
const BUSY_PAUSE_MS = 30_000;
const TOO_MANY = 429;

/** The connections of a data source's live panels. Two hold a stream; the others ask whenever a stream tells of a round. */
export class LiveConnections {
  private readonly client: BackendClient;
  private readonly rounds = new Subject<void>();
  private readonly allClosed = new Subject<void>();
  private open = 0;

  constructor(client: BackendClient) {
    this.client = client;
  }

  /** Answers now and after each round, until the connection ends. `requestId` is the panel's. */
  connect(request: StreamRequest, requestId: string): Observable<LiveAnswer> {
    return defer(() =>
      this.open < STREAMS_AT_ONCE ? this.stream(request, requestId) : this.follow(request, requestId)
    );
  }

  private stream(request: StreamRequest, requestId: string): Observable<LiveAnswer> {
    this.open += 1;
    return this.client.stream(request).pipe(
      tap({ next: this.tellRounds() }),
      map((response) => ({ response })),
      finalize(() => this.release()),
      catchError((error: unknown) =>
        statusOf(error) === TOO_MANY ? this.askNow(request, requestId, error) : throwError(() => error)
      )
    );
  }

  /** Who holds no stream asks by itself; when the last stream has ended, it may get one. */
  private follow(request: StreamRequest, requestId: string): Observable<LiveAnswer> {
    return this.rounds.pipe(
      startWith(undefined),
      switchMap(() => this.client.query(endingNow(request), requestId)),
      map((response) => ({ response })),
      takeUntil(this.allClosed)
    );
  }

  /** Where the backend has no room for the stream, the panel shows at least what there is now, and why it stands still. */
  private askNow(request: StreamRequest, requestId: string, reason: unknown): Observable<LiveAnswer> {
    const problem = explainInterruption(reason);
    return concat(
      this.client.query(endingNow(request), requestId).pipe(map((response) => ({ response, problem }))),
      timer(BUSY_PAUSE_MS).pipe(ignoreElements())
    );
  }

  /** The first answer of a stream is no news for the others. */
  private tellRounds(): () => void {
    let isFirst = true;
    return () => {
      if (!isFirst) {
        this.rounds.next();
      }
      isFirst = false;
    };
  }

  private release(): void {
    this.open -= 1;
    if (this.open === 0) {
      this.allClosed.next();
    }
  }
}

/** The same question for a range that ends now by the clock of the browser. */
function endingNow({ keepFrom, ...request }: StreamRequest, nowMs = Date.now()): Omit<StreamRequest, 'keepFrom'> {
  const { fromMs, toMs } = request;
  return { ...request, fromMs: keepFrom ? fromMs : nowMs - (toMs - fromMs), toMs: nowMs };
}

import { concatWith, defer, merge, retry, Subject, tap, throwError, timer, type Observable } from 'rxjs';
import type { QueryResponse } from '../backend/contract/grafana';
import { statusOf } from './backendClient';

/** What a live panel gets: an answer, a sentence on why it is not live at the moment, or both. */
export interface LiveAnswer {
  response?: QueryResponse;
  problem?: string;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Statuses below 500 that go by: the session of the browser is renewed, the backend has room again. */
const PASSING = [401, 408, 425, 429];

const ENDED = new Error('The stream ended.');

/**
 * Connects again whenever the connection ends or breaks, with pauses that double up to half a minute. A first break is
 * mended silently, further ones are told. Fails only if the backend refuses what is asked.
 */
export function keepConnected(connect: () => Observable<LiveAnswer>): Observable<LiveAnswer> {
  return defer(() => {
    const problems = new Subject<LiveAnswer>();
    let hasAnswered = false;
    const answers = defer(connect).pipe(
      tap(() => (hasAnswered = true)),
      concatWith(throwError(() => ENDED)),
      retry({
        resetOnSuccess: true,
        delay: (error: unknown, attempt) => {
          if (isFinal(error)) {
            return throwError(() => error);
          }
          if (error !== ENDED && (attempt > 1 || !hasAnswered)) {
            problems.next({ problem: explainInterruption(error) });
          }
          return timer(pauseMs(attempt));
        },
      })
    );
    return merge(problems, answers);
  });
}

/** Why a panel is not live, and that this is not the end. */
export function explainInterruption(error: unknown): string {
  return `Live updates are interrupted and will be tried again. ${error instanceof Error ? error.message : String(error)}`;
}

function isFinal(error: unknown): boolean {
  const status = statusOf(error) ?? 0;
  return status >= 400 && status < 500 && !PASSING.includes(status);
}

/** Shortened at random by up to a half, so that not all panels come back at the same moment. */
function pauseMs(attempt: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)) * (1 - Math.random() / 2);
}

import type { StreamRequest } from '../../contract/grafana.ts';
import { HeapscopeError } from '../../errors.ts';
import { readQueryRequest } from './requests.ts';

/** A query is kept for as long as its stream is open, so it must be smaller than one that is answered once. */
const LARGEST_QUERY = 128 * 1024;

/** Checks the body of `POST stream` field by field. Throws `bad_request` naming the parameter. */
export function readStreamRequest(body: unknown): StreamRequest {
  const query = readQueryRequest(body);
  const keepFrom: unknown = (body as { keepFrom?: unknown }).keepFrom ?? false;
  if (typeof keepFrom !== 'boolean') {
    throw new HeapscopeError('bad_request', 'keepFrom must be true or false.');
  }
  if (JSON.stringify(query).length > LARGEST_QUERY) {
    throw new HeapscopeError(
      'body_too_large',
      `A live panel may ask with at most ${LARGEST_QUERY / 1024} KiB; name fewer objects, by a pattern or a label selector.`
    );
  }
  return { ...query, keepFrom };
}

/** The range a stream answers for at a time: as long as the one it was asked with, or from the same time on. */
export function rangeOfRound(
  { fromMs, toMs, keepFrom }: StreamRequest,
  newestMs: number
): { fromMs: number; toMs: number } {
  return { fromMs: keepFrom ? Math.min(fromMs, newestMs) : Math.max(0, newestMs - (toMs - fromMs)), toMs: newestMs };
}

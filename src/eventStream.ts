import type { FetchResponse } from '@grafana/runtime';
import { Observable } from 'rxjs';

/** A server-sent event. Comments are no events. */
export interface SentEvent {
  name: string;
  data: string;
}

/** A piece of an answer as `chunked` of Grafana's backend service hands it out; the last one has no data. */
export type Chunk = Pick<
  FetchResponse<Uint8Array | undefined>,
  'ok' | 'status' | 'statusText' | 'headers' | 'data' | 'config'
>;

/**
 * The events of an answer as they come. A refusal is an error like those of `fetch`, with the body that explains it; an
 * answer that is no stream is the error `notAStream`.
 */
export function readEvents(chunks: Observable<Chunk>, notAStream: () => Error): Observable<SentEvent> {
  return new Observable((subscriber) => {
    const decoder = new TextDecoder();
    let text = '';
    let refusal: Chunk | undefined;
    return chunks.subscribe({
      next(chunk) {
        const searched = text.length;
        text += decoder.decode(chunk.data, { stream: true });
        if (!chunk.ok) {
          refusal = chunk;
        } else if (!chunk.headers.get('content-type')?.startsWith('text/event-stream')) {
          subscriber.error(notAStream());
        } else {
          const blocks = splitBlocks(text, searched);
          text = blocks.pop() ?? '';
          blocks.flatMap(toEvent).forEach((event) => subscriber.next(event));
        }
      },
      error: (error: unknown) => subscriber.error(error),
      complete() {
        if (refusal) {
          const { status, statusText, config } = refusal;
          subscriber.error({ status, statusText, config, data: parseBody(text) });
        } else {
          subscriber.complete();
        }
      },
    });
  });
}

/** Whole blocks, and at the end the beginning of the next. What came before `searched` has been looked through. */
function splitBlocks(text: string, searched: number): string[] {
  return text.includes('\n\n', Math.max(0, searched - 1)) ? text.split('\n\n') : [text];
}

function toEvent(block: string): SentEvent[] {
  const valueOf = (field: string) =>
    block
      .split('\n')
      .filter((line) => line.startsWith(`${field}:`))
      .map((line) => line.slice(field.length + 1).replace(/^ /, ''))
      .join('\n');
  const data = valueOf('data');
  return data === '' ? [] : [{ name: valueOf('event') || 'message', data }];
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page of some proxy in between.
    return { message: text.slice(0, 200) };
  }
}

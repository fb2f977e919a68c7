import type { Chunk } from '../eventStream';

/** A piece of a streamed answer; without text the end of it. */
export function chunk(
  text: string | Uint8Array | undefined,
  { ok = true, status = 200, type = 'text/event-stream' } = {}
): Chunk {
  return {
    ok,
    status,
    statusText: '',
    headers: new Map([['content-type', type]]) as unknown as Headers,
    data: typeof text === 'string' ? new TextEncoder().encode(text) : text,
    config: { url: '' },
  };
}

/** An answer in pieces that are cut at these places. */
export function chunksOf(bytes: Uint8Array, places: number[]): Chunk[] {
  const cuts = [0, ...places, bytes.length].sort((a, b) => a - b);
  return cuts.slice(1).map((end, index) => chunk(bytes.slice(cuts[index], end)));
}

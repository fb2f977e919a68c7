import type { ServerResponse } from 'node:http';

const PIECE_BYTES = 32 * 1024;

/** Done when the response takes more, or is over. */
export function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

/**
 * Writes bytes one piece after another and ends the response; `done` is called when the bytes are no longer needed. A TLS
 * connection keeps a buffer as long as the longest piece it ever sent, which 5,000 connections make felt.
 */
export function sendInPieces(response: ServerResponse, bytes: Buffer, done: () => void): void {
  let from = 0;
  let over = false;
  const finish = (): void => {
    if (!over) {
      over = true;
      done();
    }
  };
  const next = (error?: Error | null): void => {
    if (error || response.destroyed || over) {
      finish();
      return;
    }
    const piece = bytes.subarray(from, from + PIECE_BYTES);
    from += PIECE_BYTES;
    if (from < bytes.length) {
      response.write(piece, next);
      return;
    }
    response.write(piece, finish);
    response.end();
  };
  response.on('close', finish);
  next();
}

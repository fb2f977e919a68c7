import { constants, gzip } from 'node:zlib';
import type { RequestHandler, Response } from 'express';

const SMALLEST_BYTES = 1_024;
const COMPRESSIBLE = /^(text\/|application\/(json|javascript|openmetrics-text)|image\/svg)/;
/** Fast levels win: JSON of numbers shrinks little more at higher ones. */
const LEVEL = 3;

/** Compresses answers that are sent in one piece, off the main thread. Streams pass as they are. */
export const gzipAnswers: RequestHandler = (request, response, next) => {
  const end = response.end.bind(response) as (chunk?: unknown, encoding?: unknown, callback?: unknown) => Response;
  const compressing = (chunk?: unknown, encoding?: unknown, callback?: unknown): Response => {
    const body = bodyOf(chunk, encoding);
    if (body === undefined || !worthIt(response, body) || request.method === 'HEAD') {
      return end(chunk, encoding, callback);
    }
    response.vary('Accept-Encoding');
    if (request.acceptsEncodings('gzip') === false) {
      return end(chunk, encoding, callback);
    }
    gzip(body, { level: LEVEL, memLevel: constants.Z_DEFAULT_MEMLEVEL }, (error, compressed) => {
      if (response.destroyed) {
        return;
      }
      if (error) {
        end(body);
        return;
      }
      response.setHeader('Content-Encoding', 'gzip');
      response.setHeader('Content-Length', compressed.length);
      end(compressed);
    });
    return response;
  };
  response.end = compressing as typeof response.end;
  next();
};

function bodyOf(chunk: unknown, encoding: unknown): Buffer | undefined {
  if (typeof chunk === 'string') {
    return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
  }
  return chunk instanceof Uint8Array ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : undefined;
}

function worthIt(response: Response, body: Buffer): boolean {
  const type = response.getHeader('Content-Type');
  return (
    !response.headersSent &&
    body.length > SMALLEST_BYTES &&
    response.statusCode !== 206 &&
    !response.hasHeader('Content-Encoding') &&
    typeof type === 'string' &&
    COMPRESSIBLE.test(type)
  );
}

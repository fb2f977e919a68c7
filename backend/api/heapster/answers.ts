import { deflate, gzip } from 'node:zlib';
import type { Request, Response } from 'express';
import { compactJson, indentedJson, type GoValue } from './goJson.ts';

/** A refusal in Heapster's words, which go out as plain text. */
export class HeapsterError extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.name = 'HeapsterError';
    this.status = status;
  }
}

/** An answer before it is sent. */
export interface HeapsterAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** An answer in JSON as most of Heapster's are: indented. */
export function indented(value: GoValue): HeapsterAnswer {
  return { status: 200, contentType: JSON_TYPE, body: indentedJson(value) };
}

/** An answer in JSON on one line with its end, as lists of pods and the export have it. */
export function compact(value: GoValue): HeapsterAnswer {
  return { status: 200, contentType: JSON_TYPE, body: `${compactJson(value)}\n` };
}

/** An answer of text. */
export function plain(status: number, body: string): HeapsterAnswer {
  return { status, contentType: TEXT_TYPE, body };
}

/** Sends an answer, compressed whenever the client takes that, however short it is. */
export function sendAnswer(request: Request, response: Response, { status, contentType, body }: HeapsterAnswer): void {
  response.statusCode = status;
  response.setHeader('Content-Type', contentType);
  response.vary('Accept-Encoding');
  const bytes = Buffer.from(body);
  const encoding = contentType === JSON_TYPE ? encodingFor(request.headers['accept-encoding'] ?? '') : undefined;
  if (encoding === undefined) {
    sendBytes(response, bytes);
    return;
  }
  const compress = encoding === 'gzip' ? gzip : deflate;
  compress(bytes, (error, compressed) => {
    if (response.destroyed) {
      return;
    }
    if (!error) {
      response.setHeader('Content-Encoding', encoding);
    }
    sendBytes(response, error ? bytes : compressed);
  });
}

function sendBytes(response: Response, bytes: Buffer): void {
  response.setHeader('Content-Length', bytes.length);
  response.end(bytes);
}

/** How an answer is compressed: whichever of the two the client names first. */
export function encodingFor(accepted: string): 'gzip' | 'deflate' | undefined {
  const [named] = /\b(gzip|deflate)\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.exec(accepted) ?? [];
  return named === undefined ? undefined : named.toLowerCase().startsWith('gzip') ? 'gzip' : 'deflate';
}

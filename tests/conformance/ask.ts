import { request } from 'node:http';
import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import type { RecordedRequest } from './kit.ts';

/** What came back, decompressed. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly contentEncoding?: string;
  readonly body: string;
}

/** Asks exactly what was recorded: method, path and headers as they were. */
export function ask(port: number, { method, path, headers }: RecordedRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, method, path, headers: { ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const contentEncoding = response.headers['content-encoding'];
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? '',
          contentEncoding,
          body: unpack(Buffer.concat(chunks), contentEncoding).toString('utf8'),
        });
      });
    });
    asking.on('error', reject);
    asking.end();
  });
}

function unpack(bytes: Buffer, encoding: string | undefined): Buffer {
  if (encoding === 'gzip') {
    return gunzipSync(bytes);
  }
  if (encoding === 'deflate') {
    // Some servers leave out the header that the name promises.
    return bytes[0] === 0x78 ? inflateSync(bytes) : inflateRawSync(bytes);
  }
  return bytes;
}

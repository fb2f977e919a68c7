import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { serve, type TestServer } from '../../../tests/support/server.ts';
import { decodeVersion1, decodeVersion2, type ReceivedSeries } from './decodeRequests.ts';
import { unpackSnappy } from './unpackSnappy.ts';

/** A request as it came. */
export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly protocol: '1.0' | '2.0';
  readonly series: readonly ReceivedSeries[];
  readonly status: number;
}

interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
}

/** What to answer: a status, or more; now or later. */
export type Script = (request: Omit<ReceivedRequest, 'status'>) => ScriptedAnswer | Promise<ScriptedAnswer>;

/** A receiver of remote write that decodes strictly, remembers, and answers as it is told. */
export interface ScriptedReceiver {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  script: Script;
  close(): Promise<void>;
}

/** Takes everything, as a receiver of 2.0 does. */
export const takesVersion2 = ({ series }: Pick<ReceivedRequest, 'series'>): ScriptedAnswer => ({
  status: 204,
  headers: { 'X-Prometheus-Remote-Write-Samples-Written': String(series.length) },
});

/** Serves on the loopback address; a body that is not to the letter is answered by 500. */
export async function scriptedReceiver(script: Script = takesVersion2): Promise<ScriptedReceiver> {
  const requests: ReceivedRequest[] = [];
  const server: TestServer = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void answer(request, Buffer.concat(chunks), response));
  });
  const answer = async (request: IncomingMessage, body: Buffer, response: ServerResponse) => {
    try {
      const received = readRequest(request.url ?? '', request.headers, body);
      const { status, headers = {}, text = '' } = await made.script(received);
      requests.push({ ...received, status });
      response.writeHead(status, headers).end(text);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  };
  const made: ScriptedReceiver = { url: `${server.url}/api/v1/write`, requests, script, close: () => server.close() };
  return made;
}

function readRequest(path: string, headers: IncomingHttpHeaders, body: Buffer): Omit<ReceivedRequest, 'status'> {
  const version = headers['x-prometheus-remote-write-version'];
  const protocol = version === '2.0.0' ? '2.0' : '1.0';
  const type =
    protocol === '2.0' ? 'application/x-protobuf;proto=io.prometheus.write.v2.Request' : 'application/x-protobuf';
  if (headers['content-encoding'] !== 'snappy' || headers['content-type'] !== type || !headers['user-agent']) {
    throw new Error(`Headers are wrong: ${JSON.stringify(headers)}`);
  }
  const unpacked = unpackSnappy(body);
  return { path, headers, protocol, series: protocol === '2.0' ? decodeVersion2(unpacked) : decodeVersion1(unpacked) };
}

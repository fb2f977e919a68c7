import type { Dispatcher } from 'undici';
import type { Access } from './access.ts';
import { networkProblem, statusProblem } from './apiProblem.ts';
import type { Asked } from './apiProblem.ts';
import { isObject } from './json.ts';
import type { JsonObject } from './json.ts';

/** How long the server may take to begin an answer, and between two parts of it. */
const ANSWER_TIMEOUT_MS = 60_000;
const ERROR_BODY_LIMIT_BYTES = 64 * 1024;
/** A page of 500 large objects is a few MB; servers that don't know pages send everything. */
const MAX_JSON_BYTES = 256 * 1024 * 1024;

export interface JsonRequest extends Asked {
  readonly path: string;
  readonly accept?: string;
  /** Sent as JSON by POST. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** For answers that stream: silence longer than this ends them. */
  readonly silenceMs?: number;
}

/** Asks the API server with the connection's credentials; every failure is a sentence. */
export interface ApiClient {
  /** The JSON object of a successful answer. */
  json(request: JsonRequest): Promise<JsonObject>;
  /** The parts of a successful answer as they come. */
  stream(request: JsonRequest): Promise<AsyncIterable<Buffer>>;
  /** An answer of any status, up to `maxBytes`; `complete` is false where it was cut there. `json` is sent by POST. */
  read(path: string, options: { signal?: AbortSignal; maxBytes: number; json?: string }): Promise<RawAnswer>;
}

export interface RawAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly complete: boolean;
}

/** A client on the connections of an {@link Access}. */
export function createApiClient(access: Access): ApiClient {
  async function send(
    request: Omit<JsonRequest, keyof Asked>
  ): Promise<{ server: URL; answer: Dispatcher.ResponseData }> {
    const { credentials, dispatcher } = await access.current();
    const { server } = credentials;
    const timeoutMs = request.silenceMs ?? ANSWER_TIMEOUT_MS;
    try {
      const answer = await dispatcher.request({
        origin: server.origin,
        path: server.pathname.replace(/\/$/, '') + request.path,
        method: request.body === undefined ? 'GET' : 'POST',
        headers: {
          ...credentials.headers,
          accept: request.accept ?? 'application/json',
          'user-agent': 'heapscope',
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        signal: request.signal,
      });
      if (answer.statusCode === 401) {
        access.refused();
      }
      return { server, answer };
    } catch (error) {
      throw networkProblem(server, error);
    }
  }

  async function success(request: JsonRequest): Promise<{ server: URL; answer: Dispatcher.ResponseData }> {
    const sent = await send(request);
    const { statusCode, body } = sent.answer;
    if (statusCode >= 200 && statusCode < 300) {
      return sent;
    }
    throw statusProblem(sent.server, request, statusCode, parsed((await readUpTo(body, ERROR_BODY_LIMIT_BYTES)).body));
  }

  return {
    async json(request) {
      const { server, answer } = await success(request);
      const { body, complete } = await readUpTo(answer.body, MAX_JSON_BYTES).catch((error: unknown) => {
        throw networkProblem(server, error);
      });
      const value = complete ? parsed(body) : undefined;
      if (!isObject(value)) {
        const message = complete ? 'the answer is not JSON' : `the answer is larger than ${MAX_JSON_BYTES} bytes`;
        throw statusProblem(server, request, answer.statusCode, { message });
      }
      return value;
    },
    async stream(request) {
      const { server, answer } = await success(request);
      return sentences(server, answer.body);
    },
    async read(path, { signal, maxBytes, json }) {
      const body: unknown = json === undefined ? undefined : JSON.parse(json);
      const { server, answer } = await send({ path, body, signal });
      try {
        return { status: answer.statusCode, ...(await readUpTo(answer.body, maxBytes)) };
      } catch (error) {
        throw networkProblem(server, error);
      }
    },
  };
}

async function* sentences(server: URL, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw networkProblem(server, error);
  }
}

async function readUpTo(body: AsyncIterable<Buffer>, maxBytes: number): Promise<{ body: Buffer; complete: boolean }> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > maxBytes) {
      return { body: Buffer.concat(parts), complete: false };
    }
    parts.push(part);
  }
  return { body: Buffer.concat(parts), complete: true };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // Proxies in front of the API server answer in HTML; the status says enough.
    return undefined;
  }
}

import { readFile } from 'node:fs/promises';
import { Agent, request, type Dispatcher } from 'undici';
import { HeapscopeError, sentenceOf } from '../errors.ts';

/** How another engine is reached. Files are read again for each request, so that what is rotated is taken into use. */
export interface EndpointOptions {
  /** With what the other side itself wants in the query part. */
  readonly url: string;
  /** For sentences; holds no secrets. */
  readonly title: string;
  /** Bearer token. */
  readonly tokenFile?: string;
  /** `USER:PASSWORD`. */
  readonly basicAuthFile?: string;
  /** CA certificates in PEM, in place of those of the platform. */
  readonly caFile?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface EndpointRequest {
  readonly method: 'GET' | 'POST';
  /** Added to the path of the URL; may have a query part of its own. */
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly timeoutMs: number;
  /** Longer answers fail. */
  readonly maxAnswerBytes: number;
  /** Read what fits and leave the rest. */
  readonly mayCut?: boolean;
  readonly signal: AbortSignal;
}

export interface EndpointAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Another engine over HTTP. */
export interface Endpoint {
  readonly title: string;
  /** Any answer; rejects with `remote_unreachable` when there is none, and `limit_exceeded` when it is too long. */
  ask(question: EndpointRequest): Promise<EndpointAnswer>;
  close(): Promise<void>;
}

/** More requests than these wait for one another. */
const CONNECTIONS = 8;

/** Opens nothing before the first request. */
export function createEndpoint(options: EndpointOptions): Endpoint {
  const { title } = options;
  let agent: Agent | undefined;
  let trusted: string | undefined;

  /** The connections; others as soon as the CA file changes. */
  async function connections(): Promise<Dispatcher> {
    const ca = options.caFile === undefined ? undefined : await readSecret(options.caFile, options);
    if (!agent || ca !== trusted) {
      void agent?.close();
      agent = new Agent({
        connect: ca === undefined ? {} : { ca },
        keepAliveTimeout: 30_000,
        connections: CONNECTIONS,
      });
      trusted = ca;
    }
    return agent;
  }

  async function ask(question: EndpointRequest): Promise<EndpointAnswer> {
    const [dispatcher, authorization] = await Promise.all([connections(), readAuthorization(options)]);
    const answer = await request(urlOf(options.url, question.path), {
      dispatcher,
      method: question.method,
      headers: { ...options.headers, ...authorization, ...question.headers },
      body: question.body,
      // The signal ends it: one deadline for everything.
      headersTimeout: 0,
      bodyTimeout: 0,
      signal: AbortSignal.any([question.signal, AbortSignal.timeout(question.timeoutMs)]),
    });
    const body = await readBody(answer.body, question, title);
    return { status: answer.statusCode, headers: answer.headers, body };
  }

  return {
    title,
    async ask(question) {
      try {
        return await ask(question);
      } catch (error) {
        throw error instanceof HeapscopeError ? error : unreachable(title, error, question.timeoutMs);
      }
    },
    async close() {
      await agent?.destroy();
    },
  };
}

async function readAuthorization(options: EndpointOptions): Promise<Record<string, string>> {
  const { tokenFile, basicAuthFile } = options;
  if (tokenFile !== undefined) {
    return { authorization: `Bearer ${await readSecret(tokenFile, options)}` };
  }
  if (basicAuthFile !== undefined) {
    const pair = await readSecret(basicAuthFile, options);
    return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }
  return {};
}

async function readSecret(path: string, { title }: EndpointOptions): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    const sentence = `The credentials for ${title} cannot be read: ${sentenceOf(cause)}.`;
    throw new HeapscopeError('remote_unreachable', sentence, { cause });
  }
}

function urlOf(base: string, path = ''): URL {
  const url = new URL(base);
  if (path !== '') {
    const [added, query = ''] = path.split('?');
    url.pathname = url.pathname.replace(/\/$/, '') + added;
    new URLSearchParams(query).forEach((value, name) => url.searchParams.append(name, value));
  }
  return url;
}

async function readBody(body: Dispatcher.ResponseData['body'], question: EndpointRequest, title: string) {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > question.maxAnswerBytes) {
      if (question.mayCut) {
        break;
      }
      const most = `${Math.round(question.maxAnswerBytes / 2 ** 20)} MiB`;
      const sentence = `The answer of ${title} is longer than ${most}, the most that is read. Ask for a shorter range, fewer series or fewer data points.`;
      throw new HeapscopeError('limit_exceeded', sentence);
    }
  }
  return Buffer.concat(chunks);
}

function unreachable(title: string, cause: unknown, timeoutMs: number): HeapscopeError {
  const why =
    cause instanceof Error && cause.name === 'TimeoutError'
      ? `no answer within ${timeoutMs / 1000} s`
      : (sentenceOf(cause) || sentenceOf((cause as { cause?: unknown }).cause)).replace(/\.$/, '');
  const sentence = `${title} cannot be reached: ${why}. Check its address and that it runs.`;
  return new HeapscopeError('remote_unreachable', sentence, { cause });
}

/** What the other side said, for a sentence: one line, not too long. */
export function answerText({ body }: Pick<EndpointAnswer, 'body'>): string {
  const text = body
    .toString('utf8')
    .replace(/\p{C}+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

import { config } from '@grafana/runtime';
import { firstValueFrom, lastValueFrom, of, throwError, type Observable } from 'rxjs';
import type { NamesRequest, StreamRequest } from '../backend/contract/grafana';
import { createBackendClient, statusOf } from './backendClient';
import type { Chunk } from './eventStream';
import { HEALTHY, refuse } from './testing/backend';
import { chunk } from './testing/chunks';

const NAMES: NamesRequest = { fromMs: 0, toMs: 1, dimension: 'namespace' };

const failing = (status: number, data?: unknown) => createBackendClient('/proxy', () => refuse(status, data)).health();

test('requests go to routes that end with a slash, with a body and a request id', async () => {
  const fetcher = jest.fn(() => of({ data: { names: ['default'], total: 1 } }));
  await firstValueFrom(createBackendClient('/proxy', fetcher).names(NAMES, 'Q1'));
  expect(fetcher).toHaveBeenCalledWith({
    method: 'POST',
    url: '/proxy/names/',
    data: NAMES,
    requestId: 'Q1',
    showErrorAlert: false,
  });
});

test("the backend's own sentence is the error", async () => {
  const message = 'There is no metric "cpu". Choose a name from the metrics list.';
  await expect(failing(400, { code: 'unknown_metric', message })).rejects.toThrow(message);
});

test('data comes back as the backend sent it', async () => {
  await expect(createBackendClient('/proxy', () => of({ data: HEALTHY })).health()).resolves.toBe(HEALTHY);
});

test.each([
  [400, { message: 'Authentication to data source failed' }, /refused the token/],
  [401, {}, /refused the token/],
  [502, {}, /cannot reach the Heapscope backend/],
  [504, {}, /did not answer in time/],
  [404, { message: 'Not found' }, /not as Heapscope does/],
  [400, { message: 'Unable to load TLS certificate' }, /status 400: Unable to load TLS certificate/],
  [500, undefined, /failed with status 500\./],
])('status %d with %p says what to do', async (status, data, expected) => {
  await expect(failing(status, data)).rejects.toThrow(expected);
});

test('a web page in place of an answer is told apart from Heapscope', async () => {
  const client = createBackendClient('/proxy', () => of({ data: '<html>' }));
  await expect(client.metrics()).rejects.toThrow(/not as Heapscope does/);
});

test('a cancelled request stays cancelled rather than becoming an error', async () => {
  const cancelled = { status: -1, cancelled: true, data: null, config: { url: '' } };
  await expect(createBackendClient('/proxy', () => throwError(() => cancelled)).health()).rejects.toBe(cancelled);
});

describe('a stream', () => {
  const QUESTION: StreamRequest = { fromMs: 0, toMs: 1, queries: [] };
  const streaming = (chunks: Observable<Chunk>) => {
    const streamer = jest.fn(() => chunks);
    return { streamer, answers: createBackendClient('/grafana/proxy', undefined, streamer).stream(QUESTION) };
  };

  test('is asked for relative to the page, in the organisation of the user', async () => {
    config.bootData.user.orgId = 7;
    const { streamer, answers } = streaming(of(chunk('event: answer\ndata: {"results":{}}\n\n')));
    expect(await lastValueFrom(answers)).toEqual({ results: {} });
    expect(streamer).toHaveBeenCalledWith({
      method: 'POST',
      url: 'grafana/proxy/stream/',
      headers: { Accept: 'text/event-stream', 'X-Grafana-Org-Id': '7' },
      data: QUESTION,
      showErrorAlert: false,
    });
  });

  test.each<[string, Observable<Chunk>, RegExp, number | undefined]>([
    [
      'the failure it ends with',
      of(chunk('event: failure\ndata: {"code":"x","message":"It is over."}\n\n')),
      /^It is over\.$/,
      undefined,
    ],
    [
      'a refusal of the backend',
      of(chunk('{"code":"x","message":"No room."}', { ok: false, status: 429 })),
      /^No room\.$/,
      429,
    ],
    ['a refusal of the proxy', of(chunk('', { ok: false, status: 502 })), /cannot reach the Heapscope backend/, 502],
    ['a page of somebody else', of(chunk('<html>', { type: 'text/html' })), /not as Heapscope does/, undefined],
    ['an answer without results', of(chunk('data: {}\n\n')), /not as Heapscope does/, undefined],
    ['a connection that broke', throwError(() => new TypeError('network error')), /Check the network/, undefined],
  ])('has a sentence for %s', async (_, chunks, message, status) => {
    const error: unknown = await lastValueFrom(streaming(chunks).answers).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    expect(statusOf(error)).toBe(status);
  });
});

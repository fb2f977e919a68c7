import { firstValueFrom, of, throwError } from 'rxjs';
import type { NamesRequest } from '../backend/contract/grafana';
import { createBackendClient } from './backendClient';
import { HEALTHY, refuse } from './testing/backend';

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

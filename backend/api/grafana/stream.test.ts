import type { QueryResponse } from '../../contract/grafana.ts';
import { timeMs } from '../../query/testing/storedCluster.ts';
import { EventReader } from '../../../tests/support/serverSentEvents.ts';
import { until } from '../../../tests/support/until.ts';
import { named, RANGE, ServedCluster, SHOP, WHOLE } from './testing/servedCluster.ts';

const CPU = { refId: 'A', level: 'cluster', metric: 'cpu/usage_rate' };

let served: ServedCluster;
beforeEach(async () => {
  served = await ServedCluster.start('filled');
});
afterEach(async () => {
  await served.close();
  expect(served.faults).toEqual([]);
});

const open = (query: object = CPU, more: object = {}, token = WHOLE) =>
  served.fetch('POST', 'stream/', token, { ...RANGE, queries: [query], ...more });

async function read(...question: Parameters<typeof open>): Promise<EventReader<QueryResponse>> {
  const response = await open(...question);
  expect(response.status).toBe(200);
  return new EventReader<QueryResponse>(response);
}

async function nextValues(reader: EventReader<QueryResponse>): Promise<unknown[][]> {
  const sent = await reader.next();
  expect(sent?.event).toBe('answer');
  return sent!.data.results.A.frames[0].data.values;
}

describe('a stream', () => {
  it('begins with what the query route answers', async () => {
    const reader = await read();
    const { body } = await served.ask('query', WHOLE, { ...RANGE, queries: [CPU] });
    expect(await reader.next()).toEqual({ event: 'answer', data: body });
  });

  it('answers again after each round, for a range that moves along', async () => {
    const reader = await read();
    await reader.next();
    served.commitRound(timeMs('10:03'), 400);
    expect(await nextValues(reader)).toEqual([
      [timeMs('10:01'), timeMs('10:02'), timeMs('10:03')],
      [300, 300, 400],
    ]);
    served.commitRound(timeMs('10:04'), 500);
    expect(await nextValues(reader)).toEqual([
      [timeMs('10:02'), timeMs('10:03'), timeMs('10:04')],
      [300, 400, 500],
    ]);
  });

  it('can keep the begin of its range, which then grows', async () => {
    const reader = await read(CPU, { keepFrom: true });
    await reader.next();
    served.commitRound(timeMs('10:03'), 400);
    expect((await nextValues(reader))[1]).toEqual([300, 300, 300, 400]);
  });

  it('is told by its headers to pass proxies at once and as it is', async () => {
    const response = await open();
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(response.headers.get('content-encoding')).toBeNull();
    await response.body?.cancel();
  });

  it('of a token that is bound to namespaces shows these only', async () => {
    const pods = { refId: 'A', level: 'pod', metric: 'cpu/usage_rate', groupBy: ['namespace'] };
    const own = await (await read(pods, {}, SHOP)).next();
    expect(own?.data.results.A.frames[0].schema.fields.flatMap(({ labels }) => labels?.namespace ?? [])).toEqual([
      'shop',
    ]);
    const refused = await (await read(CPU, {}, SHOP)).next();
    expect(refused?.data.results.A.error?.code).toBe('forbidden');
  });

  it('is forgotten when the reader hangs up', async () => {
    const reader = await read();
    await reader.next();
    expect(served.streams.count).toBe(1);
    await reader.close();
    await until('the stream is forgotten', () => served.streams.count === 0);
    served.commitRound(timeMs('10:03'), 400);
  });

  it('ends in good order when the backend stops, which does not wait for its reader', async () => {
    const reader = await read();
    await reader.next();
    const startedMs = performance.now();
    await served.close(60_000);
    expect(await reader.next()).toBeUndefined();
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});

describe('what cannot be streamed is refused', () => {
  it.each([
    ['not a list of queries', { ...RANGE, queries: 7 }, 400, 'queries must be a list.'],
    ['a wrong keepFrom', { ...RANGE, queries: [CPU], keepFrom: 'yes' }, 400, 'keepFrom must be true or false.'],
    [
      'a query too large to be kept',
      {
        ...RANGE,
        queries: [
          { ...CPU, filters: [{ ...named('pod', ''), operator: 'in', values: Array(90).fill('p'.repeat(1900)) }] },
        ],
      },
      413,
      'A live panel may ask with at most 128 KiB; name fewer objects, by a pattern or a label selector.',
    ],
  ])('%s', async (_, body, status, message) => {
    const answer = await served.ask('stream', WHOLE, body);
    expect(answer).toMatchObject({ status, body: { message } });
  });

  it('without a token', async () => {
    expect((await served.ask('stream', undefined, RANGE)).status).toBe(401);
  });

  it('by another method', async () => {
    const response = await served.fetch('GET', 'stream/', WHOLE);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('before there is a round', async () => {
    const empty = await ServedCluster.start('empty');
    const { status, body } = await empty.ask('stream', WHOLE, { ...RANGE, queries: [] });
    expect([status, body]).toMatchObject([503, { code: 'not_ready' }]);
    await empty.close();
  });

  it('beyond the number for one token, until one is closed', async () => {
    const [first] = [await read(), await read()];
    const refused = await open();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    expect(await refused.json()).toEqual({
      code: 'too_many_streams',
      message:
        '2 panels are live with this token already, which is as many as one token may have. Close some, or raise --max-streams.',
    });
    await first.close();
    await until('the stream is forgotten', () => served.streams.count === 1);
    await (await read()).next();
  });

  it('beyond the number for all', async () => {
    await Promise.all([read(), read(), read(CPU, {}, SHOP)]);
    const { status, body } = await served.ask('stream', SHOP, { ...RANGE, queries: [CPU] });
    expect([status, body]).toMatchObject([
      429,
      {
        message: '3 panels are live already, which is as many as Heapscope serves. Close some, or raise --max-streams.',
      },
    ]);
  });
});

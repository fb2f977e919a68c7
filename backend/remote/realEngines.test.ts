import fc from 'fast-check';
import { until } from '../../tests/support/until.ts';
import { nodeBatch, type Row } from '../store/testing/batches.ts';
import { ByteWriter } from './byteWriter.ts';
import { encodeVersion1 } from './encodeVersion1.ts';
import { encodeVersion2 } from './encodeVersion2.ts';
import { exportedMetric } from './exportedNames.ts';
import { divideIntoParcels, sampleGrid } from './sampleGrid.ts';
import { packSnappy } from './snappyBlock.ts';
import {
  endEverything,
  prometheus,
  prometheus3,
  temporaryFolder,
  victoriaMetrics,
  type RealEngine,
} from './testing/processes.ts';
import { stopSenders, testSender } from './testing/sending.ts';

const MINUTE_MS = 60_000;
/** An hour ago: engines leave out what is too new as well as what is too old. */
const BEGIN_MS = Math.floor(Date.now() / 3_600_000 - 1) * 3_600_000;

afterEach(stopSenders);
afterAll(endEverything);

/** Samples of a series as the engine has them, straight from its memory or disk. */
async function samplesOf(engine: RealEngine, selector: string): Promise<Array<[number, string]>> {
  await engine.flush();
  const time = (BEGIN_MS + 60 * MINUTE_MS) / 1000;
  const query = encodeURIComponent(`${selector}[2h]`);
  const answer = await fetch(`${engine.url}/api/v1/query?query=${query}&time=${time}&nocache=1`);
  const { data } = (await answer.json()) as { data: { result: Array<{ values: Array<[number, string]> }> } };
  return data.result.flatMap(({ values }) => values).map(([seconds, text]) => [seconds * 1000 - BEGIN_MS, text]);
}

const SELECTOR = 'heapscope_pod_memory_working_set_bytes{pod="web"}';

const VERSION_1 = { protocol: '1.0', encode: encodeVersion1, contentType: 'application/x-protobuf' } as const;
const VERSION_2 = {
  protocol: '2.0',
  encode: encodeVersion2,
  contentType: 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
} as const;

describe.each([
  ['Prometheus', () => prometheus(), VERSION_1],
  ['Prometheus 3', () => prometheus3(), VERSION_2],
  ['VictoriaMetrics', () => victoriaMetrics(), VERSION_1],
] as const)('%s', (_, make, { protocol, encode, contentType }) => {
  let engine: RealEngine;
  beforeAll(async () => {
    engine = await make();
    await engine.start();
  });

  test('takes rounds, and after it was away gets what it missed: nothing is lost or changed', async () => {
    const folder = temporaryFolder();
    const options = { folder, firstPauseMs: 1_000, longestPauseMs: 1_000 };
    const first = testSender({ url: engine.writeUrl, protocol: 'auto' }, options);
    const round = (sender: typeof first, minute: number) => sender.round(BEGIN_MS + minute * MINUTE_MS, minute * 1000);
    round(first, 1);
    await until('the first arrives', () => first.reports()[0].sentCount === 2);
    expect(first.reports()[0].protocol).toBe(protocol);
    await engine.stop();
    round(first, 2);
    round(first, 3);
    await until('they are on disk', () => first.reports()[0].diskBytes > 0 && first.reports()[0].memoryBytes === 0);
    expect(first.problems()[0]).toMatch(/^receiver cannot be reached: .*ECONNREFUSED/);
    await first.stop();

    const second = testSender({ url: engine.writeUrl, protocol: 'auto' }, options);
    round(second, 4);
    await second.clock.sleeperUntil(1_000_001);
    await engine.start();
    second.clock.moveTo(1_001_000);
    await until('all arrive', () => second.reports()[0].pendingCount === 0);
    round(second, 5);
    await until('what is new too', () => second.reports()[0].sentCount === 8);
    expect(second.reports()[0].droppedCounts).toEqual({ refused: 0, queue_full: 0, damaged: 0 });
    expect(await samplesOf(engine, SELECTOR)).toEqual(
      [1, 2, 3, 4, 5].map((minute) => [minute * MINUTE_MS, String(minute * 1000)])
    );
  });

  test('sees a series end when its object goes', async () => {
    const sender = testSender({ url: engine.writeUrl, protocol: 'auto' });
    const write = (minute: number, pods: readonly string[]) => {
      const rows = pods.map((pod): Row => ({
        key: pod,
        names: { namespace: 'ends', pod },
        values: { 'memory/rss': 7 },
      }));
      sender.append(nodeBatch('a', BEGIN_MS + minute * MINUTE_MS, { pod: rows }));
      sender.commit(BEGIN_MS + minute * MINUTE_MS);
    };
    write(10, ['stays', 'goes']);
    write(11, ['stays', 'goes']);
    write(12, ['stays']);
    await until('all arrive', () => sender.reports()[0].pendingCount === 0);
    await engine.flush();
    const podsAt = async (minute: number) => {
      const time = (BEGIN_MS + minute * MINUTE_MS) / 1000;
      const query = encodeURIComponent('heapscope_pod_memory_rss_bytes{namespace="ends"}');
      const answer = await fetch(`${engine.url}/api/v1/query?query=${query}&time=${time}&nocache=1`);
      const { data } = (await answer.json()) as { data: { result: Array<{ metric: { pod: string } }> } };
      return data.result.map(({ metric }) => metric.pod).sort();
    };
    expect(await podsAt(11)).toEqual(['goes', 'stays']);
    expect(await podsAt(12)).toEqual(['stays']);
  });

  test('unpacks what we pack: texts of every form come back letter by letter', async () => {
    const metric = exportedMetric('memory/rss', 'pod')!;
    const piece = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    const names = fc
      .tuple(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(), { minLength: 1, maxLength: 80 }))
      .map(([pieces, order]) => order.map((number) => pieces[number % pieces.length]).join(''));
    let run = 0;
    const out = new ByteWriter();
    await fc.assert(
      fc.asyncProperty(fc.array(names, { minLength: 1, maxLength: 20 }), async (pods) => {
        const texts = [...new Set(pods)].filter((text) => text.isWellFormed() && !text.includes('\u0000'));
        const test = `run-${run++}`;
        const values = new Float64Array(texts.length).fill(1);
        const grid = sampleGrid(texts.length, [metric], values, (row) => ['pod', texts[row], 'test', test]);
        for (const parcel of divideIntoParcels(BEGIN_MS, [grid], 1000)) {
          out.clear();
          encode(parcel, [], out);
          const headers = { 'content-encoding': 'snappy', 'content-type': contentType };
          const body = packSnappy(out.written());
          const answer = await fetch(engine.writeUrl, { method: 'POST', headers, body });
          expect([answer.status, await answer.text()]).toEqual([204, '']);
        }
        await engine.flush();
        const match = encodeURIComponent(`{test="${test}"}`);
        const range = `start=${BEGIN_MS / 1000 - 60}&end=${BEGIN_MS / 1000 + 60}`;
        const answer = await fetch(`${engine.url}/api/v1/series?match[]=${match}&${range}`);
        const { data } = (await answer.json()) as { data: Array<{ pod: string }> };
        expect(data.map(({ pod }) => pod).sort()).toEqual([...texts].sort());
      }),
      { numRuns: 40 }
    );
  });
});

test('Prometheus 3 that refuses the first samples it is sent, being too old, goes on to be written to by 2.0', async () => {
  const engine = await prometheus3();
  await engine.start();
  const earlier = testSender({ url: engine.writeUrl, protocol: 'auto' });
  earlier.round(BEGIN_MS + 5 * MINUTE_MS, 5000);
  await until('it arrives', () => earlier.reports()[0].sentCount === 2);
  const sender = testSender({ url: engine.writeUrl, protocol: 'auto' });
  sender.round(BEGIN_MS + 4 * MINUTE_MS, 4000);
  await until('it is refused', () => sender.reports()[0].droppedCounts.refused === 2);
  expect(sender.problems()).toEqual([expect.stringMatching(/^receiver answered 400 .*out of order/)]);
  sender.round(BEGIN_MS + 6 * MINUTE_MS, 6000);
  await until('the next one arrives', () => sender.reports()[0].sentCount === 2);
  expect(sender.reports()[0].protocol).toBe('2.0');
  expect(await samplesOf(engine, SELECTOR)).toEqual([5, 6].map((minute) => [minute * MINUTE_MS, `${minute}000`]));
});

import { SimulatedRounds } from '../../bench/simulatedRounds.ts';
import { until } from '../../tests/support/until.ts';
import type { NodeBatch, TotalsBatch } from '../model/batch.ts';
import { CATALOGUE } from '../model/catalogue.ts';
import { createQueryEngine } from '../query/queryEngine.ts';
import { HeadStore } from '../store/headStore.ts';
import { createRemoteHistory } from './remoteHistory.ts';
import {
  endEverything,
  prometheus,
  prometheus3,
  temporaryFolder,
  victoriaMetrics,
  type RealEngine,
} from './testing/processes.ts';
import { stopSenders, testSender, type TestSender } from './testing/sending.ts';

const MINUTE_MS = 60_000;
const ROUNDS = 12;
const BEGIN_MS = Math.floor(Date.now() / 3_600_000 - 2) * 3_600_000;
const LIMITS = { maxSeries: 2000, maxPoints: 1_000_000 };

interface Round {
  readonly timestampMs: number;
  readonly batches: ReadonlyArray<NodeBatch | TotalsBatch>;
}

const rounds: Round[] = [];
const head = new HeadStore({ windowMs: 1e12, maxBytes: 0 });

beforeAll(async () => {
  const cluster = { nodes: 2, podsPerNode: 6, pressure: true, resolutionMs: MINUTE_MS, startMs: BEGIN_MS };
  const simulated = new SimulatedRounds(cluster);
  for (let count = 0; count < ROUNDS; count++) {
    const round = await simulated.next();
    rounds.push(round);
    round.batches.forEach((batch) => head.append(batch));
    head.commit(round.timestampMs);
  }
});
afterEach(stopSenders);
afterAll(endEverything);

function write(sender: TestSender, from: number, to: number): void {
  for (const { timestampMs, batches } of rounds.slice(from, to)) {
    batches.forEach((batch) => sender.append(batch));
    sender.commit(timestampMs);
  }
}

/** Sends all rounds, through an outage of the receiver and a restart of the sender. */
async function sendThroughTrouble(engine: RealEngine): Promise<void> {
  const options = { folder: temporaryFolder(), maxMemoryBytes: 2 ** 26, parallelRequests: 4 };
  const receiver = { url: engine.writeUrl, protocol: 'auto' as const };
  await engine.start();
  const first = testSender(receiver, options);
  write(first, 0, 4);
  await until('the first rounds arrive', () => first.reports()[0].pendingCount === 0);
  await engine.stop();
  write(first, 4, 7);
  await until('the next wait on disk', () => first.reports()[0].diskBytes > 0 && first.reports()[0].memoryBytes === 0);
  await first.stop();
  const second = testSender(receiver, options);
  write(second, 7, 9);
  await second.clock.sleeperUntil(1_000_001);
  await engine.start();
  second.clock.moveTo(1_001_000);
  await until('all arrive', () => second.reports()[0].pendingCount === 0);
  write(second, 9, ROUNDS);
  await until('the last rounds arrive', () => second.reports()[0].pendingCount === 0);
  expect(second.reports()[0].droppedCounts).toEqual({ refused: 0, queue_full: 0, damaged: 0 });
  await engine.flush();
}

test.each([
  // Beyond the rounding of one division and one multiplication nothing is different.
  ['Prometheus', 1e-15, () => prometheus()],
  ['Prometheus 3', 1e-15, () => prometheus3()],
  // It keeps decimal digits, as many for all values of a block together.
  ['VictoriaMetrics', 1e-9, () => victoriaMetrics()],
] as const)('all that was sent to %s is read back, after an outage and a restart', async (_, precision, make) => {
  const engine = await make();
  await sendThroughTrouble(engine);
  const limits = { ...LIMITS, timeoutMs: 10_000, maxAnswerBytes: 2 ** 24 };
  const remote = createRemoteHistory({ url: engine.url, title: engine.name, resolutionMs: MINUTE_MS, ...limits });
  const local = createQueryEngine(head, MINUTE_MS, LIMITS);
  const range = { fromMs: BEGIN_MS + MINUTE_MS, toMs: BEGIN_MS + ROUNDS * MINUTE_MS };
  let compared = 0;
  for (const metric of CATALOGUE) {
    for (const level of metric.levels) {
      const query = { level, metric: metric.name };
      const [found, wanted] = [await remote.series(query, range), local.series(query, range)];
      const seriesOf = ({ series }: typeof found) =>
        new Map(series.map(({ names, values }) => [JSON.stringify(Object.entries(names).sort()), values]));
      const others = seriesOf(found);
      expect([query, [...others.keys()].sort()]).toEqual([query, [...seriesOf(wanted).keys()].sort()]);
      for (const [names, values] of seriesOf(wanted)) {
        const isSame = values.every((value, index) => {
          const other = others.get(names)?.[index] ?? NaN;
          return Number.isNaN(value) ? Number.isNaN(other) : Math.abs(value - other) <= Math.abs(value) * precision;
        });
        expect([query, names, isSame]).toEqual([query, names, true]);
        compared += values.length;
      }
    }
  }
  expect(compared).toBeGreaterThan(10_000);
  await remote.close();
});

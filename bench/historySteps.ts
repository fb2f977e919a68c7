import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { openDataDirectory } from '../backend/history/dataDirectory.ts';
import { InventoryFile } from '../backend/history/inventoryFile.ts';
import { COMPACTED_MS, DAY_MS } from '../backend/history/sealing.ts';
import type { Filter, SeriesQuery } from '../backend/query/types.ts';
import type { KeptDays, LastHour, PodName } from './history.ts';
import { ASKED_METRICS, HistoryRun, HOUR_MS, repeatUntil, RESOLUTION_MS, samplesOf, type Stores } from './historyRun.ts';
import { p95Ms, percentile } from './measure.ts';

// One step of the history's benchmark, in a process of its own: `historySteps.ts STEP FOLDER SIMULATED_NODES COPIES DAYS`
// prints what it measured as JSON.

/** As many as make the 95th percentile that of a process that has been asked before: the first ones compile the code. */
const QUERIES = 300;
const QUERIES_OF_HOUR = 60;
/** Pods that the history is asked for once it is open again. */
const EXAMPLES = 60;
/** As many series as one answer may have. */
const MOST_PODS = 1000;
/** Rounds after the last full two hours: several blocks and an open log, as at most times. */
const MINUTES_SINCE = 17;

interface Step {
  readonly folder: string;
  readonly nodes: number;
  readonly copies: number;
  readonly days: number;
}

/** Writes two hours of rounds, repeats them for so many days, writes the rounds since, and asks all of it. */
async function keptDays({ folder, nodes, days }: Step): Promise<KeptDays> {
  const run = new HistoryRun(folder, nodes, 1);
  const { stores, cost } = run;
  await run.write(COMPACTED_MS / 60_000, days * DAY_MS - COMPACTED_MS);
  const samples = samplesOf(stores);
  const { rounds, historyMs } = cost;
  const { dayMs } = repeatUntil(stores, folder, days);
  const ingestMs = historyMs + (dayMs * COMPACTED_MS) / DAY_MS;
  const bytesPerSample = stores.history.store.bytes / samplesOf(stores);
  await run.write(MINUTES_SINCE, 0);
  const queries = await askDays(stores);
  const pods = podsOf(stores).slice(0, EXAMPLES);
  const { segments, bytes, objects } = stores.history.state();
  await stores.history.close();
  const newestMs = stores.head.rounds().at(-1)!;
  new InventoryFile(openDataDirectory(folder)).rewrite(stores.history.inventory, newestMs);
  const measured = {
    historyDays: days,
    historyNodes: nodes,
    historyMiB: bytes / 2 ** 20,
    historyFiles: segments,
    historyObjects: objects,
    samplesPerNodeRound: samples / nodes / rounds,
    bytesPerSample,
    historyCpuMsPerNodeRound: ingestMs / nodes / rounds,
    ingestSamplesPerSecond: (samples * 1000) / ingestMs,
    ...queries,
  };
  return { measured, pods, newestMs };
}

async function askDays(stores: Stores) {
  const pods = podsOf(stores);
  const namespaces = [...new Set(pods.map(({ namespace }) => namespace))];
  return {
    onePod24hP95Ms: await p95Ms(QUERIES, async (index) => {
      const { namespace, pod } = pods[(index * 7919) % pods.length];
      const filters = [is('namespace', namespace), is('pod', pod)];
      ask(stores, { level: 'pod', metric: ASKED_METRICS[index % 2], filters }, 24 * HOUR_MS, 1);
    }),
    namespaceWeekP95Ms: await p95Ms(QUERIES, async (index) => {
      const filters = [is('namespace', namespaces[index % namespaces.length])];
      ask(stores, { level: 'namespace', metric: ASKED_METRICS[index % 2], filters }, 7 * DAY_MS, 1);
    }),
    podNamesOfWeekP95Ms: await p95Ms(QUERIES, async (index) => {
      const filters = [is('namespace', namespaces[index % namespaces.length])];
      stores.engine.names({ dimension: 'pod', filters: index % 4 === 0 ? [] : filters }, rangeOf(stores, 7 * DAY_MS));
    }),
  };
}

/** Writes a bit more than an hour of rounds of all nodes, and asks for its top pods. */
async function lastHour({ folder, nodes, copies }: Step): Promise<LastHour> {
  const run = new HistoryRun(folder, nodes, copies);
  const { stores } = run;
  await run.write(65, 0);
  const limit = { count: 10, order: 'top' } as const;
  const top = (metric: string) => timed(() => ask(stores, { level: 'pod', metric, limit }, HOUR_MS, 10));
  const topPods1hFirstMs = top(ASKED_METRICS[0]);
  top(ASKED_METRICS[1]);
  const afterRound: number[] = [];
  const others: number[] = [];
  for (let round = 0; round < QUERIES_OF_HOUR / 10; round++) {
    await run.write(1, 0);
    afterRound.push(...ASKED_METRICS.map(top));
    others.push(...Array.from({ length: 8 }, (_, index) => top(ASKED_METRICS[index % 2])));
  }
  await stores.history.close();
  return {
    topPods1hFirstMs,
    topPods1hAfterRoundP95Ms: percentile(afterRound, 0.95),
    topPods1hP95Ms: percentile([...afterRound, ...others], 0.95),
  };
}

function timed(work: () => void): number {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}

/** Asks one query over the last `rangeMs` and expects so many series. */
function ask({ engine, head, history }: Stores, query: SeriesQuery, rangeMs: number, expected: number): void {
  const { series } = engine.series(query, rangeOf({ engine, head, history }, rangeMs), { maxDataPoints: 1500 });
  if (series.length !== expected) {
    throw new Error(`${JSON.stringify(query)} was answered with ${series.length} series, not ${expected}.`);
  }
}

function rangeOf({ engine }: Stores, rangeMs: number): { fromMs: number; toMs: number } {
  const toMs = engine.rounds().at(-1)!;
  return { fromMs: toMs - rangeMs, toMs };
}

/** Pods that were there for the last day, and run: one that crashes again and again has no rate. */
function podsOf({ history, engine }: Stores): PodName[] {
  const toMs = engine.rounds().at(-1)!;
  const limit = { count: MOST_PODS, order: 'top' } as const;
  const running = { level: 'pod', metric: 'cpu/usage_rate', instant: true, limit } as const;
  const { series } = engine.series(running, { fromMs: toMs - 5 * RESOLUTION_MS, toMs });
  const keys = new Set(series.map(({ names }) => `${names.namespace}/${names.pod}`));
  return [...history.inventory.objects('pod')].flatMap(({ key, names, firstSeenMs }) =>
    firstSeenMs < toMs - DAY_MS && keys.has(key) ? [{ namespace: names.namespace!, pod: names.pod! }] : []
  );
}

function is(dimension: 'namespace' | 'pod', name: string): Filter {
  return { dimension, operator: '=', values: [name] };
}

const STEPS = { keptDays, lastHour };

const [step, folder, nodes, copies, days] = parseArgs({ allowPositionals: true }).positionals;
const given = { folder, nodes: Number(nodes), copies: Number(copies), days: Number(days) };
console.log(JSON.stringify(await STEPS[step as keyof typeof STEPS](given)));

import { History } from './history.ts';
import { JoinedReader } from './joinedReader.ts';
import type { RecentRounds, SeenObject } from './readingShapes.ts';
import { batchTable, here, nodeBatch, NOTHING_RECENT } from './testing/history.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';
import type { ObjectNames } from '../model/batch.ts';
import { HeadStore } from '../store/headStore.ts';
import { createQueryEngine } from '../query/queryEngine.ts';

const MINUTE = 60_000;
const HOUR = 60;
const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 21);
const MEMORY = 'memory/usage';

afterEach(removeTemporaryFolders);

const range = (from: number, to: number) => ({ fromMs: START + from * MINUTE, toMs: START + to * MINUTE });

/** A pod whose memory is the minute, with the names of each span of minutes: up to which, and what it is called. */
async function write(
  spans: ReadonlyArray<readonly [until: number, names: ObjectNames]>,
  head?: HeadStore
): Promise<History> {
  const log = { info: () => undefined, warn: () => undefined };
  const retention = { keepMs: { raw: 14 * DAY, '10m': 60 * DAY, '1h': 400 * DAY }, maxBytes: 1e9 };
  const path = temporaryFolder();
  const history = History.open({ path, retention, resolutionMs: MINUTE, log, files: here });
  let minute = 0;
  for (const [until, names] of spans) {
    while (minute < until) {
      minute++;
      const table = { ...batchTable({ 'shop/db-0': { [MEMORY]: minute } }), names: [{ ...NAMES, ...names }] };
      for (const writer of head ? [head, history] : [history]) {
        writer.append(nodeBatch('a', START + minute * MINUTE, { pod: table }));
        writer.commit(START + minute * MINUTE);
      }
      await history.settled();
    }
  }
  return history;
}

const NAMES: ObjectNames = { node: 'a', namespace: 'shop', pod: 'db-0' };
const BLUE: ObjectNames = { uid: 'one', labels: { color: 'blue' } };
const GREEN: ObjectNames = { uid: 'one', labels: { color: 'green' } };

function readerOf({ store, known }: History, recent: RecentRounds = NOTHING_RECENT): JoinedReader {
  return new JoinedReader(recent, store, known, MINUTE);
}

function engineOf(history: History, recent?: RecentRounds) {
  return createQueryEngine(readerOf(history, recent), MINUTE, { maxSeries: 1000, maxPoints: 100_000 });
}

const minuteOf = ({ firstSeenMs, lastSeenMs }: SeenObject) => [
  (firstSeenMs - START) / MINUTE,
  Math.floor((lastSeenMs - START) / MINUTE),
];

/** First and last minute of which a series has values, by color. */
function spansByColor(history: History, [from, to]: readonly [number, number], filter?: string, recent?: RecentRounds) {
  const { series } = engineOf(history, recent).series(
    {
      level: 'pod',
      metric: MEMORY,
      groupBy: ['label:color'],
      aggregation: 'sum',
      filters: filter ? [{ dimension: 'label:color', operator: '=', values: [filter] }] : [],
    },
    range(from, to)
  );
  return Object.fromEntries(
    series.map(({ names, values }) => {
      const there = [...values].filter((value) => !Number.isNaN(value));
      return [names['label:color'], [Math.min(...there), Math.max(...there)]];
    })
  );
}

describe('names that were given later', () => {
  it('are listed since they were given, and the former ones until then', async () => {
    const history = await write([
      [30, BLUE],
      [60, GREEN],
    ]);
    const engine = engineOf(history);
    const colors = (from: number, to: number) =>
      engine.names({ dimension: 'label:color', level: 'pod' }, range(from, to)).names;
    expect(colors(1, 20)).toEqual(['blue']);
    expect(colors(1, 60)).toEqual(['blue', 'green']);
    expect(colors(31, 60)).toEqual(['green']);
    expect([...readerOf(history).objects('pod')].map(minuteOf)).toEqual([
      [1, 30],
      [31, 60],
    ]);
  });

  it('have no values of before', async () => {
    const history = await write([
      [30, BLUE],
      [60, GREEN],
    ]);
    expect(spansByColor(history, [1, 20])).toEqual({ blue: [1, 20] });
    expect(spansByColor(history, [1, 20], 'green')).toEqual({});
    expect(spansByColor(history, [40, 60])).toEqual({ green: [40, 60] });
    expect(spansByColor(history, [1, 60])).toEqual({ blue: [1, 30], green: [31, 60] });
    expect(spansByColor(history, [1, 60], 'green')).toEqual({ green: [31, 60] });
    expect(spansByColor(history, [1, 60], 'blue')).toEqual({ blue: [1, 30] });
  });

  it('have no buckets of before: one belongs to the names of its end', async () => {
    const history = await write([
      [4 * HOUR + 30, BLUE],
      [12 * HOUR, GREEN],
    ]);
    const found: Record<string, number[]> = {};
    const wanted = range(0, 12 * HOUR);
    const { reader } = readerOf(history).forRange(wanted, { stepMs: HOUR * MINUTE, samples: false });
    const colors: string[] = [];
    reader.scan('pod', MEMORY, wanted, {
      slotFor: ({ names }: SeenObject) => colors.push(names.labels!.color) - 1,
      column: () => undefined,
      course(slot: number, { timesMs, first, end }: { timesMs: readonly number[]; first: number; end: number }) {
        const hours = timesMs.slice(first, end).map((timeMs) => (timeMs - START) / MINUTE / HOUR);
        (found[colors[slot]] ??= []).push(...hours);
      },
    });
    expect(found).toEqual({ blue: [1, 2, 3, 4], green: [5, 6, 7, 8, 9, 10, 11, 12] });
  });

  it('leave a pod one series where the answer does not tell them apart', async () => {
    const history = await write([
      [30, BLUE],
      [60, GREEN],
    ]);
    const limit = { count: 1, order: 'top', by: 'max' } as const;
    for (const query of [{}, { limit }, { aggregation: 'sum', groupBy: ['namespace'] } as const]) {
      const { series } = engineOf(history).series({ level: 'pod', metric: MEMORY, ...query }, range(1, 60));
      expect(series.map(({ values }) => [...values].filter((value) => !Number.isNaN(value)))).toEqual([
        Array.from({ length: 60 }, (_, index) => index + 1),
      ]);
    }
    const rough = engineOf(history).series(
      { level: 'pod', metric: MEMORY, aggregation: 'sum', groupBy: [], overTime: 'max' },
      range(1, 60),
      { maxDataPoints: 3 }
    );
    expect(Math.max(...[...rough.series[0].values].filter((value) => !Number.isNaN(value)))).toBe(60);
  });

  it('are those of before, too, where the API server only told them a round later than the kubelet', async () => {
    const history = await write([
      [1, { uid: 'one' }],
      [30, BLUE],
    ]);
    expect([...readerOf(history).objects('pod')].map(minuteOf)).toEqual([[1, 30]]);
    expect(spansByColor(history, [1, 30], 'blue')).toEqual({ blue: [1, 30] });
  });
});

it('a pod that was made anew under its name has no values of the one before', async () => {
  const history = await write([
    [30, { uid: 'one' }],
    [60, { uid: 'two' }],
  ]);
  const engine = engineOf(history);
  const ofPod = (uid: string) => {
    const { firstSeenMs, lastSeenMs } = [...readerOf(history).objects('pod')].find(({ names }) => names.uid === uid)!;
    return minuteOf({ firstSeenMs, lastSeenMs } as SeenObject);
  };
  expect([ofPod('one'), ofPod('two')]).toEqual([
    [1, 30],
    [31, 60],
  ]);
  expect(engine.names({ dimension: 'pod' }, range(1, 60)).names).toEqual(['db-0']);
});

it('values of the last hour, kept unpacked, are divided by names alike', async () => {
  const history = await write([
    [100, BLUE],
    [110, GREEN],
    [120, { ...GREEN, uid: 'two' }],
  ]);
  const engine = engineOf(history);
  for (const _ of [1, 2]) {
    const { series } = engine.series(
      { level: 'pod', metric: MEMORY, groupBy: ['label:color'], aggregation: 'sum' },
      range(81, 120)
    );
    const spans = series.map(({ names, values }) => {
      const there = [...values].filter((value) => !Number.isNaN(value));
      return [names['label:color'], there[0], there.at(-1), there.length];
    });
    expect(spans).toEqual([
      ['blue', 81, 100, 20],
      ['green', 101, 120, 20],
    ]);
  }
});

it('values that are in memory are divided by names alike', async () => {
  const head = new HeadStore({ windowMs: 60 * MINUTE, maxBytes: 0 });
  const history = await write(
    [
      [1, { uid: 'one' }],
      [30, BLUE],
      [55, GREEN],
    ],
    head
  );
  const colors = (from: number, to: number, filter?: string) => spansByColor(history, [from, to], filter, head);
  expect(colors(1, 55)).toEqual({ blue: [1, 30], green: [31, 55] });
  expect(colors(5, 20)).toEqual({ blue: [5, 20] });
  expect(colors(5, 20, 'green')).toEqual({});
  expect(colors(5, 40, 'blue')).toEqual({ blue: [5, 30] });
  expect(colors(52, 55)).toEqual({ green: [52, 55] });
  const top = engineOf(history, head).series(
    { level: 'pod', metric: MEMORY, limit: { count: 1, order: 'top', by: 'max' } },
    range(20, 55)
  );
  expect(top.series.map(({ values }) => values[0])).toEqual([20]);
});

it('only real changes of names are looked for, and those of what is forgotten are not kept', async () => {
  const history = await write([
    [1, { uid: 'one' }],
    [2, BLUE],
  ]);
  const renamed = (fromMinute: number) => [...history.inventory.renamedSince('pod', START + fromMinute * MINUTE)];
  expect(renamed(0)).toEqual([]);
  const table = { ...batchTable({ 'shop/db-0': { [MEMORY]: 3 } }), names: [{ ...NAMES, ...GREEN }] };
  history.append(nodeBatch('a', START + 3 * MINUTE, { pod: table }));
  expect(renamed(2).map(([key]) => key)).toEqual(['shop/db-0']);
  expect(renamed(3)).toEqual([]);
  history.inventory.forget(() => true);
  expect(renamed(0)).toEqual([]);
});

test('a pod that was renamed and went within the last hour has no part in later minutes of it', async () => {
  const history = await write([
    [10, BLUE],
    [20, GREEN],
  ]);
  for (let minute = 21; minute <= 70; minute++) {
    const pod = batchTable({ 'shop/db-1': { [MEMORY]: minute } });
    history.append(nodeBatch('a', START + minute * MINUTE, { pod }));
    history.commit(START + minute * MINUTE);
    await history.settled();
  }
  expect(spansByColor(history, [40, 70])).toEqual({ '': [40, 70] });
  expect(spansByColor(history, [11, 70])).toEqual({ green: [11, 20], '': [21, 70] });
});

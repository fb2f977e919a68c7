import { openDataDirectory } from '../backend/history/dataDirectory.ts';
import { doFileTask } from '../backend/history/fileTasks.ts';
import { writeGoneFile } from '../backend/history/goneFile.ts';
import { compareObjects } from '../backend/history/goneFormat.ts';
import { gonePath } from '../backend/history/goneStore.ts';
import { History } from '../backend/history/history.ts';
import type { HistoryObject } from '../backend/history/inventory.ts';
import { JoinedReader } from '../backend/history/joinedReader.ts';
import { COMPACTED_MS, compactTier, DAY_MS } from '../backend/history/sealing.ts';
import { segmentPath, type SegmentName } from '../backend/history/segmentStore.ts';
import { createQueryEngine, type QueryEngine } from '../backend/query/queryEngine.ts';
import { HeadStore } from '../backend/store/headStore.ts';
import { cpuMs } from './cpuTime.ts';
import { ManyNodes } from './manyNodes.ts';
import { shiftSegment } from './shiftSegment.ts';
import { SimulatedRounds } from './simulatedRounds.ts';

export const RESOLUTION_MS = 60_000;
export const HOUR_MS = 3_600_000;
/** What is asked of pods; copies of nodes have nothing else. */
export const ASKED_METRICS = ['cpu/usage_rate', 'memory/working_set'] as const;
const PODS_PER_NODE = 30;
/** Six in the morning of yesterday: always the same hours, and so near that certificates of that time are valid now. */
const START_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS + 6 * HOUR_MS;
const HEAD_WINDOW_MS = 15 * RESOLUTION_MS;
const HEAD_MEMORY_BYTES = 32 * 2 ** 20;
const FOREVER_MS = 1000 * DAY_MS;

/** The head and the history of a cluster, with the engine that answers from both. */
export interface Stores {
  readonly head: HeadStore;
  readonly history: History;
  readonly engine: QueryEngine;
}

/** Opens a history folder with an empty head, as a start does. */
function openStores(path: string): Stores {
  const head = new HeadStore({ windowMs: HEAD_WINDOW_MS, maxBytes: HEAD_MEMORY_BYTES });
  const history = History.open({
    path,
    resolutionMs: RESOLUTION_MS,
    retention: { keepMs: { raw: FOREVER_MS, '10m': FOREVER_MS, '1h': FOREVER_MS }, maxBytes: Infinity },
    log: { info: () => undefined, warn: (sentence) => console.error(sentence) },
    // In this thread: what is measured is the work, and not the start of a thread out of sources.
    files: (directory) => ({ run: async (task) => doFileTask(directory, task) }),
  });
  const reader = new JoinedReader(head, history.store, history.known, RESOLUTION_MS);
  return { head, history, engine: createQueryEngine(reader, RESOLUTION_MS, { maxSeries: 1000, maxPoints: 1_000_000 }) };
}

/** What writing has cost. */
export interface WritingCost {
  rounds: number;
  /** CPU time of log, sealing, merging and tiers. */
  historyMs: number;
}

/** Simulated rounds of a cluster that go into the head and the history. */
export class HistoryRun {
  readonly cost: WritingCost = { rounds: 0, historyMs: 0 };
  readonly stores: Stores;
  private readonly simulated: SimulatedRounds;
  private readonly many: ManyNodes;

  /** Every node of `simulatedNodes` stands for `copies` nodes; see {@link ManyNodes}. */
  constructor(path: string, simulatedNodes: number, copies: number) {
    this.stores = openStores(path);
    this.many = new ManyNodes(copies, ASKED_METRICS);
    this.simulated = new SimulatedRounds({
      nodes: simulatedNodes,
      podsPerNode: PODS_PER_NODE,
      pressure: false,
      resolutionMs: RESOLUTION_MS,
      startMs: START_MS,
    });
  }

  /** Lets so many minutes pass; what happens in them is written as if it had happened `agoMs` earlier. */
  async write(minutes: number, agoMs: number): Promise<void> {
    const { head, history } = this.stores;
    for (let minute = 0; minute < minutes; minute++) {
      const { batches, ...round } = await this.simulated.next();
      const timestampMs = round.timestampMs - agoMs;
      const startedMs = cpuMs();
      let headMs = 0;
      this.many.spread(batches, (batch) => {
        const shifted = { ...batch, timestampMs };
        history.append(shifted);
        if (agoMs === 0) {
          const beforeMs = cpuMs();
          head.append(shifted);
          headMs += cpuMs() - beforeMs;
        }
      });
      history.commit(timestampMs);
      await history.settled();
      this.cost.historyMs += cpuMs() - startedMs - headMs;
      this.cost.rounds++;
      if (agoMs === 0) {
        head.commit(timestampMs);
      }
    }
  }
}

/**
 * Repeats the two hours a history has been written of until `days` are full, and notes as many objects that came and went as
 * there were in the two hours. Answers with the CPU time of making a day's tiers out of their parts.
 */
export function repeatUntil({ history }: Stores, path: string, days: number): { dayMs: number } {
  const directory = openDataDirectory(path);
  const parts = ['raw', '10m', '1h'] as const;
  const [raw, ...tiers] = parts.map((tier) => history.store.ofTier(tier)[0]);
  const passing = [...history.inventory.all()].filter(({ firstSeenMs }) => firstSeenMs > raw.fromMs);
  const copy = ({ tier, level, fromMs, toMs }: SegmentName, shiftMs: number): SegmentName => {
    const name = { tier, level, fromMs: fromMs + shiftMs, toMs: toMs + shiftMs };
    const source = segmentPath(directory, { tier, level, fromMs, toMs });
    shiftSegment(source, segmentPath(directory, name), shiftMs);
    return name;
  };
  const blocks = (days * DAY_MS) / COMPACTED_MS;
  for (let block = 1; block < blocks; block++) {
    history.store.add([copy(raw, block * COMPACTED_MS)]);
  }
  for (let day = 0; day < days; day++) {
    writeGoneDay(history, passing, day);
  }
  let dayMs = 0;
  for (const tier of tiers) {
    const ofDay = Array.from({ length: DAY_MS / COMPACTED_MS }, (_, block) =>
      block === 0 ? tier : copy(tier, block * COMPACTED_MS)
    );
    history.store.add(ofDay.slice(1));
    const startedMs = cpuMs();
    const [name] = compactTier(directory, history.store.ofTier(tier.tier));
    dayMs += cpuMs() - startedMs;
    history.store.add([name]);
    history.store.add(Array.from({ length: days - 1 }, (_, day) => copy(name, (day + 1) * DAY_MS)));
  }
  return { dayMs };
}

/** Writes the file of the objects that went on a day: like those that came within the first two hours, twelve times over. */
function writeGoneDay({ directory, known }: History, passing: readonly HistoryObject[], day: number): void {
  const perDay = DAY_MS / COMPACTED_MS;
  const blocks = Array.from({ length: perDay }, (_, block) => day * perDay + block).filter((block) => block > 0);
  const objects = blocks.flatMap((block) => passing.map((object, index) => again(object, block, index)));
  const endMs = Math.max(...objects.map(({ lastSeenMs }) => lastSeenMs));
  const name = { level: 1, fromMs: Math.max(0, known.gone.untilMs), toMs: endMs };
  writeGoneFile(gonePath(directory, name), objects.sort(compareObjects));
  known.gone.add(name);
}

/** An object like one of the first two hours, with a name and a time of its own. */
function again(object: HistoryObject, block: number, index: number): HistoryObject {
  const shiftMs = block * COMPACTED_MS;
  const { names } = object;
  return {
    ...object,
    number: block * 1_000_000 + index,
    key: `${object.key}-${block}`,
    names: names.pod === undefined ? names : { ...names, pod: `${names.pod}-${block}` },
    firstSeenMs: object.firstSeenMs + shiftMs,
    lastSeenMs: object.lastSeenMs + shiftMs,
  };
}

/** Present values in all segments of rounds. */
export function samplesOf({ history }: Stores): number {
  return history.store.ofTier('raw').reduce((sum, { reader }) => sum + reader.samples, 0);
}

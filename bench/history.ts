import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { measureRestart, type Restart } from './restart.ts';

/** Nodes whose days are written: fourteen take some 70 MB each. */
const MOST_HISTORY_NODES = 50;
/** Nodes that are simulated one by one; the others of a larger cluster are copies that have pods, and of these what is asked. */
const MOST_SIMULATED_NODES = 100;

const STEPS = new URL('./historySteps.ts', import.meta.url).pathname;

/** What days of history cost, and how fast they answer. */
export interface LongHistory {
  readonly historyDays: number;
  readonly historyNodes: number;
  readonly historyMiB: number;
  readonly historyFiles: number;
  readonly historyObjects: number;
  readonly samplesPerNodeRound: number;
  /** Rounds and both tiers, per sample of the rounds. */
  readonly bytesPerSample: number;
  /** Log, sealing, merging and tiers. */
  readonly historyCpuMsPerNodeRound: number;
  /** Per second of CPU time. */
  readonly ingestSamplesPerSecond: number;
  readonly onePod24hP95Ms: number;
  readonly namespaceWeekP95Ms: number;
  readonly podNamesOfWeekP95Ms: number;
}

/** What a step says of the days it wrote, and what a restart needs to ask about them. */
export interface KeptDays {
  readonly measured: LongHistory;
  /** Pods that were there for all of the last day. */
  readonly pods: readonly PodName[];
  /** Time of the newest round, Unix ms. */
  readonly newestMs: number;
}

export interface PodName {
  readonly namespace: string;
  readonly pod: string;
}

/** The last hour of all nodes. */
export interface LastHour {
  /** When nobody has asked for that metric for a while. */
  readonly topPods1hFirstMs: number;
  /** The first of each metric after a round has ended. */
  readonly topPods1hAfterRoundP95Ms: number;
  /** One of five after a round, the others between rounds. */
  readonly topPods1hP95Ms: number;
}

export type HistoryResults = LongHistory & Restart & LastHour;

/**
 * Measures the history. In simulated time, each step in a process of its own: two hours of rounds that went down the real
 * line are written, repeated to so many days with times of their own, and asked; and an hour of as many nodes as there are.
 * In between the built backend is started with these days.
 */
export async function measureHistory(nodes: number, days: number, folder: string): Promise<HistoryResults> {
  const historyNodes = Math.min(nodes, MOST_HISTORY_NODES);
  const long = await onceFor(historyNodes, async () => {
    const path = join(folder, `days-${historyNodes}`);
    const kept = await run<KeptDays>('keptDays', path, historyNodes, 1, days);
    const restart = await measureRestart(path, folder, kept);
    rmSync(path, { recursive: true });
    return { ...kept.measured, ...restart };
  });
  const simulated = Math.min(nodes, MOST_SIMULATED_NODES);
  const path = join(folder, `hour-${nodes}`);
  const hour = await run<LastHour>('lastHour', path, simulated, Math.ceil(nodes / simulated), 0);
  rmSync(path, { recursive: true });
  return { ...long, ...hour };
}

const measuredDays = new Map<number, LongHistory & Restart>();

/** The same days serve clusters of all sizes above theirs. */
async function onceFor(nodes: number, measure: () => Promise<LongHistory & Restart>): Promise<LongHistory & Restart> {
  const known = measuredDays.get(nodes) ?? (await measure());
  measuredDays.set(nodes, known);
  return known;
}

async function run<Result>(step: string, folder: string, nodes: number, copies: number, days: number): Promise<Result> {
  const numbers = [nodes, copies, days].map(String);
  const flags = ['--expose-gc', '--max-old-space-size=8192', STEPS, step, folder, ...numbers];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { maxBuffer: 1 << 20 });
  return JSON.parse(stdout) as Result;
}

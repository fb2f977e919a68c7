import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Days of history that questions and restarts are measured on. */
export const HISTORY_DAYS = 14;
/** Nodes whose 14 days are written: they take some 70 MB each. */
const MOST_HISTORY_NODES = 50;
/** Nodes that are simulated one by one; the others of a larger cluster are copies that have pods, and of these what is asked. */
const MOST_SIMULATED_NODES = 100;

const STEPS = new URL('./historySteps.ts', import.meta.url).pathname;

/** What 14 days of history cost, and how fast they answer. */
export interface Fortnight {
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

/** From the start of a process to its first answer out of 14 days. */
export interface Restart {
  readonly restartSeconds: number;
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

export type HistoryResults = Fortnight & Restart & LastHour;

/**
 * Measures the history in simulated time, each step in a process of its own: two hours of rounds that went down the real
 * line are written, repeated to 14 days with times of their own, and asked; and an hour of as many nodes as there are.
 */
export async function measureHistory(nodes: number, folder: string): Promise<HistoryResults> {
  const historyNodes = Math.min(nodes, MOST_HISTORY_NODES);
  const fortnight = await onceFor(historyNodes, async () => {
    const path = join(folder, `fortnight-${historyNodes}`);
    const written = await run<Fortnight>('fortnight', path, historyNodes, 1);
    const restart = await run<Restart>('restart', path, historyNodes, 1);
    rmSync(path, { recursive: true });
    return { ...written, ...restart };
  });
  const simulated = Math.min(nodes, MOST_SIMULATED_NODES);
  const path = join(folder, `hour-${nodes}`);
  const hour = await run<LastHour>('lastHour', path, simulated, Math.ceil(nodes / simulated));
  rmSync(path, { recursive: true });
  return { ...fortnight, ...hour };
}

const fortnights = new Map<number, Fortnight & Restart>();

/** The same 14 days serve clusters of all sizes above theirs. */
async function onceFor(nodes: number, measure: () => Promise<Fortnight & Restart>): Promise<Fortnight & Restart> {
  const known = fortnights.get(nodes) ?? (await measure());
  fortnights.set(nodes, known);
  return known;
}

async function run<Result>(step: string, folder: string, nodes: number, copies: number): Promise<Result> {
  const flags = ['--expose-gc', '--max-old-space-size=8192', STEPS, step, folder, String(nodes), String(copies)];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { maxBuffer: 1 << 20 });
  return JSON.parse(stdout) as Result;
}

import type { BackendProcess, OwnFigures } from './backendProcess.ts';
import { processCpuSeconds } from './processCpu.ts';
import type { SimulatorProcess } from './simulatorProcess.ts';

const MINUTE_MS = 60_000;
const READINGS_PER_MINUTE = 6;
/** More growth than this over the last third is not level: collections of garbage alone make less. */
const MOST_GROWTH_PERCENT = 3;

/** Memory at the end of one minute; of its readings the least, since garbage comes and goes in between. */
export interface SoakMinute {
  readonly minute: number;
  readonly residentMiB: number;
  readonly heapMiB: number;
  readonly rounds: number;
  readonly objects: number;
}

export interface SoakResults {
  readonly nodes: number;
  readonly soakMinutes: number;
  readonly rounds: number;
  readonly minutes: readonly SoakMinute[];
  /** Of the resident memory over the last third, by least squares. */
  readonly slopeMiBPerHour: number;
  readonly growthOfLastThirdPercent: number;
  readonly levelledOff: boolean;
  readonly simulatorCpuSeconds: number;
}

/** How long to soak: `30m`, `2h` or `90s`. */
export function soakMs(text: string): number {
  const [, number, unit] = /^(\d+)(s|m|h)$/.exec(text) ?? [];
  if (number === undefined) {
    throw new Error(`--soak=${text} must be a time with a unit, such as --soak 30m.`);
  }
  return Number(number) * (unit === 's' ? 1000 : unit === 'm' ? MINUTE_MS : 60 * MINUTE_MS);
}

/** Reads the memory of a running backend minute by minute, and says whether it grew at the end. */
export async function soak(
  nodes: number,
  forMs: number,
  backend: BackendProcess,
  simulator: SimulatorProcess
): Promise<SoakResults> {
  const minutes: SoakMinute[] = [];
  const first = await backend.figures();
  const minuteMs = Math.min(MINUTE_MS, forMs / 6);
  for (let minute = 1; minute * minuteMs <= forMs; minute++) {
    const least = await leastOf(backend, minuteMs);
    const { heapBytes, historyObjects: objects } = least;
    const [residentMiB, heapMiB] = [least.residentBytes / 2 ** 20, heapBytes / 2 ** 20];
    minutes.push({ minute, residentMiB, heapMiB, rounds: least.rounds - first.rounds, objects });
    console.log(
      `${String(minute).padStart(4)}  ${residentMiB.toFixed(0).padStart(6)} MiB resident  ${heapMiB.toFixed(0).padStart(6)} MiB heap  ${objects} objects  round ${least.rounds}`
    );
  }
  const tail = minutes.slice(-Math.ceil(minutes.length / 3));
  const perMinute = slopeOf(tail.map(({ residentMiB }) => residentMiB));
  const mean = tail.reduce((sum, { residentMiB }) => sum + residentMiB, 0) / tail.length;
  const growthOfLastThirdPercent = ((perMinute * (tail.length - 1)) / mean) * 100;
  return {
    nodes,
    soakMinutes: forMs / MINUTE_MS,
    rounds: minutes.at(-1)!.rounds,
    minutes,
    slopeMiBPerHour: (perMinute * 60 * MINUTE_MS) / minuteMs,
    growthOfLastThirdPercent,
    levelledOff: growthOfLastThirdPercent <= MOST_GROWTH_PERCENT,
    simulatorCpuSeconds: processCpuSeconds(simulator.pid),
  };
}

async function leastOf(backend: BackendProcess, minuteMs: number): Promise<OwnFigures> {
  let least: OwnFigures | undefined;
  for (let reading = 0; reading < READINGS_PER_MINUTE; reading++) {
    await new Promise((resolve) => setTimeout(resolve, minuteMs / READINGS_PER_MINUTE));
    const figures = await backend.figures();
    least =
      least && least.residentBytes < figures.residentBytes
        ? { ...figures, residentBytes: least.residentBytes }
        : figures;
  }
  return least!;
}

/** What values that are one step apart grow by per step, by least squares. */
export function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let products = 0;
  let squares = 0;
  values.forEach((value, step) => {
    products += (step - middle) * (value - mean);
    squares += (step - middle) ** 2;
  });
  return squares === 0 ? 0 : products / squares;
}

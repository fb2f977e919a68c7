import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Dimension, NameFilter } from '../backend/contract/grafana.ts';
import { COMPACTED_MS } from '../backend/history/sealing.ts';
import { BackendProcess } from './backendProcess.ts';
import { clockAtBorder, MACHINE_CLOCK } from './clock.ts';
import { drawTable, type Results } from './goals.ts';
import { measureHistory, type HistoryResults } from './history.ts';
import { p95Ms } from './measure.ts';
import { processCpuSeconds } from './processCpu.ts';
import { SimulatorProcess } from './simulatorProcess.ts';
import { soak, soakMs, type SoakResults } from './soak.ts';

const SIZES = [100, 1000, 5000];
const PODS_PER_NODE = 30;
/** Rounds that fill the head with what 15 minutes at 60 s hold. */
const ROUNDS = 15;
/** Rounds before the clock starts: code is compiled, connections are open, rates are there. */
const WARM_UP_ROUNDS = 3;
const ROUNDS_PER_HOUR = 60;
const QUERIES = 60;
const REAL_RESOLUTION_MS = 60_000;
/** Three simulated minutes pass in a real one: memory has what it is to hold after a quarter of half an hour. */
const SOAK_RESOLUTION_MS = 20_000;

/** Time per round. A simulated minute passes in each, so that what is stored is what 60 s rounds store. */
function roundMs(nodes: number, flags: readonly string[]): number {
  // The simulator needs its time for answers of 2 MB.
  return nodes <= 100 && flags.length === 0 ? 5_000 : nodes <= 1000 ? 10_000 : REAL_RESOLUTION_MS;
}

/** A simulated cluster and a backend that collects from it, each a process. */
async function startBoth(
  nodes: number,
  folder: string,
  flags: readonly string[],
  resolutionMs: number,
  clock = MACHINE_CLOCK
) {
  const kubeconfig = join(folder, `kubeconfig-${nodes}`);
  const simulator = await SimulatorProcess.start(nodes, REAL_RESOLUTION_MS / resolutionMs, kubeconfig, clock);
  const backend = await BackendProcess.start(
    [
      `--kubeconfig=${kubeconfig}`,
      `--metric-resolution=${resolutionMs}ms`,
      `--head-window=${ROUNDS * resolutionMs}ms`,
      '--head-memory=1MiB',
      `--data-dir=${join(folder, `history-${nodes}`)}`,
      ...flags,
    ],
    clock
  );
  return { simulator, backend };
}

/** Real minutes of rounds, pods that come and go, and rollouts; see `docs/performance.md`. */
async function measureSoak(
  nodes: number,
  folder: string,
  flags: readonly string[],
  forMs: number
): Promise<SoakResults> {
  // In the middle of it history is merged, as it is every two hours.
  const clock = clockAtBorder(COMPACTED_MS, forMs / 2, Date.now());
  const { simulator, backend } = await startBoth(nodes, folder, flags, SOAK_RESOLUTION_MS, clock);
  try {
    await backend.waitForRounds(1, 240_000);
    const results = await soak(nodes, forMs, backend, simulator);
    const { slopeMiBPerHour, growthOfLastThirdPercent, levelledOff } = results;
    const verdict = levelledOff ? 'Memory levelled off' : 'Memory still grew';
    console.log(
      `${verdict}: ${slopeMiBPerHour.toFixed(1)} MiB per hour, ${growthOfLastThirdPercent.toFixed(1)} % in the last third.`
    );
    return results;
  } finally {
    await backend.stop();
    await simulator.stop();
  }
}

type LineResults = Omit<Results, keyof HistoryResults>;

async function measure(
  nodes: number,
  folder: string,
  flags: readonly string[],
  isForAnHour: boolean
): Promise<LineResults> {
  const resolutionMs = roundMs(nodes, flags);
  const windowMs = ROUNDS * resolutionMs;
  const { simulator, backend } = await startBoth(nodes, folder, flags, resolutionMs);
  try {
    const before = await backend.waitForRounds(WARM_UP_ROUNDS, 120_000 + 10 * resolutionMs);
    const simulatorBefore = processCpuSeconds(simulator.pid);
    const after = await backend.waitForRounds(WARM_UP_ROUNDS + ROUNDS + 1, (ROUNDS + 10) * resolutionMs);
    const rounds = after.rounds - before.rounds;
    const simulatorSeconds = processCpuSeconds(simulator.pid) - simulatorBefore;
    const cpuMsPerNodeRound = ((after.cpuSeconds - before.cpuSeconds) * 1000) / nodes / rounds;
    return {
      nodes,
      pods: nodes * PODS_PER_NODE,
      cpuMsPerNodeRound,
      memoryMiBPerNode: after.residentBytes / 2 ** 20 / nodes,
      roundSeconds: (after.roundSecondsSum - before.roundSecondsSum) / rounds,
      ...(await measureQueries(backend, windowMs)),
      ...(isForAnHour ? await memoryAfterHour(backend, resolutionMs) : {}),
      moduleGzipKiB: moduleGzipKiB(),
      simulatorCpuMsPerNodeRound: (simulatorSeconds * 1000) / nodes / rounds,
      residentMiB: after.residentBytes / 2 ** 20,
      coresUsedAt60s: (cpuMsPerNodeRound * nodes) / REAL_RESOLUTION_MS,
    };
  } finally {
    await backend.stop();
    await simulator.stop();
  }
}

async function memoryAfterHour(backend: BackendProcess, resolutionMs: number) {
  const { residentBytes } = await backend.waitForRounds(ROUNDS_PER_HOUR, ROUNDS_PER_HOUR * resolutionMs);
  return { residentAfterHourMiB: residentBytes / 2 ** 20 };
}

async function measureQueries(backend: BackendProcess, windowMs: number) {
  const [namespace] = await backend.names({ dimension: 'namespace' }, windowMs);
  const is = (dimension: Dimension, name: string): NameFilter => ({ dimension, operator: '=', values: [name] });
  const inNamespace = is('namespace', namespace);
  const pods = await backend.names({ dimension: 'pod', filters: [inNamespace] }, windowMs);
  const cpu = { level: 'pod', metric: 'cpu/usage_rate' } as const;
  return {
    onePod15mP95Ms: await p95Ms(QUERIES, async (index) => {
      const pod = pods[index % pods.length];
      await backend.query({ ...cpu, filters: [inNamespace, is('pod', pod)] }, windowMs);
    }),
    topPods15mP95Ms: await p95Ms(QUERIES, async () => {
      const series = await backend.query({ ...cpu, limit: { count: 10, order: 'top' } }, windowMs);
      if (series !== 10) {
        throw new Error(`The top 10 pods came as ${series} series.`);
      }
    }),
    variablesP95Ms: await p95Ms(QUERIES, async (index) => {
      await backend.names({ dimension: index % 2 === 0 ? 'pod' : 'namespace' }, windowMs);
    }),
  };
}

function moduleGzipKiB(): number {
  const module = new URL('../dist/module.js', import.meta.url);
  if (!existsSync(module)) {
    throw new Error('There is no dist/module.js to weigh. Run `npm run build:plugin` first.');
  }
  return gzipSync(readFileSync(module), { level: 9 }).length / 1024;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      nodes: { type: 'string' },
      json: { type: 'string' },
      soak: { type: 'string' },
      hour: { type: 'boolean' },
      days: { type: 'string', default: '14' },
      'cadvisor-metrics': { type: 'boolean' },
    },
  });
  const flags = values['cadvisor-metrics'] ? ['--cadvisor-metrics'] : [];
  const sizes = values.nodes === undefined ? SIZES : values.nodes.split(',').map(Number);
  if (sizes.some((nodes) => !Number.isInteger(nodes) || nodes < 1)) {
    throw new Error(`--nodes=${values.nodes} must be a number of nodes, such as --nodes 100.`);
  }
  const days = Number(values.days);
  if (!Number.isInteger(days) || days < 1) {
    throw new Error(`--days=${values.days} must be a number of days, such as --days 14.`);
  }
  const forMs = values.soak === undefined ? undefined : soakMs(values.soak);
  execFileSync(process.execPath, [new URL('../tools/buildBackend.mjs', import.meta.url).pathname], {
    stdio: 'inherit',
  });
  const folder = mkdtempSync(join(tmpdir(), 'heapscope-bench-'));
  const runs: Results[] = [];
  try {
    console.log(
      `${cpus().length} × ${cpus()[0].model}, Node ${process.version}; ${PODS_PER_NODE} pods per node; ! = goal missed`
    );
    if (forMs !== undefined) {
      const results = await measureSoak(sizes[0], folder, flags, forMs);
      writeJson(values.json, results);
      process.exitCode = results.levelledOff ? 0 : 1;
      return;
    }
    for (const nodes of sizes) {
      runs.push({
        ...(await measure(nodes, folder, flags, values.hour ?? false)),
        ...(await measureHistory(nodes, days, folder)),
      });
      console.log(drawTable(runs));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  // One size answers flat; of several the one that the goals are stated for, with all runs beside it.
  const main = runs.find(({ nodes }) => nodes === 1000) ?? runs[0];
  writeJson(values.json, runs.length === 1 ? main : { ...main, runs });
}

function writeJson(path: string | undefined, results: unknown): void {
  if (path !== undefined) {
    writeFileSync(path, `${JSON.stringify(results, undefined, 2)}\n`);
  }
}

await main();

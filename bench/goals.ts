import type { HistoryResults } from './history.ts';

/** Results of one run, by the names its JSON has. All of the backend alone, but for the bundle of the plugin. */
export interface Results extends HistoryResults {
  readonly nodes: number;
  readonly pods: number;
  /** CPU of the whole backend process per node and round. */
  readonly cpuMsPerNodeRound: number;
  /** Resident memory of the whole backend process per node, with 15 rounds of all metrics. */
  readonly memoryMiBPerNode: number;
  /** Longest time from the beginning of a round to its commit, its spread over the window included. */
  readonly roundSeconds: number;
  readonly onePod15mP95Ms: number;
  readonly topPods15mP95Ms: number;
  readonly variablesP95Ms: number;
  readonly moduleGzipKiB: number;
  /** What the simulator used meanwhile, for comparison. */
  readonly simulatorCpuMsPerNodeRound: number;
  readonly residentMiB: number;
  /** Resident memory after an hour of rounds; measured with `--hour`. */
  readonly residentAfterHourMiB?: number;
  readonly coresUsedAt60s: number;
}

/** Goals of the design, per result. */
export const GOALS: Readonly<Partial<Record<keyof Results, number>>> = {
  cpuMsPerNodeRound: 2,
  memoryMiBPerNode: 0.4,
  roundSeconds: 60,
  onePod15mP95Ms: 10,
  topPods15mP95Ms: 100,
  variablesP95Ms: 50,
  moduleGzipKiB: 60,
  residentMiB: 2560,
  coresUsedAt60s: 1,
  bytesPerSample: 1.5,
  restartSeconds: 3,
  onePod24hP95Ms: 10,
  topPods1hP95Ms: 100,
  podNamesOfWeekP95Ms: 50,
};

/** The goals that speak of a cluster of another size are left out for small ones. */
export function goalFor(name: keyof Results, nodes: number): number | undefined {
  const ofLargest = name === 'residentMiB' || name === 'coresUsedAt60s';
  const perNodeOfSmall = name === 'memoryMiBPerNode' && nodes < 1000;
  return (ofLargest && nodes !== 5000) || perNodeOfSmall ? undefined : GOALS[name];
}

/** The results as a table beside the goals. */
export function drawTable(runs: readonly Results[]): string {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run)))] as Array<keyof Results>;
  const rows = [
    ['', ...runs.map(({ nodes }) => `${nodes} nodes`), 'goal'],
    ...names
      .filter((name) => name !== 'nodes')
      .map((name) => [
        name,
        ...runs.map((run) => {
          const goal = goalFor(name, run.nodes);
          const value = run[name];
          return value === undefined ? '' : `${round(value)}${goal !== undefined && value > goal ? ' !' : ''}`;
        }),
        GOALS[name] === undefined ? '' : `≤ ${GOALS[name]}`,
      ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ')
    )
    .join('\n');
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

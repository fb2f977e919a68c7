import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Clock } from './clock.ts';

const ENTRY = new URL('../build/simulator.mjs', import.meta.url);
const START_MS = 120_000;

/** A simulated cluster in a process of its own, so that its cost does not count as ours. */
export class SimulatorProcess {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Starts the built simulator and waits until its kubeconfig is written. `speed`: simulated seconds per second. */
  static async start(nodes: number, speed: number, kubeconfig: string, clock: Clock): Promise<SimulatorProcess> {
    const flags = [
      `--nodes=${nodes}`,
      '--pods-per-node=30',
      '--https',
      '--no-pressure',
      '--no-outages',
      '--seed=1',
      `--speed=${speed}`,
      `--kubeconfig=${kubeconfig}`,
    ];
    const child = spawn(process.execPath, [...clock.imports, '--max-old-space-size=4096', ENTRY.pathname, ...flags], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: clock.env,
    });
    const untilMs = Date.now() + START_MS;
    while (!existsSync(kubeconfig)) {
      if (child.exitCode !== null || Date.now() > untilMs) {
        throw new Error(`The simulator of ${nodes} nodes did not start.`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return new SimulatorProcess(child);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
  }
}

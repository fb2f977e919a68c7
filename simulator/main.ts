import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startSimulator } from './simulator.ts';

const HELP = `A simulated Kubernetes cluster: an API server and a kubelet per node, on real ports.

  --nodes N            nodes, control plane included (3)
  --pods-per-node N    pods on each worker (30)
  --seed N             decides everything that chance decides (1)
  --speed N            how many times faster than the real clock the world's clock runs (1)
  --port N             port of the API server (any free one)
  --control-port N     port of the control endpoint (any free one)
  --https              TLS for API server and kubelets
  --host ADDRESS       where to listen (127.0.0.1)
  --advertise HOST     the name or address under which others reach this machine
  --token TOKEN        the cluster admin's token (made from the seed)
  --no-pressure        kubelets leave out pressure stall information; answers get a third smaller
  --old-kubelets       kubelets answer POST /stats/container/ too, as those before Kubernetes 1.20
  --no-outages         no machine falls silent by itself
  --kubeconfig FILE    write a kubeconfig there
`;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    nodes: { type: 'string', default: '3' },
    'pods-per-node': { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    speed: { type: 'string', default: '1' },
    port: { type: 'string', default: '0' },
    'control-port': { type: 'string', default: '0' },
    https: { type: 'boolean', default: false },
    host: { type: 'string', default: '127.0.0.1' },
    advertise: { type: 'string' },
    token: { type: 'string' },
    pressure: { type: 'boolean', default: true },
    'old-kubelets': { type: 'boolean', default: false },
    outages: { type: 'boolean', default: true },
    kubeconfig: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function number(name: 'nodes' | 'pods-per-node' | 'seed' | 'speed' | 'port' | 'control-port'): number {
  const value = Number(values[name]);
  if (!Number.isFinite(value) || value < 0) {
    throw new Error(`--${name} must be a number that is not negative, not "${values[name]}".`);
  }
  return value;
}

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const speed = number('speed');
  const startedMs = Date.now();
  const simulator = await startSimulator({
    nodes: number('nodes'),
    podsPerNode: number('pods-per-node'),
    seed: number('seed'),
    apiPort: number('port'),
    controlPort: number('control-port'),
    apiHttps: values.https,
    kubeletHttps: values.https,
    listenHost: values.host,
    ...(values.advertise ? { advertiseHost: values.advertise } : {}),
    ...(values.token ? { token: values.token } : {}),
    pressure: values.pressure,
    oldKubelets: values['old-kubelets'],
    outages: values.outages,
    now: speed === 1 ? Date.now : () => startedMs + (Date.now() - startedMs) * speed,
  });
  if (values.kubeconfig) {
    writeFileSync(values.kubeconfig, simulator.kubeconfigYaml(), { mode: 0o600 });
  }
  const { apiUrl, controlUrl, token } = simulator;
  const startupMs = Date.now() - startedMs;
  process.stdout.write(`${JSON.stringify({ apiUrl, controlUrl, token, kubeconfig: values.kubeconfig, startupMs })}\n`);
  // The ports keep the process alive until a signal closes them.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void simulator.stop());
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

import { Accounts } from './access.ts';
import type { Account } from './access.ts';
import { answerApi } from './api/apiServer.ts';
import type { ApiSetting } from './api/apiServer.ts';
import { ApiListener } from './api/apiListener.ts';
import { storeWorld } from './api/worldObjects.ts';
import { createAuthority } from './certificates.ts';
import { openControl } from './control.ts';
import { API_TARGET, Faults } from './faults.ts';
import type { Fault } from './faults.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { answerKubelet } from './kubelet/kubeletServer.ts';
import { KubeletListeners } from './kubelet/listeners.ts';
import { Operator } from './operator.ts';
import { completeOptions } from './options.ts';
import type { SimulatorOptions } from './options.ts';
import { visiblePods } from './kubelet/summary.ts';
import { World } from './world/world.ts';

export type { SimulatorOptions } from './options.ts';

const LOOK_MS = 100;

/** How large a running simulator is and what it has cost so far. */
export interface SimulatorStatus {
  nodes: number;
  pods: number;
  containers: number;
  cpuMs: number;
  rssBytes: number;
  /** Summaries that kubelets were asked for. */
  answers: number;
}

/** A running simulated cluster. */
export interface Simulator {
  readonly apiUrl: string;
  /** Where faults are set and the status is read over HTTP, without a token. */
  readonly controlUrl: string;
  readonly token: string;
  /** The authority of all certificates; there are none where everything is plain HTTP, but the authority is always there. */
  readonly caPem: string;
  readonly nodes: readonly string[];
  readonly faults: Faults;
  readonly operator: Operator;
  readonly world: World;
  kubeconfigYaml(): string;
  kubeletUrl(nodeName: string): string;
  status(): SimulatorStatus;
  /** Carries out now what is due at the world's clock, instead of at the next look; for clocks that are set by hand. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an API server and a kubelet for each node; done when all of them listen. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const full = completeOptions(options);
  const world = new World(full, full.now());
  const authority = createAuthority();
  const store = storeWorld(world, full.nodeAddress);
  const admin: Account = { token: full.token, username: 'simulator-admin', groups: ['system:masters'], rules: 'all' };
  const faults = new Faults(
    world.nodes.map((node) => node.name),
    (target, fault) => apply(target, fault),
    full.now
  );
  const accounts = new Accounts([admin, ...full.accounts]);
  const { now, pressure, oldKubelets } = full;
  const setting: ApiSetting = { world, accounts, faults, now, pressure, oldKubelets, answers: 0, store };
  const kubelets = new KubeletListeners(
    full.listenHost,
    full.kubeletHttps ? authority : undefined,
    (node, request, response) => answerKubelet(setting, node, request, response)
  );
  const names = [full.advertiseHost, full.listenHost, 'localhost', '127.0.0.1', 'kubernetes.default.svc'];
  const certificate = full.apiHttps ? authority.issue('kube-apiserver', [...new Set(names)]) : undefined;
  const api = new ApiListener(full.listenHost, full.apiPort, certificate, (request, response) =>
    answerApi(setting, request, response)
  );

  const apply = async (target: string, fault: Fault | undefined): Promise<void> => {
    if (target !== API_TARGET) {
      const node = world.nodes.find((each) => each.name === target);
      // A fault of a single path leaves the connections alone.
      return node && kubelets.apply(node, fault?.path === undefined ? fault : undefined);
    }
    if (fault?.kind === 'expiredWatches') {
      store.forgetEvents();
    }
    api.cut();
    await (fault?.kind === 'refusing' ? api.close() : api.open());
  };

  await api.open();
  await openInGroups(world, kubelets);
  // The only thing that ticks: a look at the next date in the world's diary, so that watches hear in time.
  const settled = async (): Promise<void> => {
    world.advance(full.now());
    await endRestarts(world, faults, full.now());
  };
  const look = setInterval(() => {
    settled().catch((error: Error) =>
      process.emitWarning(`The simulator could not carry out what was due: ${error.message}`)
    );
  }, LOOK_MS);
  look.unref();
  const apiUrl = `${full.apiHttps ? 'https' : 'http'}://${full.advertiseHost}:${api.port}`;
  const operator = new Operator(world, full.now);
  const status = (): SimulatorStatus => simulatorStatus(world, full.now(), setting.answers);
  const control = await openControl(full.listenHost, full.controlPort, { faults, operator, status });
  return {
    apiUrl,
    controlUrl: `http://${full.advertiseHost}:${control.port}`,
    token: full.token,
    caPem: authority.caPem,
    nodes: world.nodes.map((node) => node.name),
    faults,
    operator,
    world,
    kubeconfigYaml: () => kubeconfigText(apiUrl, full.token, full.apiHttps ? authority.caPem : undefined),
    kubeletUrl: (nodeName) => kubeletUrl(world, nodeName, full.kubeletHttps, full.nodeAddress),
    status,
    settled,
    async stop() {
      clearInterval(look);
      await Promise.all([api.close(), control.close(), kubelets.closeAll()]);
    },
  };
}

async function openInGroups(world: World, kubelets: KubeletListeners): Promise<void> {
  for (let from = 0; from < world.nodes.length; from += 250) {
    await Promise.all(world.nodes.slice(from, from + 250).map((node) => kubelets.open(node)));
  }
}

/** Brings back kubelets whose restart has taken its time; they come up as new processes. */
async function endRestarts(world: World, faults: Faults, nowMs: number): Promise<void> {
  for (const { target, kind, atMs = 0, downMs = 0 } of faults.all()) {
    const node =
      kind === 'restartedKubelet' && nowMs >= atMs + downMs && world.nodes.find((each) => each.name === target);
    if (node) {
      node.kubeletStartMs = atMs + downMs;
      await faults.clear(target);
    }
  }
}

function kubeletUrl(world: World, nodeName: string, https: boolean, host: string): string {
  const node = world.nodes.find((each) => each.name === nodeName);
  if (!node) {
    throw new Error(`There is no node "${nodeName}" in the simulator.`);
  }
  return `${https ? 'https' : 'http'}://${host}:${node.kubeletPort}`;
}

function simulatorStatus(world: World, nowMs: number, answers: number): SimulatorStatus {
  world.advance(nowMs);
  const pods = world.nodes.flatMap((node) => visiblePods(node, nowMs));
  const { user, system } = process.cpuUsage();
  return {
    nodes: world.nodes.length,
    pods: pods.length,
    containers: pods.reduce((sum, pod) => sum + pod.containers.length, 0),
    cpuMs: (user + system) / 1000,
    rssBytes: process.memoryUsage.rss(),
    answers,
  };
}

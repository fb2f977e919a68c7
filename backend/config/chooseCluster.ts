import type { ClusterConfig, ClusterConnection } from './config.ts';
import type { Settings } from './gather.ts';
import type { Environment, ReadTextFile } from './otherPlaces.ts';
import { readFailure } from './readFailure.ts';
import { parseSource } from './source.ts';
import type { Source } from './source.ts';

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const DEFAULT_SIMULATED_NODES = 5;

/** Which cluster to watch, and the `--source` that said so, if one did. */
export interface ChosenCluster {
  readonly cluster: ClusterConfig;
  readonly source?: Source;
}

/** Follows `--source`, `--kubeconfig` or `--simulate`; without any, takes what the environment offers. */
export function chooseCluster(settings: Settings, environment: Environment, readTextFile: ReadTextFile): ChosenCluster {
  const { values, problems, notes } = settings;
  const name = values['cluster-name'];
  const given = (connection: ClusterConnection): ClusterConfig => ({ name, chosen: 'given', connection });
  if (values.source !== undefined) {
    if (values.source.length !== 1) {
      const all = values.source.map((text) => `--source=${text}`).join(' and ');
      problems.push(
        `Exactly one cluster can be watched, but there are ${values.source.length}: ${all || '(an empty list)'}.`
      );
    }
    const source = parseSource(values.source[0] ?? 'kubernetes:', environment, problems, notes);
    return { cluster: given(connectionOf(source, settings, environment, readTextFile)), source };
  }
  if (values.simulate !== undefined) {
    return { cluster: given(simulator(settings, values.simulate)) };
  }
  if (values.kubeconfig !== undefined) {
    requireReadable(values.kubeconfig, settings.shown('kubeconfig'), readTextFile, problems);
    return { cluster: given({ kind: 'kubeconfig', path: values.kubeconfig, context: values.context }) };
  }
  return { cluster: { name, chosen: 'automatic', connection: automatic(settings, environment, readTextFile) } };
}

function simulator(settings: Settings, nodes: number): ClusterConnection {
  return { kind: 'simulator', nodes, seed: settings.values['simulate-seed'] };
}

function connectionOf(
  source: Source,
  settings: Settings,
  environment: Environment,
  readTextFile: ReadTextFile
): ClusterConnection {
  const shown = settings.shown('source');
  if (source.inClusterConfig) {
    const apiServerUrl = source.server ?? inClusterUrl(environment);
    if (inClusterUrl(environment) === undefined) {
      settings.problems.push(
        `${shown} wants the service account of a pod, but this is no pod (KUBERNETES_SERVICE_HOST is not set); add inClusterConfig=false outside a cluster.`
      );
    }
    return { kind: 'in-cluster', apiServerUrl: apiServerUrl ?? '', insecure: source.insecure };
  }
  if (source.auth !== undefined) {
    requireReadable(source.auth, `${shown}, option auth`, readTextFile, settings.problems);
    if (source.server !== undefined || source.insecure) {
      settings.notes.push(
        `${shown}: the kubeconfig ${source.auth} decides; address and insecure of the source are ignored.`
      );
    }
    return { kind: 'kubeconfig', path: source.auth };
  }
  if (source.server === undefined) {
    settings.problems.push(
      `${shown} must name the API server, since inClusterConfig=false: kubernetes:https://HOST?inClusterConfig=false.`
    );
  }
  const tokenFile =
    source.useServiceAccount && readable(SERVICE_ACCOUNT_TOKEN, readTextFile) ? SERVICE_ACCOUNT_TOKEN : undefined;
  return { kind: 'url', url: source.server ?? '', insecure: source.insecure, tokenFile };
}

function automatic(settings: Settings, environment: Environment, readTextFile: ReadTextFile): ClusterConnection {
  const apiServerUrl = inClusterUrl(environment);
  const context = settings.values.context;
  if (apiServerUrl !== undefined && context === undefined) {
    return { kind: 'in-cluster', apiServerUrl, insecure: false };
  }
  if (environment.KUBECONFIG) {
    return fromVariable(environment.KUBECONFIG, settings, readTextFile);
  }
  const home = environment.HOME ?? environment.USERPROFILE;
  const path = home ? `${home}/.kube/config` : undefined;
  const failure = path === undefined ? 'absent' : readFailure(path, readTextFile);
  if (path !== undefined && failure === undefined) {
    return { kind: 'kubeconfig', path, context };
  }
  if (failure !== undefined && failure !== 'absent') {
    settings.problems.push(
      `The kubeconfig ${path ?? ''} cannot be read: ${failure}. Correct it, or name a cluster by --source, --kubeconfig or --simulate.`
    );
  } else if (context !== undefined) {
    settings.problems.push(
      `${settings.shown('context')} needs a kubeconfig, and there is none; name one by --kubeconfig.`
    );
  } else {
    settings.notes.push(
      `There is no cluster here (not in a pod, no KUBECONFIG, no ~/.kube/config), so a simulated one of ${DEFAULT_SIMULATED_NODES} nodes is shown; name yours by --kubeconfig.`
    );
  }
  return simulator(settings, DEFAULT_SIMULATED_NODES);
}

/** `KUBECONFIG` may list several files, which are merged; one that is missing is skipped, as kubectl does. */
function fromVariable(variable: string, settings: Settings, readTextFile: ReadTextFile): ClusterConnection {
  const separator = /^[A-Za-z]:\\/.test(variable) ? ';' : ':';
  const paths = variable.split(separator).filter((path) => path !== '');
  const failures = paths.map((path) => readFailure(path, readTextFile));
  const context = settings.values.context;
  if (!failures.includes(undefined)) {
    const why = failures[0] === 'absent' ? 'the file does not exist' : failures[0];
    settings.problems.push(`KUBECONFIG=${variable} cannot be read: ${why ?? 'it names no file'}.`);
  }
  return paths.length === 1 ? { kind: 'kubeconfig', path: paths[0], context } : { kind: 'kubeconfig', context };
}

function inClusterUrl(environment: Environment): string | undefined {
  const host = environment.KUBERNETES_SERVICE_HOST;
  const port = environment.KUBERNETES_SERVICE_PORT || '443';
  return host ? `https://${host.includes(':') ? `[${host}]` : host}:${port}` : undefined;
}

function requireReadable(path: string, shown: string, readTextFile: ReadTextFile, problems: string[]): void {
  const failure = readFailure(path, readTextFile);
  if (failure !== undefined) {
    problems.push(
      `${shown}: the kubeconfig ${path} ${failure === 'absent' ? 'does not exist' : `cannot be read: ${failure}`}.`
    );
  }
}

function readable(path: string, readTextFile: ReadTextFile): boolean {
  return readFailure(path, readTextFile) === undefined;
}

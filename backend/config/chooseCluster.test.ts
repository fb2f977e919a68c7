import fc from 'fast-check';
import { sentenceOf } from '../errors.ts';
import type { Config } from './config.ts';
import { loadConfig } from './loadConfig.ts';
import { parseSource } from './source.ts';
import { readTextFrom } from './testdata/files.ts';

const IN_CLUSTER = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443' };
const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';

interface Loaded {
  readonly config: Config;
  readonly notes: string[];
}

function load(flags: string[], variables: Record<string, string> = {}, files: Record<string, string> = {}): Loaded {
  return loadConfig(flags, variables, readTextFrom(files));
}

function problemOf(flags: string[], variables: Record<string, string> = {}): string {
  try {
    load(flags, variables);
    return 'accepted';
  } catch (error) {
    return sentenceOf(error);
  }
}

describe('without a named cluster', () => {
  const home = { HOME: '/home/me' };

  test('the service account of the pod is used where there is one', () => {
    expect(load([], { ...IN_CLUSTER, ...home }, { '/home/me/.kube/config': 'k' }).config.cluster).toEqual({
      name: undefined,
      chosen: 'automatic',
      connection: { kind: 'in-cluster', apiServerUrl: 'https://10.0.0.1:6443', insecure: false },
    });
  });

  test('else the kubeconfig of KUBECONFIG, else the one of the home folder', () => {
    const files = { '/home/me/.kube/config': 'k', '/a': 'k' };
    expect(load([], { ...home, KUBECONFIG: '/a' }, files).config.cluster.connection).toEqual({
      kind: 'kubeconfig',
      path: '/a',
    });
    expect(load([], { ...home, KUBECONFIG: '/a:/b' }, files).config.cluster.connection).toEqual({ kind: 'kubeconfig' });
    expect(load(['--context=test'], home, files).config.cluster.connection).toEqual({
      kind: 'kubeconfig',
      path: '/home/me/.kube/config',
      context: 'test',
    });
  });

  test('else a simulated one, which is said plainly', () => {
    const { config, notes } = load([], home);
    expect(config.cluster.connection).toEqual({ kind: 'simulator', nodes: 5, seed: 1 });
    expect(notes[0]).toContain('a simulated one of 5 nodes is shown');
  });

  test('a KUBECONFIG that names nothing readable is a problem, not a simulation', () => {
    expect(problemOf([], { KUBECONFIG: '/gone' })).toBe('KUBECONFIG=/gone cannot be read: the file does not exist.');
  });
});

describe("Heapster's --source", () => {
  const source = (text: string, variables: Record<string, string> = {}, files = {}): Loaded =>
    load([`--source=${text}`], variables, files);

  test("two quote characters mean the cluster this runs in, with Heapster's defaults for kubelets", () => {
    const { config } = source("kubernetes.summary_api:''", IN_CLUSTER);
    expect(config.cluster.connection).toEqual({
      kind: 'in-cluster',
      apiServerUrl: 'https://10.0.0.1:6443',
      insecure: false,
    });
    expect(config.kubelet).toMatchObject({ port: 10255, https: false, insecureTls: false });
    expect(config.server.loopbackOnly).toBe(false);
  });

  test('in a cluster the URL replaces the host, and insecure reaches the kubelets too', () => {
    const { config, notes } = source(
      'kubernetes:https://kubernetes.default?kubeletHttps=T&kubeletPort=10250&insecure=1',
      IN_CLUSTER
    );
    expect(config.cluster.connection).toEqual({
      kind: 'in-cluster',
      apiServerUrl: 'https://kubernetes.default',
      insecure: true,
    });
    expect(config.kubelet).toMatchObject({ port: 10250, https: true, insecureTls: true });
    expect(notes).toHaveLength(1);
    expect(config.kubelet.statistics).toBe('containers');
    expect(notes[0]).toContain('kubelets are asked by POST /stats/container/');
  });

  test('outside a cluster a plain address, a token of the service account, or a kubeconfig is used', () => {
    expect(source('kubernetes.summary_api:http://api:8080/x?inClusterConfig=false').config.cluster.connection).toEqual({
      kind: 'url',
      url: 'http://api:8080',
      insecure: false,
      tokenFile: undefined,
    });
    const withToken = source(
      'kubernetes.summary_api:https://api?inClusterConfig=f&useServiceAccount=true',
      {},
      { [TOKEN_FILE]: 't' }
    );
    expect(withToken.config.cluster.connection).toMatchObject({ url: 'https://api', tokenFile: TOKEN_FILE });
    const withFile = source('kubernetes.summary_api:?inClusterConfig=false&auth=/etc/k', {}, { '/etc/k': 'k' });
    expect(withFile.config.cluster.connection).toEqual({ kind: 'kubeconfig', path: '/etc/k' });
  });

  test('variables in it are taken from the environment', () => {
    const variables = { HOST: 'api', PORT: '6443' };
    const { config, notes } = source(
      'kubernetes.summary_api:https://${HOST}:$PORT?inClusterConfig=false$MORE',
      variables
    );
    expect(config.cluster.connection).toMatchObject({ url: 'https://api:6443' });
    expect(notes.join(' ')).toContain('the environment has no MORE');
  });

  test('the first value of a repeated option counts, and unknown options are told', () => {
    const { config, notes } = source(
      'kubernetes.summary_api:?kubeletPort=1&kubeletPort=2&apiVersion=v1&colour=red',
      IN_CLUSTER
    );
    expect(config.kubelet.port).toBe(1);
    expect(notes.filter((note) => note.includes('no option'))).toHaveLength(1);
    expect(notes[0]).toContain('"colour"');
  });

  test('our own flags for kubelets stand above its defaults', () => {
    const { config } = load(
      ["--source=kubernetes.summary_api:''", '--kubelet-port=10250', '--kubelet-https'],
      IN_CLUSTER
    );
    expect(config.kubelet).toMatchObject({ port: 10250, https: true });
  });

  test.each([
    ['influxdb:http://x', '--source=influxdb:http://x must begin with "kubernetes:" or "kubernetes.summary_api:".'],
    ['kubernetes.summary_api:?inClusterConfig=no', 'the option inClusterConfig=no must be true or false.'],
    ['kubernetes.summary_api:?kubeletPort=65536', 'the option kubeletPort=65536 must be a port from 1 to 65535.'],
    ['kubernetes.summary_api:apiserver', '"apiserver" is not an address'],
    ['kubernetes.summary_api:ftp://api', 'not by "ftp://"'],
    ['kubernetes.summary_api:?inClusterConfig=false', 'must name the API server, since inClusterConfig=false'],
    ['kubernetes.summary_api:?inClusterConfig=false&auth=/gone', 'the kubeconfig /gone does not exist'],
  ])('%s is refused', (text, expected) => {
    expect(problemOf([`--source=${text}`], IN_CLUSTER)).toContain(expected);
  });

  test('outside a cluster the wish for a service account is refused with the way out', () => {
    expect(problemOf(["--source=kubernetes.summary_api:''"])).toContain('add inClusterConfig=false outside a cluster');
  });

  test('no text makes its parser throw', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (address, option) => {
        const problems: string[] = [];
        parseSource(`kubernetes.summary_api:https://${address}?${option}`, {}, problems, []);
        return problems.every((problem) => problem.endsWith('.'));
      })
    );
  });
});

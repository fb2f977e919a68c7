import { sentenceOf } from '../errors.ts';
import { loadConfig } from './loadConfig.ts';
import type { LoadedConfig } from './loadConfig.ts';
import { readTextFrom } from './testdata/files.ts';

type Variables = Record<string, string | undefined>;

function load(flags: string[], variables: Variables = {}, files: Record<string, string> = {}): LoadedConfig {
  return loadConfig(flags, variables, readTextFrom(files));
}

function problemsOf(flags: string[], variables: Variables = {}, files: Record<string, string> = {}): string[] {
  try {
    load(flags, variables, files);
    return [];
  } catch (error) {
    return sentenceOf(error).split('\n');
  }
}

describe('where settings come from', () => {
  const file = { 'settings.yml': 'metric-resolution: 30s\nhead_memory: 64MiB\nstore-label: [a, b=c]\n' };

  test('flags win over the environment, which wins over the file, which wins over the default', () => {
    const variables = {
      HEAPSCOPE_CONFIG: 'settings.yml',
      HEAPSCOPE_METRIC_RESOLUTION: '20s',
      HEAPSCOPE_MAX_SERIES: '7',
    };
    expect(load(['--metric-resolution=10s'], variables, file).config.collection.resolutionMs).toBe(10_000);
    expect(load([], variables, file).config.collection.resolutionMs).toBe(20_000);
    expect(load(['--config=settings.yml'], {}, file).config.collection.resolutionMs).toBe(30_000);
    expect(load([]).config.collection).toEqual({ resolutionMs: 60_000, isDefault: true });
    expect(load([], variables, file).config.query).toEqual({ maxSeries: 7, maxPoints: 1_000_000, maxStreams: 400 });
  });

  test('underscores and dashes are the same in names, on the command line and in the file', () => {
    const { config } = load(['--metric_resolution=10s', '--config', 'settings.yml'], {}, file);
    expect(config.collection.resolutionMs).toBe(10_000);
    expect(config.store.headMemoryBytes).toBe(64 * 2 ** 20);
  });

  test('a value may follow its flag as a word of its own, and the last of two wins', () => {
    const { config } = load(['--heapster-port', '9000', '--heapster-port', '9001', '--kubelet-insecure-tls']);
    expect(config.server.port).toBe(9001);
    expect(config.kubelet.insecureTls).toBe(true);
  });

  test('a list given in a stronger place replaces the weaker one, and repeated flags join', () => {
    expect(load(['--config=settings.yml'], {}, file).config.heapster.storeLabels).toEqual([
      { name: 'a', key: 'a' },
      { name: 'b', key: 'c' },
    ]);
    const { config } = load(['--config=settings.yml', '--store-label=x', '--store-label=y,z=q'], {}, file);
    expect(config.heapster.storeLabels.map(({ name }) => name)).toEqual(['x', 'y', 'z']);
  });

  test('variables that Kubernetes makes for a Service called heapscope are no settings', () => {
    const links = {
      HEAPSCOPE_SERVICE_HOST: '10.0.0.7',
      HEAPSCOPE_SERVICE_PORT: '8082',
      HEAPSCOPE_SERVICE_PORT_HTTP: '8082',
      HEAPSCOPE_PORT: 'tcp://10.0.0.7:8082',
      HEAPSCOPE_PORT_8082_TCP: 'tcp://10.0.0.7:8082',
      HEAPSCOPE_PORT_8082_TCP_ADDR: '10.0.0.7',
      HEAPSCOPE_HEAPSTER_PORT: 'tcp://10.0.0.8:80',
    };
    const { config, notes } = load(['--simulate=3'], links);
    expect(config.server.port).toBe(8082);
    expect(notes).toEqual([]);
  });

  test('a mistyped variable is remarked on, with the name that was meant', () => {
    const { notes } = load(['--simulate=3'], { HEAPSCOPE_METRIC_RESOLUTON: '5s' });
    expect(notes).toEqual([
      'HEAPSCOPE_METRIC_RESOLUTON is not a setting and has no effect; did you mean HEAPSCOPE_METRIC_RESOLUTION?',
    ]);
  });
});

test('all problems are told together, each naming the setting and the value', () => {
  expect(
    problemsOf(['--heapster-port=x', '--sourc=y', 'word', '--head-window', '--auth=none', '--log-level=5'])
  ).toEqual([
    '--sourc is not a flag of Heapscope; did you mean --source?',
    '"word" is not a flag; flags are written --name=value.',
    '--head-window needs a value: --head-window=DURATION.',
    '--heapster-port=x: heapster-port must be a whole number from 0 to 65535.',
    '--log-level=5: log-level must be "debug", "info", "warn" or "error".',
  ]);
});

test('a file of settings that is missing is a problem that names it', () => {
  expect(problemsOf(['--config=nowhere.yml'])).toEqual([
    "The file nowhere.yml (--config) cannot be read: ENOENT: no such file or directory, open 'nowhere.yml'.",
  ]);
});

describe("Heapster's flags that are no settings", () => {
  test('those of its log and its process are accepted and said to have no effect', () => {
    const { notes } = load([
      '--simulate=3',
      '--logtostderr',
      '--v',
      '4',
      '-v=2',
      '--vmodule=a=1',
      '--max_procs=3',
      '--sink=metric',
      '--sink=log',
      '--historical-source=influxdb:http://influxdb:8086',
    ]);
    expect(notes).toHaveLength(7);
    expect(notes.every((note) => note.includes('has no effect'))).toBe(true);
  });

  test('those that take the export and the model away do so', () => {
    expect(load(['--simulate=3']).config.heapster).toMatchObject({ hasExport: true, hasModel: true });
    const { config, notes } = load(['--simulate=3', '--disable_export', '--disable-metric-sink=true']);
    expect([config.heapster.hasExport, config.heapster.hasModel, notes]).toEqual([false, false, []]);
    expect(load(['--simulate=3', '--disable-export=false']).config.heapster.hasExport).toBe(true);
  });

  test('flags that would change who may ask are refused rather than ignored', () => {
    const problems = problemsOf(['--simulate=3', '--tls-client-ca=ca.pem', '--allowed-users=me', '--api-server']);
    expect(problems).toHaveLength(3);
    expect(problems[0]).toContain('--tls-client-ca is not offered');
  });
});

describe('where the server listens', () => {
  const inCluster = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

  test('in a cluster on all addresses, elsewhere on this machine only', () => {
    expect(load([], inCluster).config.server).toMatchObject({ port: 8082, loopbackOnly: false });
    expect(load(['--simulate=3']).config.server).toMatchObject({ listenIp: '127.0.0.1', loopbackOnly: true });
  });

  test('without authentication on this machine only, unless an address is given too', () => {
    expect(load(['--auth=none'], inCluster).config.server).toMatchObject({ listenIp: '127.0.0.1', loopbackOnly: true });
    expect(load(['--auth=none', '--listen-ip='], inCluster).config.server).toMatchObject({ loopbackOnly: false });
    expect(load(['--auth=none', '--listen-ip=::1'], inCluster).config.server).toMatchObject({ loopbackOnly: true });
  });
});

describe('times that depend on the resolution', () => {
  test('a short resolution shortens the time kubelets have, a long one lengthens the window', () => {
    expect(load(['--metric-resolution=5s']).config.kubelet.timeoutMs).toBe(4_000);
    expect(load(['--metric-resolution=60s']).config.kubelet.timeoutMs).toBe(10_000);
    expect(load(['--metric-resolution=10m']).config.store.headWindowMs).toBe(30 * 60_000);
    expect(load([]).config.store.headWindowMs).toBe(15 * 60_000);
  });
});

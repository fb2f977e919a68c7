import { sentenceOf } from '../errors.ts';
import type { SinkConfig } from './config.ts';
import { loadConfig } from './loadConfig.ts';
import { readTextFrom } from './testdata/files.ts';

type Variables = Record<string, string | undefined>;

function load(flags: string[], variables: Variables = {}, files: Record<string, string> = {}) {
  return loadConfig(['--simulate=1', ...flags], variables, readTextFrom(files));
}

const sinksOf = (...texts: string[]): readonly SinkConfig[] => load(texts.map((text) => `--sink=${text}`)).config.sinks;

function problemsOf(...texts: string[]): string[] {
  try {
    sinksOf(...texts);
    return [];
  } catch (error) {
    return sentenceOf(error).split('\n');
  }
}

const DEFAULTS = {
  kind: 'influxdb',
  url: 'http://localhost:8086',
  user: 'root',
  password: 'root',
  database: 'k8s',
  retention: undefined,
  insecureTls: false,
  clusterName: 'default',
  withFields: false,
  withoutCounters: false,
  concurrency: 1,
};

test("an InfluxDB has Heapster's defaults", () => {
  expect(sinksOf('influxdb')).toEqual([DEFAULTS]);
  expect(sinksOf('influxdb:')).toEqual([DEFAULTS]);
  expect(sinksOf("influxdb:''?db=x")).toEqual([{ ...DEFAULTS, database: 'x' }]);
  expect(sinksOf('influxdb:http://monitoring-influxdb.kube-system.svc:8086')).toEqual([
    { ...DEFAULTS, url: 'http://monitoring-influxdb.kube-system.svc:8086' },
  ]);
});

test('every option of an InfluxDB is read, the first of two counts, and HTTPS is chosen by scheme or by option', () => {
  const options =
    'user=me&user=you&pw=a%26b&db=metrics&retention=4h&secure=true&insecuressl=1&withfields=T&cluster_name=east&disable_counter_metrics=true&concurrency=5';
  const sink = {
    kind: 'influxdb',
    url: 'https://db:8086',
    user: 'me',
    password: 'a&b',
    database: 'metrics',
    retention: '4h',
    insecureTls: true,
    clusterName: 'east',
    withFields: true,
    withoutCounters: true,
    concurrency: 5,
  };
  expect(sinksOf(`influxdb:http://db:8086/?${options}`)).toEqual([sink]);
  expect(sinksOf('influxdb:https://db:8086?retention=0')).toEqual([{ ...DEFAULTS, url: 'https://db:8086' }]);
});

test('a Graphite is reached by TCP or UDP', () => {
  expect(sinksOf('graphite:tcp://metrics.example.com:2003?prefix=site.east', 'graphite:udp://[::1]')).toEqual([
    { kind: 'graphite', protocol: 'tcp', host: 'metrics.example.com', port: 2003, prefix: 'site.east' },
    { kind: 'graphite', protocol: 'udp', host: '::1', port: 2003, prefix: 'kubernetes' },
  ]);
});

test('several sinks come from flags, from the file, or from one variable with blanks between them', () => {
  const both = ['http://localhost:8086', 'http://b:8086'];
  const urls = ({ config }: ReturnType<typeof load>) => config.sinks.map((sink) => 'url' in sink && sink.url);
  expect(urls(load(['--sink=influxdb:', '--sink=influxdb:http://b:8086', '--sink=metric']))).toEqual(both);
  expect(urls(load([], { HEAPSCOPE_SINK: 'influxdb: influxdb:http://b:8086' }))).toEqual(both);
  const file = 'sink: ["influxdb:", "influxdb:http://b:8086"]';
  expect(urls(load(['--config=a.yml'], {}, { 'a.yml': file }))).toEqual(both);
  expect(load([]).config.sinks).toEqual([]);
});

test('variables of the environment stand for what nobody should read on a command line', () => {
  const { config, notes } = load(['--sink=influxdb:http://db:8086?pw=${PASSWORD}&user=$NOBODY'], {
    PASSWORD: 's3cret',
  });
  expect(config.sinks).toEqual([{ ...DEFAULTS, url: 'http://db:8086', password: 's3cret', user: '' }]);
  expect(notes).toEqual(['--sink=influxdb:http://db:8086: the environment has no NOBODY; read as empty.']);
});

test('no sentence about a sink shows a password', () => {
  const options = 'pw=s3cret&withfields=maybe&retention=4&concurrency=0&other=1';
  const problems = problemsOf(`influxdb:ftp://db?${options}`, `influxdb:http://me:s3cret@db:8086?${options}`);
  expect(problems).toEqual([
    '--sink=influxdb:ftp://db does not name an address; write influxdb:http://HOST:PORT or influxdb:https://HOST:PORT.',
    '--sink=influxdb:ftp://db: the option retention=4 must be a duration, such as "4h" or "30d", or 0 for ever.',
    '--sink=influxdb:ftp://db: the option withfields=maybe must be true or false.',
    '--sink=influxdb:ftp://db: the option concurrency=0 must be a whole number from 1 to 64.',
    '--sink=influxdb:http://db:8086: a user in the address is not read; write the options user and pw.',
    '--sink=influxdb:http://db:8086: the option retention=4 must be a duration, such as "4h" or "30d", or 0 for ever.',
    '--sink=influxdb:http://db:8086: the option withfields=maybe must be true or false.',
    '--sink=influxdb:http://db:8086: the option concurrency=0 must be a whole number from 1 to 64.',
  ]);
  expect(load([`--sink=influxdb:http://db:8086/path?pw=s3cret&other=1`]).notes).toEqual([
    '--sink=influxdb:http://db:8086/path: there is no option "other"; it is ignored. Known are user, pw, db, retention, secure, insecuressl, withfields, cluster_name, disable_counter_metrics, concurrency.',
    '--sink=influxdb:http://db:8086/path: only scheme, host and port of the address count.',
  ]);
});

test("Heapster's other sinks are refused with what to use instead", () => {
  const names = [
    ...['gcm', 'stackdriver', 'kafka', 'opentsdb', 'elasticsearch', 'honeycomb', 'wavefront', 'hawkular'],
    ...['riemann', 'librato', 'statsd', 'gcl'],
  ];
  const problems = problemsOf(...names.map((name) => `${name}:http://host?password=s3cret`));
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual(names.map((name) => `--sink=${name}`));
  expect(problems.every((problem) => problem.includes('is not offered: ') && !problem.includes('s3cret'))).toBe(true);
  expect(problemsOf('kafka:?brokers=a')).toEqual([
    '--sink=kafka is not offered: run a Telegraf with its input influxdb_listener and its output kafka, and name that by --sink=influxdb:http://HOST:PORT.',
  ]);
  expect(problemsOf('influx:http://x')).toEqual([
    '--sink=influx is not a sink; there are influxdb, graphite, metric and log.',
  ]);
});

test("Heapster's sink in memory is accepted silently, and its log with a remark", () => {
  expect(load(['--sink=metric']).notes).toEqual([]);
  expect(load(['--sink=log']).notes).toEqual([
    '--sink=log has no effect: values are not written to the log; ask the API for them.',
  ]);
});

test.each(['a..b', '.a', 'a b', 'a/b', 'a;b=c'])('a path of Graphite cannot begin with %s', (prefix) => {
  expect(problemsOf(`graphite:tcp://host:2003?prefix=${encodeURIComponent(prefix)}`)).toEqual([
    '--sink=graphite:tcp://host:2003: the option prefix must be a path with dots, such as "kubernetes.east".',
  ]);
});

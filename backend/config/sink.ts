import type { SinkConfig } from './config.ts';
import type { Environment } from './otherPlaces.ts';
import { splitAddress } from './splitAddress.ts';
import { truth, wholeNumber, type Parsed } from './values.ts';

type InfluxConfig = Extract<SinkConfig, { kind: 'influxdb' }>;
type GraphiteConfig = Extract<SinkConfig, { kind: 'graphite' }>;

const INFLUX_OPTIONS = [
  'user',
  'pw',
  'db',
  'retention',
  'secure',
  'insecuressl',
  'withfields',
  'cluster_name',
  'disable_counter_metrics',
  'concurrency',
];

const TELEGRAF = (output: string) =>
  `run a Telegraf with its input influxdb_listener and its output ${output}, and name that by --sink=influxdb:http://HOST:PORT`;

/** What a site can use whose sink of Heapster's is not offered. */
const INSTEAD: Readonly<Record<string, string>> = {
  stackdriver: TELEGRAF('stackdriver'),
  gcm: TELEGRAF('stackdriver'),
  kafka: TELEGRAF('kafka'),
  opentsdb: TELEGRAF('opentsdb'),
  elasticsearch: TELEGRAF('elasticsearch'),
  wavefront: TELEGRAF('wavefront'),
  riemann: TELEGRAF('riemann'),
  librato: TELEGRAF('librato'),
  honeycomb: TELEGRAF('opentelemetry'),
  hawkular: 'Hawkular is no longer developed; let Grafana ask this backend through the Heapscope datasource',
  statsd: 'StatsD only hands on to others; name a Graphite by --sink=graphite:tcp://HOST:2003, or an InfluxDB',
  gcl: 'it was a sink for events, which Heapster itself refused here; leave it out',
};

/** Every `--sink` that leads somewhere. Passwords never get into sentences: they name a sink without its options. */
export function parseSinks(
  texts: readonly string[],
  environment: Environment,
  problems: string[],
  notes: string[]
): SinkConfig[] {
  return texts.flatMap((text) => new SinkText(text, environment, problems, notes).read() ?? []);
}

/** One `--sink` while it is read. */
class SinkText {
  private readonly prefix: string;
  private readonly location: string;
  private readonly options: URLSearchParams;
  private readonly shown: string;
  private readonly problems: string[];
  private readonly notes: string[];

  constructor(text: string, environment: Environment, problems: string[], notes: string[]) {
    const { prefix, location, options, unset } = splitAddress(text, environment);
    this.prefix = prefix;
    this.location = /^(''|"")$/.test(location) ? '' : location;
    this.options = options;
    this.problems = problems;
    this.notes = notes;
    this.shown = `--sink=${prefix}${location === '' ? '' : `:${location.replace(/[^/]*@/, '')}`}`;
    if (unset.length > 0) {
      notes.push(`${this.shown}: the environment has no ${unset.join(', ')}; read as empty.`);
    }
  }

  read(): SinkConfig | undefined {
    switch (this.prefix) {
      case 'influxdb':
        return this.readInflux();
      case 'graphite':
        return this.readGraphite();
      case 'metric':
        return undefined; // the history in memory is always on
      case 'log':
        this.notes.push('--sink=log has no effect: values are not written to the log; ask the API for them.');
        return undefined;
      default: {
        const instead = Object.hasOwn(INSTEAD, this.prefix) ? INSTEAD[this.prefix] : undefined;
        this.problems.push(
          instead === undefined
            ? `--sink=${this.prefix} is not a sink; there are influxdb, graphite, metric and log.`
            : `--sink=${this.prefix} is not offered: ${instead}.`
        );
        return undefined;
      }
    }
  }

  private readInflux(): InfluxConfig | undefined {
    this.noteUnknownOptions(INFLUX_OPTIONS);
    const url = this.url('http://localhost:8086', ['http:', 'https:']);
    const isSecure = this.option('secure', false, truth);
    const config = {
      kind: 'influxdb' as const,
      user: this.options.get('user') ?? 'root',
      password: this.options.get('pw') ?? 'root',
      database: this.options.get('db') || 'k8s',
      retention: this.option<string | undefined>('retention', undefined, retentionOf),
      insecureTls: this.option('insecuressl', false, truth),
      clusterName: this.options.get('cluster_name') || 'default',
      withFields: this.option('withfields', false, truth),
      withoutCounters: this.option('disable_counter_metrics', false, truth),
      concurrency: this.option('concurrency', 1, wholeNumber(1, 64)),
    };
    if (!url) {
      return undefined;
    }
    const scheme = isSecure ? 'https:' : url.protocol;
    return { ...config, url: `${scheme}//${url.host}` };
  }

  private readGraphite(): GraphiteConfig | undefined {
    this.noteUnknownOptions(['prefix']);
    const url = this.url('tcp://localhost:2003', ['tcp:', 'udp:']);
    const prefix = this.options.get('prefix') || 'kubernetes';
    if (!/^[^\s./;]+(\.[^\s./;]+)*$/.test(prefix)) {
      this.problems.push(`${this.shown}: the option prefix must be a path with dots, such as "kubernetes.east".`);
    }
    const host = url?.hostname.replace(/^\[|\]$/g, '') || 'localhost';
    const protocol = url?.protocol === 'udp:' ? 'udp' : 'tcp';
    return url && { kind: 'graphite', protocol, host, port: Number(url.port || 2003), prefix };
  }

  /** The address of the receiver; what stands behind its host never counted. */
  private url(fallback: string, protocols: readonly string[]): URL | undefined {
    const text = this.location === '' ? fallback : this.location;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !protocols.includes(url.protocol) || (url.host === '' && !text.startsWith(`${url.protocol}//`))) {
      const forms = protocols.map((protocol) => `${this.prefix}:${protocol}//HOST:PORT`).join(' or ');
      this.problems.push(`${this.shown} does not name an address; write ${forms}.`);
      return undefined;
    }
    if (url.username !== '' || url.password !== '') {
      this.problems.push(`${this.shown}: a user in the address is not read; write the options user and pw.`);
    }
    if (url.pathname !== '' && url.pathname !== '/') {
      this.notes.push(`${this.shown}: only scheme, host and port of the address count.`);
    }
    return url;
  }

  private option<T>(name: string, fallback: T, parse: (text: string) => Parsed<T>): T {
    const text = this.options.get(name);
    const parsed = text === null ? { value: fallback } : parse(text);
    if ('value' in parsed) {
      return parsed.value;
    }
    this.problems.push(`${this.shown}: the option ${name}=${text} ${parsed.problem}.`);
    return fallback;
  }

  private noteUnknownOptions(known: readonly string[]): void {
    for (const key of new Set([...this.options.keys()].filter((option) => !known.includes(option)))) {
      this.notes.push(
        `${this.shown}: there is no option "${key}"; it is ignored. ${known.length === 1 ? 'Known is' : 'Known are'} ${known.join(', ')}.`
      );
    }
  }
}

/** A duration as InfluxDB writes it; 0 keeps for ever. */
function retentionOf(text: string): Parsed<string | undefined> {
  if (text === '0' || text === '' || /^inf$/i.test(text)) {
    return { value: undefined };
  }
  return /^(\d+(ns|u|\u00b5|ms|s|m|h|d|w))+$/.test(text)
    ? { value: text }
    : { problem: 'must be a duration, such as "4h" or "30d", or 0 for ever' };
}

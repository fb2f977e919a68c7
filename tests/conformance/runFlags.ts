import type { Kit } from './kit.ts';

/** Flags that are read elsewhere, or that change nothing of what is compared. */
const KNOWN: ReadonlySet<string> = new Set([
  'source',
  'metric-resolution',
  'store-label',
  'ignore-label',
  'label-separator',
  'disable-export',
  'disable-metric-sink',
  'sink',
  'sink-export-data-timeout',
  'historical-source',
  'api-server',
  'secure-port',
  'heapster-port',
  'listen-ip',
  'tls-cert',
  'tls-key',
  'max-procs',
  'enable-swagger-ui',
  'logtostderr',
  'alsologtostderr',
  'stderrthreshold',
  'log-dir',
  'log-backtrace-at',
  'log-flush-frequency',
  'v',
  'vmodule',
]);

/** What the command line of a recording says of the doors. */
export interface RunFlags {
  readonly hasExport: boolean;
  readonly hasModel: boolean;
  /** Flags that may change the answers and that a replay does not heed. */
  readonly unknown: readonly string[];
}

/** Reads the flags of a recording that are not told otherwise in its description. */
export function readRunFlags({ otherFlags = [] }: Partial<Pick<Kit['run'], 'otherFlags'>>): RunFlags {
  const flags = otherFlags.map((written) => {
    const [, name = written, value = 'true'] = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(written) ?? [];
    return { written, name: name.replaceAll('_', '-'), value };
  });
  const isSet = (wanted: string) => flags.some(({ name, value }) => name === wanted && !/^(0|f|false)$/i.test(value));
  return {
    hasExport: !isSet('disable-export'),
    hasModel: !isSet('disable-metric-sink'),
    unknown: flags.filter(({ name }) => !KNOWN.has(name)).map(({ written }) => written),
  };
}

import { closeSync, openSync, writeFileSync } from 'node:fs';
import { codeOf, HeapscopeError, sentenceOf, type ErrorCode } from '../errors.ts';
import type { HistorySnapshot } from '../history/snapshot.ts';
import type { TableName } from '../model/batch.ts';
import type { Tier } from '../history/shardBlock.ts';
import { CsvFormat } from './csv.ts';
import { exportedSeries, metricsOf, refuseUnknown, type Selection, type Series } from './exportedSeries.ts';
import type { HistoryCommand } from './main.ts';
import { OpenMetricsFormat } from './openMetrics.ts';
import { choiceOption, timeOption, type Given } from './options.ts';
import { openParquetFormat } from './parquet.ts';
import { openSnapshot, Progress, type Terminal } from './terminal.ts';

/** Takes series one after the other; those of one metric follow each other. */
export interface ExportFormat {
  series(series: Series): void | Promise<void>;
  end(): void | Promise<void>;
}

const TIERS: readonly Tier[] = ['raw', '10m', '1h'];
const FORMATS = ['csv', 'openmetrics', 'parquet'] as const;
const LEVELS: readonly TableName[] = [
  'cluster',
  'node',
  'namespace',
  'workload',
  'pod',
  'container',
  'sys_container',
  'filesystem',
  'interface',
  'accelerator',
];

export const exportCommand: HistoryCommand = {
  summary: 'Writes values as CSV, OpenMetrics text or Parquet.',
  details: [
    'Without filters everything of the tier is written, metric by metric and object by object. CSV and Parquet have a row per',
    'sample, or per bucket with min, max, mean, sum and count. OpenMetrics has the names and units of remote write; of',
    'buckets it has series with the label `aggregation`.',
  ].join('\n'),
  flags: {
    metric: { shape: 'NAME', description: 'Only this metric, such as memory/usage.', isRepeatable: true },
    level: { shape: 'LEVEL', description: `Only this level: ${LEVELS.join(', ')}.`, isRepeatable: true },
    namespace: { shape: 'NAME', description: 'Only objects of this namespace.', isRepeatable: true },
    pod: { shape: 'NAME', description: 'Only this pod and what belongs to it.', isRepeatable: true },
    node: { shape: 'NAME', description: 'Only objects on this node.', isRepeatable: true },
    from: { shape: 'TIME', description: 'Not before: 2026-11-21T08:00:00Z, or how long ago, such as 36h or 14d.' },
    to: { shape: 'TIME', description: 'Not after.' },
    tier: { shape: 'raw|10m|1h', description: 'Every sample, or buckets of 10 minutes or an hour. Default: raw.' },
    format: { shape: FORMATS.join('|'), description: 'Default: csv.' },
    output: { shape: 'FILE', description: 'Where to write. Default: standard output; Parquet needs a file.' },
  },
  async run(folder, given, terminal) {
    const selection = selectionOf(given, terminal.nowMs());
    const format = choiceOption(given, 'format', FORMATS) ?? 'csv';
    const output = given.text('output');
    if (format === 'parquet' && output === undefined) {
      throw new HeapscopeError('bad_config', 'Parquet is written to a file: name one by --output=FILE.');
    }
    const snapshot = openSnapshot(folder, terminal);
    try {
      snapshot.damages.forEach((sentence) => terminal.err.write(`${sentence}\n`));
      return await write(snapshot, selection, format, output, terminal);
    } finally {
      snapshot.close();
    }
  },
};

function selectionOf(given: Given, nowMs: number): Selection {
  const only = (name: string) => {
    const texts = given.texts(name);
    return texts && new Set(texts);
  };
  const levels = only('level');
  const wrong = [...(levels ?? [])].find((level) => !LEVELS.some((each) => each === level));
  if (wrong !== undefined) {
    throw new HeapscopeError('bad_config', `--level=${wrong} is not one of ${LEVELS.join(', ')}.`);
  }
  return {
    tier: choiceOption(given, 'tier', TIERS) ?? 'raw',
    fromMs: timeOption(given, 'from', nowMs) ?? -Infinity,
    toMs: timeOption(given, 'to', nowMs) ?? Infinity,
    metrics: only('metric'),
    levels,
    namespaces: only('namespace'),
    pods: only('pod'),
    nodes: only('node'),
  };
}

async function write(
  snapshot: HistorySnapshot,
  selection: Selection,
  format: (typeof FORMATS)[number],
  output: string | undefined,
  terminal: Terminal
): Promise<number> {
  const before = snapshot.damages.length;
  refuseUnknown(snapshot, selection);
  const metrics = metricsOf(snapshot, selection);
  const progress = new Progress(terminal, 'Exporting', metrics.length);
  const opened = output === undefined ? undefined : openOutput(output);
  const descriptor = format === 'parquet' ? undefined : opened;
  if (opened !== undefined && descriptor === undefined) {
    closeSync(opened);
  }
  const sink = {
    write(text: string): boolean {
      if (descriptor === undefined) {
        return terminal.out.write(text);
      }
      writeFileSync(descriptor, text);
      return true;
    },
  };
  let values = 0;
  try {
    const target =
      format === 'csv'
        ? new CsvFormat(sink, selection.tier)
        : format === 'openmetrics'
          ? new OpenMetricsFormat(sink)
          : await openParquetFormat(output!, selection.tier);
    for (const metric of metrics) {
      let doneShare = 0;
      const onProgress = (share: number) => {
        if (share > doneShare) {
          progress.add(share - doneShare);
          doneShare = share;
        }
      };
      for (const series of exportedSeries(snapshot, selection, metric, onProgress)) {
        await target.series(series);
        values += series.points.timesMs.length;
        // Lets a slow reader of standard output catch up.
        await new Promise((resolve) => setImmediate(resolve));
      }
      onProgress(1);
    }
    await target.end();
  } catch (error) {
    throw isOfWriting(error) ? refused(output, error, 'history_unusable', 'Free space on its disk.') : error;
  } finally {
    progress.end();
    if (descriptor !== undefined) {
      closeSync(descriptor);
    }
  }
  snapshot.damages.slice(before).forEach((sentence) => terminal.err.write(`${sentence}\n`));
  terminal.err.write(`${values} ${selection.tier === 'raw' ? 'samples' : 'buckets'} of ${metrics.length} metrics.\n`);
  return snapshot.damages.length > 0 ? 1 : 0;
}

function openOutput(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw codeOf(error) === '' ? error : refused(path, error, 'bad_config', 'Name a file in a folder that is there.');
  }
}

function isOfWriting(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error && error.syscall === 'write';
}

function refused(path: string | undefined, error: unknown, code: ErrorCode, advice: string): HeapscopeError {
  const what = path === undefined ? 'The output' : `--output=${path}`;
  return new HeapscopeError(code, `${what} cannot be written: ${sentenceOf(error)}. ${advice}`, { cause: error });
}

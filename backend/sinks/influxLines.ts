import type { NodeBatch, TotalsBatch } from '../model/batch.ts';
import { HEAPSTER_COUNTERS_WITH_RATE } from '../model/heapsterMetrics.ts';
import type { HeapsterLabels } from './heapsterLabels.ts';
import { heapsterRows, valueText, type HeapsterRow } from './heapsterRows.ts';
import { measurementWord, tagList, tagWord } from './lineProtocol.ts';

/** The layout of the points. */
export interface InfluxLayout {
  readonly clusterName: string;
  /** A measurement per group of metrics with a field per metric, instead of a measurement per metric. */
  readonly withFields: boolean;
  /** Leave out counters whose rate is written. */
  readonly withoutCounters: boolean;
}

/** Takes a line with its line break, and how many values are in it. */
export type TakeLine = (line: string, values: number) => void;

/** Writes a batch in line protocol as Heapster laid it out, at the end of the batch's round. */
export function writeInfluxLines(
  batch: NodeBatch | TotalsBatch,
  labels: HeapsterLabels,
  layout: InfluxLayout,
  take: TakeLine
): void {
  const end = ` ${batch.timestampMs}000000\n`;
  const writeRow = layout.withFields ? writeFields : writeValues;
  const word = remembering(measurementWord);
  for (const row of heapsterRows(batch)) {
    const tags = labels.of(row);
    tags.set('cluster_name', layout.clusterName);
    writeRow(layout.withoutCounters ? withoutCounters(row) : row, { tags: tagList(tags), end, word }, take);
  }
}

/** What the lines of an object share. */
interface Parts {
  readonly tags: string;
  readonly end: string;
  /** The name of a measurement as it is written. */
  readonly word: (text: string) => string;
}

/** The same function, which works out each text once; for the names of one batch. */
function remembering(work: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    let found = known.get(text);
    if (found === undefined) {
      known.set(text, (found = work(text)));
    }
    return found;
  };
}

function withoutCounters(row: HeapsterRow): HeapsterRow {
  return { ...row, metrics: row.metrics.filter(({ name }) => !HEAPSTER_COUNTERS_WITH_RATE.has(name)) };
}

/** A measurement per metric, with the field `value`. */
function writeValues({ metrics, row }: HeapsterRow, { tags, end, word }: Parts, take: TakeLine): void {
  for (const metric of metrics) {
    const text = valueText(metric, row);
    if (text !== undefined) {
      take(`${word(metric.name)}${tags} value=${text}${metric.isFloat ? '' : 'i'}${end}`, 1);
    }
  }
}

/** A measurement per first part of the names, with the rest as fields, all of an object in one line. */
function writeFields({ metrics, row }: HeapsterRow, { tags, end, word }: Parts, take: TakeLine): void {
  const fields = new Map<string, string[]>();
  for (const metric of metrics) {
    const text = valueText(metric, row);
    if (text === undefined) {
      continue;
    }
    const slash = metric.name.indexOf('/');
    const measurement = slash < 0 ? metric.name : metric.name.slice(0, slash);
    const field = slash < 0 ? 'value' : metric.name.slice(slash + 1);
    let own = fields.get(measurement);
    if (!own) {
      fields.set(measurement, (own = []));
    }
    own.push(`${tagWord(field)}=${text}${metric.isFloat ? '' : 'i'}`);
  }
  for (const [measurement, own] of fields) {
    take(`${word(measurement)}${tags} ${own.join(',')}${end}`, own.length);
  }
}

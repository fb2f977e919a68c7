import { parse } from 'yaml';
import { HeapscopeError } from '../../errors.ts';
import type { NamesQuery } from '../nameIndex.ts';
import type { QueryEngine } from '../queryEngine.ts';
import type { Resolution, SeriesAnswer, SeriesQuery } from '../types.ts';
import { clockTime, timeMs } from './storedCluster.ts';

/** A question as the texts write it: a query for series or for names, and `at: 10:00-10:05`. */
interface Question extends Omit<SeriesQuery & Resolution, 'limit'> {
  readonly at?: string;
  /** Asks for names of this dimension. */
  readonly names?: NamesQuery['dimension'];
  readonly match?: string;
  readonly limit?: SeriesQuery['limit'] | number;
}

/** Asks a question and draws the answer as a table, or as the sentence it failed with. */
export function drawAnswer(engine: QueryEngine, questionText: string): string {
  const { at = '10:00-10:59', ...question } = parse(questionText) as Question;
  const [fromMs, toMs] = at.split('-').map(timeMs);
  try {
    if (question.names !== undefined) {
      const { names: dimension, ...query } = question;
      const { names, total } = engine.names({ ...query, dimension } as NamesQuery, { fromMs, toMs });
      return [...names, ...(total > names.length ? [`(${names.length} of ${total})`] : [])].join('\n') || '(nothing)';
    }
    return drawSeries(engine.series(question as SeriesQuery, { fromMs, toMs }, question));
  } catch (error) {
    if (error instanceof HeapscopeError) {
      return `${error.code}: ${error.message}`;
    }
    throw error;
  }
}

function drawSeries({ series, timesMs, stepMs, unit }: SeriesAnswer): string {
  const rows = [
    [`${unit} per ${stepMs / 1000} s`, ...timesMs.map(clockTime)],
    ...series.map(({ names, values }) => [drawNames(names), ...Array.from(values, drawValue)]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const table = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ')
  );
  return [...table.map((line) => line.trimEnd()), ...(series.length === 0 ? ['(nothing)'] : [])].join('\n');
}

function drawNames(names: Readonly<Record<string, string>>): string {
  const present = Object.entries(names).filter(([, name]) => name !== '');
  return present.map(([dimension, name]) => `${dimension}=${name}`).join(' ') || '(all)';
}

function drawValue(value: number): string {
  return Number.isNaN(value) ? '-' : String(Number(value.toPrecision(6)));
}

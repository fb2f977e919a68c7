import type { Tier } from '../history/shardBlock.ts';
import { NAME_COLUMNS } from './columns.ts';
import type { Series } from './exportedSeries.ts';

/** CSV by RFC 4180 with a line of headings; times are ISO 8601. */
export class CsvFormat {
  private readonly sink: { write(text: string): boolean };

  constructor(sink: { write(text: string): boolean }, tier: Tier) {
    this.sink = sink;
    const values = tier === 'raw' ? ['value'] : ['mean', 'min', 'max', 'sum', 'count'];
    const heads = ['time', 'level', 'metric', ...NAME_COLUMNS.map(([column]) => column), ...values];
    sink.write(`${heads.join(',')}\r\n`);
  }

  series({ level, metric, names, points: { timesMs, values, buckets } }: Series): void {
    const about = [level, metric, ...NAME_COLUMNS.map(([, of]) => of(names) ?? '')].map(quoted).join(',');
    let text = '';
    timesMs.forEach((timeMs, index) => {
      const { min, max, sum, count } = buckets ?? {};
      const numbers = min ? [values[index], min[index], max![index], sum![index], count![index]] : [values[index]];
      text += `${new Date(timeMs).toISOString()},${about},${numbers.join(',')}\r\n`;
    });
    this.sink.write(text);
  }

  end(): void {
    // Nothing follows the last row.
  }
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
